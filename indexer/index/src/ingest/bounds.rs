//! Limits of reading from a node.

/// Most entries of a stream in one response of a node.
pub(super) const MAX_PART: u32 = 256;
/// Calls to the node at a time.
pub(super) const CONCURRENCY: usize = 8;
