//! The subscriptions of a node: which of them a block concerns. Nothing here waits or reads the chain.

use credio_primitives::{BlockNumber, OrganizationId, RequestKey, StreamId, block::Changes};
use std::collections::{BTreeMap, HashMap};

/// Most subscriptions to streams at a node. Requests are counted apart, so that subscribers of streams do not keep others
/// from following their uploads.
pub(crate) const MAX_STREAM_SUBSCRIPTIONS: usize = 16_384;
/// Most requests that a node follows at a time.
pub(crate) const MAX_REQUEST_SUBSCRIPTIONS: usize = 16_384;

/// The subject of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
	/// The entries of a stream.
	Stream(StreamId),
	/// The outcome of a request.
	Request(OrganizationId, RequestKey),
}

/// The node has as many subscriptions of a kind as it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// What newly finalized blocks require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
	/// Nothing: there are no subscriptions.
	Idle,
	/// Reading the changes of each block.
	ReadBlocks,
	/// Waking all, since the node skipped blocks, as it does while it catches up.
	WakeAll,
}

/// The subscriptions by topic, each with the handle that wakes it.
pub(super) struct Subscriptions<Handle> {
	topics: HashMap<Topic, HashMap<u64, Subscriber<Handle>>>,
	/// Subscriptions that are also woken when this block is final.
	expiries: BTreeMap<(BlockNumber, u64), Handle>,
	streams: usize,
	requests: usize,
	/// Number of those that also follow blocks that are not final.
	unfinalized: usize,
	next_id: u64,
	/// The last finalized block that was seen.
	finalized: Option<BlockNumber>,
}

struct Subscriber<Handle> {
	handle: Handle,
	include_unfinalized: bool,
}

impl<Handle> Default for Subscriptions<Handle> {
	fn default() -> Self {
		Self {
			topics: HashMap::new(),
			expiries: BTreeMap::new(),
			streams: 0,
			requests: 0,
			unfinalized: 0,
			next_id: 0,
			finalized: None,
		}
	}
}

impl<Handle: Clone> Subscriptions<Handle> {
	fn count(&mut self, topic: &Topic) -> (&mut usize, usize) {
		match topic {
			Topic::Stream(_) => (&mut self.streams, MAX_STREAM_SUBSCRIPTIONS),
			Topic::Request(..) => (&mut self.requests, MAX_REQUEST_SUBSCRIPTIONS),
		}
	}

	/// Adds a subscription and returns its id.
	///
	/// # Errors
	///
	/// [`TooMany`] if there are as many of this kind as the node keeps.
	pub(super) fn add(
		&mut self,
		topic: Topic,
		include_unfinalized: bool,
		handle: Handle,
	) -> Result<u64, TooMany> {
		let (count, most) = self.count(&topic);
		if *count >= most {
			return Err(TooMany);
		}
		*count = count.saturating_add(1);
		if include_unfinalized {
			self.unfinalized = self.unfinalized.saturating_add(1);
		}
		let id = self.next_id;
		self.next_id = id.wrapping_add(1);
		let subscriber = Subscriber { handle, include_unfinalized };
		self.topics.entry(topic).or_default().insert(id, subscriber);
		Ok(id)
	}

	/// Removes a subscription, and its expiry if it has one.
	pub(super) fn remove(&mut self, topic: &Topic, id: u64, expires_at: Option<BlockNumber>) {
		let Some(subscribers) = self.topics.get_mut(topic) else { return };
		let Some(subscriber) = subscribers.remove(&id) else { return };
		if subscribers.is_empty() {
			self.topics.remove(topic);
		}
		let (count, _) = self.count(topic);
		*count = count.saturating_sub(1);
		if subscriber.include_unfinalized {
			self.unfinalized = self.unfinalized.saturating_sub(1);
		}
		if let Some(block) = expires_at {
			self.expiries.remove(&(block, id));
		}
	}

	/// Also wakes a subscription once `block` is final. Returns whether it is final already.
	pub(super) fn expire_at(
		&mut self,
		id: u64,
		before: Option<BlockNumber>,
		block: BlockNumber,
		handle: Handle,
	) -> bool {
		if let Some(before) = before {
			self.expiries.remove(&(before, id));
		}
		let is_final = self.finalized.is_some_and(|finalized| finalized >= block);
		if !is_final {
			self.expiries.insert((block, id), handle);
		}
		is_final
	}

	/// Notes `count` newly finalized blocks up to `number`.
	pub(super) fn finalize(&mut self, number: BlockNumber, count: usize) -> Plan {
		let count = BlockNumber::try_from(count).unwrap_or(BlockNumber::MAX);
		let last = self.finalized.replace(number);
		if self.topics.is_empty() {
			Plan::Idle
		} else if last == number.checked_sub(count) {
			Plan::ReadBlocks
		} else {
			Plan::WakeAll
		}
	}

	/// Returns whether any subscription follows blocks that are not final.
	pub(super) fn follows_unfinalized(&self) -> bool {
		self.unfinalized > 0
	}

	/// Returns the subscriptions that `changes` concern: all of them if the changes are unknown.
	pub(super) fn concerned(
		&self,
		changes: Option<Changes>,
		only_unfinalized: bool,
	) -> Vec<Handle> {
		let chosen =
			|subscriber: &&Subscriber<Handle>| subscriber.include_unfinalized || !only_unfinalized;
		let handle = |subscriber: &Subscriber<Handle>| subscriber.handle.clone();
		let Some(Changes { streams, requests }) = changes else {
			let all = self.topics.values().flat_map(HashMap::values);
			return all.filter(chosen).map(handle).collect();
		};
		let streams = streams.into_iter().map(Topic::Stream);
		let requests =
			requests.into_iter().map(|(organization, key)| Topic::Request(organization, key));
		let found = streams.chain(requests).filter_map(|topic| self.topics.get(&topic));
		found.flat_map(HashMap::values).filter(chosen).map(handle).collect()
	}

	/// Removes and returns the expiries of blocks that are final.
	pub(super) fn take_expired(&mut self, finalized: BlockNumber) -> Vec<Handle> {
		let later = self.expiries.split_off(&(finalized.saturating_add(1), 0));
		std::mem::replace(&mut self.expiries, later).into_values().collect()
	}

	/// Returns how many subscriptions there are.
	pub(super) fn len(&self) -> usize {
		self.streams.saturating_add(self.requests)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const STREAM: StreamId = StreamId([1; 32]);
	const KEY: RequestKey = RequestKey([2; 32]);

	fn changes(streams: &[StreamId], requests: &[(OrganizationId, RequestKey)]) -> Option<Changes> {
		Some(Changes { streams: streams.to_vec(), requests: requests.to_vec() })
	}

	#[test]
	fn block_concerns_the_subscriptions_of_its_topics() {
		let mut subscriptions = Subscriptions::default();
		subscriptions.add(Topic::Stream(STREAM), false, "stream").unwrap();
		subscriptions.add(Topic::Request(1, KEY), false, "request").unwrap();
		subscriptions.add(Topic::Request(2, KEY), false, "request of another").unwrap();
		assert_eq!(subscriptions.concerned(changes(&[STREAM], &[]), false), ["stream"]);
		assert_eq!(subscriptions.concerned(changes(&[], &[(1, KEY)]), false), ["request"]);
		assert!(subscriptions.concerned(changes(&[], &[]), false).is_empty());
		assert_eq!(subscriptions.concerned(None, false).len(), 3);
	}

	#[test]
	fn unfinalized_block_concerns_only_those_that_follow_them() {
		let mut subscriptions = Subscriptions::default();
		subscriptions.add(Topic::Stream(STREAM), false, "patient").unwrap();
		assert!(!subscriptions.follows_unfinalized());
		subscriptions.add(Topic::Stream(STREAM), true, "eager").unwrap();
		assert!(subscriptions.follows_unfinalized());
		assert_eq!(subscriptions.concerned(changes(&[STREAM], &[]), true), ["eager"]);
		assert_eq!(subscriptions.concerned(None, true), ["eager"]);
	}

	#[test]
	fn skipped_blocks_wake_all() {
		let mut subscriptions = Subscriptions::default();
		assert_eq!(subscriptions.finalize(1, 1), Plan::Idle);
		subscriptions.add(Topic::Stream(STREAM), false, ()).unwrap();
		for (number, count, plan) in [
			(2, 1, Plan::ReadBlocks),
			(5, 3, Plan::ReadBlocks),
			(9, 1, Plan::WakeAll),
			(10, 1, Plan::ReadBlocks),
			// A block again, as after a restart of its notifications.
			(10, 1, Plan::WakeAll),
		] {
			assert_eq!(subscriptions.finalize(number, count), plan, "{number}");
		}
	}

	#[test]
	fn first_finalized_block_wakes_all() {
		let mut subscriptions = Subscriptions::default();
		subscriptions.add(Topic::Stream(STREAM), false, ()).unwrap();
		assert_eq!(subscriptions.finalize(7, 1), Plan::WakeAll);
	}

	#[test]
	fn expiry_is_returned_once_and_can_be_moved() {
		let mut subscriptions = Subscriptions::default();
		let topic = Topic::Request(1, KEY);
		let id = subscriptions.add(topic, false, "request").unwrap();
		assert!(!subscriptions.expire_at(id, None, 10, "request"));
		assert!(!subscriptions.expire_at(id, Some(10), 12, "request"));
		assert!(subscriptions.take_expired(11).is_empty());
		assert_eq!(subscriptions.take_expired(12), ["request"]);
		assert!(subscriptions.take_expired(12).is_empty());
		subscriptions.finalize(20, 1);
		assert!(subscriptions.expire_at(id, Some(12), 20, "request"), "final already");
		assert!(!subscriptions.expire_at(id, Some(20), 21, "request"));
		subscriptions.remove(&topic, id, Some(21));
		assert!(subscriptions.take_expired(21).is_empty());
		assert_eq!(subscriptions.len(), 0);
	}

	#[test]
	fn kinds_are_bounded_apart() {
		let mut subscriptions = Subscriptions::default();
		let topic = Topic::Stream(STREAM);
		let ids: Vec<_> = (0..MAX_STREAM_SUBSCRIPTIONS)
			.map(|n| subscriptions.add(topic, n % 2 == 0, ()).unwrap())
			.collect();
		assert_eq!(subscriptions.add(topic, false, ()), Err(TooMany));
		let request = subscriptions.add(Topic::Request(1, KEY), false, ()).unwrap();
		subscriptions.remove(&topic, ids[0], None);
		subscriptions.remove(&topic, ids[0], None);
		let again = subscriptions.add(topic, false, ()).unwrap();
		ids[1..].iter().chain([&again]).for_each(|id| subscriptions.remove(&topic, *id, None));
		subscriptions.remove(&Topic::Request(1, KEY), request, None);
		assert_eq!(subscriptions.len(), 0);
		assert!(subscriptions.topics.is_empty() && !subscriptions.follows_unfinalized());
	}
}
