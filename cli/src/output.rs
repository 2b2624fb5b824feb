//! Printing: tables for people, one JSON object a line for programs.
//!
//! Much of what is printed was chosen by others: names, purposes, documents, a node's errors. So everything goes through
//! here, and nothing reaches a terminal that hides or steers something, see [`Visible`]. In JSON the same characters are
//! escaped, which changes no value.

use crate::exit::Failure;
use comfy_table::{presets::UTF8_HORIZONTAL_ONLY, ContentArrangement, Table};
use credio_primitives::text::{Visible, VisibleJson};
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Most characters of a cell of a table: what is longer would push the other cells out of sight.
const MAX_CELL: usize = 500;

/// Prints a line. It stays one line, whatever it has.
pub fn line(text: &str) -> Result<(), Failure> {
	print(&format!("{}\n", Visible(text)))
}

/// Says something on standard error; further lines are indented. That nobody reads it is no failure.
pub fn note(text: &str) {
	let lines: Vec<_> = text.lines().map(|line| Visible(line).to_string()).collect();
	let _ = writeln!(io::stderr(), "{}", lines.join("\n  "));
}

/// Goes on although nobody reads what is printed any more: for commands that act on something.
pub fn go_on_unread(printed: Result<(), Failure>) -> Result<(), Failure> {
	match printed {
		Err(Failure::Closed) => Ok(()),
		other => other,
	}
}

/// Prints items as JSON lines, or as a table with these columns.
pub fn items<Item: Serialize, const COLUMNS: usize>(
	json: bool,
	items: &[Item],
	columns: [&str; COLUMNS],
	row: impl Fn(&Item) -> [String; COLUMNS],
) -> Result<(), Failure> {
	if json {
		return items.iter().try_for_each(json_line);
	}
	if items.is_empty() {
		return line("none");
	}
	table(&columns, items.iter().map(|item| row(item).into()))
}

/// Prints a table.
pub fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
	let mut table = Table::new();
	table
		.load_style(UTF8_HORIZONTAL_ONLY)
		.set_content_arrangement(ContentArrangement::Disabled)
		.set_header(columns.iter().map(|text| cell(text)));
	for row in rows {
		table.add_row(row.iter().map(|text| cell(text)));
	}
	print(&format!("{table}\n"))
}

/// A text as it stands in a table.
fn cell(text: &str) -> String {
	let mut characters = text.chars();
	let mut cell: String = characters.by_ref().take(MAX_CELL).collect();
	if characters.next().is_some() {
		cell.push('…');
	}
	Visible(&cell).to_string()
}

/// Prints one item as a JSON line, or as lines of name and value.
pub fn item<Item: Serialize>(
	json: bool,
	item: &Item,
	lines: &[(&str, String)],
) -> Result<(), Failure> {
	if json {
		return json_line(item);
	}
	let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
	lines.iter().try_for_each(|(name, value)| line(&format!("{name:width$}  {value}")))
}

/// Prints one JSON object on a line.
pub fn json_line<Item: Serialize>(item: &Item) -> Result<(), Failure> {
	print(&format!("{}\n", json(item)?))
}

/// An item as JSON that can be shown.
pub fn json<Item: Serialize>(item: &Item) -> Result<String, Failure> {
	let json = serde_json::to_string(item).map_err(|error| Failure::Other(error.to_string()))?;
	Ok(VisibleJson(&json).to_string())
}

/// A value that may be missing.
pub fn or_dash<Value: ToString>(value: Option<Value>) -> String {
	value.map_or_else(|| "-".into(), |value| value.to_string())
}

/// Writes a document to standard output: as it is to a program, and to a terminal what people can be shown of it.
pub fn document(bytes: &[u8]) -> Result<(), Failure> {
	let output = io::stdout();
	if !output.is_terminal() {
		return Stdout.write_all(bytes).map_err(failed);
	}
	let text = std::str::from_utf8(bytes).map_err(|_| {
		Failure::Other("the document is no text: write it to a file, with -o FILE".into())
	})?;
	text.lines().try_for_each(line)
}

/// Standard output for what is written by others than this module; it has to be JSON or a page of ours.
pub struct Stdout;

impl Write for Stdout {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		io::stdout().write(bytes)
	}

	fn flush(&mut self) -> io::Result<()> {
		io::stdout().flush()
	}
}

/// Why standard output could not be written.
pub fn failed(error: io::Error) -> Failure {
	match error.kind() {
		ErrorKind::BrokenPipe => Failure::Closed,
		_ => Failure::file("standard output".as_ref(), error),
	}
}

fn print(text: &str) -> Result<(), Failure> {
	io::stdout().write_all(text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::text::is_visible;
	use proptest::prelude::*;

	#[test]
	fn cells_are_bounded_and_stay_on_their_line() {
		assert_eq!(cell("Hollin\nJoinery\u{1b}[8m"), "Hollin Joinery\\u{1b}[8m");
		let long = cell(&"é".repeat(MAX_CELL + 1));
		assert_eq!(long.chars().count(), MAX_CELL + 1);
		assert!(long.ends_with('…'));
		assert_eq!(cell(&"é".repeat(MAX_CELL)), "é".repeat(MAX_CELL));
	}

	#[test]
	fn nobody_who_reads_is_told_by_a_failure_of_its_own() {
		assert!(matches!(failed(ErrorKind::BrokenPipe.into()), Failure::Closed));
		assert!(go_on_unread(Err(failed(ErrorKind::BrokenPipe.into()))).is_ok());
		assert!(go_on_unread(Err(failed(ErrorKind::StorageFull.into()))).is_err());
	}

	proptest! {
		#[test]
		fn json_keeps_its_values_and_steers_no_terminal(
			text in proptest::collection::vec(any::<char>(), 0..60),
		) {
			let text: String = text.into_iter().collect();
			let json = serde_json::to_string(&[&text]).unwrap();
			let shown = VisibleJson(&json).to_string();
			prop_assert!(shown.chars().all(is_visible), "{shown:?}");
			let [back]: [String; 1] = serde_json::from_str(&shown).unwrap();
			prop_assert_eq!(back, text);
		}

		#[test]
		fn no_cell_steers_a_terminal(text in proptest::collection::vec(any::<char>(), 0..600)) {
			let cell = cell(&text.into_iter().collect::<String>());
			prop_assert!(cell.chars().all(is_visible), "{cell:?}");
		}
	}
}
