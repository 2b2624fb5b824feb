//! Queries: filters, order and pages.

use std::{fmt, str::FromStr};

/// Rows of a page by default.
pub const DEFAULT_LIMIT: u32 = 100;
/// Most rows of a page.
pub const MAX_LIMIT: u32 = 1_000;

/// A search.
#[derive(Clone, Debug)]
pub struct Query {
	/// A filter; all rows without one.
	pub filter: Option<String>,
	/// Columns to sort by; equal rows are in the order of the chain.
	pub sort: Vec<SortKey>,
	/// Most rows, up to [`MAX_LIMIT`].
	pub limit: u32,
	/// The cursor of the page before.
	pub after: Option<String>,
	/// Whether to include rows that are not final yet.
	pub live: bool,
	/// Whether to include replaced rows.
	pub history: bool,
}

impl Default for Query {
	fn default() -> Self {
		Self {
			filter: None,
			sort: Vec::new(),
			limit: DEFAULT_LIMIT,
			after: None,
			live: false,
			history: false,
		}
	}
}

/// A column to sort by, written as `issueDate`, or `-issueDate` for the largest first. A missing value is less than any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
	/// The column.
	pub column: String,
	/// Whether the largest comes first.
	pub is_descending: bool,
}

impl FromStr for SortKey {
	type Err = std::convert::Infallible;

	fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
		Ok(match text.strip_prefix('-') {
			Some(column) => Self { column: column.into(), is_descending: true },
			None => Self { column: text.into(), is_descending: false },
		})
	}
}

impl fmt::Display for SortKey {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}{}", if self.is_descending { "-" } else { "" }, self.column)
	}
}
