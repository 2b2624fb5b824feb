//! Key epochs.

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	grant::GrantKey,
	traits::{EncryptionKeys, KeyEpochs, Membership, Role, Streams},
	AccountId, KeyEpochState, StreamId,
};
use frame_support::traits::Get;

impl<T: Config> Pallet<T> {
	/// Opens an epoch; answers how many grants that had ended were removed on the way.
	pub(crate) fn do_open_epoch(
		by: AccountId,
		stream: StreamId,
		epoch: KeyEpoch,
		owner_key: WrappedKey,
		mut grant_keys: Vec<GrantKey>,
	) -> Result<u32, DispatchError> {
		let organization = T::Membership::ensure_role(&by, Role::Grantor)?;
		let owner = T::Streams::owner(&stream).ok_or(Error::<T>::ResourceNotFound)?;
		ensure!(organization == owner, Error::<T>::NotAuthorized);
		let next = match Epochs::<T>::get(stream) {
			None => 0,
			Some(state) => state.current.checked_add(1).ok_or(Error::<T>::TooManyEpochs)?,
		};
		ensure!(epoch == next, Error::<T>::EpochNotNext);
		ensure!(epoch < T::MaxKeyEpochs::get(), Error::<T>::TooManyEpochs);
		Self::ensure_wrapped(&owner_key, T::EncryptionKeys::current_version(owner))?;
		ensure!(
			grant_keys.len() <= limits::MAX_GRANTS_PER_RESOURCE as usize,
			Error::<T>::RotationIncomplete
		);

		// What has ended is removed only after all have been looked at: a grant holds by the ones above it.
		let (mut staying, mut ended, mut next_expiry) = (Vec::new(), Vec::new(), None);
		for id in GrantsByResource::<T>::get(Resource::Stream(stream)) {
			match Grants::<T>::get(id) {
				Some(grant) if Self::holds(&grant) => {
					staying.push((id, grant.grantee));
					next_expiry = grant.expires_at.into_iter().chain(next_expiry).min();
				},
				_ => ended.push(id),
			}
		}
		let removed = ended.len() as u32;
		for id in ended {
			Self::remove_grant(id);
			Self::deposit_event(Event::GrantRemoved { grant: id });
		}
		staying.sort_unstable();
		grant_keys.sort_unstable_by_key(|key| key.grant);
		let covered = grant_keys.iter().map(|key| key.grant);
		ensure!(covered.eq(staying.iter().map(|(id, _)| *id)), Error::<T>::RotationIncomplete);
		for (GrantKey { grant, key }, (_, grantee)) in grant_keys.into_iter().zip(staying) {
			Self::ensure_wrapped(&key, T::EncryptionKeys::current_version(grantee))?;
			GrantKeys::<T>::insert(grant, epoch, key);
		}

		OwnerKeys::<T>::insert(stream, epoch, owner_key);
		Epochs::<T>::insert(stream, KeyEpochState { current: epoch, rotation_due: false });
		NextExpiry::<T>::set(stream, next_expiry);
		Self::deposit_event(Event::EpochOpened { stream, epoch });
		Ok(removed)
	}

	/// The state of a stream's epoch now, with a grant that has expired and awaits clean-up taken into account.
	pub fn key_epoch(stream: &StreamId) -> Option<KeyEpochState> {
		let state = Epochs::<T>::get(stream)?;
		let expired = NextExpiry::<T>::get(stream).is_some_and(|block| block < Self::now());
		Some(KeyEpochState { rotation_due: state.rotation_due || expired, ..state })
	}

	/// Marks a stream whose grant has ended: its next record needs a new epoch.
	pub(crate) fn mark_rotation_due(stream: &StreamId) {
		Epochs::<T>::mutate(stream, |state| {
			if let Some(state) = state {
				state.rotation_due = true;
			}
		});
	}
}

impl<T: Config> KeyEpochs for Pallet<T> {
	fn ensure_current(stream: &StreamId, epoch: KeyEpoch) -> DispatchResult {
		let state = Self::key_epoch(stream).ok_or(Error::<T>::NoKeyEpoch)?;
		ensure!(state.current == epoch, Error::<T>::EpochNotCurrent);
		ensure!(!state.rotation_due, Error::<T>::RotationDue);
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_epoch(stream: &StreamId) -> KeyEpoch {
		let state = KeyEpochState { current: 0, rotation_due: false };
		Epochs::<T>::insert(stream, state);
		// An end to come, so that looking whether it has passed costs its read.
		NextExpiry::<T>::insert(stream, BlockNumber::MAX);
		state.current
	}
}
