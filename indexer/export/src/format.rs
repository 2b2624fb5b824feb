//! Formats of the parts.

use serde::{Deserialize, Serialize};

/// Format of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
	/// RFC 4180.
	Csv,
	/// One object of JSON a line.
	Jsonl,
	/// Apache Parquet.
	Parquet,
}

impl FileFormat {
	/// Returns its name, which is also the extension of its files.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::Csv => "csv",
			Self::Jsonl => "jsonl",
			Self::Parquet => "parquet",
		}
	}

	/// Returns the name of a part, counted from 1.
	pub(crate) fn part(self, number: u64) -> String {
		format!("part-{number:05}.{}", self.name())
	}
}
