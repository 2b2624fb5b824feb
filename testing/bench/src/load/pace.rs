//! When the next one is due.

use super::Plan;
use std::{
	future::Future,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{
	sync::{Mutex, Semaphore},
	time::{Interval, MissedTickBehavior},
};

/// Says when the next one is due: in an open loop at a rate, in a closed one as others end. Nothing that is due is
/// kept, so it needs the same memory however far those who ask are behind.
pub struct Pace {
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
	/// Begins now. In a closed loop each needs one of the permits, if there are such.
	pub fn start(plan: &Plan, permits: Option<Arc<Semaphore>>) -> Self {
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

	/// The number of the next one, and since when it is due; `None` once there is no more.
	pub async fn next(&self) -> Option<(u64, Instant)> {
		let mut turn = self.turn.lock().await;
		if turn.next == self.most || self.is_over() {
			return None;
		}
		let due = match (&mut turn.ticks, &self.permits) {
			// Latency counts from when it was due, so that a generator that cannot keep up hides nothing.
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

	/// How many there were.
	pub async fn given(&self) -> u64 {
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
	use super::*;
	use crate::load::Profile;

	#[tokio::test]
	async fn a_closed_loop_gives_as_many_as_have_ended() {
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
	async fn nothing_is_given_once_nobody_counts_any_more() {
		let permits = Arc::new(Semaphore::new(0));
		let pace = Pace::start(&Plan::of(Profile::Query, 3), Some(permits.clone()));
		let (next, ()) = tokio::join!(pace.next(), async { permits.close() });
		assert_eq!(next, None);
	}

	#[tokio::test]
	async fn nothing_is_due_after_the_end() {
		let plan = Plan { rate: Some(10), ..Plan::during(Profile::Query, 2) };
		assert_eq!(plan.due(), Some(20));
		let pace = Pace { end: Some(tokio::time::Instant::now()), ..Pace::start(&plan, None) };
		assert_eq!(pace.next().await, None);
		assert_eq!(pace.given().await, 0);
	}
}
