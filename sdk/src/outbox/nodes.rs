//! Which node the worker works with.

use super::worker::{Fault, Worker};
use crate::client::finalized_at;
use credio_primitives::BlockNumber;
use futures::future::join_all;
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

/// Bounds of the time between two tries to reach a node.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// How long finality may stand still at a node before the others are asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a node that is asked may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

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
				ahead = self.ahead(heard) => {
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

	/// Resolves when no finalized block has been heard of for a while although a node has one: the node that is worked
	/// with is cut off from the others, or the connection to it is dead. Answers the node that is furthest.
	async fn ahead(&self, mut heard: watch::Receiver<BlockNumber>) -> usize {
		loop {
			if let Ok(Ok(())) = timeout(PATIENCE, heard.changed()).await {
				continue;
			}
			let ask = |node| async move { timeout(ANSWER, finalized_at(node)).await.ok()?.ok() };
			let answers = join_all(self.settings.nodes.iter().map(|node| ask(node))).await;
			let furthest = answers.into_iter().enumerate().max_by_key(|(_, finalized)| *finalized);
			if let Some((node, Some(finalized))) = furthest {
				if finalized > *heard.borrow_and_update() {
					return node;
				}
			}
		}
	}
}
