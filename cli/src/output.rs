//! Printing: tables for people, one JSON object a line for programs.

use crate::exit::Failure;
use comfy_table::{presets::UTF8_HORIZONTAL_ONLY, ContentArrangement, Table};
use serde::Serialize;

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
		println!("none");
		return Ok(());
	}
	let mut table = Table::new();
	table
		.load_style(UTF8_HORIZONTAL_ONLY)
		.set_content_arrangement(ContentArrangement::Disabled)
		.set_header(columns);
	for item in items {
		table.add_row(row(item));
	}
	println!("{table}");
	Ok(())
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
	for (name, value) in lines {
		println!("{name:width$}  {value}");
	}
	Ok(())
}

/// Prints one JSON object on a line.
pub fn json_line<Item: Serialize>(item: &Item) -> Result<(), Failure> {
	let line = serde_json::to_string(item).map_err(|error| Failure::Other(error.to_string()))?;
	println!("{line}");
	Ok(())
}

/// A value that may be missing.
pub fn or_dash<Value: ToString>(value: Option<Value>) -> String {
	value.map_or_else(|| "-".into(), |value| value.to_string())
}
