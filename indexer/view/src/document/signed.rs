//! Signed documents: the content of a CMS `SignedData` (RFC 5652), as CAdES and the `.p7m` of FatturaPA have it.
//!
//! The signature is not verified: who appended a document is on the chain. Files are BER as often as DER, so lengths may be
//! left open and contents be in several pieces.

use super::reason::Reason;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::borrow::Cow;

/// How deep values are nested.
const MAX_DEPTH: usize = 16;
/// How often a document may be signed, one signature around the other.
const MAX_SIGNATURES: usize = 4;

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTETS: u8 = 0x04;
const PIECES_OF_OCTETS: u8 = 0x24;
/// Tag 0, around one value.
const EXPLICIT: u8 = 0xa0;
/// 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

fn wrong(problem: &str) -> Reason {
	Reason::new(format!("it is no signed document: {problem}"))
}

/// Returns the XML that is signed; `None` if something else is.
///
/// # Errors
///
/// If it is no `SignedData`, is cut off, or has a signature only.
pub(super) fn xml(document: &[u8]) -> Result<Option<Vec<u8>>, Reason> {
	let mut document = content(&binary(document)?)?;
	let mut count = 1;
	while is_signed_data(&document) {
		count += 1;
		if count > MAX_SIGNATURES {
			return Err(wrong(&format!("it is signed more than {MAX_SIGNATURES} times")));
		}
		document = content(&document)?;
	}
	let text = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&document);
	let is_xml = matches!(text.trim_ascii_start(), [b'<', ..] | [0, b'<', ..])
		|| matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
	Ok(is_xml.then_some(document))
}

/// Returns the bytes of a document that may be written in base 64, with lines around it or without.
fn binary(document: &[u8]) -> Result<Cow<'_, [u8]>, Reason> {
	if document.first() == Some(&SEQUENCE) {
		return Ok(Cow::Borrowed(document));
	}
	let text = std::str::from_utf8(document).map_err(|_| wrong("it begins as none"))?;
	let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
	let digits: String = lines.collect();
	let bytes =
		STANDARD.decode(digits).map_err(|_| wrong("it is neither binary nor of base 64"))?;
	Ok(Cow::Owned(bytes))
}

/// A value: its tag and its content.
#[derive(Clone, Copy)]
struct Value<'a> {
	tag: u8,
	content: &'a [u8],
}

/// Reads values, one behind the other.
struct Reader<'a> {
	rest: &'a [u8],
	depth: usize,
}

impl<'a> Reader<'a> {
	/// Returns the next value; `None` where there is none, or it is cut off.
	fn value(&mut self) -> Option<Value<'a>> {
		if self.depth > MAX_DEPTH {
			return None;
		}
		let [tag, length, rest @ ..] = self.rest else { return None };
		// Tags of several bytes occur in no part that is read.
		if tag & 0x1f == 0x1f {
			return None;
		}
		let (length, rest) = match length {
			0x80 if tag & 0x20 != 0 => return self.open_value(*tag, rest),
			0..0x80 => (usize::from(*length), rest),
			0x81..=0x84 => {
				let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x0f))?;
				(bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
			},
			_ => return None,
		};
		let (content, rest) = rest.split_at_checked(length)?;
		self.rest = rest;
		Some(Value { tag: *tag, content })
	}

	/// Reads a value without a length: it goes up to an empty value of tag 0.
	fn open_value(&mut self, tag: u8, content: &'a [u8]) -> Option<Value<'a>> {
		let mut inner = Reader { rest: content, depth: self.depth + 1 };
		loop {
			if let [0, 0, rest @ ..] = inner.rest {
				let length = content.len().checked_sub(inner.rest.len())?;
				self.rest = rest;
				return Some(Value { tag, content: content.get(..length)? });
			}
			inner.value()?;
		}
	}

	/// Returns a reader of the content of the next value, which has to have a tag.
	fn enter(&mut self, tag: u8) -> Option<Self> {
		let value = self.value().filter(|value| value.tag == tag)?;
		Some(Self { rest: value.content, depth: self.depth + 1 })
	}
}

fn is_signed_data(document: &[u8]) -> bool {
	let content = Reader { rest: document, depth: 0 }.enter(SEQUENCE);
	let kind = content.and_then(|mut content| content.value());
	kind.is_some_and(|kind| kind.tag == OBJECT_IDENTIFIER && kind.content == SIGNED_DATA)
}

/// Returns the content of a `SignedData`.
fn content(document: &[u8]) -> Result<Vec<u8>, Reason> {
	if !is_signed_data(document) {
		return Err(wrong("it begins as none, or is cut off"));
	}
	let cut_off = || wrong("it is cut off, or has other parts than one has");
	let signed = || {
		let mut info = Reader { rest: document, depth: 0 }.enter(SEQUENCE)?;
		info.value()?;
		let mut data = info.enter(EXPLICIT)?.enter(SEQUENCE)?;
		// The version, and the digests.
		data.value()?;
		data.value()?;
		let mut encapsulated = data.enter(SEQUENCE)?;
		encapsulated.value()?;
		Some(encapsulated)
	};
	let mut encapsulated = signed().ok_or_else(cut_off)?;
	if encapsulated.rest.is_empty() {
		return Err(wrong("it has a signature only, and not what is signed"));
	}
	let mut content = Vec::new();
	let mut around = encapsulated.enter(EXPLICIT).ok_or_else(cut_off)?;
	let octets = around.value().ok_or_else(cut_off)?;
	add_octets(octets, around.depth, &mut content).ok_or_else(cut_off)?;
	Ok(content)
}

/// Adds octets, which may be in pieces.
fn add_octets(value: Value<'_>, depth: usize, content: &mut Vec<u8>) -> Option<()> {
	match value.tag {
		OCTETS => content.extend_from_slice(value.content),
		PIECES_OF_OCTETS => {
			let mut pieces = Reader { rest: value.content, depth: depth + 1 };
			while !pieces.rest.is_empty() {
				let piece = pieces.value()?;
				add_octets(piece, pieces.depth, content)?;
			}
		},
		_ => return None,
	}
	Some(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{View, document::rows};
	use proptest::prelude::*;

	const INVOICE: &[u8] = include_bytes!("../../tests/documents/fattura-pa.xml");
	const VIEW: &str = include_str!("../../../../samples/views/invoice-fattura-pa.toml");

	fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
		let content = parts.concat();
		let length = u32::try_from(content.len()).expect("small").to_be_bytes();
		[&[tag, 0x84][..], &length, &content].concat()
	}

	fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
		[&[tag, 0x80][..], &parts.concat(), &[0, 0]].concat()
	}

	/// Returns a signed document by a function that writes values.
	fn signed(write: fn(u8, &[&[u8]]) -> Vec<u8>, content: &[&[u8]]) -> Vec<u8> {
		let kind = value(OBJECT_IDENTIFIER, &[&SIGNED_DATA[..8], &[1]]);
		let encapsulated = write(SEQUENCE, &[&[&kind[..]], content].concat());
		let version = [2, 1, 1];
		let signers = value(0x31, &[&value(SEQUENCE, &[b"a signature"])]);
		let data = write(SEQUENCE, &[&version, &value(0x31, &[]), &encapsulated, &signers]);
		let kind = value(OBJECT_IDENTIFIER, &[SIGNED_DATA]);
		write(SEQUENCE, &[&kind, &write(EXPLICIT, &[&data])])
	}

	fn in_der(content: &[u8]) -> Vec<u8> {
		signed(value, &[&value(EXPLICIT, &[&value(OCTETS, &[content])])])
	}

	fn in_ber(content: &[u8]) -> Vec<u8> {
		let pieces: Vec<_> = content.chunks(100).map(|piece| value(OCTETS, &[piece])).collect();
		let pieces: Vec<_> = pieces.iter().map(Vec::as_slice).collect();
		signed(open, &[&open(EXPLICIT, &[&open(PIECES_OF_OCTETS, &pieces)])])
	}

	#[test]
	fn signed_invoice_is_read_as_it_is_by_itself() {
		let view = View::parse(VIEW).expect("a view");
		let by_itself = rows(&view, "application/xml", INVOICE).expect("it fits").expect("taken");
		let base_64 = STANDARD.encode(in_der(INVOICE));
		let lines: Vec<_> = base_64.as_bytes().chunks(64).collect();
		let lines = [
			b"-----BEGIN PKCS7-----\r\n",
			&lines.join(&b"\r\n"[..])[..],
			b"\r\n-----END PKCS7-----\r\n",
		];
		for document in [
			in_der(INVOICE),
			in_ber(INVOICE),
			in_der(&in_ber(INVOICE)),
			base_64.clone().into_bytes(),
			lines.concat(),
		] {
			let found = rows(&view, "application/pkcs7-mime", &document);
			assert_eq!(found.expect("it fits").expect("taken"), by_itself);
		}
		// Contracts are signed, too.
		let contract = in_der(b"%PDF-1.7 a contract");
		assert_eq!(rows(&view, "application/pkcs7-mime", &contract), Ok(None));
	}

	#[test]
	fn what_is_no_signed_document_does_not_fit() {
		let mut often = in_der(INVOICE);
		for _ in 0..MAX_SIGNATURES {
			often = in_der(&often);
		}
		let mut deep = value(OCTETS, &[INVOICE]);
		for _ in 0..MAX_DEPTH {
			deep = value(PIECES_OF_OCTETS, &[&deep]);
		}
		let deep = signed(value, &[&value(EXPLICIT, &[&deep])]);
		let open_deep = [SEQUENCE, 0x80].repeat(10_000);
		for (document, problem) in [
			(signed(value, &[]), "it has a signature only"),
			(often, "signed more than 4 times"),
			(deep, "it is cut off, or has other parts"),
			(open_deep, "begins as none, or is cut off"),
			(INVOICE.to_vec(), "neither binary nor of base 64"),
			(b"\xff".to_vec(), "begins as none"),
			(Vec::new(), "begins as none"),
		] {
			let found = xml(&document).expect_err("unfit").to_string();
			assert!(found.contains(problem), "{found}");
		}
		for document in [in_der(INVOICE), in_ber(INVOICE)] {
			for length in 0..document.len() {
				assert!(xml(&document[..length]).is_err(), "{length}");
			}
		}
	}

	proptest! {
		#[test]
		fn no_signed_document_makes_it_panic(
			changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
			bytes in proptest::collection::vec(any::<u8>(), 0..200),
			is_ber in any::<bool>(),
		) {
			let mut document = if is_ber { in_ber(INVOICE) } else { in_der(INVOICE) };
			for (place, byte) in changes {
				let place = place.index(document.len());
				document[place] = byte;
			}
			let _ = xml(&document);
			let _ = xml(&bytes);
			let _ = xml(&[&[SEQUENCE], &bytes[..]].concat());
		}
	}
}
