//! Observes the blocks that the nodes of a network announce.

use super::rpc::{self, Header};
use jsonrpsee::{
	core::client::{Subscription, SubscriptionClientT},
	rpc_params,
	ws_client::WsClient,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::{Arc, Mutex, MutexGuard},
	time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};

/// Time between two attempts to reconnect.
const RECONNECT: Duration = Duration::from_millis(200);

/// The blocks announced by a node.
#[derive(Debug, Default)]
pub struct NodeView {
	/// Its best block, which can be lower than an earlier one.
	pub best: u32,
	/// Its last finalized block.
	pub finalized: u32,
	/// Hashes of its imported blocks, by height.
	pub blocks: BTreeMap<u32, BTreeSet<String>>,
}

/// The blocks announced by all nodes.
#[derive(Debug, Default)]
pub struct View {
	/// By node.
	pub nodes: Vec<NodeView>,
	/// Hashes of finalized blocks by height, with the first node that has finalized them.
	pub finalized: BTreeMap<u32, (String, usize)>,
	/// Heights with two finalized hashes.
	pub conflicts: Vec<String>,
}

impl View {
	/// Returns the highest block that any node has finalized.
	pub fn highest_finalized(&self) -> u32 {
		self.nodes.iter().map(|node| node.finalized).max().unwrap_or_default()
	}

	/// Returns the highest best block of these nodes.
	pub fn best(&self, nodes: &[usize]) -> u32 {
		nodes.iter().map(|n| self.nodes[*n].best).max().unwrap_or_default()
	}

	/// Returns the heights above `from` at which two groups of nodes have blocks, but none in common.
	pub fn forked(&self, groups: [&[usize]; 2], from: u32) -> Vec<u32> {
		let blocks = groups.map(|nodes| {
			let mut blocks = BTreeMap::<u32, BTreeSet<&String>>::new();
			for (height, hashes) in
				nodes.iter().flat_map(|n| self.nodes[*n].blocks.range(from.saturating_add(1)..))
			{
				blocks.entry(*height).or_default().extend(hashes);
			}
			blocks
		});
		let [ours, theirs] = &blocks;
		ours.iter()
			.filter(|(height, hashes)| {
				theirs.get(height).is_some_and(|others| hashes.is_disjoint(others))
			})
			.map(|(height, _)| *height)
			.collect()
	}

	/// Returns the number of blocks that were abandoned for another one of the same height.
	pub fn abandoned(&self) -> usize {
		let mut all = BTreeMap::<u32, BTreeSet<&String>>::new();
		for (height, hashes) in self.nodes.iter().flat_map(|node| &node.blocks) {
			all.entry(*height).or_default().extend(hashes);
		}
		all.values().map(|hashes| hashes.len() - 1).sum()
	}

	fn note_final(&mut self, node: usize, height: u32, hash: String) {
		match self.finalized.get(&height) {
			None => {
				self.finalized.insert(height, (hash, node));
			},
			Some((known, other)) if *known != hash => {
				let conflict =
					format!("block {height}: {known} final at node {other}, {hash} at node {node}");
				self.conflicts.push(conflict);
			},
			Some(_) => {},
		}
	}
}

/// Listens to all nodes, and reconnects when a connection ends.
#[derive(Debug)]
pub struct Observer {
	shared: Arc<Shared>,
	_tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared {
	view: Mutex<View>,
	changed: Notify,
}

impl Shared {
	fn view(&self) -> MutexGuard<'_, View> {
		self.view.lock().unwrap_or_else(|_| panic!("a thread panicked with the view"))
	}
}

impl Observer {
	pub(super) fn new(urls: &[String]) -> Self {
		let shared = Arc::<Shared>::default();
		shared.view().nodes.resize_with(urls.len(), NodeView::default);
		let mut tasks = JoinSet::new();
		for (node, url) in urls.iter().cloned().enumerate() {
			let shared = shared.clone();
			tasks.spawn(async move {
				loop {
					if let Some(client) = rpc::connect(&url).await {
						// An ended connection is no error, since tests kill nodes.
						let _ = listen(&shared, node, &client).await;
					}
					tokio::time::sleep(RECONNECT).await;
				}
			});
		}
		Self { shared, _tasks: tasks }
	}

	/// Returns the current view.
	pub fn view(&self) -> MutexGuard<'_, View> {
		self.shared.view()
	}

	/// Checks `predicate`, and waits for the next announcement unless it holds. Returns whether it held.
	pub(super) async fn check_or_wait(&self, predicate: &mut impl FnMut(&View) -> bool) -> bool {
		let changed = self.shared.changed.notified();
		let (held, conflicts) = {
			let view = self.view();
			(predicate(&view), view.conflicts.clone())
		};
		assert!(conflicts.is_empty(), "two finalized blocks: {conflicts:?}");
		if !held {
			changed.await;
		}
		held
	}
}

async fn listen(
	shared: &Shared,
	node: usize,
	client: &WsClient,
) -> Result<(), jsonrpsee::core::client::Error> {
	let mut all: Subscription<Header> = client
		.subscribe("chain_subscribeAllHeads", rpc_params![], "chain_unsubscribeAllHeads")
		.await?;
	let mut best: Subscription<Header> = client
		.subscribe("chain_subscribeNewHeads", rpc_params![], "chain_unsubscribeNewHeads")
		.await?;
	let mut finalized: Subscription<Header> = client
		.subscribe(
			"chain_subscribeFinalizedHeads",
			rpc_params![],
			"chain_unsubscribeFinalizedHeads",
		)
		.await?;
	loop {
		tokio::select! {
			Some(header) = all.next() => {
				let header = header?;
				let mut view = shared.view();
				let blocks = &mut view.nodes[node].blocks;
				blocks.entry(header.height()).or_default().insert(header.hash());
			},
			Some(header) = best.next() => shared.view().nodes[node].best = header?.height(),
			Some(header) = finalized.next() => {
				let header = header?;
				let (height, hash) = (header.height(), header.hash());
				let mut view = shared.view();
				if let Some(before) = height.checked_sub(1) {
					view.note_final(node, before, header.parent_hash);
				}
				view.note_final(node, height, hash);
				view.nodes[node].finalized = height;
			},
			else => return Ok(()),
		}
		shared.changed.notify_waiters();
	}
}
