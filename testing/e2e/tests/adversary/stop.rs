//! The end of a run.

use std::sync::{
	Arc,
	atomic::{AtomicBool, Ordering},
};

/// A stop signal for all tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
	/// Returns whether to stop.
	pub(super) fn is_due(&self) -> bool {
		self.0.load(Ordering::Relaxed)
	}

	/// Stops all tasks.
	pub(super) fn now(&self) {
		self.0.store(true, Ordering::Relaxed);
	}
}
