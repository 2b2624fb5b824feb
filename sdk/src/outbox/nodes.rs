//! Which node the worker works with.

use super::worker::{Fault, Worker};
use crate::client::{ahead_of, ConnectOptions};
use std::time::Duration;
use tokio::sync::watch;

/// Bounds of the time between two tries to reach a node.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
impl Worker {
	/// Works with one node after the other.
	pub(super) async fn work(&self, until_decided: bool) -> crate::outbox::Result<()> {
		let nodes = &self.settings.nodes;
		let mut wait = BACK_OFF.0;
		let mut current = 0;
		loop {
			let (tell, heard) = watch::channel(0);
			let mut has_worked = false;
			let served = tokio::select! {
				served = self.serve(&nodes[current], until_decided, &tell, &mut has_worked) => served,
				// What is under way is left as a crash would leave it, which is what everything here is made for.
				ahead = ahead_of(nodes, &ConnectOptions::default(), heard) => {
					current = ahead;
					continue;
				},
			};
			match served {
				Ok(()) => return Ok(()),
				Err(Fault::Outbox(error)) => return Err(error),
				Err(Fault::Node(_)) if has_worked => wait = BACK_OFF.0,
				Err(Fault::Node(_)) => {},
			}
			// Nothing tells when a node is back.
			tokio::time::sleep(wait).await;
			wait = wait.saturating_mul(2).min(BACK_OFF.1);
			current = (current + 1) % nodes.len();
		}
	}
}
