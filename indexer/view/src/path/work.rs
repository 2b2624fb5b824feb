//! Bounds the work of reading a document.

/// Work of one document in one view: visiting a node costs one, and so do four bytes of its text. Some tens of
/// milliseconds. A document with more bytes than this may take one for each of them.
const MAX_WORK: usize = 4_000_000;
/// Bytes of text that cost as much as visiting a node.
const BYTES: usize = 4;

/// Reading a document would take more work than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuchWork;

/// The remaining work for a document in a view, shared by all paths and rows.
#[derive(Debug)]
pub struct Work {
	left: usize,
}

impl Default for Work {
	fn default() -> Self {
		Self { left: MAX_WORK }
	}
}

impl Work {
	/// The work for a document of so many bytes.
	#[must_use]
	pub fn on(bytes: usize) -> Self {
		Self { left: MAX_WORK.max(bytes) }
	}

	/// Spends work. Returns whether any is left.
	pub fn spend(&mut self, work: usize) -> bool {
		self.left = self.left.saturating_sub(work);
		self.left > 0
	}

	/// Spends the work of a text. Returns whether any is left.
	pub fn spend_on(&mut self, text: &str) -> bool {
		self.spend(1 + text.len() / BYTES)
	}

	/// Fails once none is left.
	///
	/// # Errors
	///
	/// [`TooMuchWork`].
	pub fn check(&self) -> Result<(), TooMuchWork> {
		match self.left {
			0 => Err(TooMuchWork),
			_ => Ok(()),
		}
	}
}
