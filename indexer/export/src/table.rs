//! Tables: the columns of an export, and the line of JSON that stands for a row in every format.

use super::formula::restored;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use credio_index::store::export::{Origin, StoredEntry, line_of};
use credio_primitives::{RecordId, StreamId};
use credio_view::{
	value::{Type, Value},
	view::View,
};

/// Values of a row, in the order of the columns.
pub(crate) type Row = Vec<Option<Value>>;

/// Columns of an entry in the export of a stream, before those of [`ORIGIN`].
const OF_ENTRY: [&str; 6] = ["kind", "supersedes", "mediaType", "problem", "encoding", "document"];
const MEDIA_TYPE: usize = 2;
const PROBLEM: usize = 3;
const ENCODING: usize = 4;
const DOCUMENT: usize = 5;

/// Columns that tell where a row comes from.
const ORIGIN: [(&str, Type); 6] = [
	("_record", Type::Text),
	("_stream", Type::Text),
	("_owner", Type::Integer),
	("_author", Type::Integer),
	("_sequence", Type::Integer),
	("_block", Type::Integer),
];
/// Number of the row in its document.
const LINE: &str = "_line";

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
	pub name: String,
	pub ty: Type,
	/// Whether every row has a value.
	pub is_required: bool,
	/// Whether an empty field of CSV is an empty text, and no missing value.
	pub has_empty_text: bool,
}

/// The columns of an export.
#[derive(Clone, Debug)]
pub(crate) struct Table {
	pub columns: Vec<Column>,
	/// Number of the first column with the origin of a row.
	origin: usize,
	is_of_stream: bool,
}

impl Table {
	/// Columns of a view's rows.
	pub(crate) fn of_view(view: &View) -> Self {
		let columns = view.columns.iter().map(|column| Column {
			name: column.name.clone(),
			ty: column.ty,
			is_required: false,
			has_empty_text: column
				.default
				.as_ref()
				.is_some_and(|value| value.to_string().is_empty()),
		});
		let mut columns: Vec<_> = columns.collect();
		let origin = columns.len();
		columns.extend(ORIGIN.into_iter().chain([(LINE, Type::Integer)]).map(required));
		Self { columns, origin, is_of_stream: false }
	}

	/// Columns of a stream's entries.
	pub(crate) fn of_stream() -> Self {
		let column = |(at, name): (usize, &str)| Column {
			name: name.into(),
			ty: Type::Text,
			is_required: at == 0,
			has_empty_text: false,
		};
		let mut columns: Vec<_> = OF_ENTRY.into_iter().enumerate().map(column).collect();
		let origin = columns.len();
		columns.extend(ORIGIN.into_iter().map(required));
		Self { columns, origin, is_of_stream: true }
	}

	/// Returns the exported row of a view's row.
	pub(crate) fn view_row(place: i64, origin: &Origin, values: &[Option<Value>]) -> Row {
		let mut row = values.to_vec();
		row.extend(origin_values(origin));
		row.push(Some(Value::Integer(line_of(place))));
		row
	}

	/// Returns the exported row of an entry.
	pub(crate) fn entry_row(entry: &StoredEntry) -> Row {
		let text = |text: &str| Some(Value::Text(text.into()));
		let (encoding, document) =
			match entry.document.as_deref().map(|bytes| (bytes, std::str::from_utf8(bytes))) {
				None => (None, None),
				Some((_, Ok(document))) => (text("utf8"), text(document)),
				Some((bytes, Err(_))) => {
					(text("base64"), Some(Value::Text(STANDARD.encode(bytes))))
				},
			};
		let mut row = vec![
			text(&entry.kind),
			entry.supersedes.map(|record| Value::Text(record.to_string())),
			entry.media_type.as_deref().and_then(text),
			entry.problem.as_deref().and_then(text),
			encoding,
			document,
		];
		row.extend(origin_values(&entry.origin));
		row
	}

	/// Returns a row as a line of JSON. Digests of rows are digests of these lines in every format.
	pub(crate) fn line(&self, row: &[Option<Value>]) -> Vec<u8> {
		let mut line = Vec::with_capacity(512);
		for (number, (column, value)) in self.columns.iter().zip(row).enumerate() {
			line.extend_from_slice(if number == 0 { b"{\"" } else { b",\"" });
			// Names are letters, digits and `_`.
			line.extend_from_slice(column.name.as_bytes());
			line.extend_from_slice(b"\":");
			// Writing to memory does not fail.
			let _ = serde_json::to_writer(&mut line, value);
		}
		line.extend_from_slice(b"}\n");
		line
	}

	/// Returns the line of an unreadable entry with another reason.
	pub(crate) fn line_with_problem(&self, line: &[u8], problem: Option<&str>) -> Option<Vec<u8>> {
		let mut row = self.read_json(serde_json::from_slice(line).ok()?).ok()?;
		*row.get_mut(PROBLEM)? = problem.map(|problem| Value::Text(problem.into()));
		Some(self.line(&row))
	}

	/// Returns the origin of a row, if it has one.
	pub(crate) fn origin(&self, row: &[Option<Value>]) -> Option<Origin> {
		let text = |at: usize| match row.get(self.origin + at) {
			Some(Some(Value::Text(text))) => Some(text.as_str()),
			_ => None,
		};
		let number = |at: usize| match row.get(self.origin + at) {
			Some(Some(Value::Integer(number))) => u64::try_from(*number).ok(),
			_ => None,
		};
		Some(Origin {
			record: text(0)?.parse::<RecordId>().ok()?,
			stream: text(1)?.parse::<StreamId>().ok()?,
			owner: number(2)?.try_into().ok()?,
			author: number(3)?.try_into().ok()?,
			sequence: number(4)?,
			block: number(5)?.try_into().ok()?,
		})
	}

	/// Reads a row from the fields of a line of CSV.
	pub(crate) fn parse<'a>(
		&self,
		mut fields: impl Iterator<Item = &'a str>,
	) -> Result<Row, String> {
		let mut row = Vec::with_capacity(self.columns.len());
		for column in &self.columns {
			let name = &column.name;
			let text = fields.next().ok_or_else(|| format!("it has no column {name}"))?;
			row.push(match text {
				"" if !column.has_empty_text => None,
				text if column.ty == Type::Text => Some(Value::Text(restored(text).into())),
				text => Some(parse(column, text)?),
			});
		}
		if fields.next().is_some() {
			return Err("it has more columns than the export".into());
		}
		if self.is_of_stream && row[ENCODING].is_some() {
			for at in [MEDIA_TYPE, DOCUMENT] {
				row[at].get_or_insert_with(|| Value::Text(String::new()));
			}
		}
		Ok(row)
	}

	/// Reads a row from a JSON object.
	pub(crate) fn read_json(
		&self,
		mut object: serde_json::Map<String, serde_json::Value>,
	) -> Result<Row, String> {
		let mut row = Vec::with_capacity(self.columns.len());
		for column in &self.columns {
			let name = &column.name;
			let wrong = || format!("column {name} is no {}", column.ty);
			let value = object.remove(name).ok_or_else(|| format!("it has no column {name}"))?;
			row.push(match (value, column.ty) {
				(serde_json::Value::Null, _) => None,
				(serde_json::Value::String(text), Type::Text) => Some(Value::Text(text)),
				(serde_json::Value::Number(number), Type::Integer) => {
					Some(Value::Integer(number.as_i64().ok_or_else(wrong)?))
				},
				(serde_json::Value::Bool(is), Type::Boolean) => Some(Value::Boolean(is)),
				(
					serde_json::Value::String(text),
					Type::Decimal { .. } | Type::Date | Type::Timestamp,
				) => Some(parse(column, &text)?),
				_ => return Err(wrong()),
			});
		}
		if !object.is_empty() {
			return Err("it has more columns than the export".into());
		}
		Ok(row)
	}
}

fn required((name, ty): (&str, Type)) -> Column {
	Column { name: name.into(), ty, is_required: true, has_empty_text: false }
}

fn origin_values(origin: &Origin) -> [Option<Value>; 6] {
	// Numbers of the chain fit. Rows that did not would show in their digests.
	let number = |number: u64| Some(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
	[
		Some(Value::Text(origin.record.to_string())),
		Some(Value::Text(origin.stream.to_string())),
		number(origin.owner.into()),
		number(origin.author.into()),
		number(origin.sequence),
		number(origin.block.into()),
	]
}

/// Returns a value as exports write it.
fn parse(column: &Column, text: &str) -> Result<Value, String> {
	if column.ty == Type::Text {
		return Ok(Value::Text(text.into()));
	}
	let value = column.ty.parse(text).filter(|value| value.to_string() == text);
	value.ok_or_else(|| format!("column {} is no {}", column.name, column.ty))
}
