//! The document type of cXML, whose standard demands one: it is skipped. Nothing is ever read from its address.

use std::borrow::Cow;

/// Where the document types of cXML are.
const ADDRESSES: [&str; 2] =
	["http://xml.cxml.org/schemas/cXML/", "https://xml.cxml.org/schemas/cXML/"];

/// Returns the document with spaces in place of the document type of cXML; as it is, if it has none or another one.
pub(in crate::document) fn without(text: &str) -> Cow<'_, str> {
	let Some((start, end)) = find(text) else { return Cow::Borrowed(text) };
	let (before, rest) = text.split_at(start);
	let (declaration, after) = rest.split_at(end - start);
	// Lines keep their numbers.
	let blank: String = declaration.chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
	Cow::Owned([before, &blank, after].concat())
}

/// Returns where the document type of cXML begins and ends.
fn find(text: &str) -> Option<(usize, usize)> {
	let mut rest = text.trim_start();
	loop {
		let (_, after) = if rest.starts_with("<?") {
			rest.split_once("?>")?
		} else if rest.starts_with("<!--") {
			rest.split_once("-->")?
		} else {
			break;
		};
		rest = after.trim_start();
	}
	let start = text.len() - rest.len();
	let name = rest.strip_prefix("<!DOCTYPE")?.strip_prefix(is_space)?.trim_start();
	let id = name.strip_prefix("cXML")?.strip_prefix(is_space)?.trim_start();
	let address = match id.strip_prefix("PUBLIC") {
		Some(id) => literal(id)?.1,
		None => id.strip_prefix("SYSTEM")?,
	};
	let (address, rest) = literal(address)?;
	if !ADDRESSES.iter().any(|known| address.starts_with(known)) {
		return None;
	}
	// Behind it there is nothing: declarations of its own are refused as those of any other document.
	let after = rest.trim_start().strip_prefix('>')?;
	Some((start, text.len() - after.len()))
}

fn is_space(c: char) -> bool {
	c.is_ascii_whitespace()
}

/// Returns a text in quotes, and what follows it.
fn literal(text: &str) -> Option<(&str, &str)> {
	let text = text.strip_prefix(is_space)?.trim_start();
	let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
	text.strip_prefix(quote)?.split_once(quote)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn document_type_of_cxml_is_skipped() {
		for (text, without_it) in [
			(
				"<?xml version=\"1.0\"?>\n<!-- x -->\n<!DOCTYPE cXML SYSTEM\n\"http://xml.cxml.org/schemas/cXML/1.2.014/InvoiceDetail.dtd\"><cXML/>",
				"<?xml version=\"1.0\"?>\n<!-- x -->\n\n<cXML/>",
			),
			("<!DOCTYPE cXML PUBLIC '-' 'http://xml.cxml.org/schemas/cXML/a' ><cXML/>", "<cXML/>"),
		] {
			let read = without(text);
			assert_eq!(read.len(), text.len());
			assert_eq!(read.lines().count(), text.lines().count());
			let marks = |text: &str| text.split_whitespace().collect::<Vec<_>>().concat();
			assert_eq!(marks(&read), marks(without_it));
		}
	}

	#[test]
	fn other_document_types_stay() {
		for text in [
			"<!DOCTYPE cXML SYSTEM 'http://xml.cxml.org/schemas/cXML/a' [<!ENTITY e 'x'>]><cXML/>",
			"<!DOCTYPE cXML SYSTEM 'file:///etc/passwd'><cXML/>",
			"<!DOCTYPE cXML><cXML/>",
			"<!DOCTYPE a SYSTEM 'http://xml.cxml.org/schemas/cXML/a'><a/>",
			"<a><![CDATA[<!DOCTYPE cXML SYSTEM 'http://xml.cxml.org/schemas/cXML/a'>]]></a>",
			"<!DOCTYPE cXML SYSTEM 'http://xml.cxml.org/schemas/cXML/a'",
			"<!-- <!DOCTYPE cXML",
			"<?",
			"",
		] {
			assert_eq!(without(text), text);
		}
	}
}
