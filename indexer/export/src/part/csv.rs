//! CSV as RFC 4180 has it: a header, lines that end with CR LF, quotes where they are needed. A missing value is an
//! empty field, and a text that a spreadsheet would take for a formula has an apostrophe in front.

use super::super::{
	folder::Output,
	formula,
	lines::Bounded,
	table::{Row, Table},
};
use credio_view::value::Value;
use std::{fmt::Write as _, fs::File, io};

pub(crate) struct Writer {
	writer: csv::Writer<Output>,
	field: String,
}

impl Writer {
	pub(crate) fn new(table: &Table, output: Output) -> io::Result<Self> {
		let mut writer = csv::WriterBuilder::new()
			.has_headers(false)
			.terminator(csv::Terminator::CRLF)
			.from_writer(output);
		writer.write_record(table.columns.iter().map(|column| &column.name))?;
		Ok(Self { writer, field: String::new() })
	}

	pub(crate) fn row(&mut self, row: &Row) -> io::Result<()> {
		for value in row {
			self.field.clear();
			match value {
				Some(Value::Text(text)) => self.field.push_str(&formula::neutralized(text)),
				Some(value) => {
					// Writing to a string does not fail.
					let _ = write!(self.field, "{value}");
				},
				None => {},
			}
			self.writer.write_field(&self.field)?;
		}
		Ok(self.writer.write_record(None::<&[u8]>)?)
	}

	pub(crate) fn finish(self) -> io::Result<Output> {
		self.writer.into_inner().map_err(|error| error.into_error())
	}
}

pub(crate) struct Reader {
	reader: csv::Reader<Bounded<File>>,
	record: csv::StringRecord,
	table: Table,
}

impl Reader {
	pub(crate) fn new(table: &Table, file: File) -> Result<Self, String> {
		let mut reader = csv::ReaderBuilder::new()
			.has_headers(false)
			.flexible(true)
			.from_reader(Bounded::new(file));
		let mut record = csv::StringRecord::new();
		let has_header = reader.read_record(&mut record).map_err(problem)?;
		let names = table.columns.iter().map(|column| column.name.as_str());
		if !has_header || !names.eq(record.iter()) {
			return Err("its first line does not name the columns of the export".into());
		}
		Ok(Self { reader, record, table: table.clone() })
	}

	pub(crate) fn next(&mut self) -> Result<Option<Row>, String> {
		self.reader.get_mut().begin();
		if !self.reader.read_record(&mut self.record).map_err(problem)? {
			return Ok(None);
		}
		self.table.parse(self.record.iter()).map(Some)
	}
}

/// Names nothing of the file's content.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn problem(error: csv::Error) -> String {
	match error.kind() {
		csv::ErrorKind::Io(error) => error.to_string(),
		csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
		_ => "it is no CSV".into(),
	}
}
