//! Parts: files with rows, written and read in each format.

mod csv;
mod json_lines;
mod parquet;

use super::{
	folder::Output,
	format::FileFormat,
	table::{Row, Table},
};
use std::{fs::File, io, path::Path};

/// A part that is being written.
pub(crate) enum Writer {
	Csv(Box<csv::Writer>),
	JsonLines(Box<Output>),
	Parquet(Box<parquet::Writer>),
}

impl Writer {
	pub(crate) fn new(format: FileFormat, table: &Table, output: Output) -> io::Result<Self> {
		Ok(match format {
			FileFormat::Csv => Self::Csv(Box::new(csv::Writer::new(table, output)?)),
			FileFormat::Jsonl => Self::JsonLines(Box::new(output)),
			FileFormat::Parquet => Self::Parquet(Box::new(parquet::Writer::new(table, output)?)),
		})
	}

	/// Writes a row. `line` is the same row as a line of JSON.
	pub(crate) fn row(&mut self, row: &Row, line: &[u8]) -> io::Result<()> {
		match self {
			Self::Csv(writer) => writer.row(row),
			Self::JsonLines(output) => io::Write::write_all(output.as_mut(), line),
			Self::Parquet(writer) => writer.row(row),
		}
	}

	/// Finishes the part.
	pub(crate) fn finish(self) -> io::Result<Output> {
		match self {
			Self::Csv(writer) => writer.finish(),
			Self::JsonLines(output) => Ok(*output),
			Self::Parquet(writer) => writer.finish(),
		}
	}
}

/// A part that is being read. Errors are sentences.
pub(crate) enum Reader {
	Csv(Box<csv::Reader>),
	JsonLines(Box<json_lines::Reader>),
	Parquet(Box<parquet::Reader>),
}

impl Reader {
	pub(crate) fn open(format: FileFormat, table: &Table, path: &Path) -> Result<Self, String> {
		let file = File::open(path).map_err(|error| error.to_string())?;
		Ok(match format {
			FileFormat::Csv => Self::Csv(Box::new(csv::Reader::new(table, file)?)),
			FileFormat::Jsonl => Self::JsonLines(Box::new(json_lines::Reader::new(table, file))),
			FileFormat::Parquet => Self::Parquet(Box::new(parquet::Reader::new(table, file)?)),
		})
	}

	/// Returns the next row.
	pub(crate) fn next(&mut self) -> Result<Option<Row>, String> {
		match self {
			Self::Csv(reader) => reader.next(),
			Self::JsonLines(reader) => reader.next(),
			Self::Parquet(reader) => reader.next(),
		}
	}
}
