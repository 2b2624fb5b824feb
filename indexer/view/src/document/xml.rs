//! XML. Document types, and with them entities other than the five of XML itself, are refused; only the one that cXML
//! demands is skipped.

mod bounds;
mod doctype;

pub(super) use doctype::without as without_document_type_of_cxml;

use super::{budget::MAX_NODES, reason::Reason};
use crate::path::{self, Axis, Test, Work};
use roxmltree::{Attribute, Document, Error, ParsingOptions};
use std::borrow::Cow;

#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
	/// An element, or the document.
	Element(roxmltree::Node<'a, 'a>),
	Attribute {
		attribute: Attribute<'a, 'a>,
		of: roxmltree::Node<'a, 'a>,
		number: usize,
	},
}

pub(super) fn parse(text: &str) -> Result<Document<'_>, Reason> {
	bounds::check(text)?;
	let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
	// The parser's messages would show content of the document.
	Document::parse_with_options(text, options).map_err(|error| match error {
		Error::DtdDetected => bounds::document_type(),
		Error::NodesLimitReached => bounds::too_many_nodes(),
		Error::UnclosedRootNode | Error::UnexpectedEndOfStream => {
			Reason::new("it ends before its elements do, as if it were cut off")
		},
		error => Reason::new(format!("it is no XML, from line {} on", error.pos().row)),
	})
}

/// Returns a text with one space for each break of a line: in XML, these are for people.
fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
	if !text.contains(['\n', '\r', '\t']) {
		return text;
	}
	let lines = text.split(['\n', '\r', '\t']).map(|line| line.trim_matches(' '));
	let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
	Cow::Owned(lines.join(" "))
}

fn fits(test: &Test, namespace: Option<&str>, name: &str) -> bool {
	match test {
		Test::Any => true,
		Test::Name { namespace: None, name: is } => is == name,
		Test::Name { namespace: wanted, name: is } => is == name && wanted.as_deref() == namespace,
		Test::Index(_) => false,
	}
}

impl<'a> path::Node<'a> for Node<'a> {
	fn step(self, axis: Axis, test: &Test, work: &mut Work, take: &mut dyn FnMut(Self, &mut Work)) {
		if axis == Axis::Parent {
			let parent = match self {
				Node::Element(element) => element.parent(),
				Node::Attribute { of, .. } => Some(of),
			};
			if let (Some(parent), true) = (parent, work.spend(1)) {
				take(Node::Element(parent), work);
			}
			return;
		}
		let Node::Element(element) = self else { return };
		let mut look = |node: roxmltree::Node<'a, 'a>, work: &mut Work| {
			let name = node.tag_name();
			if node.is_element() && fits(test, name.namespace(), name.name()) {
				take(Node::Element(node), work);
			}
		};
		match axis {
			Axis::Attribute => {
				for (number, attribute) in element.attributes().enumerate() {
					if !work.spend(1) {
						return;
					}
					if fits(test, attribute.namespace(), attribute.name()) {
						take(Node::Attribute { attribute, of: element, number }, work);
					}
				}
			},
			Axis::Parent => {},
			Axis::Itself => {
				if work.spend(1) {
					look(element, work);
				}
			},
			Axis::Child => {
				for child in element.children() {
					if !work.spend(1) {
						return;
					}
					look(child, work);
				}
			},
			Axis::Descendant => {
				for node in element.descendants().skip(1) {
					if !work.spend(1) {
						return;
					}
					look(node, work);
				}
			},
		}
	}

	/// Returns all text in an element, including nested ones.
	fn text(self, work: &mut Work) -> Option<Cow<'a, str>> {
		let element = match self {
			Node::Attribute { attribute, .. } => {
				work.spend_on(attribute.value());
				return Some(Cow::Owned(attribute.value().to_owned()));
			},
			Node::Element(element) => element,
		};
		let mut text: Option<Cow<'a, str>> = None;
		for node in element.descendants() {
			let part = node.text().filter(|_| node.is_text()).unwrap_or_default();
			if !work.spend_on(part) {
				break;
			}
			match &mut text {
				None if part.is_empty() => {},
				None => text = Some(Cow::Borrowed(part)),
				Some(text) => text.to_mut().push_str(part),
			}
		}
		Some(on_one_line(text.unwrap_or_default()))
	}

	/// CII names the format of a date in an attribute (UN/CEFACT unqualified data types).
	fn date_code(self) -> Option<&'a str> {
		let Node::Element(element) = self else { return None };
		let is_date =
			matches!(element.tag_name().name(), "DateTimeString" | "DateString" | "DateTime");
		element.attribute("format").filter(|_| is_date).map(str::trim)
	}

	fn place(self) -> (usize, usize) {
		match self {
			Node::Element(element) => (element.id().get_usize(), 0),
			Node::Attribute { of, number, .. } => (of.id().get_usize(), number + 1),
		}
	}

	fn sorts_by_place() -> bool {
		true
	}
}
