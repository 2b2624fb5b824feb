//! What the calls do, and what the runtime API asks.

#![allow(clippy::needless_pass_by_value, reason = "a call hands over its arguments")]

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	AccountId, Commitment, EntryBody, EntryHeader, KeyEpoch, OrganizationId, RecordId,
	RecordPayload, Reference, SequenceKey, StreamId, entry::ENVELOPE_V1,
};
use frame_support::{ensure, weights::Weight};
use pallet_support::traits::{KeyEpochs, Streams};
use sp_runtime::DispatchError;

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
		let superseded = supersedes.map(|id| Self::superseded_author(&id, &stream)).transpose()?;
		let size = payload.len() as u32;
		let body = EntryBody::Record { epoch, commitment, size, supersedes };
		// The right to append is checked before the epoch: a member that has lost it gets that error, and does not wait for the
		// next epoch, which it will not get. For a reference that is used already it is the same: what a client
		// repeats after a rotation is there. A call that fails leaves nothing of the append behind.
		let appended = T::Streams::append(&author, &stream, &reference, body)?;
		if let Some(superseded) = superseded {
			// What others wrote stays current, but for the owner, which is responsible for the stream.
			let by = appended.entry.header.organization;
			let may_supersede = by == superseded || T::Streams::owner(&stream) == Some(by);
			ensure!(may_supersede, Error::<T>::SupersededOfAnother);
		}
		T::KeyEpochs::ensure_current(&stream, epoch)?;
		let position = SequenceKey::from(appended.entry.header.sequence);
		Envelopes::<T>::insert(stream, position, payload);
		Ok(appended.grants_read)
	}

	/// The author of the record that is to be superseded.
	fn superseded_author(
		id: &RecordId,
		stream: &StreamId,
	) -> Result<OrganizationId, DispatchError> {
		let header = T::Streams::header(id).ok_or(Error::<T>::SupersededNotFound)?;
		let is_record = matches!(header.body, EntryBody::Record { .. });
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
}
