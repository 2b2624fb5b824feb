//! Why a document does not fit a view.

use crate::path::TooMuchWork;

/// Why a document does not fit a view. Names paths and types, never content of the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Reason(pub(super) String);

impl Reason {
	pub(super) fn new(reason: impl Into<String>) -> Self {
		Self(reason.into())
	}

	/// Returns the reason with the part of the document that it is about, counted from 0.
	pub(super) fn of(self, part: &str, number: usize) -> Self {
		Self(format!("{part} {}: {self}", number + 1))
	}
}

impl From<TooMuchWork> for Reason {
	fn from(_: TooMuchWork) -> Self {
		Self::new("a path of the view leads to too many nodes of the document")
	}
}
