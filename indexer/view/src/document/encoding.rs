//! Character sets: what is UTF-8 is read as UTF-8, whatever it claims to be, and else as the document declares.

use super::reason::Reason;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Returns the text of bytes in a character set; `None` if they have signs that are none of it.
pub(super) fn decode<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
	encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

/// Returns the text of a document, without a byte order mark. `declared` is its character set if it is not UTF-8.
pub(super) fn text<'a>(
	document: &'a [u8],
	declared: Option<&'static Encoding>,
) -> Result<Cow<'a, str>, Reason> {
	if let Some((encoding, length)) = Encoding::for_bom(document) {
		let rest = document.get(length..).unwrap_or_default();
		return read(encoding, rest);
	}
	match std::str::from_utf8(document) {
		// Of UTF-16, every second byte is zero where it is ASCII.
		Ok(text) if !text.as_bytes().contains(&0) || declared.is_none() => Ok(Cow::Borrowed(text)),
		_ => match declared {
			Some(encoding) => read(encoding, document),
			None => Err(Reason::new("it is not UTF-8, and declares no other character set")),
		},
	}
}

fn read<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, Reason> {
	decode(encoding, bytes).ok_or_else(|| {
		Reason::new(format!("it is not {}, which it is declared to be", encoding.name()))
	})
}

/// Returns the character set that an XML document declares.
///
/// # Errors
///
/// If there is none of that name.
pub(super) fn declared_in_xml(document: &[u8]) -> Result<Option<&'static Encoding>, Reason> {
	// XML 1.0, appendix F: without a byte order mark, the first signs tell the width.
	match document {
		[b'<', 0, ..] => return Ok(Some(UTF_16LE)),
		[0, b'<', ..] => return Ok(Some(UTF_16BE)),
		_ => {},
	}
	let Some(rest) = document.strip_prefix(b"<?xml") else { return Ok(None) };
	let end = rest.iter().take(512).position(|byte| *byte == b'>').unwrap_or_default();
	let declaration = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
	let Some((_, value)) = declaration.split_once("encoding") else { return Ok(None) };
	let value = value.trim_start().strip_prefix('=').unwrap_or_default().trim_start();
	let mut parts = match value.chars().next() {
		Some(quote @ ('"' | '\'')) => value.split(quote).skip(1),
		_ => return Ok(None),
	};
	let name = parts.next().unwrap_or_default();
	match Encoding::for_label(name.as_bytes()) {
		Some(encoding) if encoding == UTF_8 => Ok(None),
		// A declaration of 16 bits that can be read in 8 is not true.
		Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(None),
		Some(encoding) => Ok(Some(encoding)),
		None => Err(Reason::new("it declares a character set that is not known")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn xml(document: &[u8]) -> Result<String, String> {
		let declared = declared_in_xml(document).map_err(|reason| reason.to_string())?;
		text(document, declared).map(Cow::into_owned).map_err(|reason| reason.to_string())
	}

	#[test]
	fn character_sets_are_read_as_declared_unless_it_is_utf_8() {
		let declare = |name: &str, bytes: &[u8]| {
			let mut document = format!("<?xml version=\"1.0\" encoding='{name}'?>").into_bytes();
			document.extend_from_slice(bytes);
			xml(&document).map(|text| text.split_once("?>").expect("declared").1.to_owned())
		};
		for (name, bytes, text) in [
			("ISO-8859-1", &b"K\xf8benhavn"[..], "København"),
			("windows-1252", b"\x80 5", "€ 5"),
			("ISO-8859-2", b"\xa3\xf3d\xbc", "Łódź"),
			("Shift_JIS", b"\x93\xfa\x96{", "日本"),
			("GB18030", b"\xce\xa2\xd6\xda", "微众"),
			// Real files lie about it.
			("ISO-8859-1", "København".as_bytes(), "København"),
			("UTF-8", "København".as_bytes(), "København"),
			("UTF-16", b"plain", "plain"),
		] {
			assert_eq!(declare(name, bytes).as_deref(), Ok(text), "{name}");
		}
		assert!(declare("UTF-8", b"\xff").unwrap_err().contains("not UTF-8"));
		assert!(declare("klingon", b"x").unwrap_err().contains("not known"));
		assert!(declare("Shift_JIS", b"\xfd\xfd").unwrap_err().contains("Shift_JIS"));
	}

	#[test]
	fn sixteen_bits_are_recognized() {
		let wide = |text: &str, bom: bool, big: bool| -> Vec<u8> {
			let bom = bom.then_some('\u{feff}').into_iter().map(|c| c as u16);
			let units = bom.chain(text.encode_utf16());
			units
				.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
				.collect()
		};
		let document = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>é</a>";
		for (bom, big) in [(true, false), (true, true), (false, false), (false, true)] {
			assert_eq!(xml(&wide(document, bom, big)).as_deref(), Ok(document), "{bom} {big}");
		}
		assert_eq!(xml("\u{feff}<a/>".as_bytes()).as_deref(), Ok("<a/>"));
	}
}
