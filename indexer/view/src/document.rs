//! Documents: from bytes to the rows of a view.
//!
//! Documents come from other organizations. So everything in them is bounded here, and no document makes this code
//! panic. A [`Reason`] never shows content of a document.

mod budget;
mod csv;
mod edifact;
mod json;
mod reason;
mod row;
mod xml;

pub use budget::{MAX_DEPTH, MAX_NODES, MAX_ROWS, MAX_TEXT, MAX_VALUES};
pub use reason::Reason;
pub use row::Values;

use crate::{
	path::{Node, Work},
	view::{Format, Place, View},
};
use budget::Budget;
use credio_primitives::limits::MAX_DOCUMENT_SIZE;
use row::{Found, is_marked, row, too_many_rows};
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
	if document.len() > MAX_DOCUMENT_SIZE as usize {
		return Err(Reason::new(format!("it is larger than {MAX_DOCUMENT_SIZE} bytes")));
	}
	let text = match std::str::from_utf8(document) {
		Ok(text) => Cow::Borrowed(text),
		// Most of its character sets extend Latin 1.
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

/// Returns the rows of a document that is a tree.
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

#[cfg(test)]
mod tests;
