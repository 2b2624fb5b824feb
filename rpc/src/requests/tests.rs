//! The methods of this area on a chain in memory.

use super::{
	follow::{Followed, Outcomes, Signal, Step},
	refusal::Refusal,
};
use crate::{
	error::Error,
	mock::{Node, RETENTION, World, digest, extrinsic, hash, next, receipt, submission},
};
use credio_primitives::{
	LanePosition, Outcome, Receipt, RequestKey, Submission,
	block::Changes,
	error_codes as codes,
	request::NotASubmission,
	rpc::{Bytes, ErrorNameJson, ReceiptJson, RequestState, UploadEventJson},
	storage,
};
use sc_transaction_pool_api::TransactionStatus;
use serde_json::json;
use sp_core::H256;
use sp_runtime::DispatchError;
use std::cell::Cell;

const UPLOAD: &str = "credio_v1_upload";
const WATCH: &str = "credio_v1_uploadAndWatch";
const KEY: RequestKey = RequestKey([1; 32]);

fn world() -> World {
	World { finalized: 5, best: 7, ..World::default() }
}

/// A chain with a receipt of request 1 from a block on.
fn with_receipt(from: u32, receipt: Receipt) -> World {
	let mut world = world();
	world.insert(from, storage::receipt(1, &KEY), receipt);
	world
}

fn applied(body: u8, block: u32) -> Receipt {
	receipt(body, block, 50, Outcome::Applied)
}

async fn upload(node: &Node, submission: &Submission) -> Result<serde_json::Value, i32> {
	node.call(UPLOAD, json!([extrinsic(submission)])).await.map_err(|error| error.code)
}

#[tokio::test]
async fn upload_is_taken_and_pending() {
	let node = Node::new(world());
	let uploaded = upload(&node, &submission(1, 1, 50)).await.expect("it is taken");
	assert_eq!(uploaded["status"], "pending");
	assert_eq!(uploaded["requestKey"], json!(KEY));
	assert_eq!(uploaded["recordIds"].as_array().map(Vec::len), Some(1));
	let status = node.ok("credio_v1_status", json!([1, KEY])).await;
	assert_eq!(status["status"], "pending", "the pool holds it");
}

#[tokio::test]
async fn bytes_that_are_no_submission_are_refused() {
	let node = Node::new(world());
	let malformed = [Bytes(vec![]), Bytes(vec![200]), Bytes(vec![4, 1])];
	for bytes in malformed {
		assert_eq!(node.code(UPLOAD, json!([bytes])).await, codes::MALFORMED_EXTRINSIC);
	}
	for (reason, code) in [
		(NotASubmission::Undecodable, codes::MALFORMED_EXTRINSIC),
		(NotASubmission::Unsigned, codes::NOT_A_SUBMISSION),
		(NotASubmission::OtherCall, codes::NOT_A_SUBMISSION),
		(NotASubmission::NotAMember, codes::NOT_A_MEMBER),
		(NotASubmission::OtherOrganization, codes::OTHER_ORGANIZATION),
	] {
		*node.queue.no_submission.lock().unwrap() = Some(reason);
		assert_eq!(upload(&node, &submission(1, 1, 50)).await, Err(code), "{reason:?}");
	}
	assert!(node.queue.held.lock().unwrap().is_empty());
}

#[tokio::test]
async fn refusal_of_the_pool_is_returned_unless_the_request_is_decided() {
	let refused = || Some(Refusal::Error(Error::QuotaExceeded));
	let node = Node::new(world());
	*node.queue.refusal.lock().unwrap() = refused();
	assert_eq!(upload(&node, &submission(1, 1, 50)).await, Err(codes::QUOTA_EXCEEDED));
	for (from, status) in [(4, "applied"), (6, "pending")] {
		let node = Node::new(with_receipt(from, applied(1, from)));
		*node.queue.refusal.lock().unwrap() = refused();
		let uploaded = upload(&node, &submission(1, 1, 50)).await.expect("it was applied");
		assert_eq!(uploaded["status"], status, "in block {from}");
		*node.queue.refusal.lock().unwrap() = refused();
		assert_eq!(upload(&node, &submission(1, 2, 50)).await, Err(codes::KEY_REUSED));
	}
}

#[tokio::test]
async fn expired_request_does_not_reach_the_pool() {
	let node = Node::new(world());
	assert_eq!(upload(&node, &submission(1, 1, 6)).await, Err(codes::REQUEST_EXPIRED));
	let late = Node::new(World { finalized: RETENTION + 10, best: RETENTION + 10, ..world() });
	let error = late.call(UPLOAD, json!([extrinsic(&submission(1, 1, 6))])).await.unwrap_err();
	assert_eq!(error.code, codes::REQUEST_EXPIRED);
	assert!(error.message.ends_with("its outcome is unknown"), "{}", error.message);
	for node in [node, late] {
		assert!(node.queue.held.lock().unwrap().is_empty());
	}
}

#[tokio::test]
async fn conflict_returns_the_transaction_that_is_held() {
	let node = Node::new(world());
	let first = upload(&node, &submission(1, 1, 50)).await.expect("it is taken");
	let conflict = || *node.queue.refusal.lock().unwrap() = Some(Refusal::Conflict);
	conflict();
	let again = upload(&node, &submission(1, 1, 60)).await.expect("the same request");
	assert_eq!(again["transactionHash"], first["transactionHash"]);
	conflict();
	assert_eq!(upload(&node, &submission(1, 2, 50)).await, Err(codes::KEY_REUSED));
	conflict();
	let mut in_lane = submission(2, 1, 50);
	in_lane.request.lane = Some(LanePosition { lane: 0, sequence: 0 });
	assert_eq!(upload(&node, &in_lane).await, Err(codes::POSITION_TAKEN));
}

#[tokio::test]
async fn status_follows_the_finalized_chain() {
	let failed = Outcome::Rejected { call_index: 2, error: DispatchError::BadOrigin };
	for (world, params, status) in [
		(world(), json!([1, KEY]), "unknown"),
		(world(), json!([1, KEY, 5]), "unknown"),
		(world(), json!([1, KEY, 4]), "expired"),
		(with_receipt(6, applied(1, 6)), json!([1, KEY]), "pending"),
		(with_receipt(5, applied(1, 5)), json!([1, KEY]), "applied"),
		(with_receipt(5, applied(1, 5)), json!([2, KEY]), "unknown"),
		(with_receipt(5, receipt(1, 5, 50, failed)), json!([1, KEY]), "rejected"),
	] {
		let found = Node::new(world).ok("credio_v1_status", params.clone()).await;
		assert_eq!(found["status"], status, "{params}");
		assert_eq!(found["receipt"].is_null(), !["applied", "rejected"].contains(&status));
	}
	let node = Node::new(with_receipt(5, receipt(1, 5, 50, failed)));
	let found = node.ok("credio_v1_status", json!([1, KEY])).await;
	assert_eq!(found["receipt"]["failedCall"], 2);
	assert_eq!(found["receipt"]["error"]["name"], "Pallet.Error");
}

#[tokio::test]
async fn status_is_unknown_once_receipts_are_gone() {
	let number = RETENTION + 10;
	let node = Node::new(World { finalized: number, best: number, ..world() });
	for (expires_at, status) in [(10, "expired"), (9, "unknown")] {
		let found = node.ok("credio_v1_status", json!([1, KEY, expires_at])).await;
		assert_eq!(found["status"], status);
	}
}

#[tokio::test]
async fn lane_has_its_next_position_and_bound() {
	let node = Node::new(World { next_position: 24, ..world() });
	let found = node.ok("credio_v1_lane", json!([1, 1_023])).await;
	assert_eq!((&found["next"], &found["nextAtBest"]), (&json!(24), &json!(24)));
	assert_eq!(node.code("credio_v1_lane", json!([1, 1_024])).await, codes::INVALID_PARAMETERS);
}

#[tokio::test]
async fn followed_upload_sends_its_events_in_order() {
	let node = Node::new(world());
	let bytes = extrinsic(&submission(1, 1, 50));
	let mut events = node.subscribe(WATCH, json!([bytes])).await.expect("it is taken");
	assert_eq!(next(&mut events).await["event"], "accepted");
	node.queue.send(TransactionStatus::Ready);
	node.queue.send(TransactionStatus::InBlock((hash(6), 1)));
	let event = next(&mut events).await;
	assert_eq!((&event["event"], &event["block"]["number"]), (&json!("inBlock"), &json!(6)));
	node.client.write(|world| {
		world.insert(6, storage::receipt(1, &KEY), applied(1, 6));
		world.changes.insert(hash(6), Changes { streams: vec![], requests: vec![(1, KEY)] });
	});
	node.finalize(6);
	let event = next(&mut events).await;
	assert_eq!((&event["event"], &event["status"]), (&json!("finalized"), &json!("applied")));
	assert!(events.next::<serde_json::Value>().await.is_none(), "it was the last event");
}

#[tokio::test]
async fn followed_upload_expires() {
	let node = Node::new(world());
	let bytes = extrinsic(&submission(1, 1, 8));
	let mut events = node.subscribe(WATCH, json!([bytes])).await.expect("it is taken");
	assert_eq!(next(&mut events).await["event"], "accepted");
	node.client.write(|world| {
		let none = (6..=9).map(|number| (hash(number), Changes::default()));
		world.changes.extend(none);
	});
	node.finalize(9);
	assert_eq!(next(&mut events).await["event"], "expired");
}

#[tokio::test]
async fn refused_upload_is_not_followed() {
	let node = Node::new(world());
	*node.queue.refusal.lock().unwrap() = Some(Refusal::Error(Error::PoolFull));
	let refused = node.subscribe(WATCH, json!([extrinsic(&submission(1, 1, 50))])).await;
	assert_eq!(refused.expect_err("it is refused").code, codes::POOL_FULL);
	assert_eq!(node.served.watcher.subscriptions(), 0);
}

/// The chain as a followed request sees it.
#[derive(Default)]
struct Chain {
	finalized: Cell<u32>,
	receipt: Cell<Option<Receipt>>,
	is_in_best_block: Cell<bool>,
}

impl Outcomes for Chain {
	fn finalized(&self, _: &Followed) -> Result<(u32, Option<Receipt>), Error> {
		Ok((self.finalized.get(), self.receipt.get()))
	}

	fn is_in_best_block(&self, _: &Followed) -> Result<bool, Error> {
		Ok(self.is_in_best_block.get())
	}

	fn receipt_retention(&self) -> Result<u32, Error> {
		Ok(RETENTION)
	}

	fn number(&self, block: H256) -> Result<Option<u32>, Error> {
		Ok((0..100).find(|number| hash(*number) == block))
	}

	fn describe(&self, receipt: Receipt) -> Result<ReceiptJson, Error> {
		let error = matches!(receipt.outcome, Outcome::Rejected { .. })
			.then(|| ErrorNameJson { name: "Pallet.Error".into(), description: String::new() });
		Ok(ReceiptJson {
			body_digest: receipt.body_digest,
			block: receipt.block,
			extrinsic_index: receipt.extrinsic_index,
			expires_at: receipt.expires_at,
			lane: receipt.lane,
			failed_call: None,
			error,
		})
	}
}

const FOLLOWED: Followed = Followed {
	organization: 1,
	key: KEY,
	body_digest: credio_primitives::Digest([1; 32]),
	expires_at: 50,
};

/// The word for a step.
fn word(step: &Step) -> &'static str {
	match step {
		Step::Wait => "wait",
		Step::Send(UploadEventJson::InBlock { .. }) => "in block",
		Step::Send(_) => "another event",
		Step::Finish(UploadEventJson::Finalized(status)) => match status.status {
			RequestState::Applied => "applied",
			_ => "rejected",
		},
		Step::Finish(UploadEventJson::Expired(_)) => "expired",
		Step::Finish(UploadEventJson::Dropped { .. }) => "dropped",
		Step::Finish(_) => "another end",
	}
}

fn steps(chain: &Chain, signals: &[Signal]) -> Vec<&'static str> {
	let step = |signal: &Signal| FOLLOWED.step(chain, signal).expect("the chain is read");
	signals.iter().map(|signal| word(&step(signal))).collect()
}

fn pool(status: TransactionStatus<H256, H256>) -> Signal {
	Signal::Pool(status)
}

#[test]
fn request_is_followed_through_a_fork() {
	let chain = Chain::default();
	let signals = [
		pool(TransactionStatus::Ready),
		pool(TransactionStatus::InBlock((hash(6), 1))),
		pool(TransactionStatus::Retracted(hash(6))),
		Signal::Finalized,
		pool(TransactionStatus::InBlock((hash(7), 1))),
		pool(TransactionStatus::InBlock((H256::zero(), 1))),
	];
	let expected = ["wait", "in block", "wait", "wait", "in block", "wait"];
	assert_eq!(steps(&chain, &signals), expected, "the last block is unknown");
	chain.receipt.set(Some(applied(1, 7)));
	assert_eq!(steps(&chain, &[Signal::Finalized]), ["applied"]);
}

#[test]
fn transaction_that_leaves_the_pool_is_dropped_unless_it_is_in_a_block() {
	for status in [
		TransactionStatus::Dropped,
		TransactionStatus::Invalid,
		TransactionStatus::Usurped(H256::zero()),
	] {
		let chain = Chain::default();
		assert_eq!(steps(&chain, &[pool(status.clone())]), ["dropped"]);
		chain.is_in_best_block.set(true);
		assert_eq!(steps(&chain, &[pool(status)]), ["wait"]);
	}
}

#[test]
fn outcome_is_decided_by_the_finalized_chain() {
	let failed = Outcome::Rejected { call_index: 0, error: DispatchError::BadOrigin };
	for (finalized, receipt, expected) in [
		(50, None, "wait"),
		(51, None, "expired"),
		(50 + RETENTION, None, "expired"),
		(51 + RETENTION, None, "dropped"),
		(20, Some(applied(1, 20)), "applied"),
		(20, Some(receipt(1, 20, 50, failed)), "rejected"),
		(20, Some(applied(2, 20)), "dropped"),
	] {
		let chain = Chain::default();
		chain.finalized.set(finalized);
		chain.receipt.set(receipt);
		assert_eq!(steps(&chain, &[Signal::Finalized]), [expected], "{finalized}, {receipt:?}");
	}
	assert_eq!(digest(1), FOLLOWED.body_digest);
}
