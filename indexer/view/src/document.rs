//! Documents: from bytes to the rows of a view.
//!
//! Documents come from other organizations. So everything in them is bounded here, and no document makes this code
//! panic. A [`Reason`] never shows content of a document.

mod budget;
mod csv;
mod edifact;
mod encoding;
mod json;
mod mt940;
mod ofx;
mod pdf;
mod reason;
mod row;
mod signed;
mod x12;
mod xml;

pub use budget::{
	MAX_COLUMNS, MAX_DEPTH, MAX_DOCUMENT, MAX_NODES, MAX_ROWS, MAX_SMALL_PARTS, MAX_TEXT,
	MAX_VALUES,
};
pub use reason::Reason;
pub use row::Values;

use crate::{
	path::{Node, Work, distinct},
	value::Notation,
	view::{Container, Format, Place, View, container, is_json_lines},
};
use budget::Budget;
use row::{Found, Text, is_marked, row, too_many_rows};
use std::borrow::Cow;

/// Returns the rows of a document in a view; `None` if the view does not take the document.
///
/// # Errors
///
/// If the view takes the document and it does not fit. Time and memory are bounded for any content.
pub fn rows(view: &View, media_type: &str, document: &[u8]) -> Result<Option<Vec<Values>>, Reason> {
	if !view.takes_media_type(media_type) {
		return Ok(None);
	}
	let (largest, of) = largest(view.format);
	if document.len() > largest {
		return Err(Reason::new(format!("it is larger than {largest} bytes, the most for {of}")));
	}
	let budget = &mut Budget::new(document.len());
	let text = |declared| encoding::text(document, view.encoding.or(declared));
	match view.format {
		Format::Json => {
			let text = text(None)?;
			let document = if is_json_lines(media_type) {
				json::parse_lines(&text)?
			} else {
				json::parse(&text)?
			};
			of_tree(view, &document, view.notation(), budget)
		},
		Format::Xml => {
			let found = match container(media_type) {
				None => Some(Cow::Borrowed(document)),
				Some(Container::Pdf) => pdf::invoice(document)?.map(Cow::Owned),
				Some(Container::Signed) => signed::xml(document)?.map(Cow::Owned),
			};
			let Some(document) = &found else { return Ok(None) };
			let declared = encoding::declared_in_xml(document)?;
			let text = encoding::text(document, view.encoding.or(declared))?;
			let text = xml::without_document_type_of_cxml(&text);
			let document = xml::parse(&text)?;
			of_tree(view, xml::Node::Element(document.root()), view.notation(), budget)
		},
		Format::Csv => match text(None) {
			Ok(text) => csv::rows(view, &text, budget),
			Err(_) if csv::is_of_other_kind(view, document) => Ok(None),
			Err(reason) => Err(reason),
		},
		Format::Edifact => edifact::rows(view, &edifact::parse(document)?, "message", budget),
		Format::Ofx => {
			let text = ofx::read(document, view.encoding)?;
			let document = xml::parse(&text)?;
			of_tree(view, xml::Node::Element(document.root()), ofx::NOTATION, budget)
		},
		Format::Mt940 => mt940::rows(view, &text(None)?, budget),
		Format::X12 => edifact::rows(view, &x12::parse(&text(None)?)?, "transaction set", budget),
	}
}

/// Returns the size of the largest document of a format, with the format's name.
fn largest(format: Format) -> (usize, &'static str) {
	match format {
		Format::Json => (MAX_DOCUMENT, "JSON"),
		Format::Xml => (MAX_DOCUMENT, "XML"),
		Format::Csv => (MAX_DOCUMENT, "CSV"),
		Format::Edifact => (MAX_SMALL_PARTS, "EDIFACT"),
		Format::Ofx => (MAX_SMALL_PARTS, "OFX"),
		Format::Mt940 => (MAX_SMALL_PARTS, "MT940"),
		Format::X12 => (MAX_SMALL_PARTS, "X12"),
	}
}

/// Returns the rows of a document that is a tree.
fn of_tree<'a, N: Node<'a>>(
	view: &View,
	document: N,
	notation: Notation<'_>,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let find = |place: &Place, here: N, work: &mut Work| match place {
		Place::Node(path) => {
			let nodes = path.select(document, here, work)?;
			let texts = nodes.into_iter().map(|node| {
				let text = node.text(work)?;
				Some(Text { text, date_code: node.date_code() })
			});
			let texts = texts.collect();
			work.check()?;
			Ok::<Found<'a>, Reason>(texts)
		},
		_ => Ok(Vec::new()),
	};
	if !is_marked(&view.marks, budget, |place, work| find(place, document, work))? {
		return Ok(None);
	}
	let mut starts = Vec::new();
	for path in &view.rows {
		starts.extend(path.select(document, document, &mut budget.work)?);
	}
	let starts = match view.rows.len() {
		0 => vec![document],
		1 => starts,
		_ => distinct(starts),
	};
	if starts.len() > MAX_ROWS {
		return Err(too_many_rows());
	}
	let mut rows = Vec::new();
	let is_one = starts.len() == 1;
	for (number, start) in starts.into_iter().enumerate() {
		let row = row(view, notation, budget, |place, work| find(place, start, work));
		rows.extend(row.map_err(|reason| match is_one {
			true => reason,
			false => reason.of("row", number),
		})?);
	}
	Ok(Some(rows))
}

#[cfg(test)]
mod tests;
