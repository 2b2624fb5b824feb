//! Places: where entries and their rows stand in the index.
//!
//! A *place* is the number of an entry's block and its position there, in one number, with room for the rows of its
//! document. Places follow from the chain alone, so a row has the same place whenever an index is built, and its place
//! is its name in the database.

use super::{decode::number, error::Result};
use credio_primitives::BlockNumber;
use credio_view::document;

/// Bits of a place below the number of the block.
const BLOCK_SHIFT: u32 = 31;
/// Most entries of one block.
pub(super) const ENTRIES_PER_BLOCK: i64 = (1 << BLOCK_SHIFT) / ROWS_PER_ENTRY;
/// Places for the rows of one entry: a power of two that is no less than [`document::MAX_ROWS`].
pub(super) const ROWS_PER_ENTRY: i64 = 1 << 14;
const _: () = assert!(document::MAX_ROWS < 1 << 14);

/// Returns the place of an entry.
pub(super) fn place(block: BlockNumber, number: i64) -> i64 {
	(i64::from(block) << BLOCK_SHIFT) + number * ROWS_PER_ENTRY
}

/// Returns the block number of a place.
pub(super) fn block_of(place: i64) -> Result<u32> {
	number(place >> BLOCK_SHIFT)
}

/// Returns the place of the entry that a row belongs to.
pub(super) fn entry_of(row: i64) -> i64 {
	row - line_of(row)
}

/// Returns the number of a row in its document.
#[must_use]
pub fn line_of(place: i64) -> i64 {
	place % ROWS_PER_ENTRY
}
