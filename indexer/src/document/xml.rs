//! XML. Document types, and with them entities other than the five of XML itself, are refused.

use super::{Reason, MAX_DEPTH, MAX_NODES};
use crate::path::{self, Axis, Test};
use roxmltree::{Attribute, Document, Error, ParsingOptions};
use std::borrow::Cow;

#[derive(Clone, Copy)]
pub enum Node<'a> {
	/// An element, or the document.
	Element(roxmltree::Node<'a, 'a>),
	Attribute(Attribute<'a, 'a>),
}

pub fn parse(text: &str) -> Result<Document<'_>, Reason> {
	let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
	// The parser's own words would name what is in the document.
	let document = Document::parse_with_options(text, options).map_err(|error| match error {
		Error::DtdDetected => Reason::new("it has a document type, which is not taken"),
		Error::NodesLimitReached => Reason::new(format!("it has more than {MAX_NODES} nodes")),
		error => Reason::new(format!("it is no XML, from line {} on", error.pos().row)),
	})?;
	let mut depth = 0_usize;
	let mut node = document.root();
	// Every node after the other, without recursion.
	loop {
		if let Some(child) = node.first_child() {
			depth += 1;
			if depth > MAX_DEPTH {
				return Err(Reason::new(format!("it is nested deeper than {MAX_DEPTH} levels")));
			}
			node = child;
			continue;
		}
		loop {
			if let Some(next) = node.next_sibling() {
				node = next;
				break;
			}
			match node.parent() {
				Some(parent) => node = parent,
				None => return Ok(document),
			}
			depth = depth.saturating_sub(1);
		}
	}
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
	fn step(self, axis: Axis, test: &Test, take: &mut dyn FnMut(Self) -> bool) {
		let Node::Element(element) = self else { return };
		let is_element = |node: &roxmltree::Node<'a, 'a>| {
			let name = node.tag_name();
			node.is_element() && fits(test, name.namespace(), name.name())
		};
		match axis {
			Axis::Attribute => {
				let mut attributes =
					element.attributes().filter(|is| fits(test, is.namespace(), is.name()));
				attributes.all(|attribute| take(Node::Attribute(attribute)));
			},
			Axis::Child => {
				element.children().filter(is_element).all(|child| take(Node::Element(child)));
			},
			Axis::Descendant => {
				let below = element.descendants().skip(1);
				below.filter(is_element).all(|child| take(Node::Element(child)));
			},
		}
	}

	/// Text of an element is all text in it, whatever is nested.
	fn text(self) -> Option<Cow<'a, str>> {
		Some(match self {
			Node::Attribute(attribute) => Cow::Owned(attribute.value().to_owned()),
			Node::Element(element) => {
				let mut texts = element.descendants().filter(roxmltree::Node::is_text);
				let first = texts.next().and_then(|text| text.text()).unwrap_or_default();
				let mut text = Cow::Borrowed(first);
				for more in texts.filter_map(|text| text.text()) {
					text.to_mut().push_str(more);
				}
				text
			},
		})
	}
}
