//! The ready-made views, and what they make of the documents in `tests/documents`.

#![allow(dead_code, reason = "not every test takes all of it")]

use credio_view::{Value, View, document};
use std::{fs, path::Path};

pub(crate) const INVOICE: &[&str] =
	&["number", "issueDate", "dueDate", "amount", "currency", "seller", "buyer"];

pub(crate) fn view(name: &str) -> View {
	let ready_made = Path::new("../../samples/views").join(name);
	let own = Path::new("tests/documents").join(name);
	let path = if own.exists() { own } else { ready_made };
	let toml =
		fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
	View::parse(&toml).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the media type of a document, by its ending.
pub(crate) fn media_type(path: &Path) -> &'static str {
	match path.extension().and_then(|extension| extension.to_str()) {
		Some("edi") => "application/EDIFACT",
		Some("x12") => "application/EDI-X12",
		Some("sta") => "application/x-mt940",
		Some("ofx") => "application/x-ofx",
		Some("xml") => "application/xml",
		Some("csv") => "text/csv",
		Some("jsonl") => "application/x-ndjson",
		_ => "application/json",
	}
}

/// Returns what a view makes of a document: a line for each row, or the reason.
pub(crate) fn made(view: &View, columns: &[&str], file: &str) -> Vec<String> {
	let path = Path::new("tests/documents").join(file);
	let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
	match document::rows(view, media_type(&path), &bytes) {
		Err(reason) => vec![format!("unfit: {reason}")],
		Ok(None) => vec!["not of this view".into()],
		Ok(Some(rows)) => rows
			.iter()
			.map(|row| {
				let value = |name: &&str| {
					let column = view.column(name).unwrap_or_else(|| panic!("no column {name}"));
					row[column].as_ref().map_or("-".into(), Value::to_string)
				};
				columns.iter().map(value).collect::<Vec<_>>().join(" | ")
			})
			.collect(),
	}
}

/// Checks what a ready-made view makes of documents.
pub(crate) fn check(view: &str, columns: &[&str], documents: &[(&str, &[&str])]) {
	let view = self::view(view);
	for (file, rows) in documents {
		assert_eq!(made(&view, columns, file), *rows, "{file}");
	}
}
