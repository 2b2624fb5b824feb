//! The rows of a document, from the texts at the places of a view.

use super::{
	budget::{Budget, MAX_ROWS},
	reason::Reason,
};
use crate::{
	path::Work,
	value::Value,
	view::{Column, MAX_INDEXED_LENGTH, Mark, Place, View},
};
use std::borrow::Cow;

/// Values of one row, in the order of the view's columns.
pub type Values = Vec<Option<Value>>;

pub(super) fn too_many_rows() -> Reason {
	Reason::new(format!("it has more than {MAX_ROWS} rows"))
}

/// The values at a place. `None` stands for a list or an object.
pub(super) type Found<'a> = Vec<Option<Cow<'a, str>>>;

/// Whether a document has one of the marks of a view.
pub(super) fn is_marked<'a>(
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

/// Returns one row.
pub(super) fn row<'a>(
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

/// Returns the value of a column from the texts at a place; empty text is no value.
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
