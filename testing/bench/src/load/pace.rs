//! The pace of submissions.

use super::plan::Plan;
use std::{
	future::Future,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{
	sync::{Mutex, Semaphore},
	time::{Interval, MissedTickBehavior},
};

/// Schedules submissions: in an open loop at a rate, in a closed one as others end. Due submissions are not queued, so
/// memory does not grow if the workers fall behind.
pub(super) struct Pace {
	turn: Mutex<Turn>,
	most: u64,
	end: Option<tokio::time::Instant>,
	permits: Option<Arc<Semaphore>>,
}

struct Turn {
	next: u64,
	ticks: Option<Interval>,
}

impl Pace {
	/// Starts now. In a closed loop each submission takes one of the permits, if there are any.
	pub(super) fn start(plan: &Plan, permits: Option<Arc<Semaphore>>) -> Self {
		let ticks = plan.rate.map(|rate| {
			let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
			ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
			ticks
		});
		Self {
			turn: Mutex::new(Turn { next: 0, ticks }),
			most: plan.most(),
			end: plan.time().map(|time| tokio::time::Instant::now() + time),
			permits,
		}
	}

	/// Waits for the next submission. Returns its number and the time since which it is due; `None` at the end.
	pub(super) async fn next(&self) -> Option<(u64, Instant)> {
		let mut turn = self.turn.lock().await;
		if turn.next == self.most || self.is_over() {
			return None;
		}
		let due = match (&mut turn.ticks, &self.permits) {
			// Latency counts from the due time, so that a slow generator hides nothing.
			(Some(ticks), _) => self.until_end(ticks.tick()).await?.into_std(),
			(None, Some(permits)) => {
				self.until_end(permits.acquire()).await?.ok()?.forget();
				Instant::now()
			},
			(None, None) => Instant::now(),
		};
		turn.next += 1;
		Some((turn.next - 1, due))
	}

	/// Returns the number of submissions so far.
	pub(super) async fn given(&self) -> u64 {
		self.turn.lock().await.next
	}

	fn is_over(&self) -> bool {
		self.end.is_some_and(|end| tokio::time::Instant::now() >= end)
	}

	async fn until_end<T>(&self, future: impl Future<Output = T>) -> Option<T> {
		match self.end {
			Some(end) => tokio::time::timeout_at(end, future).await.ok(),
			None => Some(future.await),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::super::profile::Profile;
	use super::*;

	#[tokio::test]
	async fn closed_loop_continues_as_submissions_end() {
		let permits = Arc::new(Semaphore::new(2));
		let pace = Pace::start(&Plan::of(Profile::Query, 3), Some(permits.clone()));
		assert_eq!(pace.next().await.map(|(number, _)| number), Some(0));
		assert_eq!(pace.next().await.map(|(number, _)| number), Some(1));
		let (third, ()) = tokio::join!(pace.next(), async { permits.add_permits(1) });
		assert_eq!(third.map(|(number, _)| number), Some(2));
		assert_eq!(pace.next().await, None);
		assert_eq!(pace.given().await, 3);
	}

	#[tokio::test]
	async fn closed_permits_end_the_loop() {
		let permits = Arc::new(Semaphore::new(0));
		let pace = Pace::start(&Plan::of(Profile::Query, 3), Some(permits.clone()));
		let (next, ()) = tokio::join!(pace.next(), async { permits.close() });
		assert_eq!(next, None);
	}

	#[tokio::test]
	async fn loop_ends_with_its_time() {
		let plan = Plan { rate: Some(10), ..Plan::during(Profile::Query, 2) };
		assert_eq!(plan.due(), Some(20));
		let pace = Pace { end: Some(tokio::time::Instant::now()), ..Pace::start(&plan, None) };
		assert_eq!(pace.next().await, None);
		assert_eq!(pace.given().await, 0);
	}
}
