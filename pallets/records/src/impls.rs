//! What the calls do, and what the runtime API asks.

#![allow(clippy::needless_pass_by_value, reason = "a call hands over its arguments")]

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	AccountId, BlockNumber, Commitment, EntryBody, EntryHeader, Erasure, KeyEpoch, OrganizationId,
	RecordId, RecordPayload, Reference, SequenceKey, StreamId,
	entry::ENVELOPE_V1,
	limits::{MAX_OBJECT_SIZE, MAX_PAGE_SIZE},
	object::{Acknowledgement, NamedErasure},
};
use frame_support::{ensure, weights::Weight};
use pallet_support::traits::{self, Appended, KeyEpochs, Membership, Role, Streams};
use sp_runtime::{DispatchError, DispatchResult, traits::SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// What an append weighs, by its bytes of payload and the grants that are read for it.
	pub(crate) fn append_weight(bytes: u32, grants_read: u32) -> Weight {
		let sized = T::WeightInfo::append_sized;
		T::WeightInfo::append(grants_read).saturating_add(sized(bytes).saturating_sub(sized(0)))
	}

	/// Appends a record. Returns how many grants were read to check that the author may.
	pub(crate) fn do_append(
		author: AccountId,
		stream: StreamId,
		reference: Reference,
		epoch: KeyEpoch,
		commitment: Commitment,
		payload: Vec<u8>,
		supersedes: Option<RecordId>,
	) -> Result<u32, DispatchError> {
		ensure!(!payload.is_empty(), Error::<T>::PayloadEmpty);
		let payload = RecordPayload::try_from(payload).map_err(|_| Error::<T>::PayloadTooLarge)?;
		ensure!(payload.first() == Some(&ENVELOPE_V1), Error::<T>::UnknownEnvelope);
		ensure!(!ObjectsDemanded::<T>::contains_key(stream), Error::<T>::ObjectDemanded);
		let size = payload.len() as u32;
		let body = EntryBody::Record { epoch, commitment, size, supersedes };
		let appended = Self::append_sealed(&author, &stream, &reference, body)?;
		let position = SequenceKey::from(appended.entry.header.sequence);
		Envelopes::<T>::insert(stream, position, payload);
		Ok(appended.grants_read)
	}

	/// Appends an object. Returns how many grants were read to check that the author may.
	pub(crate) fn do_append_object(
		author: &AccountId,
		stream: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<u32, DispatchError> {
		if let EntryBody::Object { size, .. } = body {
			ensure!((1..=MAX_OBJECT_SIZE).contains(&size), Error::<T>::ObjectSizeOutOfRange);
		}
		Ok(Self::append_sealed(author, stream, reference, body)?.grants_read)
	}

	/// Appends a record or an object to its stream.
	fn append_sealed(
		author: &AccountId,
		stream: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<Appended, DispatchError> {
		let superseded =
			body.supersedes().map(|id| Self::superseded_author(&id, stream)).transpose()?;
		// The right to append is checked before the epoch: a member that has lost it gets that error, and does not wait for the
		// next epoch, which it will not get. For a reference that is used already it is the same: what a client
		// repeats after a rotation is there. A call that fails leaves nothing of the append behind.
		let appended = T::Streams::append(author, stream, reference, body)?;
		if let Some(superseded) = superseded {
			// What others wrote stays current, but for the owner, which is responsible for the stream.
			let by = appended.entry.header.organization;
			let may_supersede = by == superseded || T::Streams::owner(stream) == Some(by);
			ensure!(may_supersede, Error::<T>::SupersededOfAnother);
		}
		if let Some(epoch) = body.epoch() {
			T::KeyEpochs::ensure_current(stream, epoch)?;
		}
		Ok(appended)
	}

	pub(crate) fn do_demand_objects(by: AccountId, stream: StreamId) -> DispatchResult {
		Self::ensure_admin_of_owner(&by, &stream)?;
		ensure!(!ObjectsDemanded::<T>::contains_key(stream), Error::<T>::AlreadyDemanded);
		ObjectsDemanded::<T>::insert(stream, ());
		Self::deposit_event(Event::ObjectsDemanded { stream, by });
		Ok(())
	}

	pub(crate) fn do_erase(by: AccountId, record_id: RecordId) -> DispatchResult {
		let header = T::Streams::header(&record_id).ok_or(Error::<T>::NotAnObject)?;
		let is_object = matches!(header.body, EntryBody::Object { .. });
		ensure!(is_object, Error::<T>::NotAnObject);
		Self::ensure_admin_of_owner(&by, &header.stream)?;
		ensure!(!Erasures::<T>::contains_key(record_id), Error::<T>::AlreadyErased);
		let number = ErasureCount::<T>::get();
		let block = Self::now();
		ErasureCount::<T>::put(number.saturating_add(1));
		ErasedObjects::<T>::insert(number, record_id);
		Erasures::<T>::insert(record_id, Erasure { number, author: by.clone(), block });
		let EntryHeader { stream, sequence, .. } = header;
		Self::deposit_event(Event::Erased { record_id, stream, sequence, number, by });
		Ok(())
	}

	pub(crate) fn do_acknowledge_erasure(by: AccountId, record_id: RecordId) -> DispatchResult {
		let organization = T::Membership::ensure_role(&by, Role::Submitter)?;
		ensure!(Erasures::<T>::contains_key(record_id), Error::<T>::NotErased);
		Acknowledgements::<T>::try_mutate(record_id, |acknowledgements| {
			let is_new = acknowledgements.iter().all(|given| given.organization != organization);
			ensure!(is_new, Error::<T>::AlreadyAcknowledged);
			acknowledgements
				.try_push(Acknowledgement { organization, block: Self::now() })
				.map_err(|_| Error::<T>::TooManyAcknowledgements)
		})?;
		Self::deposit_event(Event::ErasureAcknowledged { record_id, organization, by });
		Ok(())
	}

	fn ensure_admin_of_owner(who: &AccountId, stream: &StreamId) -> DispatchResult {
		let organization = T::Membership::ensure_role(who, Role::Admin)?;
		ensure!(T::Streams::owner(stream) == Some(organization), Error::<T>::NotTheOwner);
		Ok(())
	}

	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The author of the record that is to be superseded.
	fn superseded_author(
		id: &RecordId,
		stream: &StreamId,
	) -> Result<OrganizationId, DispatchError> {
		let header = T::Streams::header(id).ok_or(Error::<T>::SupersededNotFound)?;
		let is_record = header.body.epoch().is_some();
		ensure!(is_record && header.stream == *stream, Error::<T>::SupersededNotFound);
		Ok(header.organization)
	}

	/// The payload of a record.
	#[must_use]
	pub fn payload(id: &RecordId) -> Option<RecordPayload> {
		Self::payload_of(&T::Streams::header(id)?)
	}

	/// The payload of the record that has this header.
	#[must_use]
	pub fn payload_of(header: &EntryHeader) -> Option<RecordPayload> {
		Envelopes::<T>::get(header.stream, SequenceKey::from(header.sequence))
	}

	/// Erasures from number `from` on, at most `limit` and at most a page.
	#[must_use]
	pub fn erasures(from: u64, limit: u32) -> Vec<NamedErasure> {
		let until = from.saturating_add(limit.clamp(1, MAX_PAGE_SIZE).into());
		(from..until.min(ErasureCount::<T>::get())).filter_map(Self::named_erasure).collect()
	}

	/// The erasure of an object, if it is erased.
	#[must_use]
	pub fn erasure(id: &RecordId) -> Option<NamedErasure> {
		Self::named_erasure(Erasures::<T>::get(id)?.number)
	}

	fn named_erasure(number: u64) -> Option<NamedErasure> {
		let record_id = ErasedObjects::<T>::get(number)?;
		let Erasure { author, block, .. } = Erasures::<T>::get(record_id)?;
		let EntryHeader { stream, sequence, .. } = T::Streams::header(&record_id)?;
		let acknowledgements = Acknowledgements::<T>::get(record_id).into_inner();
		Some(NamedErasure { number, record_id, stream, sequence, author, block, acknowledgements })
	}

	/// Whether all records of a stream are objects.
	#[must_use]
	pub fn demands_objects(stream: &StreamId) -> bool {
		ObjectsDemanded::<T>::contains_key(stream)
	}
}

impl<T: Config> traits::Erasures for Pallet<T> {
	fn is_erased(record: &RecordId) -> bool {
		Erasures::<T>::contains_key(record)
	}
}
