//! Earlier states of the chain, block times, and events.
//!
//! Needs a node that keeps the states of blocks, which is the default.

mod events;

pub use events::{BlockChanges, BlockEvents, BusinessEvent};

use super::Client;
use crate::error::{Error, Refusal, Result, unexpected};
use codec::{Decode, Encode};
use credio_primitives::{
	AccessRequest, AccessRequestId, BlockNumber, Digest, Entry, EntryHeader, Grant, GrantId,
	OrganizationId, RecordId,
	entry::EntryFilter,
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	limits::MAX_PAGE_SIZE,
	rpc::{BlockRef, Bytes},
	storage,
};
use credio_primitives::{entry::StreamInfo, organization::OrganizationInfo};
use futures::{StreamExt, TryStreamExt, stream};
use std::ops::RangeInclusive;

/// Concurrent calls to the node.
const CONCURRENCY: usize = 32;
/// Part of a node's error for a pruned state.
const STATE_PRUNED: &str = "tate already explain_pruned";

/// The chain at one block: all reads are at that block.
#[derive(Clone, Copy)]
pub struct Past<'a> {
	client: &'a Client,
	/// The block.
	pub at: BlockRef,
}

impl std::fmt::Debug for Past<'_> {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Past(block {})", self.at.number)
	}
}

/// One result of `state_queryStorageAt`.
#[derive(serde::Deserialize)]
struct Stored {
	changes: Vec<(Bytes, Option<Bytes>)>,
}

impl Client {
	/// Returns the chain at a block of the best chain.
	///
	/// # Errors
	///
	/// [`Error::NotFound`] if the node does not have the block, [`Error::Connect`].
	pub async fn at(&self, number: BlockNumber) -> Result<Past<'_>> {
		let hash = self.block_hash(number).await?.ok_or_else(|| Error::NotFound {
			what: "block",
			name: number.to_string(),
			hint: "the node has not seen it yet",
		})?;
		Ok(Past { client: self, at: BlockRef { number, hash } })
	}

	/// Returns the chain at the last finalized block.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn at_finalized(&self) -> Result<Past<'_>> {
		self.at(self.finalized_number().await?).await
	}

	/// Returns the time of a block in milliseconds since 1970 (UTC), as agreed by its author and the validators; 0 for
	/// block 0.
	///
	/// # Errors
	///
	/// As [`Self::at`], and [`Error::Argument`] if the node has pruned the block's state.
	pub async fn block_time(&self, number: BlockNumber) -> Result<u64> {
		self.at(number).await?.time().await
	}

	/// Returns the first block of a range that was produced at `time` (milliseconds since 1970) or later; the number
	/// after the range if there is none. Block times are sorted, so a binary search reads few of them.
	///
	/// # Errors
	///
	/// As [`Self::block_time`].
	pub async fn first_block_since(
		&self,
		time: u64,
		range: RangeInclusive<BlockNumber>,
	) -> Result<BlockNumber> {
		let (mut low, mut high) = (*range.start(), range.end().saturating_add(1));
		while low < high {
			let middle = low.midpoint(high);
			if self.block_time(middle).await? < time {
				low = middle.saturating_add(1);
			} else {
				high = middle;
			}
		}
		Ok(low)
	}

	/// Returns the blocks of a range that contain a transaction of a member. Each transaction increases its
	/// organization's use of the quota, and nothing decreases it. So a range with the same use before and after
	/// contains none, and is skipped.
	///
	/// # Errors
	///
	/// As [`Self::block_time`].
	pub async fn active_blocks(
		&self,
		range: RangeInclusive<BlockNumber>,
	) -> Result<Vec<BlockNumber>> {
		let (first, last) = (*range.start(), *range.end());
		if first > last {
			return Ok(Vec::new());
		}
		let count: OrganizationId =
			self.at(last).await?.stored(storage::next_organization_id()).await?.unwrap_or_default();
		let keys: Vec<Vec<u8>> = (0..count).map(storage::quota_use).collect();
		let keys = &keys;
		let used = |number| async move {
			// Before the first block: at most back to the genesis.
			Ok::<_, Error>((number, self.at(number).await?.stored_at(keys.clone()).await?))
		};
		let before = used(first.saturating_sub(1)).await?.1;
		let after = used(last).await?.1;
		let mut active = Vec::new();
		// Ranges to look at, with the use before the first block and at the last.
		let mut ranges = vec![(first, last, before, after)];
		while !ranges.is_empty() {
			let (single, wide): (Vec<_>, Vec<_>) = ranges
				.into_iter()
				.filter(|(_, _, before, after)| before != after)
				.partition(|(first, last, ..)| first == last);
			active.extend(single.into_iter().map(|(first, ..)| first));
			ranges = stream::iter(wide)
				.map(|(first, last, before, after)| async move {
					let (middle, use_there) = used(first.midpoint(last)).await?;
					Ok::<_, Error>([
						(first, middle, before, use_there.clone()),
						(middle.saturating_add(1), last, use_there, after),
					])
				})
				.buffered(CONCURRENCY)
				.try_collect::<Vec<_>>()
				.await?
				.into_iter()
				.flatten()
				.collect();
		}
		active.sort_unstable();
		Ok(active)
	}
}

impl Past<'_> {
	/// Returns the block's time in milliseconds since 1970 (UTC); 0 for block 0.
	///
	/// # Errors
	///
	/// [`Error::Argument`] if the node has pruned the block's state, [`Error::Connect`].
	pub async fn time(&self) -> Result<u64> {
		Ok(self.stored(storage::now()).await?.unwrap_or_default())
	}

	/// Returns all organizations.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn organizations(&self) -> Result<Vec<OrganizationInfo>> {
		let mut all: Vec<OrganizationInfo> = Vec::new();
		loop {
			let from = all.last().map_or(0, |last| last.id.saturating_add(1));
			let page: Vec<OrganizationInfo> =
				self.ask("OrganizationsApi_organizations", &(from, MAX_PAGE_SIZE)).await?;
			if page.is_empty() {
				return Ok(all);
			}
			all.extend(page);
		}
	}

	/// Returns the streams of one organization, or of all.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn streams(&self, owner: Option<OrganizationId>) -> Result<Vec<StreamInfo>> {
		self.pages("StreamsApi_streams", &owner).await
	}

	/// Returns the grants that match a filter.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn grants(&self, filter: &GrantFilter) -> Result<Vec<NamedGrant>> {
		self.pages("GrantsApi_grants", filter).await
	}

	/// Returns a grant; `None` if it does not exist at the block.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn grant(&self, id: GrantId) -> Result<Option<Grant>> {
		self.stored(storage::grant(&id)).await
	}

	/// Returns the access requests that match a filter.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn access_requests(
		&self,
		filter: &AccessRequestFilter,
	) -> Result<Vec<NamedAccessRequest>> {
		self.pages("GrantsApi_access_requests", filter).await
	}

	/// Returns an access request; `None` if it does not exist at the block.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn access_request(&self, id: AccessRequestId) -> Result<Option<AccessRequest>> {
		self.stored(storage::access_request(&id)).await
	}

	/// Returns the header of an entry; `None` if it does not exist at the block.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn header(&self, id: RecordId) -> Result<Option<EntryHeader>> {
		self.ask("StreamsApi_header", &id).await
	}

	/// Returns a page of the entries that match a filter, and the cursor of the next one.
	///
	/// # Errors
	///
	/// As [`Self::time`].
	pub async fn entries(
		&self,
		filter: &EntryFilter,
		cursor: Option<Digest>,
	) -> Result<(Vec<Entry>, Option<Digest>)> {
		self.ask("StreamsApi_query_entries", &(filter, cursor, MAX_PAGE_SIZE)).await
	}

	/// Returns all pages of a runtime API.
	async fn pages<Item: Decode>(&self, function: &str, filter: &impl Encode) -> Result<Vec<Item>> {
		let (mut all, mut cursor) = (Vec::new(), None::<Digest>);
		loop {
			let page: (Vec<Item>, Option<Digest>) =
				self.ask(function, &(filter, cursor, MAX_PAGE_SIZE)).await?;
			all.extend(page.0);
			match page.1 {
				Some(next) => cursor = Some(next),
				None => return Ok(all),
			}
		}
	}

	/// Calls a runtime API at the block.
	async fn ask<Answer: Decode>(
		&self,
		function: &str,
		parameters: &impl Encode,
	) -> Result<Answer> {
		self.ask_encoded(function, parameters.encode()).await
	}

	async fn ask_encoded<Answer: Decode>(
		&self,
		function: &str,
		parameters: Vec<u8>,
	) -> Result<Answer> {
		let params = (function, Bytes(parameters), self.at.hash);
		let answer: Bytes = self
			.client
			.call("state_call", params)
			.await
			.map_err(|error| self.explain_pruned(error))?;
		Answer::decode(&mut &answer.0[..]).map_err(unexpected)
	}

	/// Reads and decodes a storage key.
	async fn stored<Answer: Decode>(&self, key: Vec<u8>) -> Result<Option<Answer>> {
		let params = (Bytes(key), self.at.hash);
		let stored: Option<Bytes> = self
			.client
			.call("state_getStorage", params)
			.await
			.map_err(|error| self.explain_pruned(error))?;
		stored.map(|bytes| Answer::decode(&mut &bytes.0[..]).map_err(unexpected)).transpose()
	}

	/// Reads several storage keys, in order.
	async fn stored_at(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>> {
		let keys: Vec<Bytes> = keys.into_iter().map(Bytes).collect();
		let found: Vec<Stored> = self
			.client
			.call("state_queryStorageAt", (&keys, self.at.hash))
			.await
			.map_err(|error| self.explain_pruned(error))?;
		let found: Vec<_> = found.into_iter().flat_map(|set| set.changes).collect();
		let value = |key: &Bytes| {
			found
				.iter()
				.find(|(found, _)| found == key)
				.and_then(|(_, value)| value.as_ref().map(|bytes| bytes.0.clone()))
		};
		Ok(keys.iter().map(value).collect())
	}

	/// Replaces the error for a pruned state by one that says what to do.
	fn explain_pruned(&self, error: Error) -> Error {
		match error {
			Error::Refused(Refusal { message, .. }) if message.contains(STATE_PRUNED) => {
				Error::Argument(format!(
					"the node has pruned the state of block {}: use one that keeps states \
					(--state-pruning archive), or for a later period",
					self.at.number
				))
			},
			other => other,
		}
	}
}
