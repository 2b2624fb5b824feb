//! What the calls do, what other pallets ask, and what the runtime API asks.

mod clean_up;
mod epochs;
mod grants;
mod queries;
mod requests;

use super::*;
use credio_primitives::{
	BlockNumber, KeyEpoch, Moment, MomentKey, OrganizationId, Purpose, Resource, WrappedKey,
	limits, text,
};
use frame_support::{ensure, traits::Time};
use pallet_support::traits::{EncryptionKeys, Streams};
use sp_runtime::{DispatchError, DispatchResult, traits::SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// The present block.
	pub(crate) fn block() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The present moment, by the chain's clock.
	pub(crate) fn now() -> Moment {
		T::Time::now()
	}

	/// The organization that owns a stream, or the stream of a record.
	pub(crate) fn owner(resource: &Resource) -> Result<OrganizationId, DispatchError> {
		let stream = match resource {
			Resource::Stream(stream) => *stream,
			Resource::Record(record) => {
				T::Streams::header(record).ok_or(Error::<T>::ResourceNotFound)?.stream
			},
		};
		T::Streams::owner(&stream).ok_or_else(|| Error::<T>::ResourceNotFound.into())
	}

	/// The key epoch of a record; `None` for an anchor, which has nothing to read.
	pub(crate) fn record_epoch(record: &credio_primitives::RecordId) -> Option<KeyEpoch> {
		T::Streams::header(record)?.body.epoch()
	}

	fn ensure_purpose(purpose: &Purpose) -> DispatchResult {
		ensure!(text::is_plain_utf8(purpose), Error::<T>::InvalidPurpose);
		Ok(())
	}

	/// Checks that a key is wrapped, in form, to an encryption key of an organization that is the present one or was a
	/// short while ago.
	fn ensure_wrapped(key: &WrappedKey, organization: OrganizationId) -> DispatchResult {
		ensure!(
			key.sealed.len() == limits::WRAPPED_KEY_LENGTH as usize,
			Error::<T>::WrappedKeyLength
		);
		ensure!(
			T::EncryptionKeys::is_recent(organization, key.key_version),
			Error::<T>::KeyVersionOutdated
		);
		Ok(())
	}
}
