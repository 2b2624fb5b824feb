//! Subscriptions to streams: entries in order, without loss or repeats.

use crate::{
	handler::{hash, CredioBlock},
	watcher::Topic,
	Credio, Error,
};
use credio_primitives::{limits, rpc::BlockRef, Entry, RecordId, Sequence, StreamId};
use jsonrpsee::{
	core::SubscriptionResult, PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink,
};
use pallet_support::apis::StreamsApi;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
};

/// Most pages of streams that are kept.
const MAX_PAGES: usize = 64;

/// Pages of streams as of the block that was read last, so that many who subscribe to one stream cost one read.
#[derive(Default)]
pub(crate) struct RecentPages(Mutex<Pages>);

#[derive(Default)]
struct Pages {
	at: Option<BlockRef>,
	pages: HashMap<(StreamId, Sequence), Arc<Vec<Entry>>>,
}

impl RecentPages {
	/// The entries of a stream from a position on, by `read` unless they are known.
	fn get(
		&self,
		at: &BlockRef,
		stream: StreamId,
		from: Sequence,
		read: impl FnOnce() -> Result<Vec<Entry>, Error>,
	) -> Result<Arc<Vec<Entry>>, Error> {
		let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
		{
			let known = lock();
			if known.at.as_ref() == Some(at) {
				if let Some(page) = known.pages.get(&(stream, from)) {
					return Ok(page.clone());
				}
			}
		}
		let page = Arc::new(read()?);
		let mut known = lock();
		if known.at.as_ref() != Some(at) || known.pages.len() >= MAX_PAGES {
			known.pages.clear();
			known.at = Some(*at);
		}
		known.pages.insert((stream, from), page.clone());
		Ok(page)
	}
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block> + ProvideRuntimeApi<Block, Api: StreamsApi<Block>>,
{
	pub(crate) async fn do_subscribe_stream(
		&self,
		pending: PendingSubscriptionSink,
		stream: StreamId,
		from: Sequence,
		include_unfinalized: bool,
	) -> SubscriptionResult {
		match self.client.runtime_api().stream(hash(&self.finalized()), stream) {
			Ok(Some(_)) => {},
			Ok(None) => {
				pending.reject(Error::NotFound("stream")).await;
				return Ok(());
			},
			Err(error) => {
				pending.reject(Error::internal(error)).await;
				return Ok(());
			},
		}
		// Subscribed before the first read, so that no block falls between history and live.
		let watched = self.served.watcher.subscribe(Topic::Stream(stream), include_unfinalized);
		let watched = match watched {
			Ok(watched) => watched,
			Err(error) => {
				pending.reject(error).await;
				return Ok(());
			},
		};
		let sink = pending.accept().await?;
		let mut position = Position { next: from, ahead: Vec::new() };
		loop {
			self.send_finalized(&sink, stream, &mut position).await?;
			if include_unfinalized {
				self.send_best(&sink, stream, &mut position).await?;
			}
			tokio::select! {
				() = watched.woken() => {},
				() = sink.closed() => return Ok(()),
			}
		}
	}

	fn entries_at(
		&self,
		at: &BlockRef,
		stream: StreamId,
		from: Sequence,
	) -> Result<Arc<Vec<Entry>>, Error> {
		self.served.pages.get(at, stream, from, || {
			self.client
				.runtime_api()
				.entries(hash(at), stream, from, limits::MAX_PAGE_SIZE)
				.map_err(Error::internal)
		})
	}

	/// Sends what is final and was not sent, or was sent otherwise before a fork.
	async fn send_finalized(
		&self,
		sink: &SubscriptionSink,
		stream: StreamId,
		position: &mut Position,
	) -> SubscriptionResult {
		let at = self.finalized();
		loop {
			let entries = self.entries_at(&at, stream, position.next)?;
			if entries.is_empty() {
				return Ok(());
			}
			for entry in entries.iter() {
				if position.settle(entry) {
					sink.send(SubscriptionMessage::from_json(entry)?).await?;
				}
			}
		}
	}

	/// Sends what the best block has past the finalized one. After a fork, positions that changed are sent again.
	async fn send_best(
		&self,
		sink: &SubscriptionSink,
		stream: StreamId,
		position: &mut Position,
	) -> SubscriptionResult {
		let at = self.best();
		let mut from = position.next;
		loop {
			let entries = self.entries_at(&at, stream, from)?;
			if entries.is_empty() {
				return Ok(());
			}
			for entry in entries.iter() {
				from = entry.header.sequence.saturating_add(1);
				if position.look_ahead(entry) {
					sink.send(SubscriptionMessage::from_json(entry)?).await?;
				}
			}
		}
	}
}

/// How far a subscriber has been told.
struct Position {
	/// Sequence number of the next entry to become final.
	next: Sequence,
	/// Names of the entries from `next` on that were sent before they were final.
	ahead: Vec<RecordId>,
}

impl Position {
	/// Takes note of a final entry; whether it has to be sent.
	fn settle(&mut self, entry: &Entry) -> bool {
		self.next = entry.header.sequence.saturating_add(1);
		if self.ahead.first() == Some(&entry.record_id) {
			self.ahead.remove(0);
			return false;
		}
		self.ahead.clear();
		true
	}

	/// Takes note of an entry that is not final; whether it has to be sent.
	fn look_ahead(&mut self, entry: &Entry) -> bool {
		let offset = entry.header.sequence.saturating_sub(self.next) as usize;
		if self.ahead.get(offset) == Some(&entry.record_id) {
			return false;
		}
		self.ahead.truncate(offset);
		self.ahead.push(entry.record_id);
		true
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::{AccountId, Digest, EntryBody, EntryHeader};

	fn entry(sequence: Sequence, name: u8) -> Entry {
		Entry {
			record_id: RecordId([name; 32]),
			header: EntryHeader {
				stream: StreamId([0; 32]),
				sequence,
				organization: 0,
				author: AccountId::new([0; 32]),
				block: 1,
				body: EntryBody::DigestAnchor { commitment: Digest([0; 32]) },
			},
		}
	}

	#[test]
	fn what_was_sent_ahead_is_not_sent_again_when_it_is_final() {
		let mut position = Position { next: 3, ahead: Vec::new() };
		assert!(position.look_ahead(&entry(3, 1)));
		assert!(position.look_ahead(&entry(4, 2)));
		assert!(!position.look_ahead(&entry(3, 1)));
		assert!(!position.settle(&entry(3, 1)));
		assert!(!position.look_ahead(&entry(4, 2)));
		assert!(!position.settle(&entry(4, 2)));
		assert!(position.settle(&entry(5, 3)));
		assert_eq!(position.next, 6);
	}

	#[test]
	fn after_a_fork_changed_positions_are_sent_again() {
		let mut position = Position { next: 0, ahead: Vec::new() };
		assert!(position.look_ahead(&entry(0, 1)));
		assert!(position.look_ahead(&entry(1, 2)));
		assert!(position.look_ahead(&entry(0, 9)));
		assert!(position.look_ahead(&entry(1, 2)));
		assert!(!position.settle(&entry(0, 9)));
		assert!(position.settle(&entry(1, 8)));
	}

	#[test]
	fn a_page_is_read_once_for_all_who_are_at_the_same_position() {
		let pages = RecentPages::default();
		let reads = std::cell::Cell::new(0);
		let get = |block: u8, from| {
			let at = BlockRef { number: block.into(), hash: Digest([block; 32]) };
			pages.get(&at, StreamId([0; 32]), from, || {
				reads.set(reads.get() + 1);
				Ok(vec![entry(from, block)])
			})
		};
		for _ in 0..1_000 {
			assert_eq!(get(1, 0).unwrap()[0].record_id, RecordId([1; 32]));
		}
		assert_eq!(reads.get(), 1);
		assert_eq!(
			get(2, 0).unwrap()[0].record_id,
			RecordId([2; 32]),
			"another block, other entries"
		);
		for from in 0..1_000 {
			get(2, from).unwrap();
		}
		assert!(pages.0.lock().unwrap().pages.len() <= MAX_PAGES);
	}
}
