//! Wakes subscriptions: one task a node looks at each block once and finds out which of them it concerns.
//!
//! A subscription that nothing happens to costs memory and no processor time, however many there are.

use crate::{handler::CredioBlock, Error};
use credio_primitives::block::Changes;
use credio_primitives::{BlockNumber, OrganizationId, RequestKey, StreamId};
use futures::StreamExt;
use pallet_support::apis::MonitoringApi;
use sc_client_api::BlockchainEvents;
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_core::H256;
use sp_runtime::traits::Header;
use std::{
	collections::{BTreeMap, HashMap},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Most subscriptions to streams at a node. Those to requests are counted by themselves, so that whoever watches
/// streams does not keep others from following what they upload.
pub const MAX_STREAM_SUBSCRIPTIONS: usize = 16_384;
/// Most requests that a node follows at a time.
pub const MAX_REQUEST_SUBSCRIPTIONS: usize = 16_384;
/// The first version of [`MonitoringApi`] that lists what a block changed.
const CHANGES_SINCE: u32 = 2;

/// What a subscription is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
	/// The entries of a stream.
	Stream(StreamId),
	/// The outcome of a request.
	Request(OrganizationId, RequestKey),
}

/// Lists what a block changed.
pub trait BlockChanges {
	/// What `block` changed; `None` if that cannot be told.
	fn changes(&self, block: H256) -> Option<Changes>;
}

/// Reads what a block changed from the runtime.
struct RuntimeChanges<'a, Block, Client>(&'a Client, std::marker::PhantomData<Block>);

impl<Block, Client> BlockChanges for RuntimeChanges<'_, Block, Client>
where
	Block: CredioBlock,
	Client: ProvideRuntimeApi<Block, Api: MonitoringApi<Block>>,
{
	fn changes(&self, block: H256) -> Option<Changes> {
		let api = self.0.runtime_api();
		let is_listed = api
			.has_api_with::<dyn MonitoringApi<Block>, _>(block, |version| version >= CHANGES_SINCE)
			.ok()?;
		if !is_listed {
			return None;
		}
		let changes = api.changes(block);
		changes.inspect_err(|error| log::debug!(target: "credio-rpc", "{block:?}: {error}")).ok()
	}
}

/// The subscriptions of a node, by what they are about.
#[derive(Default)]
pub struct Watcher(Mutex<Subscriptions>);

#[derive(Default)]
struct Subscriptions {
	topics: HashMap<Topic, HashMap<u64, Subscriber>>,
	/// Subscriptions that are also woken when this block is final.
	expiries: BTreeMap<(BlockNumber, u64), Arc<Notify>>,
	/// Counts, of streams and requests.
	streams: usize,
	requests: usize,
	/// Those that also follow blocks that are not final.
	unfinalized: usize,
	next_id: u64,
	/// The last finalized block that was looked at.
	finalized: Option<BlockNumber>,
}

struct Subscriber {
	wake: Arc<Notify>,
	include_unfinalized: bool,
}

impl Subscriptions {
	fn count(&mut self, topic: &Topic) -> (&mut usize, usize) {
		match topic {
			Topic::Stream(_) => (&mut self.streams, MAX_STREAM_SUBSCRIPTIONS),
			Topic::Request(..) => (&mut self.requests, MAX_REQUEST_SUBSCRIPTIONS),
		}
	}

	fn remove(&mut self, topic: &Topic, id: u64, expires_at: Option<BlockNumber>) {
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

	fn wake_topic(&self, topic: &Topic, only_unfinalized: bool) -> usize {
		let subscribers = self.topics.get(topic).into_iter().flatten();
		wake_all(subscribers.map(|(_, subscriber)| subscriber), only_unfinalized)
	}

	/// Wakes whom `changes` concern: everybody if they are unknown.
	fn wake(&self, changes: Option<Changes>, only_unfinalized: bool) -> usize {
		let Some(Changes { streams, requests }) = changes else {
			let all = self.topics.values().flat_map(HashMap::values);
			return wake_all(all, only_unfinalized);
		};
		let streams = streams.into_iter().map(Topic::Stream);
		let requests =
			requests.into_iter().map(|(organization, key)| Topic::Request(organization, key));
		streams.chain(requests).map(|topic| self.wake_topic(&topic, only_unfinalized)).sum()
	}

	/// Wakes those whose block is final.
	fn wake_expired(&mut self, finalized: BlockNumber) -> usize {
		let later = self.expiries.split_off(&(finalized.saturating_add(1), 0));
		let expired = std::mem::replace(&mut self.expiries, later);
		expired.values().for_each(|wake| wake.notify_one());
		expired.len()
	}
}

fn wake_all<'a>(
	subscribers: impl Iterator<Item = &'a Subscriber>,
	only_unfinalized: bool,
) -> usize {
	subscribers
		.filter(|subscriber| subscriber.include_unfinalized || !only_unfinalized)
		.map(|subscriber| subscriber.wake.notify_one())
		.count()
}

impl Watcher {
	fn lock(&self) -> MutexGuard<'_, Subscriptions> {
		// Nothing in here panics half-way, so poisoned subscriptions are still whole.
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Subscribes to a topic. The subscription ends when it is dropped.
	///
	/// # Errors
	///
	/// [`Error::TooManySubscriptions`] if the node has as many as it keeps.
	pub(crate) fn subscribe(
		self: &Arc<Self>,
		topic: Topic,
		include_unfinalized: bool,
	) -> Result<Subscription, Error> {
		let wake = Arc::new(Notify::new());
		let mut subscriptions = self.lock();
		let (count, most) = subscriptions.count(&topic);
		if *count >= most {
			return Err(Error::TooManySubscriptions);
		}
		*count = count.saturating_add(1);
		if include_unfinalized {
			subscriptions.unfinalized = subscriptions.unfinalized.saturating_add(1);
		}
		let id = subscriptions.next_id;
		subscriptions.next_id = id.wrapping_add(1);
		let subscriber = Subscriber { wake: wake.clone(), include_unfinalized };
		subscriptions.topics.entry(topic).or_default().insert(id, subscriber);
		Ok(Subscription { watcher: self.clone(), topic, id, wake, expires_at: None })
	}

	/// How many subscriptions there are.
	pub fn subscriptions(&self) -> usize {
		let subscriptions = self.lock();
		subscriptions.streams.saturating_add(subscriptions.requests)
	}

	/// Wakes the subscriptions that newly finalized blocks concern, the last of which is `number`. Returns how many.
	pub fn on_finalized(
		&self,
		number: BlockNumber,
		blocks: &[H256],
		chain: &impl BlockChanges,
	) -> usize {
		let count = BlockNumber::try_from(blocks.len()).unwrap_or(BlockNumber::MAX);
		let (is_idle, is_gapless) = {
			let mut subscriptions = self.lock();
			let last = subscriptions.finalized.replace(number);
			let is_gapless = last == number.checked_sub(count);
			(subscriptions.topics.is_empty(), is_gapless)
		};
		if is_idle {
			return 0;
		}
		let woken = if is_gapless {
			self.wake_by(blocks, chain, false)
		} else {
			// Blocks that the node did not tell of, as while it catches up.
			self.lock().wake(None, false)
		};
		woken.saturating_add(self.lock().wake_expired(number))
	}

	/// Wakes the subscriptions that blocks concern which joined or left the best chain. Returns how many.
	pub fn on_best(&self, blocks: &[H256], chain: &impl BlockChanges) -> usize {
		if self.lock().unfinalized == 0 {
			return 0;
		}
		self.wake_by(blocks, chain, true)
	}

	/// The runtime is asked without the lock.
	fn wake_by(&self, blocks: &[H256], chain: &impl BlockChanges, only_unfinalized: bool) -> usize {
		let wake = |block: &H256| {
			let changes = chain.changes(*block);
			self.lock().wake(changes, only_unfinalized)
		};
		blocks.iter().map(wake).sum()
	}

	/// Follows the chain as long as the client does.
	pub async fn follow<Block, Client>(self: Arc<Self>, client: Arc<Client>)
	where
		Block: CredioBlock,
		Client: ProvideRuntimeApi<Block, Api: MonitoringApi<Block>> + BlockchainEvents<Block>,
	{
		let chain = RuntimeChanges::<Block, Client>(&client, std::marker::PhantomData);
		let mut finalized = client.finality_notification_stream();
		let mut imported = client.import_notification_stream();
		loop {
			tokio::select! {
				block = finalized.next() => {
					let Some(block) = block else { return };
					let blocks = [&block.tree_route[..], &[block.hash]].concat();
					self.on_finalized(*block.header.number(), &blocks, &chain);
				},
				block = imported.next() => {
					let Some(block) = block else { return };
					if !block.is_new_best {
						continue;
					}
					let route = block.tree_route.iter();
					let mut blocks: Vec<H256> = route
						.flat_map(|route| route.retracted().iter().chain(route.enacted()))
						.map(|block| block.hash)
						.collect();
					if blocks.last() != Some(&block.hash) {
						blocks.push(block.hash);
					}
					self.on_best(&blocks, &chain);
				},
			}
		}
	}
}

/// A place among a node's subscriptions.
pub(crate) struct Subscription {
	watcher: Arc<Watcher>,
	topic: Topic,
	id: u64,
	wake: Arc<Notify>,
	expires_at: Option<BlockNumber>,
}

impl Subscription {
	/// Also wakes it once `block` is final.
	pub(crate) fn wake_at(&mut self, block: BlockNumber) {
		let mut subscriptions = self.watcher.lock();
		if let Some(before) = self.expires_at.replace(block) {
			subscriptions.expiries.remove(&(before, self.id));
		}
		if subscriptions.finalized.is_some_and(|finalized| finalized >= block) {
			self.wake.notify_one();
		} else {
			subscriptions.expiries.insert((block, self.id), self.wake.clone());
		}
	}

	/// Waits until a block concerns it. What happened since the last time is not missed, and told once.
	pub(crate) async fn woken(&self) {
		self.wake.notified().await;
	}
}

impl Drop for Subscription {
	fn drop(&mut self) {
		self.watcher.lock().remove(&self.topic, self.id, self.expires_at);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::FutureExt;
	use std::cell::Cell;

	/// Blocks whose changes are known, and how often they were asked for.
	#[derive(Default)]
	struct Chain {
		changes: HashMap<H256, Changes>,
		asked: Cell<usize>,
	}

	impl BlockChanges for Chain {
		fn changes(&self, block: H256) -> Option<Changes> {
			self.asked.set(self.asked.get() + 1);
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

	/// A chain of `count` blocks from 1 on, each of which appends to the streams given.
	fn chain(count: u32, streams: &[u32]) -> Chain {
		let changes =
			Changes { streams: streams.iter().map(|n| stream(*n)).collect(), requests: vec![] };
		let blocks = (1..=count).map(|n| (hash(n), changes.clone())).collect();
		Chain { changes: blocks, asked: Cell::default() }
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
			chain.asked.get(),
			200,
			"each block is read once when it is best, and once when it is final"
		);
		assert!(!idle.iter().any(is_woken));
	}

	#[test]
	fn idle_requests_cost_nothing_until_they_expire() {
		let watcher = watcher();
		let key = |n: u32| RequestKey(stream(n).0);
		let mut waiting: Vec<_> = (0..5_000)
			.map(|n| watcher.subscribe(Topic::Request(1, key(n)), false).unwrap())
			.collect();
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
	fn another_organizations_request_of_the_same_key_wakes_nobody() {
		let watcher = watcher();
		let key = RequestKey([1; 32]);
		let ours = watcher.subscribe(Topic::Request(1, key), false).unwrap();
		let mut chain = chain(1, &[]);
		chain.changes.get_mut(&hash(1)).unwrap().requests.push((2, key));
		assert_eq!(watcher.on_finalized(1, &[hash(1)], &chain), 0);
		assert!(!is_woken(&ours));
	}

	#[test]
	fn nothing_is_missed_between_two_looks() {
		let watcher = watcher();
		let subscription = watcher.subscribe(Topic::Stream(stream(1)), false).unwrap();
		let chain = chain(3, &[1]);
		watcher.on_finalized(2, &[hash(1), hash(2)], &chain);
		assert!(is_woken(&subscription), "woken although nobody waited");
		assert!(!is_woken(&subscription), "once for both blocks");
	}

	#[test]
	fn blocks_that_were_not_told_of_and_unknown_changes_wake_everybody() {
		let watcher = watcher();
		let subscription = watcher.subscribe(Topic::Stream(stream(1)), false).unwrap();
		let chain = chain(9, &[]);
		assert_eq!(watcher.on_finalized(9, &[hash(9)], &chain), 1, "blocks 1 to 8 are missing");
		assert!(is_woken(&subscription));
		assert_eq!(watcher.on_finalized(10, &[hash(10)], &chain), 1, "block 10 has no state");
		assert!(is_woken(&subscription));
	}

	#[test]
	fn only_who_asks_for_them_is_woken_by_blocks_that_are_not_final() {
		let watcher = watcher();
		let patient = watcher.subscribe(Topic::Stream(stream(1)), false).unwrap();
		let chain = chain(1, &[1]);
		assert_eq!(watcher.on_best(&[hash(1)], &chain), 0);
		assert_eq!(chain.asked.get(), 0, "nobody asks for them, so the block is not read");
		let eager = watcher.subscribe(Topic::Stream(stream(1)), true).unwrap();
		assert_eq!(watcher.on_best(&[hash(1)], &chain), 1);
		assert!(is_woken(&eager) && !is_woken(&patient));
	}

	#[test]
	fn subscriptions_are_bounded_by_kind_and_end_when_dropped() {
		let watcher = watcher();
		let topic = Topic::Stream(stream(1));
		let mut held: Vec<_> = (0..MAX_STREAM_SUBSCRIPTIONS)
			.map(|n| watcher.subscribe(topic, n == 0).unwrap())
			.collect();
		assert_eq!(watcher.subscribe(topic, false).err(), Some(Error::TooManySubscriptions));
		let mut request = watcher
			.subscribe(Topic::Request(1, RequestKey([1; 32])), false)
			.expect("room of its own");
		request.wake_at(5);
		held.pop();
		held.push(watcher.subscribe(topic, false).unwrap());
		drop((held, request));
		assert_eq!(watcher.subscriptions(), 0);
		let subscriptions = watcher.lock();
		assert!(subscriptions.topics.is_empty() && subscriptions.expiries.is_empty());
		assert_eq!(subscriptions.unfinalized, 0);
	}
}
