//! CSV as RFC 4180 has it, with names in the first line.

use super::{
	budget::{Budget, MAX_ROWS},
	reason::Reason,
	row::{Found, Values, is_marked, row, too_many_rows},
};
use crate::{
	path::Work,
	view::{Place, View},
};
use csv::{Error, ErrorKind, ReaderBuilder, StringRecord};
use std::{borrow::Cow, collections::HashMap};

pub(super) fn rows(
	view: &View,
	text: &str,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let mut reader = ReaderBuilder::new()
		.delimiter(view.delimiter)
		.has_headers(true)
		.from_reader(text.as_bytes());
	let names = reader.headers().map_err(|error| reason(&error))?.clone();
	let mut columns: HashMap<&str, usize> = HashMap::new();
	for (number, name) in names.iter().enumerate() {
		// Of two columns with one name the first counts.
		columns.entry(name.trim()).or_insert(number);
	}
	let mut rows = Vec::new();
	for (number, line) in reader.records().enumerate() {
		let line = line.map_err(|error| reason(&error))?;
		let find = |place: &Place, work: &mut Work| {
			work.spend(1);
			work.check()?;
			Ok::<_, Reason>(find(&columns, &line, place))
		};
		// The marks are looked for in the first line.
		if number == 0 && !is_marked(&view.marks, budget, find)? {
			return Ok(None);
		}
		if number >= MAX_ROWS {
			return Err(too_many_rows());
		}
		let row = row(view, budget, find);
		rows.push(
			row.map_err(|Reason(reason)| Reason::new(format!("row {}: {reason}", number + 1)))?,
		);
	}
	Ok(Some(rows))
}

fn find<'a>(columns: &HashMap<&str, usize>, line: &'a StringRecord, place: &Place) -> Found<'a> {
	let Place::Column(name) = place else { return Vec::new() };
	let text = columns.get(name.as_str()).and_then(|column| line.get(*column));
	text.map(|text| Some(Cow::Borrowed(text))).into_iter().collect()
}

fn reason(error: &Error) -> Reason {
	let line = error.position().map_or(1, csv::Position::line);
	Reason::new(match error.kind() {
		ErrorKind::UnequalLengths { .. } => {
			format!("line {line} has another number of values than the first line")
		},
		_ => format!("it is no CSV, from line {line} on"),
	})
}
