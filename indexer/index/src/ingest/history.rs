//! Past blocks, assembled from their streams.

use super::{
	bounds::CONCURRENCY,
	convert::{indexed, sort},
	error::{IngestError, Result},
};
use crate::{
	block::{self, Block},
	store::Store,
};
use credio_client::{Client, Error, Unread, envelope::Document};
use credio_primitives::{
	BlockNumber, Entry, Sequence, StreamId, limits::MAX_DOCUMENT_SIZE, rpc::StreamJson,
};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::mpsc;

/// Entries that are read at once, over all streams.
const READ_AT_ONCE: usize = 4_096;
/// Bytes of documents that are read at once, estimated by the size of earlier ones.
const BYTES_AT_ONCE: usize = 64 << 20;
/// Most entries of a stream that are read at once, and the number of calls they are split into.
const MAX_OF_STREAM: usize = 512;
const PARTS: usize = 4;
/// Batches that wait to be stored while the next ones are read.
const BATCHES_AHEAD: usize = 1;

/// A stream with entries that the store lacks.
struct Source {
	stream: StreamJson,
	/// The next one to ask for; `None` if there are no more up to the last block.
	next: Option<Sequence>,
	/// Entries that were read and not assembled yet, with their blocks.
	read: VecDeque<(BlockNumber, block::Entry)>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default)]
struct Read {
	entries: usize,
	bytes: usize,
}

/// The blocks that the store lacks, up to a block.
pub(super) struct History<'a> {
	client: &'a Client,
	store: &'a Store,
	/// Streams that were created after the store's last block, by block.
	streams: BTreeMap<BlockNumber, Vec<block::Stream>>,
	sources: Vec<Source>,
	/// Size of a document in bytes: the mean of the last reading, and the maximum before the first.
	size: usize,
	/// The last complete block that was assembled.
	done: Option<BlockNumber>,
	last: BlockNumber,
}

impl<'a> History<'a> {
	/// Prepares to read these streams, up to the block `last`.
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
		let size = MAX_DOCUMENT_SIZE as usize;
		Ok(Self { client, store, streams: new, sources, size, done: cursor, last })
	}

	/// Stores the blocks in batches, each with its cursor, while the next ones are read.
	pub(super) async fn store(mut self) -> Result<()> {
		let store = self.store;
		let (batches, mut read) = mpsc::channel::<Vec<Block>>(BATCHES_AHEAD);
		let reading = async move {
			while self.done.is_none_or(|done| done < self.last) {
				self.read().await?;
				let complete = self.complete();
				let batch = self.blocks_up_to(complete).await?;
				// Sending fails only if storing has failed, which returns the error.
				if !batch.is_empty() && batches.send(batch).await.is_err() {
					break;
				}
			}
			Ok::<_, IngestError>(())
		};
		let storing = async {
			while let Some(batch) = read.recv().await {
				store.apply(&batch).await?;
			}
			Ok::<_, IngestError>(())
		};
		tokio::try_join!(reading, storing)?;
		Ok(())
	}

	/// Reads on in streams without read entries, and in those where more entries of one block may follow.
	async fn read(&mut self) -> Result<()> {
		let first = self.sources.iter().filter_map(|source| Some(source.read.front()?.0)).min();
		let waiting = self.sources.iter_mut().filter(|source| {
			let last = source.read.back().map(|(block, _)| *block);
			source.next.is_some() && (last.is_none() || last == first)
		});
		let waiting = waiting.collect::<Vec<_>>();
		let at_once = READ_AT_ONCE.min(BYTES_AT_ONCE / self.size.max(1));
		let limit = (at_once / waiting.len().max(1)).clamp(1, MAX_OF_STREAM);
		let (client, last) = (self.client, self.last);
		let read = stream::iter(waiting)
			.map(|source| source.read_on(client, limit, last))
			.buffer_unordered(CONCURRENCY)
			.try_collect::<Vec<_>>()
			.await?;
		let sum = |of: fn(&Read) -> usize| read.iter().map(of).sum::<usize>();
		if let Some(mean) = sum(|read| read.bytes).checked_div(sum(|read| read.entries)) {
			self.size = mean;
		}
		Ok(())
	}

	/// Returns the last block that has been read completely.
	fn complete(&self) -> BlockNumber {
		let unfinished = self.sources.iter().filter(|source| source.next.is_some());
		// More of the last block that was read may follow.
		let complete = unfinished
			.map(|source| source.read.back().map_or(0, |(block, _)| block.saturating_sub(1)));
		complete.min().unwrap_or(self.last).min(self.last)
	}

	/// Returns the blocks up to a complete one; none if there is nothing new.
	async fn blocks_up_to(&mut self, complete: BlockNumber) -> Result<Vec<Block>> {
		if self.done.is_some_and(|done| done >= complete) {
			return Ok(Vec::new());
		}
		self.done = Some(complete);
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
		let numbers = contents.keys().chain(new.keys()).copied().chain([complete]);
		for number in numbers.collect::<std::collections::BTreeSet<_>>() {
			let hash = self.client.block_hash(number).await?.ok_or_else(|| {
				Error::UnexpectedResponse(format!(
					"the node has no block {number}, below a final one"
				))
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
		Ok(blocks)
	}
}

impl Source {
	/// Reads on, up to `limit` entries, of entries up to the block `last`.
	async fn read_on(
		&mut self,
		client: &Client,
		limit: usize,
		last: BlockNumber,
	) -> std::result::Result<Read, Error> {
		let mut sum = Read::default();
		let Some(next) = self.next else { return Ok(sum) };
		let end = next.saturating_add(limit as u64).min(self.stream.entries);
		let step = limit.div_ceil(PARTS);
		let id = self.stream.id;
		let starts = (next..end).step_by(step);
		let mut parts = stream::iter(starts)
			.map(|from| read_between(client, id, from, end.min(from.saturating_add(step as u64))))
			.buffered(PARTS);
		while let Some(part) = parts.try_next().await? {
			for (entry, read) in part {
				if entry.header.block > last {
					self.next = None;
					return Ok(sum);
				}
				sum.entries = sum.entries.saturating_add(1);
				let size = read.as_ref().map_or(0, |document| document.bytes.len());
				sum.bytes = sum.bytes.saturating_add(size);
				self.read.push_back((entry.header.block, indexed(self.stream.owner, entry, read)));
			}
		}
		self.next = Some(end).filter(|end| *end < self.stream.entries);
		Ok(sum)
	}
}

/// Returns all entries of a stream between two positions.
async fn read_between(
	client: &Client,
	stream: StreamId,
	from: Sequence,
	end: Sequence,
) -> std::result::Result<Vec<(Entry, std::result::Result<Document, Unread>)>, Error> {
	let mut entries = Vec::new();
	let mut next = from;
	while next < end {
		let most = usize::try_from(end - next).unwrap_or(usize::MAX);
		let part = client.fetch_stream_part(stream, next, most).await?;
		let Some((last, _)) = part.entries.last() else {
			return Err(Error::UnexpectedResponse(format!(
				"the stream {stream} has no entry {next}"
			)));
		};
		next = last.header.sequence.saturating_add(1);
		entries.extend(part.entries);
	}
	Ok(entries)
}
