//! Bounds of XML, checked before it is parsed: with many namespace declarations, or many attributes of one element, a
//! parser's work is no longer proportional to the document.
//!
//! Reads the markup of XML 1.0 in one pass. The parser checks whether a document is well-formed.

use crate::document::{
	budget::{MAX_DEPTH, MAX_NODES},
	reason::Reason,
};

/// Most attributes of one element, declarations of namespaces included.
pub(super) const MAX_ATTRIBUTES: usize = 256;
/// Most namespaces in scope at one place.
pub(super) const MAX_NAMESPACES: usize = 64;
/// Longest name of a namespace, in bytes.
pub(super) const MAX_NAMESPACE_LENGTH: usize = 1_024;
/// Most declarations of namespaces in a document. Some software writes one on each element of a large document.
pub(super) const MAX_DECLARATIONS: usize = 65_536;

pub(super) fn document_type() -> Reason {
	Reason::new("it has a document type, which is not taken")
}

pub(super) fn too_many_nodes() -> Reason {
	Reason::new(format!("it has more than {MAX_NODES} nodes"))
}

/// Checks a document before it is parsed.
pub(super) fn check(text: &str) -> Result<(), Reason> {
	let mut bounds = Bounds::default();
	let mut rest = text;
	while let Some(start) = rest.find('<') {
		// The text before it is a node, too.
		bounds.nodes += u32::from(start > 0);
		let markup = &rest[start..];
		rest = if let Some(comment) = markup.strip_prefix("<!--") {
			bounds.nodes += 1;
			after(comment, "-->")
		} else if let Some(text) = markup.strip_prefix("<![CDATA[") {
			bounds.nodes += 1;
			after(text, "]]>")
		} else if markup.starts_with("<!") {
			return Err(document_type());
		} else if let Some(instruction) = markup.strip_prefix("<?") {
			bounds.nodes += 1;
			after(instruction, "?>")
		} else if let Some(tag) = markup.strip_prefix("</") {
			bounds.close();
			after(tag, ">")
		} else {
			bounds.open(&markup[1..])?
		};
		if bounds.nodes > MAX_NODES {
			return Err(too_many_nodes());
		}
	}
	Ok(())
}

/// Returns the text after an end mark; nothing without the mark.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
	text.split_once(end).map_or("", |(_, rest)| rest)
}

#[derive(Default)]
struct Bounds {
	nodes: u32,
	/// Declarations of each element that is open, and of all of them.
	open: Vec<usize>,
	in_scope: usize,
	declarations: usize,
}

impl Bounds {
	/// Reads a tag that opens an element, and returns what follows it.
	fn open<'a>(&mut self, tag: &'a str) -> Result<&'a str, Reason> {
		self.nodes += 1;
		let name = tag.find(is_end_of_name).unwrap_or(tag.len());
		let mut rest = &tag[name..];
		let (mut attributes, mut declared) = (0, 0);
		let is_empty = loop {
			rest = rest.trim_start_matches(is_space);
			if let Some(after) = rest.strip_prefix('>') {
				rest = after;
				break false;
			}
			if let Some(after) = rest.strip_prefix("/>") {
				rest = after;
				break true;
			}
			let Some((attribute, after)) = rest.split_once('=') else { return Ok("") };
			let value = after.trim_start_matches(is_space);
			let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
				return Ok("");
			};
			let Some((value, after)) = value.get(1..).and_then(|value| value.split_once(quote))
			else {
				return Ok("");
			};
			rest = after;
			attributes += 1;
			if attribute.starts_with("xmlns") {
				declared += 1;
				if value.len() > MAX_NAMESPACE_LENGTH {
					return Err(Reason::new(format!(
						"it has a namespace longer than {MAX_NAMESPACE_LENGTH} bytes"
					)));
				}
			}
			if attributes > MAX_ATTRIBUTES {
				return Err(Reason::new(format!(
					"it has an element with more than {MAX_ATTRIBUTES} attributes"
				)));
			}
		};
		// They take as much memory as elements do.
		self.nodes += u32::try_from(attributes).unwrap_or(u32::MAX);
		self.declarations += declared;
		if self.declarations > MAX_DECLARATIONS {
			return Err(Reason::new(format!(
				"it declares namespaces more than {MAX_DECLARATIONS} times"
			)));
		}
		if self.in_scope + declared > MAX_NAMESPACES {
			return Err(Reason::new(format!(
				"it has more than {MAX_NAMESPACES} namespaces at one place"
			)));
		}
		if self.open.len() >= MAX_DEPTH {
			return Err(Reason::new(format!("it is nested deeper than {MAX_DEPTH} levels")));
		}
		if !is_empty {
			self.open.push(declared);
			self.in_scope += declared;
		}
		Ok(rest)
	}

	fn close(&mut self) {
		self.in_scope = self.in_scope.saturating_sub(self.open.pop().unwrap_or_default());
	}
}

fn is_space(c: char) -> bool {
	matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_end_of_name(c: char) -> bool {
	is_space(c) || matches!(c, '/' | '>')
}

#[cfg(test)]
mod tests {
	use super::*;

	fn problem(text: &str) -> String {
		check(text).expect_err("refused").to_string()
	}

	#[test]
	fn expensive_xml_is_refused_before_parsing() {
		let nested: String = (0..80).map(|n| format!("<a xmlns:n{n}='u'>")).collect();
		assert!(problem(&nested).contains("64 namespaces"));
		let declared: String = (0..65).map(|n| format!(" xmlns:n{n}='u{n}'")).collect();
		assert!(problem(&format!("<a{declared}/>")).contains("64 namespaces"));
		let siblings = "<b xmlns='u'/>".repeat(MAX_DECLARATIONS + 1);
		assert!(problem(&format!("<a>{siblings}</a>")).contains("65536 times"));
		let attributes: String = (0..257).map(|n| format!(" a{n}='{n}'")).collect();
		assert!(problem(&format!("<a{attributes}/>")).contains("256 attributes"));
		assert!(problem(&"<a>".repeat(MAX_DEPTH + 1)).contains("deeper than 64"));
		assert!(problem(&"<a/>".repeat(MAX_NODES as usize + 1)).contains("500000 nodes"));
		let long = "u".repeat(MAX_NAMESPACE_LENGTH + 1);
		assert!(problem(&format!("<a xmlns:n='{long}'/>")).contains("1024 bytes"));
		assert!(problem("<!DOCTYPE a><a/>").contains("document type"));
	}

	#[test]
	fn markup_in_texts_is_ignored() {
		let deep = "<a>".repeat(MAX_DEPTH + 1);
		for text in [
			format!("<a><!-- {deep} --></a>"),
			format!("<a><![CDATA[{deep}]]></a>"),
			format!("<a b=\"{}\" c='>'>{}</a>", deep.replace('<', ">"), "<d/>".repeat(100)),
			format!("<?a {deep}?><a/>"),
			format!("<a>{}</a>", "<b><c/></b>".repeat(1_000)),
			format!("<a>{}</a>", "<b xmlns:n='u'>x</b>".repeat(1_000)),
		] {
			assert_eq!(check(&text), Ok(()), "{text}");
		}
	}
}
