//! The end of a run.

use std::sync::{
	atomic::{AtomicBool, Ordering},
	Arc,
};

/// A stop signal for all tasks.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
	/// Returns whether to stop.
	pub fn is_due(&self) -> bool {
		self.0.load(Ordering::Relaxed)
	}

	/// Stops all tasks.
	pub fn now(&self) {
		self.0.store(true, Ordering::Relaxed);
	}
}
