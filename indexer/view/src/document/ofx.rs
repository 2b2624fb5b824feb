//! OFX: version 2 is XML; version 1 is SGML, with lines above it, and elements that need not end. It is made XML of the
//! same elements, and read as such.

use super::{encoding, reason::Reason};
use crate::value::{Dates, DecimalMark, Notation, Numbers};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// Numbers have a point or a comma, and no groups (OFX 1.6, 3.2.9.1).
pub(super) const NOTATION: Notation<'static> = Notation {
	numbers: Numbers { decimal_mark: DecimalMark::Either, thousands: None, implied_decimals: 0 },
	dates: Dates::Ofx,
};

/// Elements that banks leave empty, although the standard has it otherwise. Others may be parents of what follows.
const MAY_BE_EMPTY: [&str; 14] = [
	"MEMO", "NAME", "CHECKNUM", "REFNUM", "SRVRTID", "PAYEEID", "SIC", "MESSAGE", "ORG", "FID",
	"BRANCHID", "BANKID", "ACCTKEY", "EXTDNAME",
];

fn wrong(line: usize, problem: &str) -> Reason {
	Reason::new(format!("it is no OFX: line {line} {problem}"))
}

/// Whether a document is of version 1.
pub(super) fn is_sgml(document: &[u8]) -> bool {
	let document = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document);
	document.trim_ascii_start().starts_with(b"OFXHEADER")
}

/// Returns the character set that the header of version 1 names; `None` for UTF-8, or if it names none.
pub(super) fn declared(document: &[u8]) -> Result<Option<&'static Encoding>, Reason> {
	let header = document.split(|byte| *byte == b'<').next().unwrap_or_default();
	let header = String::from_utf8_lossy(header);
	let field = |name: &str| {
		let fields = header.split_whitespace().filter_map(|field| field.split_once(':'));
		fields.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
	};
	let has = |name: &str, value: &str| field(name).is_none_or(|is| is == value);
	if !has("DATA", "OFXSGML") || !has("COMPRESSION", "NONE") {
		return Err(Reason::new("it is no OFX: its header names other data than plain SGML"));
	}
	let set = match (field("CHARSET"), field("ENCODING")) {
		(_, Some("UTF-8" | "UNICODE")) | (None | Some("NONE"), _) => UTF_8,
		(Some("1252" | "ISO-8859-1" | "8859-1"), _) => WINDOWS_1252,
		(Some(name), _) => {
			let page = format!("windows-{name}");
			let set = Encoding::for_label(name.as_bytes());
			set.or_else(|| Encoding::for_label(page.as_bytes())).ok_or_else(|| {
				Reason::new("it is no OFX: its header names a character set that is not known")
			})?
		},
	};
	Ok((set != UTF_8).then_some(set))
}

/// A part of the document, and its line.
struct Token<'a> {
	line: usize,
	kind: Kind<'a>,
	/// Whether an element that opens is closed, too.
	is_closed: bool,
}

enum Kind<'a> {
	Open(String),
	Close(String),
	Text(Cow<'a, str>),
}

/// Returns the XML of a document of version 1.
///
/// # Errors
///
/// If elements end that are not open, do not end although they have no text, or have text beside other elements.
pub(super) fn xml(text: &str) -> Result<String, Reason> {
	let start = text.find('<').unwrap_or(text.len());
	let mut tokens = tokens(text, start)?;
	close(&mut tokens)?;
	let mut xml = String::with_capacity(text.len() * 2);
	let mut number = 0;
	while let Some(token) = tokens.get(number) {
		number += 1;
		let before = number.checked_sub(2).and_then(|number| tokens.get(number));
		let after = tokens.get(number).map(|token| &token.kind);
		match &token.kind {
			Kind::Open(name) if token.is_closed => tag(&mut xml, "<", name),
			Kind::Open(name) => {
				tag(&mut xml, "<", name);
				match after {
					Some(Kind::Text(text)) => {
						escape(&mut xml, text);
						number += 1;
					},
					_ if MAY_BE_EMPTY.contains(&name.as_str()) => {},
					_ => {
						return Err(wrong(
							token.line,
							"has an element without text that does not end",
						));
					},
				}
				tag(&mut xml, "</", name);
			},
			Kind::Close(name) => tag(&mut xml, "</", name),
			Kind::Text(text) => {
				let is_of_element = matches!(before, Some(Token { kind: Kind::Open(_), .. }))
					&& matches!(after, Some(Kind::Close(_)));
				if !is_of_element {
					return Err(wrong(token.line, "has text beside elements"));
				}
				escape(&mut xml, text);
			},
		}
	}
	Ok(xml)
}

fn tag(xml: &mut String, start: &str, name: &str) {
	xml.push_str(start);
	xml.push_str(name);
	xml.push('>');
}

fn escape(xml: &mut String, text: &str) {
	for c in text.chars() {
		match c {
			'&' => xml.push_str("&amp;"),
			'<' => xml.push_str("&lt;"),
			'>' => xml.push_str("&gt;"),
			_ => xml.push(c),
		}
	}
}

/// Splits a document into its tags and texts. Text of white space alone is left out.
fn tokens(text: &str, start: usize) -> Result<Vec<Token<'_>>, Reason> {
	let (header, mut rest) = text.split_at(start);
	let mut line = 1 + lines(header);
	let mut tokens = Vec::new();
	let mut add = |line, kind| tokens.push(Token { line, kind, is_closed: false });
	while !rest.is_empty() {
		let (here, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
		if !here.trim().is_empty() {
			add(line, Kind::Text(unescaped(here.trim())));
		}
		line += lines(here);
		if after.is_empty() {
			break;
		}
		if let Some(data) = after.strip_prefix("<![CDATA[") {
			let (data, behind) = data
				.split_once("]]>")
				.ok_or_else(|| wrong(line, "has a text that does not end"))?;
			add(line, Kind::Text(Cow::Borrowed(data)));
			line += lines(data);
			rest = behind;
			continue;
		}
		let (name, behind) = after
			.split_once('>')
			.ok_or_else(|| wrong(line, "has a tag that does not end, as if it were cut off"))?;
		let name = name.strip_prefix('<').unwrap_or_default();
		let (name, is_end) = name.strip_prefix('/').map_or((name, false), |name| (name, true));
		let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
		if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_sign) {
			return Err(wrong(line, "has a sign < that begins no tag"));
		}
		let name = name.to_ascii_uppercase();
		add(line, if is_end { Kind::Close(name) } else { Kind::Open(name) });
		rest = behind;
	}
	Ok(tokens)
}

fn lines(text: &str) -> usize {
	text.bytes().filter(|byte| *byte == b'\n').count()
}

/// Finds which elements are closed: those that open after another one, and are not, end before the other one does.
fn close(tokens: &mut [Token<'_>]) -> Result<(), Reason> {
	let mut open: Vec<usize> = Vec::new();
	for number in 0..tokens.len() {
		match &tokens[number].kind {
			Kind::Text(_) => {},
			Kind::Open(_) => open.push(number),
			Kind::Close(name) => loop {
				let last = open.pop().ok_or_else(|| {
					wrong(tokens[number].line, "ends an element that is not open")
				})?;
				if matches!(&tokens[last].kind, Kind::Open(is) if is == name) {
					tokens[last].is_closed = true;
					break;
				}
			},
		}
	}
	match open.first() {
		Some(_) => {
			Err(Reason::new("it is no OFX: it ends before its elements do, as if it were cut off"))
		},
		None if tokens.is_empty() => Err(Reason::new("it is no OFX: it has no elements")),
		None => Ok(()),
	}
}

/// Returns a text with the signs that stand for others replaced. Banks write `&` for itself, too.
fn unescaped(text: &str) -> Cow<'_, str> {
	if !text.contains('&') {
		return Cow::Borrowed(text);
	}
	let mut parts = text.split('&');
	let mut read = parts.next().unwrap_or_default().to_owned();
	for part in parts {
		let sign = part.split_once(';').and_then(|(name, rest)| {
			let sign = match name {
				"amp" => '&',
				"lt" => '<',
				"gt" => '>',
				"quot" => '"',
				"apos" => '\'',
				"nbsp" => ' ',
				_ => numbered(name.strip_prefix('#')?)?,
			};
			Some((sign, rest))
		});
		let (sign, rest) = sign.unwrap_or(('&', part));
		read.push(sign);
		read.push_str(rest);
	}
	Cow::Owned(read)
}

/// Returns the sign of a number: `233`, or `xE9`, which is of XML, and written by banks.
fn numbered(number: &str) -> Option<char> {
	let number = match number.strip_prefix(['x', 'X']) {
		Some(digits) => u32::from_str_radix(digits, 16),
		None => number.parse(),
	};
	char::from_u32(number.ok()?)
}

/// Returns the XML of a document.
pub(super) fn read<'a>(
	document: &'a [u8],
	of_view: Option<&'static Encoding>,
) -> Result<Cow<'a, str>, Reason> {
	if is_sgml(document) {
		let text = encoding::text(document, of_view.or(declared(document)?))?;
		return xml(&text).map(Cow::Owned);
	}
	encoding::text(document, of_view.or(encoding::declared_in_xml(document)?))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn elements_end_where_their_parents_do() {
		for (sgml, is) in [
			("<OFX><A>1<B>x y\n<C>2</OFX>", "<OFX><A>1</A><B>x y</B><C>2</C></OFX>"),
			("<OFX><A>1</A><B><C>2</B></OFX>", "<OFX><A>1</A><B><C>2</C></B></OFX>"),
			("<ofx><T><MEMO><X>1</T></ofx>", "<OFX><T><MEMO></MEMO><X>1</X></T></OFX>"),
			("<OFX><A>AT&T &amp; &lt;b&gt;</OFX>", "<OFX><A>AT&amp;T &amp; &lt;b&gt;</A></OFX>"),
			(
				"<OFX><A>&#216;r&#x73;t&#XE9;d &#xz; &#;</OFX>",
				"<OFX><A>Ørstéd &amp;#xz; &amp;#;</A></OFX>",
			),
			("<OFX><A><![CDATA[a<b]]></OFX>", "<OFX><A>a&lt;b</A></OFX>"),
			("OFXHEADER:100\n\n<OFX></OFX>", "<OFX></OFX>"),
			("<OFX><A></A></OFX>", "<OFX><A></A></OFX>"),
		] {
			assert_eq!(xml(sgml).as_deref(), Ok(is), "{sgml}");
		}
		for (sgml, problem) in [
			(
				"<OFX>\n<T><X>1<T><X>2</T></OFX>",
				"line 2 has an element without text that does not end",
			),
			("<OFX><A>1", "ends before its elements do"),
			("<OFX><A>1</OFX", "line 1 has a tag that does not end"),
			("<OFX></A></OFX>", "line 1 ends an element that is not open"),
			("<OFX>x<A>1</OFX>", "line 1 has text beside elements"),
			("<OFX><A>1</A>x</OFX>", "line 1 has text beside elements"),
			("<OFX><A>1 < 2</OFX>", "line 1 has a sign < that begins no tag"),
			("<OFX><A b=\"1\">1</OFX>", "begins no tag"),
			("<OFX><![CDATA[", "a text that does not end"),
			("OFXHEADER:100", "it has no elements"),
		] {
			let reason = xml(sgml).expect_err("no OFX").to_string();
			assert!(reason.contains(problem), "{sgml}: {reason}");
		}
	}

	#[test]
	fn headers_name_a_character_set() {
		let set = |header: &str| {
			let document = format!("OFXHEADER:100\r\nDATA:OFXSGML\r\n{header}\r\n<OFX>");
			declared(document.as_bytes()).map(|set| set.map(Encoding::name))
		};
		assert_eq!(set("ENCODING:USASCII\r\nCHARSET:1252"), Ok(Some("windows-1252")));
		assert_eq!(set("CHARSET:1250"), Ok(Some("windows-1250")));
		assert_eq!(set("ENCODING:UTF-8 CHARSET:NONE"), Ok(None));
		assert!(set("CHARSET:klingon").is_err());
		assert!(set("COMPRESSION:GZIP").is_err());
	}
}
