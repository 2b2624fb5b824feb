//! Documents: from bytes to the rows of a view.
//!
//! Documents come from other organizations, so whatever they contain is bounded here, and nothing in them makes this
//! code panic. What a document contains is never part of a [`Reason`].

mod csv;
mod edifact;
mod json;
mod xml;

use crate::{
	path::{Node, TooMuchWork, Work},
	value::Value,
	view::{Column, Format, Mark, Place, View, MAX_INDEXED_LENGTH},
};
use credio_primitives::limits::MAX_DOCUMENT_SIZE;
use std::borrow::Cow;

/// Most rows of one document.
pub const MAX_ROWS: usize = 10_000;
/// How deep the nodes of a document may be nested.
pub const MAX_DEPTH: usize = 64;
/// Most nodes of an XML document.
pub const MAX_NODES: u32 = 60_000;
/// Most values of all rows of a document together.
pub const MAX_VALUES: usize = 100_000;
/// Most bytes of text of all rows of a document together: rows may repeat what stands in it once.
pub const MAX_TEXT: usize = 1 << 20;

/// Values of one row, in the order of the view's columns.
pub type Values = Vec<Option<Value>>;

/// Why a document does not fit a view. Names paths and types, never what is in the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Reason(String);

impl Reason {
	fn new(reason: impl Into<String>) -> Self {
		Self(reason.into())
	}
}

impl From<TooMuchWork> for Reason {
	fn from(_: TooMuchWork) -> Self {
		Self::new("a path of the view leads to too many nodes of the document")
	}
}

/// What is left of the bounds that all rows of a document share.
struct Budget {
	work: Work,
	values: usize,
	text: usize,
}

impl Budget {
	fn new() -> Self {
		Self { work: Work::default(), values: MAX_VALUES, text: MAX_TEXT }
	}

	/// Takes room for the values of a row, before they are looked for.
	fn take_row(&mut self, columns: usize) -> Result<(), Reason> {
		self.values = self.values.checked_sub(columns).ok_or_else(|| {
			Reason::new(format!("its rows have more than {MAX_VALUES} values together"))
		})?;
		Ok(())
	}

	/// Takes room for a text, before it is copied.
	fn take_text(&mut self, text: &str) -> Result<(), Reason> {
		self.text = self.text.checked_sub(text.len()).ok_or_else(|| {
			Reason::new(format!("its rows have more than {MAX_TEXT} bytes of text together"))
		})?;
		Ok(())
	}
}

/// The rows that a document makes in a view; `None` if it is not one of the view's documents.
///
/// # Errors
///
/// Why it is one, and cannot be used. Time and memory are bounded, whatever is in it.
pub fn rows(view: &View, media_type: &str, document: &[u8]) -> Result<Option<Vec<Values>>, Reason> {
	if !view.takes_media_type(media_type) {
		return Ok(None);
	}
	if document.len() > MAX_DOCUMENT_SIZE as usize {
		return Err(Reason::new(format!("it is larger than {MAX_DOCUMENT_SIZE} bytes")));
	}
	let text = match std::str::from_utf8(document) {
		Ok(text) => Cow::Borrowed(text),
		// Most of its character sets begin as Latin 1 does.
		Err(_) if view.format == Format::Edifact => {
			document.iter().copied().map(char::from).collect()
		},
		Err(_) => return Err(Reason::new("it is not UTF-8")),
	};
	let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
	let budget = &mut Budget::new();
	match view.format {
		Format::Json => {
			let document = json::parse(text)?;
			of_tree(view, &document, budget)
		},
		Format::Xml => {
			let document = xml::parse(text)?;
			of_tree(view, xml::Node::Element(document.root()), budget)
		},
		Format::Csv => csv::rows(view, text, budget),
		Format::Edifact => edifact::rows(view, text, budget),
	}
}

/// Rows of a document that is a tree.
fn of_tree<'a, N: Node<'a>>(
	view: &View,
	document: N,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let find = |place: &Place, here: N, work: &mut Work| match place {
		Place::Node(path) => {
			let nodes = path.select(document, here, work)?;
			let texts = nodes.into_iter().map(|node| node.text(work)).collect();
			work.check()?;
			Ok::<Found<'a>, Reason>(texts)
		},
		_ => Ok(Vec::new()),
	};
	if !is_marked(&view.marks, budget, |place, work| find(place, document, work))? {
		return Ok(None);
	}
	let starts = match &view.rows {
		Some(path) => path.select(document, document, &mut budget.work)?,
		None => vec![document],
	};
	if starts.len() > MAX_ROWS {
		return Err(too_many_rows());
	}
	let rows = starts.into_iter().enumerate().map(|(number, start)| {
		let row = row(view, budget, |place, work| find(place, start, work));
		row.map_err(|Reason(reason)| match &view.rows {
			Some(_) => Reason::new(format!("row {}: {reason}", number + 1)),
			None => Reason(reason),
		})
	});
	rows.collect::<Result<_, _>>().map(Some)
}

fn too_many_rows() -> Reason {
	Reason::new(format!("it has more than {MAX_ROWS} rows"))
}

/// What stands at a place: nothing, or values, of which `None` is something that is no single value.
type Found<'a> = Vec<Option<Cow<'a, str>>>;

/// Whether a document has one of the marks of a view.
fn is_marked<'a>(
	marks: &[Mark],
	budget: &mut Budget,
	find: impl Fn(&Place, &mut Work) -> Result<Found<'a>, Reason>,
) -> Result<bool, Reason> {
	for mark in marks {
		let found = find(&mark.place, &mut budget.work)?;
		let is_marked = if mark.equals.is_empty() {
			!found.is_empty()
		} else {
			found.iter().flatten().any(|text| mark.equals.iter().any(|is| is == text.trim()))
		};
		if is_marked {
			return Ok(true);
		}
	}
	Ok(marks.is_empty())
}

/// One row.
fn row<'a>(
	view: &View,
	budget: &mut Budget,
	find: impl Fn(&Place, &mut Work) -> Result<Found<'a>, Reason>,
) -> Result<Values, Reason> {
	budget.take_row(view.columns.len())?;
	let values = view.columns.iter().map(|column| {
		for (place, path) in column.places.iter().zip(&column.paths) {
			let found = find(place, &mut budget.work)?;
			if let Some(value) = value(column, path, found, budget)? {
				return Ok(Some(value));
			}
		}
		if column.is_required && column.default.is_none() {
			let paths = column.paths.join(", ");
			let (name, ty) = (&column.name, column.ty);
			return Err(Reason::new(format!("column {name}: there is no {ty} at {paths}")));
		}
		if let Some(Value::Text(text)) = &column.default {
			budget.take_text(text)?;
		}
		Ok(column.default.clone())
	});
	values.collect()
}

/// The value of a column that stands at a place; empty text is none.
fn value(
	column: &Column,
	path: &str,
	found: Found<'_>,
	budget: &mut Budget,
) -> Result<Option<Value>, Reason> {
	let (name, ty) = (&column.name, column.ty);
	let expected = |is: &str| {
		Reason::new(format!("column {name}: expected {ty} at {path}, and there is {is}"))
	};
	let mut texts = Vec::new();
	for text in found {
		match text {
			None if column.takes_all => {},
			None => return Err(expected("a list or an object")),
			Some(text) => match text.trim() {
				"" => {},
				text => {
					budget.take_text(text)?;
					texts.push(text.to_owned());
				},
			},
		}
		if !texts.is_empty() && !column.takes_all {
			break;
		}
	}
	if texts.is_empty() {
		return Ok(None);
	}
	let value = ty.parse(&texts.join("\n")).ok_or_else(|| expected("something else"))?;
	match &value {
		Value::Text(text) if column.is_indexed && text.len() > MAX_INDEXED_LENGTH => {
			Err(Reason::new(format!(
				"column {name}: the text at {path} is longer than {MAX_INDEXED_LENGTH} bytes, the most for a column with an \
				index"
			)))
		},
		_ => Ok(Some(value)),
	}
}

#[cfg(test)]
mod tests;
