//! Doors of the pool: bounds on the transactions in validation and on the line before it.

use super::amount::Amount;
use crate::lock::lock;
use std::sync::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A way into the pool. Junk at one door takes no organization's room, and does not block another door.
#[derive(Debug)]
pub(crate) struct Door {
	places: Semaphore,
	kibibytes: Semaphore,
	all_kibibytes: u32,
	line: Mutex<Amount>,
	line_limit: Amount,
}

/// The right to validate a transaction, until this is dropped.
#[derive(Debug)]
pub(crate) struct Pass<'door> {
	_place: SemaphorePermit<'door>,
	_kibibytes: SemaphorePermit<'door>,
}

/// A place in the line before a door.
struct InLine<'door> {
	door: &'door Door,
	amount: Amount,
}

impl Drop for InLine<'_> {
	fn drop(&mut self) {
		let mut line = lock(&self.door.line);
		*line = line.minus(self.amount);
	}
}

impl Door {
	/// Returns a door with bounds on transactions in validation and in line.
	pub(crate) fn new(validating: Amount, line_limit: Amount) -> Self {
		let all_kibibytes = u32::try_from(validating.bytes / 1024).unwrap_or(u32::MAX).max(1);
		Self {
			places: Semaphore::new(validating.count.clamp(1, Semaphore::MAX_PERMITS)),
			kibibytes: Semaphore::new(all_kibibytes as usize),
			all_kibibytes,
			line: Mutex::default(),
			line_limit,
		}
	}

	/// Waits until a transaction may be validated. Returns `None` if the line is full.
	pub(crate) async fn pass(&self, bytes: usize) -> Option<Pass<'_>> {
		let in_line = self.join(bytes)?;
		let kibibytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
		let place = self.places.acquire().await.ok()?;
		let kibibytes =
			self.kibibytes.acquire_many(kibibytes.min(self.all_kibibytes)).await.ok()?;
		drop(in_line);
		Some(Pass { _place: place, _kibibytes: kibibytes })
	}

	fn join(&self, bytes: usize) -> Option<InLine<'_>> {
		let amount = Amount::of(bytes);
		let mut line = lock(&self.line);
		let longer = line.plus(amount);
		longer.fits(self.line_limit).then(|| {
			*line = longer;
			InLine { door: self, amount }
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::{FutureExt, executor::block_on};

	const ONE: Amount = Amount { count: 1, bytes: 4096 };

	#[test]
	fn full_door_has_a_bounded_line_and_lets_in_by_turns() {
		let door = Door::new(ONE, Amount { count: 2, bytes: 8192 });
		let inside = block_on(door.pass(100)).expect("nobody is in");
		let mut first = Box::pin(door.pass(100));
		let mut second = Box::pin(door.pass(100));
		assert!(first.as_mut().now_or_never().is_none());
		assert!(second.as_mut().now_or_never().is_none());
		assert!(block_on(door.pass(100)).is_none(), "the line is full");
		drop(inside);
		let inside = block_on(first).expect("its turn");
		assert!(second.as_mut().now_or_never().is_none());
		drop(inside);
		assert!(block_on(second).is_some());
		assert_eq!(*lock(&door.line), Amount::default());
	}

	#[test]
	fn cancelled_entry_leaves_the_line_and_any_size_gets_in() {
		let door = Door::new(ONE, Amount { count: 2, bytes: 1 << 20 });
		let inside = block_on(door.pass(100_000)).expect("one of any size fits");
		assert!(Box::pin(door.pass(1)).now_or_never().is_none(), "it gives up");
		assert_eq!(*lock(&door.line), Amount::default());
		drop(inside);
		assert!(block_on(door.pass(1)).is_some());
	}
}
