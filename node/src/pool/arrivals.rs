//! Times at which transactions arrived.

use crate::lock::lock;
use sp_core::H256;
use std::{
	collections::{HashMap, VecDeque},
	sync::Mutex,
	time::{Duration, Instant},
};

/// Most transactions that are timed at once.
const MAX_TIMED: usize = 100_000;

/// The time at which this node accepted each transaction. The oldest are dropped first.
#[derive(Default)]
pub(crate) struct ArrivalTimes(Mutex<(HashMap<H256, Instant>, VecDeque<H256>)>);

impl ArrivalTimes {
	/// Records that a transaction was accepted now.
	pub(crate) fn note(&self, hash: H256) {
		let mut arrivals = lock(&self.0);
		let (times, order) = &mut *arrivals;
		if times.insert(hash, Instant::now()).is_none() {
			order.push_back(hash);
		}
		while order.len() > MAX_TIMED {
			if let Some(oldest) = order.pop_front() {
				times.remove(&oldest);
			}
		}
	}

	/// Removes a finalized transaction, and returns the time since it was accepted.
	pub(crate) fn finish(&self, hash: &H256) -> Option<Duration> {
		lock(&self.0).0.remove(hash).map(|at| at.elapsed())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_number_of_timed_transactions_is_bounded() {
		let arrivals = ArrivalTimes::default();
		let hash = |n: usize| H256::from_low_u64_be(n as u64);
		for n in 0..MAX_TIMED + 2 {
			arrivals.note(hash(n));
		}
		assert_eq!(arrivals.finish(&hash(1)), None);
		assert!(arrivals.finish(&hash(2)).is_some());
		assert_eq!(arrivals.finish(&hash(2)), None, "only once");
	}
}
