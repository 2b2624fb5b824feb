//! The states of items, with a node that needs no chain.

mod node;
mod objects;

use super::{outbox, upload};
use crate::{
	Enqueued, Item, ItemState, Listed, Outbox, OutboxError, Settings,
	expiry::Heads,
	fault::Fault,
	lease::{Lease, resign},
	objects::Objects,
	worker::{Standstills, Turn},
};
use credio_client::{SignedRequest, calls::Call};
use credio_primitives::{BlockNumber, LanePosition, rpc::RequestState};
use node::{Crash, Node, POSITIONS_AHEAD, RETENTION};
use std::sync::Arc;

const LANE: u32 = 3;

/// An outbox with a worker and its node.
struct World {
	outbox: Outbox,
	node: Arc<Node>,
	lease: Lease,
	objects: Objects,
	settings: Settings,
	standstills: Standstills,
}

impl World {
	async fn new() -> Self {
		let outbox = outbox().await;
		let lease = Lease::acquire(&outbox.pool, outbox.is_postgres, "one").await.unwrap().unwrap();
		let settings = Settings::new(Vec::new());
		Self {
			outbox,
			node: Arc::new(Node::new(100)),
			lease,
			objects: Objects::default(),
			settings,
			standstills: Standstills::new(),
		}
	}

	async fn enqueue(&self, key: &[u8]) -> Enqueued {
		self.outbox.enqueue(&Item::calls(key, &[Call::remark(key)])).await.unwrap()
	}

	async fn enqueue_in_lane(&self, key: &[u8]) -> Enqueued {
		let calls = [Call::remark(key)];
		self.outbox.enqueue(&Item::calls(key, &calls).in_lane(LANE)).await.unwrap()
	}

	/// Runs one turn of the worker, at the last final block.
	async fn turn(&mut self) -> Result<(), Fault> {
		let finalized = self.node.state().finalized;
		let turn = Turn {
			outbox: &self.outbox,
			settings: &self.settings,
			chain: &*self.node,
			lease: &self.lease,
			objects: &self.objects,
			heads: Heads { finalized, best: finalized },
		};
		turn.look(&mut self.standstills).await?;
		turn.send_waiting().await
	}

	/// Runs a turn that ends where the process is killed.
	async fn turn_until(&self, crash: Crash) {
		self.node.state().crash = Some(crash);
		let node = self.node.clone();
		let finalized = node.state().finalized;
		let turn = Turn {
			outbox: &self.outbox,
			settings: &self.settings,
			chain: &*node,
			lease: &self.lease,
			objects: &self.objects,
			heads: Heads { finalized, best: finalized },
		};
		tokio::select! {
			worked = turn.send_waiting() => panic!("it was not killed: {worked:?}"),
			() = node.crashed() => {},
		}
		node.state().crash = None;
	}

	async fn item(&self, item: &Enqueued) -> Listed {
		self.outbox.status(item.request_key).await.unwrap().unwrap()
	}

	async fn state(&self, item: &Enqueued) -> ItemState {
		self.item(item).await.state
	}

	fn submitted(&self) -> Vec<SignedRequest> {
		self.node.state().submitted.clone()
	}

	/// Returns the submitted positions, in their order.
	fn positions(&self) -> Vec<u64> {
		let positions = self.submitted().into_iter().filter_map(|signed| signed.request.lane);
		positions.map(|LanePosition { sequence, .. }| sequence).collect()
	}

	fn finalize(&self, block: BlockNumber) {
		self.node.state().finalized = block;
	}
}

#[tokio::test]
async fn applied_item_ends_with_its_final_receipt() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn().await.unwrap();
	assert_eq!(world.state(&item).await, ItemState::Sending);
	let request = world.submitted()[0].clone();
	// In a block that is not final yet.
	world.node.decide(&request, RequestState::Pending, None);
	world.turn().await.unwrap();
	assert_eq!(world.state(&item).await, ItemState::Sending);
	world.node.decide(&request, RequestState::Applied, None);
	world.finalize(110);
	world.turn().await.unwrap();
	let ended = world.item(&item).await;
	assert_eq!((ended.state, ended.decided_at), (ItemState::Applied, Some(110)));
	assert_eq!(ended.outcome_number, Some(1));
	assert_eq!(world.submitted().len(), 1);
}

#[tokio::test]
async fn rejected_item_names_the_error_of_the_chain() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn().await.unwrap();
	let request = world.submitted()[0].clone();
	world.node.decide(&request, RequestState::Rejected, Some("Anchor.AlreadySealed"));
	world.turn().await.unwrap();
	let ended = world.item(&item).await;
	assert_eq!(ended.state, ItemState::Rejected);
	assert_eq!(ended.problem.as_deref(), Some("Anchor.AlreadySealed: it failed"));
}

#[tokio::test]
async fn receipt_of_other_calls_rejects_the_item() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn().await.unwrap();
	let mut other = world.submitted()[0].clone();
	other.body_digest.0[0] ^= 1;
	world.node.decide(&other, RequestState::Applied, None);
	world.turn().await.unwrap();
	let ended = world.item(&item).await;
	assert_eq!(ended.state, ItemState::Rejected);
	assert!(ended.problem.unwrap().contains("used for something else"));
}

#[tokio::test]
async fn crash_before_signing_keeps_key_and_expiry() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn_until(Crash::BeforeSigning).await;
	let fixed = world.item(&item).await;
	assert_eq!(fixed.state, ItemState::Sending);
	assert!(world.submitted().is_empty());
	world.finalize(120);
	world.turn().await.unwrap();
	let [request] = &world.submitted()[..] else { panic!("one request") };
	assert_eq!(request.request.key, item.request_key);
	assert_eq!(fixed.expires_at, Some(request.request.expires_at.into()));
}

#[tokio::test]
async fn crash_after_submitting_sends_the_same_request_again() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn_until(Crash::AfterSubmitting).await;
	// The node has lost the request.
	world.turn().await.unwrap();
	let [first, second] = &world.submitted()[..] else { panic!("two requests") };
	assert_eq!(first.request, second.request);
	assert_eq!(first.body_digest, second.body_digest);
	// The node has it, so it is not sent a third time.
	world.node.decide(second, RequestState::Pending, None);
	world.turn().await.unwrap();
	assert_eq!(world.submitted().len(), 2);
	world.node.decide(first, RequestState::Applied, None);
	world.turn().await.unwrap();
	assert_eq!(world.state(&item).await, ItemState::Applied);
}

#[tokio::test]
async fn crash_after_submitting_finds_the_receipt() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn_until(Crash::AfterSubmitting).await;
	let request = world.submitted()[0].clone();
	world.node.decide(&request, RequestState::Applied, None);
	world.turn().await.unwrap();
	assert_eq!(world.state(&item).await, ItemState::Applied);
	assert_eq!(world.submitted().len(), 1);
}

/// Returns the state of an item some blocks after its expiry, where the node reports `status`.
async fn after_expiry(blocks: BlockNumber, status: RequestState, is_recorded: bool) -> ItemState {
	let mut world = World::new().await;
	let item = world.outbox.enqueue(&Item::upload(upload(None, b"a document"))).await.unwrap();
	world.turn().await.unwrap();
	let request = world.submitted()[0].clone();
	{
		let mut node = world.node.state();
		node.finalized = request.request.expires_at + blocks;
		node.known.insert(request.request.key, (status, None));
		node.recorded.extend(item.record_id.filter(|_| is_recorded));
	}
	world.turn().await.unwrap();
	world.state(&item).await
}

#[tokio::test]
async fn item_expires_only_while_receipts_are_kept() {
	use ItemState::{Applied, Expired, Sending, Undetermined};
	use RequestState::{Expired as IsExpired, Unknown};
	assert_eq!(after_expiry(0, Unknown, false).await, Sending);
	assert_eq!(after_expiry(1, IsExpired, false).await, Expired);
	assert_eq!(after_expiry(RETENTION, IsExpired, false).await, Expired);
	assert_eq!(after_expiry(RETENTION + 1, IsExpired, false).await, Undetermined);
	assert_eq!(after_expiry(RETENTION + 1, Unknown, false).await, Undetermined);
	// A record on the chain is proof, even without a receipt.
	assert_eq!(after_expiry(1, IsExpired, true).await, Applied);
	assert_eq!(after_expiry(RETENTION + 1, Unknown, true).await, Applied);
}

#[tokio::test]
async fn ended_key_epoch_starts_another_attempt() {
	let mut world = World::new().await;
	let item = world.outbox.enqueue(&Item::upload(upload(None, b"a document"))).await.unwrap();
	let mut keys = Vec::new();
	while world.state(&item).await != ItemState::Rejected {
		world.turn().await.unwrap();
		let Some(request) = world.submitted().last().cloned() else { continue };
		keys.push(request.request.key);
		world.node.decide(&request, RequestState::Rejected, Some("Grants.RotationDue"));
	}
	keys.dedup();
	let count = keys.len();
	assert!(count > 2, "{count}");
	keys.sort();
	keys.dedup();
	assert_eq!(keys.len(), count, "each attempt has its own key");
	// The key under which the item is known stays.
	assert_eq!(world.item(&item).await.request_key, item.request_key);
}

#[tokio::test]
async fn lane_keeps_the_order_of_storing() {
	let mut world = World::new().await;
	let items = [
		world.enqueue_in_lane(b"a").await,
		world.enqueue_in_lane(b"b").await,
		world.enqueue_in_lane(b"c").await,
	];
	world.turn().await.unwrap();
	let keys = world.submitted().iter().map(|signed| signed.request.key).collect::<Vec<_>>();
	assert_eq!(keys, items.map(|item| item.request_key));
	assert_eq!(world.positions(), [0, 1, 2]);
	for request in &world.submitted() {
		world.node.decide(request, RequestState::Pending, None);
	}
	// Another one is further ahead than the chain takes.
	assert_eq!(POSITIONS_AHEAD, 3);
	let last = world.enqueue_in_lane(b"d").await;
	world.turn().await.unwrap();
	assert_eq!(world.positions(), [0, 1, 2]);
	assert_eq!(world.item(&last).await.position, None);
	let first = world.submitted()[0].clone();
	world.node.decide(&first, RequestState::Applied, None);
	world.node.state().lanes.insert(LANE, (1, 1));
	world.turn().await.unwrap();
	assert_eq!(world.positions(), [0, 1, 2, 3]);
	assert_eq!(world.submitted()[3].request.key, last.request_key);
}

#[tokio::test]
async fn lane_with_a_gap_moves_up_after_five_final_blocks() {
	let mut world = World::new().await;
	let (first, second) = (world.enqueue_in_lane(b"a").await, world.enqueue_in_lane(b"b").await);
	world.turn().await.unwrap();
	let [one, other] = &world.submitted()[..] else { panic!("two requests") };
	// The first one expired, so no request ever takes its position.
	world.node.state().known.insert(one.request.key, (RequestState::Expired, None));
	world.node.decide(other, RequestState::Pending, None);
	let expired_at = one.request.expires_at + 1;
	for block in 0..5 {
		world.finalize(expired_at + block);
		world.turn().await.unwrap();
		assert_eq!(world.positions(), [0, 1], "after {block} blocks");
	}
	assert_eq!(world.state(&first).await, ItemState::Expired);
	world.finalize(expired_at + 5);
	world.turn().await.unwrap();
	assert_eq!(world.positions(), [0, 1, 0]);
	assert_eq!(world.submitted()[2].request.key, second.request_key);
}

#[tokio::test]
async fn position_of_another_request_is_replaced() {
	let mut world = World::new().await;
	let item = world.enqueue_in_lane(b"a").await;
	world.turn().await.unwrap();
	// Another outbox of the organization was faster.
	world.node.state().lanes.insert(LANE, (1, 1));
	world.turn().await.unwrap();
	assert_eq!(world.positions(), [0, 1]);
	assert_eq!(world.item(&item).await.position, Some(1));
	assert_eq!(world.submitted()[1].request.key, item.request_key);
}

#[tokio::test]
async fn worker_sends_no_more_items_than_it_may() {
	let mut world = World::new().await;
	world.settings.max_sending = 2;
	let items = [world.enqueue(b"a").await, world.enqueue(b"b").await, world.enqueue(b"c").await];
	world.turn().await.unwrap();
	assert_eq!(world.submitted().len(), 2);
	assert_eq!(world.state(&items[2]).await, ItemState::Waiting);
	let first = world.submitted()[0].clone();
	world.node.decide(&first, RequestState::Applied, None);
	let second = world.submitted()[1].clone();
	world.node.decide(&second, RequestState::Pending, None);
	world.turn().await.unwrap();
	assert_eq!(world.state(&items[2]).await, ItemState::Sending);
}

#[tokio::test]
async fn full_outbox_takes_known_items_only() {
	let mut world = World::new().await;
	world.outbox = world.outbox.with_max_undecided(1);
	let item = world.enqueue(b"a").await;
	let calls = [Call::remark(b"b")];
	let refused = world.outbox.enqueue(&Item::calls(b"b", &calls)).await;
	assert!(matches!(refused, Err(OutboxError::Full(1))), "{refused:?}");
	assert_eq!(world.enqueue(b"a").await, Enqueued { is_new: false, ..item });
	world.turn().await.unwrap();
	let request = world.submitted()[0].clone();
	world.node.decide(&request, RequestState::Applied, None);
	world.turn().await.unwrap();
	world.enqueue(b"b").await;
}

#[tokio::test]
async fn superseded_worker_decides_nothing() {
	let mut world = World::new().await;
	let item = world.enqueue(b"a").await;
	world.turn().await.unwrap();
	let request = world.submitted()[0].clone();
	world.node.decide(&request, RequestState::Rejected, Some("Anchor.AlreadySealed"));
	let (pool, is_postgres) = (&world.outbox.pool, world.outbox.is_postgres);
	assert!(Lease::acquire(pool, is_postgres, "other").await.unwrap().is_none());
	resign(pool, "one").await.unwrap();
	let other = Lease::acquire(pool, is_postgres, "other").await.unwrap().unwrap();
	let stopped = world.turn().await;
	assert!(matches!(stopped, Err(Fault::Outbox(OutboxError::Superseded))), "{stopped:?}");
	assert_eq!(world.state(&item).await, ItemState::Sending);
	world.lease = other;
	world.node.decide(&request, RequestState::Applied, None);
	world.turn().await.unwrap();
	assert_eq!(world.state(&item).await, ItemState::Applied);
}

#[tokio::test]
async fn outcomes_come_in_order_until_acknowledged() {
	let mut world = World::new().await;
	for key in [b"a", b"b", b"c"] {
		world.enqueue(key).await;
	}
	world.turn().await.unwrap();
	for request in world.submitted() {
		world.node.decide(&request, RequestState::Applied, None);
	}
	world.turn().await.unwrap();
	let mut outcomes = world.outbox.outcomes("reader").await.unwrap();
	let mut numbers = Vec::new();
	while let Some(outcome) = outcomes.try_next().await.unwrap() {
		numbers.push(outcome.number);
	}
	assert_eq!(numbers, [1, 2, 3]);
	world.outbox.acknowledge("reader", 2).await.unwrap();
	let mut outcomes = world.outbox.outcomes("reader").await.unwrap();
	assert_eq!(outcomes.try_next().await.unwrap().map(|outcome| outcome.number), Some(3));
	assert!(outcomes.try_next().await.unwrap().is_none());
}
