//! Subscriptions to streams: entries in order, without loss or repeats.

use crate::{
	handler::{hash, CredioBlock},
	Credio, Error,
};
use credio_primitives::{
	apis::StreamsApi, limits, rpc::BlockRef, Entry, RecordId, Sequence, StreamId,
};
use futures::StreamExt;
use jsonrpsee::{
	core::SubscriptionResult, PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink,
};
use sc_client_api::BlockchainEvents;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ ProvideRuntimeApi<Block, Api: StreamsApi<Block>>
		+ BlockchainEvents<Block>,
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
		let finality = self.client.finality_notification_stream().map(|_| ());
		let imports = self.client.import_notification_stream().map(|_| ());
		let mut blocks = if include_unfinalized {
			futures::stream::select(finality, imports).boxed()
		} else {
			finality.boxed()
		};
		let sink = pending.accept().await?;
		let mut position = Position { next: from, ahead: Vec::new() };
		loop {
			self.send_finalized(&sink, stream, &mut position).await?;
			if include_unfinalized {
				self.send_best(&sink, stream, &mut position).await?;
			}
			tokio::select! {
				block = blocks.next() => if block.is_none() {
					return Ok(());
				},
				() = sink.closed() => return Ok(()),
			}
		}
	}

	fn entries_at(
		&self,
		at: &BlockRef,
		stream: StreamId,
		from: Sequence,
	) -> Result<Vec<Entry>, Error> {
		self.client
			.runtime_api()
			.entries(hash(at), stream, from, limits::MAX_PAGE_SIZE)
			.map_err(Error::internal)
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
			for entry in entries {
				if position.settle(&entry) {
					sink.send(SubscriptionMessage::from_json(&entry)?).await?;
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
			for entry in entries {
				from = entry.header.sequence.saturating_add(1);
				if position.look_ahead(&entry) {
					sink.send(SubscriptionMessage::from_json(&entry)?).await?;
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
}
