//! What holds of this pallet's storage after every block.

use super::*;
use alloc::collections::BTreeSet;
use credio_primitives::{Entry, EntryBody, entry::ENVELOPE_V1, limits};
use frame_support::ensure;
use pallet_support::traits::Streams;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every record has a payload, of the size that its header says, in an envelope of a known version.
	/// - There is no other payload.
	/// - Every object has a size within the bounds.
	/// - Erasures are numbered without gaps, each of an object, and only erased objects are acknowledged.
	/// - Only existing streams demand objects.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut records = 0usize;
		for Entry { header, .. } in T::Streams::all_entries() {
			if let EntryBody::Object { size, .. } = header.body {
				ensure!((1..=limits::MAX_OBJECT_SIZE).contains(&size), "object of another size");
			}
			let EntryBody::Record { size, .. } = header.body else { continue };
			let payload = Self::payload_of(&header).ok_or("record without a payload")?;
			ensure!(payload.len() == size as usize, "payload of another size");
			ensure!(payload.first() == Some(&ENVELOPE_V1), "payload without a known envelope");
			records = records.saturating_add(1);
		}
		ensure!(Envelopes::<T>::iter_keys().count() == records, "stray payload");
		Self::try_state_erasures()
	}

	fn try_state_erasures() -> Result<(), TryRuntimeError> {
		let count = ErasureCount::<T>::get();
		ensure!(Erasures::<T>::iter_keys().count() as u64 == count, "stray erasure");
		ensure!(ErasedObjects::<T>::iter_keys().count() as u64 == count, "stray number");
		for (number, id) in ErasedObjects::<T>::iter() {
			let erasure = Erasures::<T>::get(id).ok_or("number of no erasure")?;
			ensure!(erasure.number == number && number < count, "erasure of another number");
			ensure!(erasure.block <= Self::now(), "erasure of the future");
			let header = T::Streams::header(&id).ok_or("erasure of no entry")?;
			let is_object = matches!(header.body, EntryBody::Object { .. });
			ensure!(is_object, "erasure of what is no object");
		}
		for (id, acknowledgements) in Acknowledgements::<T>::iter() {
			let erasure = Erasures::<T>::get(id).ok_or("acknowledgement of no erasure")?;
			ensure!(!acknowledgements.is_empty(), "empty list of acknowledgements");
			let organizations =
				acknowledgements.iter().map(|given| given.organization).collect::<BTreeSet<_>>();
			ensure!(organizations.len() == acknowledgements.len(), "acknowledged twice");
			for block in acknowledgements.iter().map(|given| given.block) {
				ensure!(erasure.block <= block && block <= Self::now(), "acknowledged out of time");
			}
		}
		for stream in ObjectsDemanded::<T>::iter_keys() {
			ensure!(T::Streams::owner(&stream).is_some(), "demand of no stream");
		}
		Ok(())
	}
}
