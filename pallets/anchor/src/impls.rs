//! What the calls do, and what other pallets ask.

#![allow(clippy::needless_pass_by_value, reason = "a call hands over its arguments")]

use super::*;
use credio_primitives::{
	AccountId, BlockNumber, Commitment, Digest, Entry, EntryBody, EntryHeader, OrganizationId,
	RecordId, Reference, Sequence, SequenceKey, Stream, StreamId, StreamName, StreamStatus, limits,
	text,
};
use frame_support::{ensure, traits::Get};
use pallet_support::traits::{self, AppendAccess, Appended, Appender, Membership, Role};
use sp_runtime::{DispatchError, DispatchResult, traits::SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// The entry at a position of a stream.
	pub(crate) fn record_at(stream: &StreamId, sequence: Sequence) -> Option<RecordId> {
		Positions::<T>::get(stream, SequenceKey::from(sequence))
	}

	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	pub(crate) fn do_create_stream(by: AccountId, name: StreamName) -> DispatchResult {
		let owner = T::Membership::ensure_role(&by, Role::Admin)?;
		ensure!(text::is_plain_utf8(&name), Error::<T>::InvalidName);
		let id = StreamId::derive(owner, &name);
		ensure!(!Streams::<T>::contains_key(id), Error::<T>::AlreadyExists);
		let count = StreamCounts::<T>::get(owner);
		ensure!(count < T::MaxStreamsPerOrganization::get(), Error::<T>::TooManyStreams);
		StreamCounts::<T>::insert(owner, count.saturating_add(1));
		StreamsByOwner::<T>::insert(owner, id, ());
		let stream = Stream {
			owner,
			name: name.clone(),
			status: StreamStatus::Open,
			next_sequence: 0,
			created_at: Self::now(),
		};
		Streams::<T>::insert(id, stream);
		Self::deposit_event(Event::StreamCreated { stream: id, owner, name });
		Ok(())
	}

	pub(crate) fn do_seal_stream(by: AccountId, id: StreamId) -> DispatchResult {
		let organization = T::Membership::ensure_role(&by, Role::Admin)?;
		Streams::<T>::try_mutate(id, |stream| -> DispatchResult {
			let stream = stream.as_mut().ok_or(Error::<T>::StreamNotFound)?;
			ensure!(stream.owner == organization, Error::<T>::NotAuthorized);
			ensure!(stream.status == StreamStatus::Open, Error::<T>::AlreadySealed);
			stream.status = StreamStatus::Sealed;
			Ok(())
		})?;
		Self::deposit_event(Event::StreamSealed { stream: id, by });
		Ok(())
	}

	pub(crate) fn do_anchor_digest(
		by: AccountId,
		stream: StreamId,
		reference: Reference,
		commitment: Commitment,
	) -> Result<Appended, DispatchError> {
		Self::do_append(&by, &stream, &reference, EntryBody::DigestAnchor { commitment })
	}

	pub(crate) fn do_anchor_merkle(
		by: AccountId,
		stream: StreamId,
		reference: Reference,
		root: Digest,
		leaves: u32,
	) -> Result<Appended, DispatchError> {
		ensure!((1..=limits::MAX_MERKLE_LEAVES).contains(&leaves), Error::<T>::LeavesOutOfRange);
		Self::do_append(&by, &stream, &reference, EntryBody::MerkleAnchor { root, leaves })
	}

	/// Gives an entry the next position of its stream. Nothing is written before every check has passed.
	fn do_append(
		author: &AccountId,
		id: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<Appended, DispatchError> {
		let mut stream = Streams::<T>::get(id).ok_or(Error::<T>::StreamNotFound)?;
		// Who may not append learns that first, whatever the stream's state.
		let Appender { organization, grants_read } =
			T::Access::ensure_may_append(author, id, stream.owner)?;
		ensure!(stream.status == StreamStatus::Open, Error::<T>::StreamSealed);
		let record_id = RecordId::derive(organization, reference);
		ensure!(!Headers::<T>::contains_key(record_id), Error::<T>::ReferenceUsed);
		let sequence = stream.next_sequence;
		stream.next_sequence = sequence.checked_add(1).ok_or(Error::<T>::StreamFull)?;
		let header = EntryHeader {
			stream: *id,
			sequence,
			organization,
			author: author.clone(),
			block: Self::now(),
			body,
		};
		Streams::<T>::insert(id, stream);
		Positions::<T>::insert(id, SequenceKey::from(sequence), record_id);
		Headers::<T>::insert(record_id, &header);
		Self::deposit_event(Event::EntryAppended {
			record_id,
			stream: *id,
			sequence,
			organization,
		});
		Ok(Appended { entry: Entry { record_id, header }, grants_read })
	}
}

impl<T: Config> traits::Streams<AccountId> for Pallet<T> {
	fn owner(stream: &StreamId) -> Option<OrganizationId> {
		Streams::<T>::get(stream).map(|stream| stream.owner)
	}

	fn header(record: &RecordId) -> Option<EntryHeader> {
		Headers::<T>::get(record)
	}

	fn append(
		author: &AccountId,
		stream: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<Appended, DispatchError> {
		Self::do_append(author, stream, reference, body)
	}

	fn all_entries() -> impl Iterator<Item = Entry> {
		Headers::<T>::iter().map(|(record_id, header)| Entry { record_id, header })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_stream(owner: OrganizationId, name: &[u8]) -> StreamId {
		let id = StreamId::derive(owner, name);
		let stream = Stream {
			owner,
			name: name.to_vec().try_into().expect("benchmarks use short names; qed"),
			status: StreamStatus::Open,
			next_sequence: 0,
			created_at: Self::now(),
		};
		Streams::<T>::insert(id, stream);
		StreamsByOwner::<T>::insert(owner, id, ());
		StreamCounts::<T>::mutate(owner, |count| *count = count.saturating_add(1));
		id
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(grants_read: u32) -> Option<(StreamId, AccountId)> {
		let submitter: AccountId = frame_benchmarking::account("owner", 0, 0);
		let owner = T::Membership::benchmark_member(&submitter);
		let stream = Self::benchmark_stream(owner, b"benchmark");
		let by_grant = || T::Access::benchmark_appender(&stream, grants_read);
		let appender = (grants_read > 0).then(by_grant).flatten().unwrap_or(submitter);
		T::Membership::benchmark_signer(&appender);
		Some((stream, appender))
	}
}
