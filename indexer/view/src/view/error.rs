//! Why a definition cannot be used.

/// Why a definition cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
	/// It is not TOML, or has something that no view has.
	#[error("the view cannot be read: {0}")]
	Toml(String),
	/// A part of it cannot be used.
	#[error("view {view}: {problem}")]
	Definition {
		/// Name of the view, as it was given.
		view: String,
		/// The problem, and what to do.
		problem: String,
	},
}
