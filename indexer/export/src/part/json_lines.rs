//! JSON Lines: one object a line.

use super::super::{
	lines::Lines,
	table::{Row, Table},
};
use std::fs::File;

pub(crate) struct Reader {
	lines: Lines,
	table: Table,
}

impl Reader {
	pub(crate) fn new(table: &Table, file: File) -> Self {
		Self { lines: Lines::new(file), table: table.clone() }
	}

	pub(crate) fn next(&mut self) -> Result<Option<Row>, String> {
		let Some(line) = self.lines.next().map_err(|error| error.to_string())? else {
			return Ok(None);
		};
		let object = serde_json::from_slice(line).map_err(|_| "it is no object of JSON")?;
		let row = self.table.read_json(object)?;
		if self.table.line(&row) != line {
			return Err("it is written in another way than exports write it".into());
		}
		Ok(Some(row))
	}
}
