//! CSV as RFC 4180 has it, with names in the first line.

use super::{
	budget::{Budget, MAX_COLUMNS, MAX_ROWS},
	reason::Reason,
	row::{Found, Text, Values, is_marked, row, too_many_rows},
};
use crate::{
	path::Work,
	view::{Mark, Place, View},
};
use csv::{Error, ErrorKind, ReaderBuilder, StringRecord};
use std::collections::HashMap;

pub(super) fn rows(
	view: &View,
	text: &str,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let Some(text) = below(text, view.skipped_lines) else { return Ok(None) };
	let lines = Lines { skipped: view.skipped_lines };
	let mut reader = ReaderBuilder::new().delimiter(view.delimiter).from_reader(text.as_bytes());
	let names = Names::new(reader.headers().map_err(|error| lines.reason(&error))?)?;
	// A document of another kind is none of this view, whatever is wrong with its lines.
	if !view.marks.is_empty() && !view.marks.iter().any(|mark| names.have(mark)) {
		return Ok(None);
	}
	let columns = names.columns_of(view)?;
	lines.check_quotes(text, view.delimiter)?;
	let mut rows = Vec::new();
	for (number, line) in reader.records().enumerate() {
		let line = line.map_err(|error| lines.reason(&error))?;
		let find = |has_empty: bool| {
			let (columns, line) = (&columns, &line);
			move |place: &Place, work: &mut Work| {
				work.spend(1);
				work.check()?;
				let column = match place {
					Place::Column(name) => columns.get(name.as_str()),
					_ => None,
				};
				let text = column.and_then(|column| line.get(*column));
				let text = text.filter(|text| has_empty || !text.trim().is_empty());
				Ok::<Found<'_>, Reason>(
					text.map(|text| Some(Text::from(text))).into_iter().collect(),
				)
			}
		};
		// The marks are looked for in the first line.
		if number == 0 && !is_marked(&view.marks, budget, find(true))? {
			return Ok(None);
		}
		if number >= MAX_ROWS {
			return Err(too_many_rows());
		}
		let row = row(view, view.notation(), budget, find(false));
		rows.extend(row.map_err(|reason| reason.of("row", number))?);
	}
	Ok(Some(rows))
}

/// Whether a document is of another kind, by the names of its columns as far as they are ASCII: what stands in them can
/// not be read.
pub(super) fn is_of_other_kind(view: &View, document: &[u8]) -> bool {
	let text = String::from_utf8_lossy(document);
	let Some(text) = below(&text, view.skipped_lines) else { return true };
	let mut reader = ReaderBuilder::new().delimiter(view.delimiter).from_reader(text.as_bytes());
	let Ok(Ok(names)) = reader.headers().map(Names::new) else { return false };
	let may_have = |mark: &Mark| match &mark.place {
		Place::Column(name) => !name.is_ascii() || names.have(mark),
		_ => true,
	};
	!view.marks.is_empty() && !view.marks.iter().any(may_have)
}

/// Returns the text below some lines; `None` if it has no more.
fn below(text: &str, lines: usize) -> Option<&str> {
	let mut rest = text;
	for _ in 0..lines {
		let end = rest.find(['\r', '\n'])?;
		let length = if rest.get(end..)?.starts_with("\r\n") { 2 } else { 1 };
		rest = rest.get(end.checked_add(length)?..)?;
	}
	Some(rest)
}

/// The columns that a name stands for.
#[derive(Clone, Copy)]
enum Named {
	One(usize),
	Several,
}

/// The columns of a document, by their names.
struct Names {
	exact: HashMap<String, Named>,
	/// By their names in lower case.
	folded: HashMap<String, Named>,
}

impl Names {
	/// Reads the names of the columns.
	///
	/// # Errors
	///
	/// If there are too many.
	fn new(names: &StringRecord) -> Result<Self, Reason> {
		if names.len() > MAX_COLUMNS {
			return Err(Reason::new(format!("it has more than {MAX_COLUMNS} columns")));
		}
		let mut known = Self { exact: HashMap::new(), folded: HashMap::new() };
		for (number, name) in names.iter().map(str::trim).enumerate() {
			for (by, name) in
				[(&mut known.exact, name.to_owned()), (&mut known.folded, name.to_lowercase())]
			{
				by.entry(name)
					.and_modify(|named| *named = Named::Several)
					.or_insert(Named::One(number));
			}
		}
		Ok(known)
	}

	/// Returns the columns of a name, or else of the name in other case.
	fn find(&self, name: &str) -> Option<Named> {
		let exact = self.exact.get(name).copied();
		exact.or_else(|| self.folded.get(&name.to_lowercase()).copied())
	}

	fn have(&self, mark: &Mark) -> bool {
		matches!(&mark.place, Place::Column(name) if self.find(name).is_some())
	}

	/// Returns the columns of the document that a view names.
	///
	/// # Errors
	///
	/// If one of its names stands for several columns.
	fn columns_of<'a>(&self, view: &'a View) -> Result<HashMap<&'a str, usize>, Reason> {
		let mut columns = HashMap::new();
		for place in view.places() {
			let Place::Column(name) = place else { continue };
			match self.find(name) {
				None => {},
				Some(Named::One(number)) => {
					columns.insert(name.as_str(), number);
				},
				Some(Named::Several) => {
					return Err(Reason::new(format!("it has two columns that could be {name}")));
				},
			}
		}
		Ok(columns)
	}
}

/// Numbers of lines as people count them.
struct Lines {
	skipped: usize,
}

impl Lines {
	fn number(&self, line: u64) -> u64 {
		line.saturating_add(u64::try_from(self.skipped).unwrap_or(u64::MAX))
	}

	fn reason(&self, error: &Error) -> Reason {
		let line = self.number(error.position().map_or(1, csv::Position::line));
		Reason::new(match error.kind() {
			ErrorKind::UnequalLengths { .. } => {
				format!("line {line} has another number of values than the line with the names")
			},
			_ => format!("it is no CSV, from line {line} on"),
		})
	}

	/// Refuses what readers of CSV disagree about: quotes that do not close, and text behind a closing one.
	fn check_quotes(&self, text: &str, delimiter: u8) -> Result<(), Reason> {
		let (mut line, mut opened) = (1, 1);
		let mut state = Quotes::Start;
		let mut last = 0;
		for byte in text.bytes() {
			let ends_line = byte == b'\n' || byte == b'\r';
			if byte == b'\r' || (byte == b'\n' && last != b'\r') {
				line += 1;
			}
			last = byte;
			state = match (state, byte) {
				(Quotes::Inside, b'"') => Quotes::Closed,
				(Quotes::Inside, _) => Quotes::Inside,
				(Quotes::Closed | Quotes::Start, b'"') => {
					if matches!(state, Quotes::Start) {
						opened = line;
					}
					Quotes::Inside
				},
				(_, byte) if byte == delimiter || ends_line => Quotes::Start,
				(Quotes::Closed, _) => {
					return Err(Reason::new(format!(
						"line {} has text behind a closing quote",
						self.number(line)
					)));
				},
				(Quotes::Start | Quotes::Bare, _) => Quotes::Bare,
			};
		}
		match state {
			Quotes::Inside => Err(Reason::new(format!(
				"the quote that opens in line {} does not close",
				self.number(opened)
			))),
			_ => Ok(()),
		}
	}
}

/// Where in a value a reader is.
#[derive(Clone, Copy)]
enum Quotes {
	Start,
	Bare,
	Inside,
	Closed,
}
