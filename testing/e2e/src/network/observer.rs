//! What the nodes of a network say about their chain, as they say it.

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

/// Nothing tells when a node is back.
const RECONNECT: Duration = Duration::from_millis(200);

/// What one node has told.
#[derive(Debug, Default)]
pub struct Told {
	/// Its best block; that of now, which can be lower than one before.
	pub best: u32,
	/// Its last finalized block.
	pub finalized: u32,
	/// Hashes of the blocks that it has imported, by height.
	pub blocks: BTreeMap<u32, BTreeSet<String>>,
}

/// What all have told.
#[derive(Debug, Default)]
pub struct View {
	/// By node.
	pub nodes: Vec<Told>,
	/// Hashes of the blocks that a node has called final, by height, with the first node that has.
	pub finalized: BTreeMap<u32, (String, usize)>,
	/// Two hashes at one height, both called final.
	pub conflicts: Vec<String>,
}

impl View {
	/// The highest block that any node has called final.
	pub fn highest_finalized(&self) -> u32 {
		self.nodes.iter().map(|node| node.finalized).max().unwrap_or_default()
	}

	/// The highest best block of these nodes.
	pub fn best(&self, nodes: &[usize]) -> u32 {
		nodes.iter().map(|n| self.nodes[*n].best).max().unwrap_or_default()
	}

	/// Heights above `from` at which two groups of nodes have blocks, and none in common.
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

	/// Blocks of which another one at the same height was seen, beyond one of each height.
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

/// Listens to all nodes, and again when one that went away is back.
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
		self.view.lock().unwrap_or_else(|_| panic!("somebody panicked with the view"))
	}
}

impl Observer {
	pub(super) fn new(urls: &[String]) -> Self {
		let shared = Arc::<Shared>::default();
		shared.view().nodes.resize_with(urls.len(), Told::default);
		let mut tasks = JoinSet::new();
		for (node, url) in urls.iter().cloned().enumerate() {
			let shared = shared.clone();
			tasks.spawn(async move {
				loop {
					if let Some(client) = rpc::connect(&url).await {
						// A connection that ends is no error: nodes are killed here.
						let _ = listen(&shared, node, &client).await;
					}
					tokio::time::sleep(RECONNECT).await;
				}
			});
		}
		Self { shared, _tasks: tasks }
	}

	/// What is known now.
	pub fn view(&self) -> MutexGuard<'_, View> {
		self.shared.view()
	}

	/// Waits for the next thing that a node tells, after checking `predicate` once. Answers whether it held.
	pub(super) async fn check_or_wait(&self, predicate: &mut impl FnMut(&View) -> bool) -> bool {
		let told = self.shared.changed.notified();
		let (held, conflicts) = {
			let view = self.view();
			(predicate(&view), view.conflicts.clone())
		};
		assert!(conflicts.is_empty(), "two finalized blocks: {conflicts:?}");
		if !held {
			told.await;
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
