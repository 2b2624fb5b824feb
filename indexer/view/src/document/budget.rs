//! Bounds of a document and of the rows that it makes.

use super::reason::Reason;
use crate::path::Work;

/// Largest document, in bytes. Objects may be larger, and are not read then.
pub const MAX_DOCUMENT: usize = 16 << 20;
/// Largest document of a format whose parts are small, so that each byte takes much more memory: EDIFACT, X12, MT940 and OFX.
pub const MAX_SMALL_PARTS: usize = 1 << 20;
/// Most rows of one document.
pub const MAX_ROWS: usize = 10_000;
/// How deep the nodes of a document may be nested.
pub const MAX_DEPTH: usize = 64;
/// Most nodes of an XML document, attributes included, or values of a JSON document.
pub const MAX_NODES: u32 = 500_000;
/// Most columns of a CSV document.
pub const MAX_COLUMNS: usize = 10_000;
/// Most values of all rows of a document together.
pub const MAX_VALUES: usize = 100_000;
/// Most bytes of text of all rows of a document together: rows may repeat text of the document.
pub const MAX_TEXT: usize = 1 << 20;

/// The rest of the bounds that all rows of a document share.
pub(super) struct Budget {
	pub work: Work,
	values: usize,
	text: usize,
}

impl Budget {
	/// The bounds for a document of so many bytes.
	pub(super) fn new(bytes: usize) -> Self {
		Self { work: Work::on(bytes), values: MAX_VALUES, text: MAX_TEXT }
	}

	/// Reserves room for the values of a row, before they are read.
	pub(super) fn take_row(&mut self, columns: usize) -> Result<(), Reason> {
		self.values = self.values.checked_sub(columns).ok_or_else(|| {
			Reason::new(format!("its rows have more than {MAX_VALUES} values together"))
		})?;
		Ok(())
	}

	/// Reserves room for a text, before it is copied.
	pub(super) fn take_text(&mut self, text: &str) -> Result<(), Reason> {
		self.text = self.text.checked_sub(text.len()).ok_or_else(|| {
			Reason::new(format!("its rows have more than {MAX_TEXT} bytes of text together"))
		})?;
		Ok(())
	}
}
