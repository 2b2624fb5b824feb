//! Readers of exported files that share nothing with what writes them, as far as there is another one.

use super::content;
use credio_export::FileFormat;
use parquet::{
	file::reader::{FileReader, SerializedFileReader},
	record::Field,
};
use std::{collections::BTreeMap, fs, path::Path};

/// RFC 4180, read by the letter.
fn csv(text: &str) -> Vec<Vec<String>> {
	let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
	let mut rest = text.chars().peekable();
	let mut is_quoted = false;
	while let Some(c) = rest.next() {
		match c {
			'"' if is_quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
			'"' => is_quoted = !is_quoted,
			',' if !is_quoted => row.push(std::mem::take(&mut field)),
			'\r' if !is_quoted => {
				assert_eq!(rest.next(), Some('\n'), "lines end with CR LF");
				row.push(std::mem::take(&mut field));
				rows.push(std::mem::take(&mut row));
			},
			c => field.push(c),
		}
	}
	assert!(row.is_empty() && field.is_empty(), "the last line has an end");
	rows
}

/// A field of Parquet as texts are written; `None` for a missing value.
fn field(field: &Field) -> Option<String> {
	Some(match field {
		Field::Null => return None,
		Field::Str(text) => text.clone(),
		Field::Long(number) => number.to_string(),
		Field::Bool(is) => is.to_string(),
		Field::Date(days) => {
			assert!([-14_123, 20_576].contains(days), "{days}");
			if *days < 0 { "1931-05-03".into() } else { "2026-05-03".into() }
		},
		Field::TimestampMicros(micros) => {
			assert_eq!(*micros, -999_999);
			"1969-12-31T23:59:59.000001Z".into()
		},
		Field::Decimal(number) => {
			assert_eq!((number.precision(), number.scale()), (27, 4));
			let negative = number.data()[0] & 0x80 != 0;
			let start = if negative { -1_i128 } else { 0 };
			let units =
				number.data().iter().fold(start, |units, byte| units << 8 | i128::from(*byte));
			let (whole, fraction) = (units.abs() / 10_000, units.abs() % 10_000);
			let fraction = format!("{fraction:04}");
			let shown = fraction.trim_end_matches('0').len().max(2);
			format!("{}{whole}.{}", if negative { "-" } else { "" }, &fraction[..shown])
		},
		other => panic!("{other}"),
	})
}

/// Rows of the parts, each value as text and missing ones as `None`, by names of columns.
pub(crate) fn read(folder: &Path, format: FileFormat) -> Vec<BTreeMap<String, Option<String>>> {
	let mut rows = Vec::new();
	for (name, bytes) in content(folder).into_iter().filter(|(name, _)| name.starts_with("part-")) {
		let text = || String::from_utf8(bytes.clone()).expect("UTF-8");
		match format {
			FileFormat::Csv => {
				let mut lines = csv(&text()).into_iter();
				let names = lines.next().expect("a header");
				rows.extend(lines.map(|line| {
					assert_eq!(line.len(), names.len());
					// A formula has an apostrophe in front.
					let as_it_was = |text: String| {
						assert!(!text.starts_with('='), "{text}");
						let formula = text.strip_prefix('\'').filter(|was| was.starts_with('='));
						formula.map(Into::into).unwrap_or(text)
					};
					let fields =
						line.into_iter().map(|text| (!text.is_empty()).then(|| as_it_was(text)));
					names.iter().cloned().zip(fields).collect()
				}));
			},
			FileFormat::Jsonl => rows.extend(text().lines().map(|line| {
				let object: BTreeMap<String, serde_json::Value> =
					serde_json::from_str(line).expect("JSON");
				let shown = |value| match value {
					serde_json::Value::Null => None,
					serde_json::Value::String(text) => Some(text),
					other => Some(other.to_string()),
				};
				object.into_iter().map(|(name, value)| (name, shown(value))).collect()
			})),
			FileFormat::Parquet => {
				let file = fs::File::open(folder.join(name)).expect("a file");
				let reader = SerializedFileReader::new(file).expect("Parquet");
				let read = reader.get_row_iter(None).expect("rows").map(|row| {
					let row = row.expect("a row");
					row.get_column_iter()
						.map(|(name, value)| (name.clone(), field(value)))
						.collect()
				});
				rows.extend(read.collect::<Vec<_>>());
			},
		}
	}
	rows
}
