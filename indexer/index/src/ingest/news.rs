//! Which streams to read after another block: those that its events name, and all streams and grants only if grants
//! have changed or one has ended.

use super::bounds::CONCURRENCY;
use credio_client::{BlockChanges, Client, ConnectError, Error};
use credio_primitives::{BlockNumber, Moment, StreamId};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// Most blocks to read events of; after more of them reading everything costs no more.
const MAX_BLOCKS: BlockNumber = 64;

/// How far the chain has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
	/// The last block.
	pub at: BlockNumber,
	/// The last moment at which all those grants hold.
	pub grants_end: Option<Moment>,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
	/// All streams and grants.
	All,
	/// These streams, which have new entries.
	Appended(BTreeSet<StreamId>),
}

impl Seen {
	/// Returns what the blocks up to `until` have changed.
	pub(super) async fn news(&self, client: &Client, until: BlockNumber) -> Result<News, Error> {
		if until.saturating_sub(self.at) > MAX_BLOCKS {
			return Ok(News::All);
		}
		let blocks = self.at.saturating_add(1)..=until;
		let changes = stream::iter(blocks)
			.map(|block| client.changes_of(block))
			.buffer_unordered(CONCURRENCY)
			.try_collect::<Vec<_>>()
			.await;
		match changes {
			Ok(changes) => Ok(self.news_of(changes)),
			Err(error @ Error::Connect(ConnectError::Unreachable(_))) => Err(error),
			// For example, the node does not keep the states of these blocks.
			Err(_) => Ok(News::All),
		}
	}

	fn news_of(&self, changes: Vec<BlockChanges>) -> News {
		let has_ended = |time: Moment| self.grants_end.is_some_and(|end| end < time);
		if changes.iter().any(|block| block.others || has_ended(block.time)) {
			return News::All;
		}
		News::Appended(changes.into_iter().flat_map(|block| block.appended).collect())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn block(time: u64, appended: &[u8]) -> BlockChanges {
		let appended = appended.iter().map(|id| StreamId([*id; 32])).collect();
		BlockChanges { time, appended, others: false }
	}

	#[test]
	fn everything_is_read_only_after_changes_of_grants() {
		let seen = Seen { at: 7, grants_end: Some(100) };
		let streams = |ids: &[u8]| News::Appended(block(0, ids).appended);
		assert_eq!(seen.news_of(vec![]), streams(&[]));
		assert_eq!(
			seen.news_of(vec![block(50, &[1, 2]), block(100, &[2, 3])]),
			streams(&[1, 2, 3])
		);
		// A grant holds up to its last moment.
		assert_eq!(seen.news_of(vec![block(50, &[1]), block(101, &[])]), News::All);
		let other = BlockChanges { others: true, ..block(50, &[1]) };
		assert_eq!(seen.news_of(vec![block(50, &[1]), other]), News::All);
		let forever = Seen { at: 7, grants_end: None };
		assert_eq!(forever.news_of(vec![block(u64::MAX, &[])]), streams(&[]));
	}
}
