//! Why a definition cannot be used.

/// What is wrong with a definition.
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
		/// What is wrong, and what to do.
		problem: String,
	},
}
