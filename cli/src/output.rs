//! Printing: tables for people, one JSON object a line for programs.
//!
//! Others choose much of what is printed: names, purposes, documents, a node's errors. So all output goes through this
//! module, which keeps characters that hide text or steer a terminal from reaching it, see [`Visible`]. JSON escapes the
//! same characters, which changes no value.

use crate::{exit::Failure, table::Table};
use credio_client::primitives::text::{Visible, VisibleJson};
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Format {
	/// As JSON, one object a line.
	pub json: bool,
	/// Tables with whole ids and all columns.
	pub wide: bool,
}

impl Format {
	/// Prints items as JSON lines, or as a table.
	pub(crate) fn items<Item: Serialize>(
		self,
		items: &[Item],
		table: impl FnOnce() -> Table,
	) -> Result<(), Failure> {
		match self.json {
			true => items.iter().try_for_each(json_line),
			false => self.table(&table()),
		}
	}

	/// Prints a table.
	pub(crate) fn table(self, table: &Table) -> Result<(), Failure> {
		if table.is_empty() {
			return line("none");
		}
		let lines = table.render(self.wide);
		print(&format!("{}\n", lines.join("\n")))
	}
}

/// Prints one line, whatever the text contains.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
	print(&format!("{}\n", Visible(text)))
}

/// Prints to standard error, with further lines indented. A closed standard error is no failure.
pub(crate) fn note(text: &str) {
	let lines: Vec<_> = text.lines().map(|line| Visible(line).to_string()).collect();
	let _ = writeln!(io::stderr(), "{}", lines.join("\n  "));
}

/// Ignores a closed standard output, for commands that have an effect besides their output.
pub(crate) fn ignore_closed(printed: Result<(), Failure>) -> Result<(), Failure> {
	match printed {
		Err(Failure::Closed) => Ok(()),
		other => other,
	}
}

/// Prints one item as a JSON line, or as lines of name and value.
pub(crate) fn item<Item: Serialize>(
	json: bool,
	item: &Item,
	lines: &[(&str, String)],
) -> Result<(), Failure> {
	match json {
		true => json_line(item),
		false => self::lines(lines),
	}
}

/// Prints lines of name and value.
pub(crate) fn lines(lines: &[(&str, String)]) -> Result<(), Failure> {
	let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
	lines.iter().try_for_each(|(name, value)| line(&format!("{name:width$}  {value}")))
}

/// Prints one JSON object on a line.
pub(crate) fn json_line<Item: Serialize>(item: &Item) -> Result<(), Failure> {
	print(&format!("{}\n", json(item)?))
}

/// Returns an item as JSON that is safe to print to a terminal.
pub(crate) fn json<Item: Serialize>(item: &Item) -> Result<String, Failure> {
	let json = serde_json::to_string(item).map_err(|error| Failure::Other(error.to_string()))?;
	Ok(VisibleJson(&json).to_string())
}

/// Returns a value, or a dash without one.
pub(crate) fn or_dash<Value: ToString>(value: Option<Value>) -> String {
	value.map_or_else(|| "-".into(), |value| value.to_string())
}

/// Writes a document to standard output: as it is to a program, and its visible text to a terminal.
pub(crate) fn document(bytes: &[u8]) -> Result<(), Failure> {
	let output = io::stdout();
	if !output.is_terminal() {
		return Stdout.write_all(bytes).map_err(failed);
	}
	let text = std::str::from_utf8(bytes).map_err(|_| {
		Failure::hinted("the document is not text", "write it to a file with -o FILE")
	})?;
	text.lines().try_for_each(line)
}

/// Returns standard output for a document that is written piece by piece. A terminal gets none.
pub(crate) fn document_sink() -> Result<Stdout, Failure> {
	match io::stdout().is_terminal() {
		true => Err(Failure::hinted(
			"an object is not shown in a terminal",
			"write it to a file with -o FILE",
		)),
		false => Ok(Stdout),
	}
}

/// Standard output for output that other modules write; it has to be JSON or a page of this program.
pub(crate) struct Stdout;

impl Write for Stdout {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		io::stdout().write(bytes)
	}

	fn flush(&mut self) -> io::Result<()> {
		io::stdout().flush()
	}
}

/// Returns the failure to write standard output.
pub(crate) fn failed(error: io::Error) -> Failure {
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
	use credio_client::primitives::text::is_visible;
	use proptest::prelude::*;

	#[test]
	fn closed_output_is_no_failure_and_a_full_disk_is() {
		assert!(matches!(failed(ErrorKind::BrokenPipe.into()), Failure::Closed));
		assert!(ignore_closed(Err(failed(ErrorKind::BrokenPipe.into()))).is_ok());
		assert!(ignore_closed(Err(failed(ErrorKind::StorageFull.into()))).is_err());
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
	}
}
