//! Working with one node after the other.

use super::{
	error::{OutboxError, Result},
	fault::Fault,
	node_state::Nodes,
	worker::Worker,
};
use credio_client::{ConnectError, ConnectOptions, Error, ahead_of, shown};
use credio_vault::OtherChain;
use std::{collections::BTreeSet, time::Duration};
use tokio::sync::watch;

/// Bounds of the time between two tries to reach a node.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

impl Worker {
	/// Works with one node after the other. Ends only if the database fails, or if all nodes are of another chain.
	pub(super) async fn work(&self, until_decided: bool) -> Result<()> {
		let nodes = &self.settings.nodes;
		if let Some(chain) = &self.settings.connect.chain {
			self.outbox.pin(chain).await?;
		}
		let mut wait = BACK_OFF.0;
		let mut current = 0;
		// Nodes of another chain.
		let mut foreign = BTreeSet::new();
		loop {
			let (tell, heard) = watch::channel(0);
			let mut has_worked = false;
			let node = &nodes[current];
			let options = self.options().await?;
			let served = tokio::select! {
				served = self.serve(node, &options, until_decided, &tell, &mut has_worked) => served,
				// Interrupts work as a crash would, which is safe everywhere here.
				ahead = ahead_of(nodes, &options, heard) => {
					let problem = "no block becomes final there, while others go on";
					self.update(|known| known.note(&shown(node), problem.into()));
					current = ahead;
					continue;
				},
			};
			foreign.remove(&current);
			let problem = match served {
				Ok(()) => return Ok(()),
				Err(Fault::Outbox(error)) => return Err(error),
				Err(Fault::Node(error)) => error,
			};
			if let Error::Connect(ConnectError::OtherChain(OtherChain { found, pinned, .. })) =
				&problem
			{
				foreign.insert(current);
				if foreign.len() >= nodes.len() {
					let (pinned, found) = (pinned.clone(), found.clone());
					return Err(OutboxError::OtherChain { pinned, found });
				}
			}
			self.update(|known| known.note(&shown(node), problem.with_hint()));
			if has_worked {
				wait = BACK_OFF.0;
			}
			// No event announces that a node is back.
			tokio::time::sleep(wait).await;
			wait = wait.saturating_mul(2).min(BACK_OFF.1);
			current = (current + 1) % nodes.len();
		}
	}

	/// Returns how to connect to nodes: with the chain of the outbox, once it is known.
	async fn options(&self) -> Result<ConnectOptions> {
		let connect = self.settings.connect;
		let pinned = self.outbox.chain().await?;
		Ok(ConnectOptions { chain: pinned.or(connect.chain), ..connect })
	}

	/// Reports that it works with a node.
	pub(super) fn note_working(&self, node: &str) {
		self.update(|known| known.work_with(&shown(node)));
	}

	fn update(&self, change: impl FnOnce(&mut Nodes) -> bool) {
		self.outbox.nodes.send_if_modified(change);
	}
}
