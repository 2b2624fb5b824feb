//! The rows of a document, from the texts at the places of a view.

use super::{
	budget::{Budget, MAX_ROWS},
	reason::Reason,
};
use crate::{
	path::Work,
	value::{Dates, Notation, Numbers, Value},
	view::{Column, MAX_INDEXED_LENGTH, Mark, Place, View},
};
use std::borrow::Cow;

/// Values of one row, in the order of the view's columns.
pub type Values = Vec<Option<Value>>;

pub(super) fn too_many_rows() -> Reason {
	Reason::new(format!("it has more than {MAX_ROWS} rows"))
}

/// A text of a document.
pub(super) struct Text<'a> {
	pub text: Cow<'a, str>,
	/// How it is written if it is a date, by UN/EDIFACT data element 2379, if the document says so.
	pub date_code: Option<&'a str>,
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Text<'a> {
	fn from(text: T) -> Self {
		Self { text: text.into(), date_code: None }
	}
}

/// The values at a place. `None` stands for a list or an object.
pub(super) type Found<'a> = Vec<Option<Text<'a>>>;

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
			found.iter().flatten().any(|text| mark.equals.iter().any(|is| is == text.text.trim()))
		};
		if is_marked {
			return Ok(true);
		}
	}
	Ok(marks.is_empty())
}

/// Returns one row; `None` if it is none of the view.
pub(super) fn row<'a>(
	view: &View,
	notation: Notation<'_>,
	budget: &mut Budget,
	find: impl Fn(&Place, &mut Work) -> Result<Found<'a>, Reason>,
) -> Result<Option<Values>, Reason> {
	if !is_marked(&view.row_marks, budget, &find)? {
		return Ok(None);
	}
	budget.take_row(view.columns.len())?;
	let values = view.columns.iter().map(|column| {
		let mut unfit = None;
		for source in &column.sources {
			let found = match &source.parts[..] {
				[place] => find(place, &mut budget.work)?,
				parts => joined(parts, budget, &find)?,
			};
			match value(column, &source.path, notation, found, budget) {
				Ok(None) => {},
				Ok(Some(value)) => {
					let mut has = |marks: &[Mark]| {
						Ok::<_, Reason>(!marks.is_empty() && is_marked(marks, budget, &find)?)
					};
					let is_made_negative = !value.is_negative() && has(&column.negative_by)?;
					return match is_made_negative != has(&column.negated_by)? {
						false => Ok(Some(value)),
						true => value.negated().map(Some).ok_or_else(|| {
							Reason::new(format!(
								"column {}: its negative is too large",
								column.name
							))
						}),
					};
				},
				Err(Problem::Value(reason)) => {
					unfit.get_or_insert(reason);
				},
				Err(Problem::Bound(reason)) => return Err(reason),
			}
		}
		// A later path may have the value. If none has, what stands at the first is no value without a word.
		if let Some(reason) = unfit {
			return Err(reason);
		}
		for (mark, value) in &column.otherwise {
			if is_marked(std::slice::from_ref(mark), budget, &find)? {
				if let Value::Text(text) = value {
					budget.take_text(text)?;
				}
				return Ok(Some(value.clone()));
			}
		}
		if column.is_required && column.default.is_none() {
			let paths: Vec<_> = column.sources.iter().map(|source| &source.path[..]).collect();
			let paths = paths.join(", ");
			let (name, ty) = (&column.name, column.ty);
			return Err(Reason::new(format!("column {name}: there is no {ty} at {paths}")));
		}
		if let Some(Value::Text(text)) = &column.default {
			budget.take_text(text)?;
		}
		Ok(column.default.clone())
	});
	values.collect::<Result<_, _>>().map(Some)
}

/// Returns the first texts of several places as one.
fn joined<'a>(
	parts: &[Place],
	budget: &mut Budget,
	find: &impl Fn(&Place, &mut Work) -> Result<Found<'a>, Reason>,
) -> Result<Found<'a>, Reason> {
	let mut texts: Vec<String> = Vec::new();
	for place in parts {
		let found = find(place, &mut budget.work)?;
		let mut found = found.into_iter().flatten();
		let text = found.find(|text| !text.text.trim().is_empty());
		texts.extend(text.map(|text| text.text.trim().to_owned()));
	}
	Ok(vec![Some(Text::from(texts.join(" ")))])
}

/// Why there is no value at a place.
enum Problem {
	/// What stands there is no value of the column.
	Value(Reason),
	/// The document is too large.
	Bound(Reason),
}

/// Returns the value of a column from the texts at a place; empty text is no value.
fn value(
	column: &Column,
	path: &str,
	notation: Notation<'_>,
	found: Found<'_>,
	budget: &mut Budget,
) -> Result<Option<Value>, Problem> {
	let (name, ty) = (&column.name, column.ty);
	let expected = |is: &str| {
		Problem::Value(Reason::new(format!(
			"column {name}: expected {ty} at {path}, and there is {is}"
		)))
	};
	let takes_one = !column.takes_all && !column.takes_latest;
	let mut texts = Vec::new();
	for text in found {
		match text {
			None if column.takes_all => {},
			None => return Err(expected("a list or an object")),
			Some(text) => match text.text.trim() {
				"" => {},
				trimmed => {
					budget.take_text(trimmed).map_err(Problem::Bound)?;
					texts.push((trimmed.to_owned(), text.date_code));
				},
			},
		}
		if !texts.is_empty() && takes_one {
			break;
		}
	}
	let read = |text: &str, date_code: Option<&str>| {
		let dates = match (&column.date_format, date_code) {
			(Some(pattern), _) => Dates::Pattern(pattern),
			(None, Some(code)) => Dates::Code(code),
			(None, None) => notation.dates,
		};
		let implied_decimals = column.implied_decimals;
		let numbers = Numbers { implied_decimals, ..notation.numbers };
		let notation = Notation { numbers, dates };
		ty.parse_as(text, &notation).ok_or_else(|| match dates {
			Dates::Code(_) if ty.has_date() => {
				expected("something else, in the format that it names")
			},
			_ => expected(&ty.why_not(text, &notation)),
		})
	};
	let value = match &texts[..] {
		[] => return Ok(None),
		[(text, date_code)] => read(text, *date_code)?,
		_ if column.takes_latest => {
			let mut latest = None;
			for (text, date_code) in &texts {
				latest = Value::later(latest, read(text, *date_code)?);
			}
			return Ok(latest);
		},
		_ => {
			let lines: Vec<&str> = texts.iter().map(|(text, _)| &text[..]).collect();
			read(&lines.join("\n"), None)?
		},
	};
	match &value {
		Value::Text(text) if column.is_indexed && text.len() > MAX_INDEXED_LENGTH => {
			Err(Problem::Bound(Reason::new(format!(
				"column {name}: the text at {path} is longer than {MAX_INDEXED_LENGTH} bytes, the most for a column with an \
				index"
			))))
		},
		_ => Ok(Some(value)),
	}
}
