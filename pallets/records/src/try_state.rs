//! What holds of this pallet's storage after every block.

use super::*;
use credio_primitives::{Entry, EntryBody, entry::ENVELOPE_V1};
use frame_support::ensure;
use pallet_support::traits::Streams;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every record has a payload, of the size that its header says, in an envelope of a known version.
	/// - There is no other payload.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut records = 0usize;
		for Entry { header, .. } in T::Streams::all_entries() {
			let EntryBody::Record { size, .. } = header.body else { continue };
			let payload = Self::payload_of(&header).ok_or("record without a payload")?;
			ensure!(payload.len() == size as usize, "payload of another size");
			ensure!(payload.first() == Some(&ENVELOPE_V1), "payload without a known envelope");
			records = records.saturating_add(1);
		}
		ensure!(Envelopes::<T>::iter_keys().count() == records, "stray payload");
		Ok(())
	}
}
