//! What reading a document may cost.

/// Work of one document in one view: a node that is looked at is one, and so are four bytes of its text. Some tens of
/// milliseconds.
const MAX_WORK: usize = 4_000_000;
/// Bytes of text that cost as much as a node that is looked at.
const BYTES: usize = 4;

/// More would have to be looked at than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuchWork;

/// The work that is left for a document in a view, whatever number of paths and rows shares it.
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
	/// Takes some of it. Returns whether any is left.
	pub fn spend(&mut self, work: usize) -> bool {
		self.left = self.left.saturating_sub(work);
		self.left > 0
	}

	/// Takes what a text costs. Returns whether any is left.
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
