//! The selection of lies.

use credio_e2e::{lies::spread, number};

/// Lies about reads, by default.
pub(super) const READ_LIES: usize = 3_000;
/// Lies for each operation that writes.
pub(super) const WRITE_LIES: usize = 30;

/// Selects lies.
pub(super) fn selected<T>(lies: Vec<T>, most: usize) -> Vec<T> {
	spread(lies, most, number("CREDIO_LIES_SHIFT", 0))
}
