//! Recently read pages of streams.

use crate::error::Error;
use credio_primitives::{Entry, Sequence, StreamId, rpc::BlockRef};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
};

/// Most pages that are kept.
const MAX_PAGES: usize = 64;

/// Pages of streams at the block that was read last, so that many subscribers of one stream cost one read.
#[derive(Default)]
pub(crate) struct RecentPages(Mutex<Pages>);

#[derive(Default)]
struct Pages {
	at: Option<BlockRef>,
	pages: HashMap<(StreamId, Sequence), Arc<Vec<Entry>>>,
}

impl RecentPages {
	/// Returns the entries of a stream from a position on. Calls `read` unless they are known.
	pub(super) fn get(
		&self,
		at: &BlockRef,
		stream: StreamId,
		from: Sequence,
		read: impl FnOnce() -> Result<Vec<Entry>, Error>,
	) -> Result<Arc<Vec<Entry>>, Error> {
		let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
		{
			let known = lock();
			if known.at.as_ref() == Some(at)
				&& let Some(page) = known.pages.get(&(stream, from))
			{
				return Ok(page.clone());
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

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::{AccountId, Digest, EntryBody, EntryHeader, RecordId};

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
	fn page_is_read_once_for_all_at_the_same_position() {
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
