//! Blocks of the past, put together from the streams they are spread over.

use super::{indexed, sort, Result, CONCURRENCY};
use crate::{
	block::{self, Block},
	store::Store,
};
use credio_primitives::{rpc::StreamJson, BlockNumber, Sequence};
use credio_sdk::{Client, Error};
use futures::{stream, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, VecDeque};

/// Entries that are read ahead, of all streams together.
const READ_AHEAD: usize = 4_096;
/// Most entries of a stream in one answer.
const MAX_PART: usize = 256;

/// A stream that has entries which the store has not.
struct Source {
	stream: StreamJson,
	/// The next one to ask for; `None` if there are no more up to the last block.
	next: Option<Sequence>,
	/// Read and not taken yet, with their blocks.
	read: VecDeque<(BlockNumber, block::Entry)>,
}

/// What the store has not, up to a block.
pub(super) struct History<'a> {
	client: &'a Client,
	store: &'a Store,
	/// Streams that were made after the store's last block, by that block.
	streams: BTreeMap<BlockNumber, Vec<block::Stream>>,
	sources: Vec<Source>,
	last: BlockNumber,
}

impl<'a> History<'a> {
	/// Of these streams, up to the block `last`.
	pub(super) async fn new(
		client: &'a Client,
		store: &'a Store,
		streams: Vec<StreamJson>,
		last: BlockNumber,
	) -> Result<Self> {
		let cursor = store.cursor().await?.map(|cursor| cursor.number);
		let known = store.next_sequences().await?;
		let mut new = BTreeMap::<_, Vec<_>>::new();
		let mut sources = Vec::new();
		for stream in streams.into_iter().filter(|stream| stream.created_at <= last) {
			if cursor.is_none_or(|cursor| stream.created_at > cursor) {
				new.entry(stream.created_at).or_default().push(block::Stream {
					id: stream.id,
					owner: stream.owner,
					name: stream.name.clone(),
				});
			}
			let next = known.get(&stream.id).map_or(0, |next| next.sequence);
			if next < stream.entries {
				sources.push(Source { stream, next: Some(next), read: VecDeque::new() });
			}
		}
		for streams in new.values_mut() {
			streams.sort_by_key(|stream| stream.id);
		}
		Ok(Self { client, store, streams: new, sources, last })
	}

	/// Takes it, in parts that are stored with the cursor behind them.
	pub(super) async fn take(mut self) -> Result<()> {
		loop {
			self.read().await?;
			let complete = self.complete();
			self.store_up_to(complete).await?;
			if complete >= self.last {
				return Ok(());
			}
		}
	}

	/// Reads on in streams of which nothing is left, and where more of one block may follow.
	async fn read(&mut self) -> Result<()> {
		let first = self.sources.iter().filter_map(|source| Some(source.read.front()?.0)).min();
		let waiting = self.sources.iter_mut().filter(|source| {
			let last = source.read.back().map(|(block, _)| *block);
			source.next.is_some() && (last.is_none() || last == first)
		});
		let waiting = waiting.collect::<Vec<_>>();
		let limit = (READ_AHEAD / waiting.len().max(1)).clamp(1, MAX_PART);
		let (client, last) = (self.client, self.last);
		stream::iter(waiting)
			.map(|source| source.read_on(client, limit, last))
			.buffer_unordered(CONCURRENCY)
			.try_collect::<()>()
			.await?;
		Ok(())
	}

	/// The last block of which everything has been read.
	fn complete(&self) -> BlockNumber {
		let unfinished = self.sources.iter().filter(|source| source.next.is_some());
		// More of the last block that was read may follow.
		let complete = unfinished
			.map(|source| source.read.back().map_or(0, |(block, _)| block.saturating_sub(1)));
		complete.min().unwrap_or(self.last).min(self.last)
	}

	async fn store_up_to(&mut self, complete: BlockNumber) -> Result<()> {
		let mut blocks = BTreeMap::<BlockNumber, Block>::new();
		let mut contents = BTreeMap::<BlockNumber, Vec<block::Entry>>::new();
		for source in &mut self.sources {
			while source.read.front().is_some_and(|(number, _)| *number <= complete) {
				if let Some((number, entry)) = source.read.pop_front() {
					contents.entry(number).or_default().push(entry);
				}
			}
		}
		self.sources.retain(|source| source.next.is_some() || !source.read.is_empty());
		let later = self.streams.split_off(&complete.saturating_add(1));
		let new = std::mem::replace(&mut self.streams, later);
		let cursor = self.store.cursor().await?.map(|cursor| cursor.number);
		if cursor.is_some_and(|cursor| cursor >= complete) {
			return Ok(());
		}
		let numbers = contents.keys().chain(new.keys()).copied().chain([complete]);
		for number in numbers.collect::<std::collections::BTreeSet<_>>() {
			let hash = self.client.block_hash(number).await?.ok_or_else(|| {
				Error::Answer(format!("the node has no block {number}, below a final one"))
			})?;
			blocks.insert(number, Block::new(number, hash));
		}
		for (number, streams) in new {
			blocks.entry(number).and_modify(|block| block.streams = streams);
		}
		for (number, entries) in contents {
			blocks.entry(number).and_modify(|block| block.entries = entries);
		}
		let mut blocks = blocks.into_values().collect::<Vec<_>>();
		blocks.iter_mut().for_each(sort);
		self.store.apply(&blocks).await?;
		Ok(())
	}
}

impl Source {
	/// Reads another part, of entries up to the block `last`.
	async fn read_on(
		&mut self,
		client: &Client,
		limit: usize,
		last: BlockNumber,
	) -> std::result::Result<(), Error> {
		let Some(next) = self.next else { return Ok(()) };
		let part = client.fetch_stream_part(self.stream.id, next, limit).await?;
		self.next = part.next_sequence;
		for (entry, read) in part.entries {
			if entry.header.block > last {
				self.next = None;
				break;
			}
			self.read.push_back((entry.header.block, indexed(self.stream.owner, entry, read)));
		}
		Ok(())
	}
}
