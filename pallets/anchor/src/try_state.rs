//! What holds of this pallet's storage after every block.

use super::*;
use credio_primitives::{EntryBody, RecordId, StreamId, limits, text};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - A stream's id follows from owner and name, and the name is UTF-8 and not empty.
	/// - `Streams`, `StreamsByOwner` and `StreamCounts` say the same, and nobody owns too many.
	/// - Sequence numbers have no gaps: below `next_sequence` each has an entry, and none from there on.
	/// - `Positions` and `Headers` point at each other and say the same.
	/// - Blocks do not go backwards along a stream, nor are they of the future.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_streams()?;
		Self::try_state_owners()?;
		Self::try_state_entries()
	}

	fn try_state_streams() -> Result<(), TryRuntimeError> {
		for (id, stream) in Streams::<T>::iter() {
			ensure!(id == StreamId::derive(stream.owner, &stream.name), "id of another stream");
			ensure!(!stream.name.is_empty(), "stream without a name");
			ensure!(text::is_plain_utf8(&stream.name), "name is no plain text");
			ensure!(stream.created_at <= Self::now(), "stream of the future");
			ensure!(
				StreamsByOwner::<T>::contains_key(stream.owner, id),
				"owner without its stream"
			);
		}
		Ok(())
	}

	fn try_state_owners() -> Result<(), TryRuntimeError> {
		let mut counted = 0usize;
		for (owner, count) in StreamCounts::<T>::iter() {
			let streams = StreamsByOwner::<T>::iter_key_prefix(owner).count();
			ensure!(count > 0 && streams == count as usize, "count of streams is wrong");
			ensure!(count <= T::MaxStreamsPerOrganization::get(), "too many streams");
			counted = counted.saturating_add(streams);
		}
		ensure!(Streams::<T>::iter_keys().count() == counted, "stream is not counted");
		ensure!(StreamsByOwner::<T>::iter_keys().count() == counted, "stray stream of an owner");
		Ok(())
	}

	fn try_state_entries() -> Result<(), TryRuntimeError> {
		let mut entries = 0usize;
		for (id, stream) in Streams::<T>::iter() {
			let mut block = stream.created_at;
			for sequence in 0..stream.next_sequence {
				let record_id = Self::record_at(&id, sequence).ok_or("gap in a stream")?;
				let header = Headers::<T>::get(record_id).ok_or("entry without a header")?;
				ensure!(header.stream == id, "header of another stream");
				ensure!(header.sequence == sequence, "header of another position");
				ensure!(header.block >= block, "entries out of order");
				block = header.block;
				Self::try_state_body(&record_id, &header.body, &id)?;
				entries = entries.saturating_add(1);
			}
			ensure!(block <= Self::now(), "entry of the future");
		}
		ensure!(Positions::<T>::iter_keys().count() == entries, "stray entry");
		ensure!(Headers::<T>::iter_keys().count() == entries, "stray header");
		Ok(())
	}

	fn try_state_body(
		id: &RecordId,
		body: &EntryBody,
		stream: &StreamId,
	) -> Result<(), TryRuntimeError> {
		match body {
			EntryBody::DigestAnchor { .. } => {},
			EntryBody::MerkleAnchor { leaves, .. } => {
				ensure!((1..=limits::MAX_MERKLE_LEAVES).contains(leaves), "leaves out of range");
			},
			EntryBody::Record { supersedes: Some(superseded), .. }
			| EntryBody::Object { supersedes: Some(superseded), .. } => {
				let header = Headers::<T>::get(superseded).ok_or("superseded entry is missing")?;
				ensure!(header.stream == *stream, "superseded entry is in another stream");
				ensure!(superseded != id, "record supersedes itself");
			},
			EntryBody::Record { supersedes: None, .. }
			| EntryBody::Object { supersedes: None, .. } => {},
		}
		Ok(())
	}
}
