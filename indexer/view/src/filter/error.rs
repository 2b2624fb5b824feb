//! Why a filter cannot be read, and its bounds.

/// Longest filter, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;
/// Most conditions of a filter, counting each value of a list.
pub const MAX_TERMS: usize = 256;
/// How deep a filter may be nested.
pub const MAX_DEPTH: usize = 32;

/// Why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter cannot be read at character {position}: {problem}")]
pub struct FilterError {
	/// Characters before the problem.
	pub position: usize,
	/// The problem.
	pub problem: String,
}
