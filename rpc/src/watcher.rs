//! Wakes subscriptions: one task of the node reads each block once and wakes the subscriptions that it concerns.
//!
//! A subscription without events costs memory and no processor time.

mod changes;
mod subscriptions;
#[cfg(test)]
mod tests;

pub(crate) use changes::BlockChanges;
pub(crate) use subscriptions::Topic;
#[cfg(test)]
pub(crate) use subscriptions::{MAX_REQUEST_SUBSCRIPTIONS, MAX_STREAM_SUBSCRIPTIONS};

use crate::{chain::CredioBlock, error::Error};
use changes::RuntimeChanges;
use credio_primitives::BlockNumber;
use futures::StreamExt;
use pallet_support::apis::MonitoringApi;
use sc_client_api::BlockchainEvents;
use sp_api::ProvideRuntimeApi;
use sp_core::H256;
use sp_runtime::traits::Header;
use std::{
	fmt,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use subscriptions::{Plan, Subscriptions};
use tokio::sync::Notify;

/// The subscriptions of a node.
#[derive(Default)]
pub struct Watcher(Mutex<Subscriptions<Arc<Notify>>>);

impl fmt::Debug for Watcher {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Watcher").finish_non_exhaustive()
	}
}

/// Wakes subscriptions and returns how many.
fn wake(concerned: &[Arc<Notify>]) -> usize {
	concerned.iter().for_each(|notify| notify.notify_one());
	concerned.len()
}

impl Watcher {
	fn lock(&self) -> MutexGuard<'_, Subscriptions<Arc<Notify>>> {
		// No code of `Subscriptions` panics half-way, so poisoned ones are still whole.
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
		let notify = Arc::new(Notify::new());
		let added = self.lock().add(topic, include_unfinalized, notify.clone());
		let id = added.map_err(|_| Error::TooManySubscriptions)?;
		Ok(Subscription { watcher: self.clone(), topic, id, notify, expires_at: None })
	}

	/// Returns how many subscriptions there are.
	pub fn subscriptions(&self) -> usize {
		self.lock().len()
	}

	/// Wakes the subscriptions that newly finalized blocks concern, the last of them `number`. Returns how many.
	pub fn on_finalized(
		&self,
		number: BlockNumber,
		blocks: &[H256],
		chain: &impl BlockChanges,
	) -> usize {
		let plan = self.lock().finalize(number, blocks.len());
		let woken = match plan {
			Plan::Idle => return 0,
			Plan::ReadBlocks => self.wake_by(blocks, chain, false),
			Plan::WakeAll => wake(&self.lock().concerned(None, false)),
		};
		woken.saturating_add(wake(&self.lock().take_expired(number)))
	}

	/// Wakes the subscriptions concerned by blocks that joined or left the best chain. Returns how many.
	pub fn on_best(&self, blocks: &[H256], chain: &impl BlockChanges) -> usize {
		if !self.lock().follows_unfinalized() {
			return 0;
		}
		self.wake_by(blocks, chain, true)
	}

	/// Reads the blocks without holding the lock.
	fn wake_by(&self, blocks: &[H256], chain: &impl BlockChanges, only_unfinalized: bool) -> usize {
		let wake_one = |block: &H256| {
			let changes = chain.changes(*block);
			wake(&self.lock().concerned(changes, only_unfinalized))
		};
		blocks.iter().map(wake_one).sum()
	}

	/// Follows the chain until the client stops.
	pub async fn follow<Block, Client>(self: Arc<Self>, client: Arc<Client>)
	where
		Block: CredioBlock,
		Client: ProvideRuntimeApi<Block, Api: MonitoringApi<Block>> + BlockchainEvents<Block>,
	{
		let chain = RuntimeChanges::<Block, Client>::new(&client);
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
	notify: Arc<Notify>,
	expires_at: Option<BlockNumber>,
}

impl Subscription {
	/// Also wakes it once `block` is final.
	pub(crate) fn wake_at(&mut self, block: BlockNumber) {
		let before = self.expires_at.replace(block);
		let is_final = self.watcher.lock().expire_at(self.id, before, block, self.notify.clone());
		if is_final {
			self.notify.notify_one();
		}
	}

	/// Waits until a block concerns it. Blocks since the last call count, all together once.
	pub(crate) async fn woken(&self) {
		self.notify.notified().await;
	}
}

impl Drop for Subscription {
	fn drop(&mut self) {
		self.watcher.lock().remove(&self.topic, self.id, self.expires_at);
	}
}
