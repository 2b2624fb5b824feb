//! Why a path cannot be read, and its bounds.

/// Longest path, in bytes.
pub const MAX_PATH_LENGTH: usize = 512;
/// Most steps of a path, those within its conditions included.
pub const MAX_STEPS: usize = 32;

/// A path, and why it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} cannot be read at character {position}: {problem}")]
pub struct PathError {
	/// The path.
	pub path: String,
	/// Characters before the problem.
	pub position: usize,
	/// The problem.
	pub problem: String,
}
