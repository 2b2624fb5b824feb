//! CSV as RFC 4180 has it, with names in the first line.

use super::{
	budget::{Budget, MAX_ROWS},
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
	let reader = || ReaderBuilder::new().delimiter(view.delimiter).from_reader(text.as_bytes());
	let mut names = reader();
	let names = names.headers().map_err(|error| lines.reason(&error))?;
	let columns = Columns::new(names);
	// A document of another kind is none of this view, whatever is wrong with its lines.
	if !view.marks.is_empty() && !view.marks.iter().any(|mark| columns.has(mark)) {
		return Ok(None);
	}
	columns.check(view)?;
	lines.check_quotes(text, view.delimiter)?;
	let mut rows = Vec::new();
	for (number, line) in reader().records().enumerate() {
		let line = line.map_err(|error| lines.reason(&error))?;
		let find = |has_empty: bool| {
			let (columns, line) = (&columns, &line);
			move |place: &Place, work: &mut Work| {
				work.spend(1);
				work.check()?;
				let text =
					columns.text(place, line).filter(|text| has_empty || !text.trim().is_empty());
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
		if !is_marked(&view.row_marks, budget, find(false))? {
			continue;
		}
		let row = row(view, view.numbers, budget, find(false));
		rows.push(
			row.map_err(|Reason(reason)| Reason::new(format!("row {}: {reason}", number + 1)))?,
		);
	}
	Ok(Some(rows))
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

/// The columns of a document, by their names.
struct Columns {
	exact: HashMap<String, usize>,
	/// By their names in lower case; `None` if there are several.
	folded: HashMap<String, Option<usize>>,
	repeated: Vec<String>,
}

impl Columns {
	fn new(names: &StringRecord) -> Self {
		let mut columns =
			Self { exact: HashMap::new(), folded: HashMap::new(), repeated: Vec::new() };
		for (number, name) in names.iter().enumerate() {
			let name = name.trim();
			if columns.exact.insert(name.to_owned(), number).is_some() {
				columns.repeated.push(name.to_owned());
			}
			let folded = columns.folded.entry(name.to_lowercase());
			folded.and_modify(|at| *at = None).or_insert(Some(number));
		}
		columns
	}

	/// Returns the number of a column: of its name, or else of its name in other case.
	fn number(&self, name: &str) -> Option<usize> {
		let exact = self.exact.get(name).copied();
		exact.or_else(|| self.folded.get(&name.to_lowercase()).copied().flatten())
	}

	fn has(&self, mark: &Mark) -> bool {
		matches!(&mark.place, Place::Column(name) if self.number(name).is_some())
	}

	fn text<'a>(&self, place: &Place, line: &'a StringRecord) -> Option<&'a str> {
		let Place::Column(name) = place else { return None };
		line.get(self.number(name)?)
	}

	/// Refuses names of the view that stand for several columns.
	fn check(&self, view: &View) -> Result<(), Reason> {
		let sources = view.columns.iter().flat_map(|column| &column.sources);
		let of_columns = sources.flat_map(|source| &source.parts);
		let negating = view.columns.iter().flat_map(|column| &column.negated_by);
		let marks = view.marks.iter().chain(&view.row_marks).chain(negating);
		let of_marks = marks.map(|mark| &mark.place);
		for place in of_columns.chain(of_marks) {
			let Place::Column(name) = place else { continue };
			let is_ambiguous = self.repeated.contains(name)
				|| !self.exact.contains_key(name)
					&& self.folded.get(&name.to_lowercase()) == Some(&None);
			if is_ambiguous {
				return Err(Reason::new(format!("it has two columns that could be {name}")));
			}
		}
		Ok(())
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
