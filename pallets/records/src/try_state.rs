//! What holds of this pallet's storage after every block.

use super::*;
use credio_primitives::{entry::ENVELOPE_V1, traits::Streams, Entry, EntryBody};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every payload is that of a record, of the size that its header says, in an envelope of a known version.
	/// - Every record has a payload.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		for (id, payload) in Payloads::<T>::iter() {
			let header = T::Streams::header(&id).ok_or("payload without a header")?;
			let EntryBody::Record { size, .. } = header.body else {
				return Err("payload of an anchor".into());
			};
			ensure!(payload.len() == size as usize, "payload of another size");
			ensure!(payload.first() == Some(&ENVELOPE_V1), "payload without a known envelope");
		}
		for Entry { record_id, header } in T::Streams::all_entries() {
			if matches!(header.body, EntryBody::Record { .. }) {
				ensure!(Payloads::<T>::contains_key(record_id), "record without a payload");
			}
		}
		Ok(())
	}
}
