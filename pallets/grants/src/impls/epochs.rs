//! Key epochs.

#![allow(clippy::needless_pass_by_value, reason = "a call hands over its arguments")]

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	AccountId, EpochSecret, Grant, GrantId, KeyEpochState, StreamId, grant::GrantKey,
};
use frame_support::traits::Get;
use pallet_support::traits::{KeyEpochs, Membership, Role, Streams};

impl<T: Config> Pallet<T> {
	/// Opens an epoch.
	///
	/// Useless keys are left out, and listed in the event: a grantee could otherwise keep the owner from opening
	/// an epoch, and with it from ending another grantee's access to later records.
	pub(crate) fn do_open_epoch(
		by: AccountId,
		stream: StreamId,
		epoch: KeyEpoch,
		secret: EpochSecret,
		grant_keys: Vec<GrantKey>,
	) -> DispatchResult {
		let organization = T::Membership::ensure_role(&by, Role::Grantor)?;
		let owner = T::Streams::owner(&stream).ok_or(Error::<T>::ResourceNotFound)?;
		ensure!(organization == owner, Error::<T>::NotAuthorized);
		let next = match Epochs::<T>::get(stream) {
			None => 0,
			Some(state) => state.current.checked_add(1).ok_or(Error::<T>::TooManyEpochs)?,
		};
		ensure!(epoch == next, Error::<T>::EpochNotNext);
		ensure!(epoch < T::MaxKeyEpochs::get(), Error::<T>::TooManyEpochs);
		Self::ensure_wrapped(&secret.owner_key, owner)?;
		ensure!(grant_keys.len() <= limits::MAX_KEYS_PER_EPOCH as usize, Error::<T>::TooManyKeys);
		for GrantKey { grant, key } in grant_keys {
			if Self::is_key_for(&grant, &stream, &key) {
				GrantKeys::<T>::insert(grant, epoch, key);
			} else {
				Self::deposit_event(Event::KeyLeftOut { grant, epoch });
			}
		}
		EpochSecrets::<T>::insert(stream, epoch, secret);
		let state = KeyEpochState { current: epoch, rotation_due: false, opened_at: Self::now() };
		Epochs::<T>::insert(stream, state);
		NextExpiry::<T>::set(stream, Self::first_expiry(&stream));
		Self::deposit_event(Event::EpochOpened { stream, epoch });
		Ok(())
	}

	/// Returns the earliest last moment of the grants on a stream that has not passed. A grant that ended and waits for clean-up
	/// is passed over.
	fn first_expiry(stream: &StreamId) -> Option<Moment> {
		// No grant has a name of zeros.
		let now = MomentKey::from(Self::now());
		let from = StreamExpiries::<T>::hashed_key_for((stream, now, GrantId::default()));
		let mut next = StreamExpiries::<T>::iter_key_prefix_from((stream,), from);
		next.next().map(|(at, _)| at.into())
	}

	/// Whether a key can be used by a grant on a stream: the grant holds, its holder is active, and the key is wrapped to
	/// it as it should be.
	fn is_key_for(grant: &GrantId, stream: &StreamId, key: &WrappedKey) -> bool {
		Grants::<T>::get(grant).is_some_and(|grant| {
			grant.resource == Resource::Stream(*stream)
				&& Self::holds(&grant)
				&& T::Membership::is_active(grant.grantee)
				&& Self::ensure_wrapped(key, grant.grantee).is_ok()
		})
	}

	/// Adds keys of epochs to a grant.
	pub(crate) fn do_add_keys(
		by: AccountId,
		id: GrantId,
		keys: Vec<(KeyEpoch, WrappedKey)>,
	) -> DispatchResult {
		let organization = T::Membership::ensure_role(&by, Role::Grantor)?;
		let grant = Grants::<T>::get(id).ok_or(Error::<T>::GrantNotFound)?;
		let is_owner = Self::owner(&grant.resource)? == organization;
		ensure!(is_owner || organization == grant.grantor, Error::<T>::NotAuthorized);
		ensure!(Self::holds(&grant), Error::<T>::GrantEnded);
		ensure!(T::Membership::is_active(grant.grantee), Error::<T>::GranteeNotActive);
		let Resource::Stream(stream) = grant.resource else {
			return Err(Error::<T>::EpochOutOfRange.into());
		};
		let state = Epochs::<T>::get(stream).ok_or(Error::<T>::NoKeyEpoch)?;
		ensure!(keys.len() <= limits::MAX_EPOCHS_PER_GRANT as usize, Error::<T>::TooManyKeys);
		for (epoch, key) in keys {
			let in_range = (grant.from_epoch..=state.current).contains(&epoch);
			ensure!(in_range, Error::<T>::EpochOutOfRange);
			Self::ensure_wrapped(&key, grant.grantee)?;
			// Only the owner knows the secret for sure, so only the owner replaces a key.
			let is_new = !GrantKeys::<T>::contains_key(id, epoch);
			ensure!(is_owner || is_new, Error::<T>::KeyPresent);
			GrantKeys::<T>::insert(id, epoch, key);
		}
		Self::deposit_event(Event::KeysAdded { grant: id });
		Ok(())
	}

	/// The state of a stream's epoch now, with a grant that has expired and awaits clean-up taken into account.
	#[must_use]
	pub fn key_epoch(stream: &StreamId) -> Option<KeyEpochState> {
		let state = Epochs::<T>::get(stream)?;
		let expired = NextExpiry::<T>::get(stream).is_some_and(|end| end < Self::now());
		Some(KeyEpochState { rotation_due: state.rotation_due || expired, ..state })
	}

	/// Marks a stream after the end of a grant: its next record needs a new epoch. A grant that had ended before the present
	/// one was opened, and only waited for clean-up, has no part in it.
	pub(crate) fn mark_rotation_due(stream: &StreamId, ended: &Grant) {
		Epochs::<T>::mutate(stream, |state| {
			if let Some(state) = state {
				state.rotation_due |= !ended.has_expired(state.opened_at);
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
		let state = KeyEpochState { current: 0, rotation_due: false, opened_at: 0 };
		Epochs::<T>::insert(stream, state);
		// An end to come, so that looking whether it has passed costs its read.
		NextExpiry::<T>::insert(stream, Moment::MAX);
		state.current
	}
}
