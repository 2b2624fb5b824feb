//! What the runtime API asks: bounded reads with a cursor.

#![allow(clippy::needless_pass_by_value, reason = "a runtime API hands over its arguments")]

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	Commitment, Digest, Entry, EntryBody, EntryHeader, OrganizationId, RecordId, Sequence, Stream,
	StreamId, entry::EntryFilter, limits, merkle,
};

/// Most headers that one query looks at, so that a filter that matches little cannot make it long.
const MAX_SCAN: usize = 1_024;

impl<T: Config> Pallet<T> {
	/// One stream.
	#[must_use]
	pub fn stream(id: &StreamId) -> Option<Stream> {
		Streams::<T>::get(id)
	}

	/// Streams of one owner or of all, in the order of their ids; the second part is the next cursor.
	#[must_use]
	pub fn streams(
		owner: Option<OrganizationId>,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<(StreamId, Stream)>, Option<Digest>) {
		let last = cursor.map(|cursor| StreamId(cursor.0));
		let limit = page_size(limit);
		let ids: Vec<StreamId> = match (owner, last) {
			(Some(owner), None) => {
				StreamsByOwner::<T>::iter_key_prefix(owner).take(limit).collect()
			},
			(Some(owner), Some(last)) => {
				let from = StreamsByOwner::<T>::hashed_key_for(owner, last);
				StreamsByOwner::<T>::iter_key_prefix_from(owner, from).take(limit).collect()
			},
			(None, None) => Streams::<T>::iter_keys().take(limit).collect(),
			(None, Some(last)) => Streams::<T>::iter_keys_from_key(last).take(limit).collect(),
		};
		let next = (ids.len() == limit).then(|| ids.last().map(|id| Digest(id.0))).flatten();
		let streams = ids.into_iter().filter_map(|id| Some((id, Streams::<T>::get(id)?))).collect();
		(streams, next)
	}

	/// Entries of a stream from `from` on, in order.
	#[must_use]
	pub fn entries(stream: &StreamId, from: Sequence, limit: u32) -> Vec<Entry> {
		(from..=Sequence::MAX)
			.take(page_size(limit))
			.map_while(|sequence| Self::entry_at(stream, sequence))
			.collect()
	}

	fn entry_at(stream: &StreamId, sequence: Sequence) -> Option<Entry> {
		let record_id = Self::record_at(stream, sequence)?;
		Some(Entry { record_id, header: Headers::<T>::get(record_id)? })
	}

	/// Entries that match a filter; the second part is the next cursor. A page may be short before the end.
	#[must_use]
	pub fn query_entries(
		filter: EntryFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<Entry>, Option<Digest>) {
		let limit = page_size(limit);
		match filter.stream {
			Some(stream) => Self::query_stream(stream, &filter, cursor, limit),
			None => Self::query_all(&filter, cursor, limit),
		}
	}

	fn query_stream(
		stream: StreamId,
		filter: &EntryFilter,
		cursor: Option<Digest>,
		limit: usize,
	) -> (Vec<Entry>, Option<Digest>) {
		let first = filter.from_sequence.unwrap_or(0);
		let mut next = cursor.map_or(first, |cursor| sequence_of(&cursor).max(first));
		let end = Streams::<T>::get(stream).map_or(0, |stream| stream.next_sequence);
		let end = filter.to_sequence.map_or(end, |to| end.min(to.saturating_add(1)));
		let mut items = Vec::new();
		for _ in 0..MAX_SCAN {
			if next >= end || items.len() == limit {
				break;
			}
			items.extend(
				Self::entry_at(&stream, next).filter(|entry| matches(filter, &entry.header)),
			);
			next = next.saturating_add(1);
		}
		(items, (next < end).then(|| cursor_of(next)))
	}

	fn query_all(
		filter: &EntryFilter,
		cursor: Option<Digest>,
		limit: usize,
	) -> (Vec<Entry>, Option<Digest>) {
		let mut headers = match cursor {
			None => Headers::<T>::iter(),
			Some(last) => Headers::<T>::iter_from_key(RecordId(last.0)),
		};
		let (mut items, mut last) = (Vec::new(), None);
		for _ in 0..MAX_SCAN {
			let Some((record_id, header)) = headers.next() else { return (items, None) };
			last = Some(Digest(record_id.0));
			if matches(filter, &header) {
				items.push(Entry { record_id, header });
				if items.len() == limit {
					break;
				}
			}
		}
		(items, last)
	}

	/// Whether `commitment` is the leaf at `index` of the Merkle anchor `id`; `None` if `id` is none.
	#[must_use]
	pub fn verify_inclusion(
		id: &RecordId,
		index: u32,
		commitment: &Commitment,
		proof: &[Digest],
	) -> Option<bool> {
		match Headers::<T>::get(id)?.body {
			EntryBody::MerkleAnchor { root, leaves } => {
				Some(merkle::verify(&root, leaves, index, commitment, proof))
			},
			_ => None,
		}
	}
}

fn page_size(limit: u32) -> usize {
	limit.clamp(1, limits::MAX_PAGE_SIZE) as usize
}

fn matches(filter: &EntryFilter, header: &EntryHeader) -> bool {
	filter.organization.is_none_or(|organization| organization == header.organization)
		&& filter.author.as_ref().is_none_or(|author| *author == header.author)
		&& filter.from_sequence.is_none_or(|from| header.sequence >= from)
		&& filter.to_sequence.is_none_or(|to| header.sequence <= to)
}

fn cursor_of(next: Sequence) -> Digest {
	let mut cursor = [0; 32];
	cursor[..8].copy_from_slice(&next.to_be_bytes());
	Digest(cursor)
}

fn sequence_of(cursor: &Digest) -> Sequence {
	let mut bytes = [0; 8];
	bytes.copy_from_slice(&cursor.0[..8]);
	Sequence::from_be_bytes(bytes)
}
