//! The watcher, fed with blocks.

use super::{Subscription, Watcher, changes::BlockChanges, subscriptions::Topic};
use credio_primitives::{RequestKey, StreamId, block::Changes};
use futures::FutureExt;
use sp_core::H256;
use std::{cell::Cell, collections::HashMap, sync::Arc};

/// Blocks with known changes, and how often they were read.
#[derive(Default)]
struct Chain {
	changes: HashMap<H256, Changes>,
	reads: Cell<usize>,
}

impl BlockChanges for Chain {
	fn changes(&self, block: H256) -> Option<Changes> {
		self.reads.set(self.reads.get() + 1);
		self.changes.get(&block).cloned()
	}
}

fn stream(n: u32) -> StreamId {
	let mut id = [0; 32];
	id[..4].copy_from_slice(&n.to_le_bytes());
	StreamId(id)
}

fn hash(n: u32) -> H256 {
	H256::from_low_u64_be(n.into())
}

/// A watcher that has seen block 0.
fn watcher() -> Arc<Watcher> {
	let watcher = Arc::<Watcher>::default();
	assert_eq!(watcher.on_finalized(0, &[], &Chain::default()), 0);
	watcher
}

/// A chain of `count` blocks from 1 on that each append to these streams.
fn chain(count: u32, streams: &[u32]) -> Chain {
	let changes =
		Changes { streams: streams.iter().map(|n| stream(*n)).collect(), requests: vec![] };
	let blocks = (1..=count).map(|n| (hash(n), changes.clone())).collect();
	Chain { changes: blocks, reads: Cell::default() }
}

fn is_woken(subscription: &Subscription) -> bool {
	subscription.woken().now_or_never().is_some()
}

#[test]
fn idle_subscriptions_cost_nothing_per_block() {
	let watcher = watcher();
	let idle: Vec<_> = (0..10_000)
		.map(|n| watcher.subscribe(Topic::Stream(stream(n)), n % 2 == 0).unwrap())
		.collect();
	let busy = watcher.subscribe(Topic::Stream(stream(u32::MAX)), false).unwrap();
	let chain = chain(100, &[u32::MAX]);
	let mut woken = 0;
	for n in 1..=100 {
		woken += watcher.on_best(&[hash(n)], &chain);
		woken += watcher.on_finalized(n, &[hash(n)], &chain);
		assert!(is_woken(&busy));
	}
	assert_eq!(woken, 100, "only the busy one, once a block");
	assert_eq!(
		chain.reads.get(),
		200,
		"each block is read once when it is best, and once when it is final"
	);
	assert!(!idle.iter().any(is_woken));
}

#[test]
fn idle_requests_cost_nothing_until_they_expire() {
	let watcher = watcher();
	let key = |n: u32| RequestKey(stream(n).0);
	let mut waiting: Vec<_> =
		(0..5_000).map(|n| watcher.subscribe(Topic::Request(1, key(n)), false).unwrap()).collect();
	waiting.iter_mut().for_each(|subscription| subscription.wake_at(600));
	waiting[7].wake_at(50);
	let mut chain = chain(600, &[]);
	chain.changes.get_mut(&hash(30)).unwrap().requests.push((1, key(3)));
	let woken: Vec<usize> =
		(1..=600).map(|n| watcher.on_finalized(n, &[hash(n)], &chain)).collect();
	let at: Vec<(usize, usize)> =
		woken.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
	assert_eq!(at, [(29, 1), (49, 1), (599, 4_999)]);
}

#[test]
fn request_of_another_organization_under_the_same_key_wakes_nobody() {
	let watcher = watcher();
	let key = RequestKey([1; 32]);
	let ours = watcher.subscribe(Topic::Request(1, key), false).unwrap();
	let mut chain = chain(1, &[]);
	chain.changes.get_mut(&hash(1)).unwrap().requests.push((2, key));
	assert_eq!(watcher.on_finalized(1, &[hash(1)], &chain), 0);
	assert!(!is_woken(&ours));
}

#[test]
fn blocks_between_two_waits_wake_once() {
	let watcher = watcher();
	let subscription = watcher.subscribe(Topic::Stream(stream(1)), false).unwrap();
	let chain = chain(3, &[1]);
	watcher.on_finalized(2, &[hash(1), hash(2)], &chain);
	assert!(is_woken(&subscription), "woken although nobody waited");
	assert!(!is_woken(&subscription), "once for both blocks");
}

#[test]
fn skipped_blocks_and_unknown_changes_wake_all() {
	let watcher = watcher();
	let subscription = watcher.subscribe(Topic::Stream(stream(1)), false).unwrap();
	let chain = chain(9, &[]);
	assert_eq!(watcher.on_finalized(9, &[hash(9)], &chain), 1, "blocks 1 to 8 are missing");
	assert!(is_woken(&subscription));
	assert_eq!(watcher.on_finalized(10, &[hash(10)], &chain), 1, "block 10 has no state");
	assert!(is_woken(&subscription));
}

#[test]
fn unfinalized_blocks_wake_only_those_that_follow_them() {
	let watcher = watcher();
	let patient = watcher.subscribe(Topic::Stream(stream(1)), false).unwrap();
	let chain = chain(1, &[1]);
	assert_eq!(watcher.on_best(&[hash(1)], &chain), 0);
	assert_eq!(chain.reads.get(), 0, "nobody asks for them, so the block is not read");
	let eager = watcher.subscribe(Topic::Stream(stream(1)), true).unwrap();
	assert_eq!(watcher.on_best(&[hash(1)], &chain), 1);
	assert!(is_woken(&eager) && !is_woken(&patient));
}

#[test]
fn dropped_subscription_ends() {
	let watcher = watcher();
	let stream = watcher.subscribe(Topic::Stream(stream(1)), true).unwrap();
	let mut request = watcher.subscribe(Topic::Request(1, RequestKey([1; 32])), false).unwrap();
	request.wake_at(5);
	assert_eq!(watcher.subscriptions(), 2);
	drop((stream, request));
	assert_eq!(watcher.subscriptions(), 0);
	assert_eq!(watcher.on_finalized(5, &[hash(5)], &chain(5, &[1])), 0);
}
