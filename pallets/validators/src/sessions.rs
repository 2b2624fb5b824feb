//! Which validators each session has, and when it ends.

use super::*;
use alloc::vec::Vec;
use codec::Encode;
use credio_primitives::{AccountId, BlockNumber, Digest, ValidatorOffence, ValidatorState};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_session::{Pallet as Session, historical};
use sp_runtime::{
	Perbill, SaturatedConversion,
	traits::{Convert, Saturating, Zero},
};
use sp_staking::{
	SessionIndex,
	offence::{OffenceDetails, OnOffenceHandler},
};

/// Sessions that have to end until a change of the validators holds.
const ROTATIONS: u8 = 2;

impl<T: Config> Pallet<T> {
	/// Has the present session end with this block and the next one with the block after it, so that a change of
	/// the validators holds at once.
	pub(super) fn rotate_soon() {
		RotationsDue::<T>::put(ROTATIONS);
	}

	/// Whether a validator can do what validators do.
	pub(super) fn is_fit(validator: &AccountId) -> bool {
		Session::<T>::load_keys(validator).is_some() && !Disabled::<T>::contains_key(validator)
	}

	/// The validators of the session after the next one; `None` if they, and their keys, are those planned last.
	fn plan() -> Option<Vec<AccountId>> {
		let with_keys = Validators::<T>::get()
			.into_iter()
			.filter(|validator| Session::<T>::load_keys(validator).is_some());
		let (disabled, fit) =
			with_keys.partition::<Vec<_>, _>(|validator| Disabled::<T>::contains_key(validator));
		// A chain that nobody continues could not even decide about those who are disabled.
		let planned = if fit.is_empty() { disabled } else { fit };
		if planned.is_empty() {
			return None;
		}
		let keys = planned.iter().map(Session::<T>::load_keys).collect::<Vec<_>>();
		let digest = Digest(sp_io::hashing::blake2_256(&(&planned, keys).encode()));
		if Planned::<T>::get() == Some(digest) {
			return None;
		}
		Planned::<T>::put(digest);
		Some(planned)
	}

	/// Notes that an account changes its session keys. A validator may do so once in `Config::KeyChangeInterval` blocks.
	pub(super) fn note_change_of_keys(who: &AccountId) -> DispatchResult {
		if Validators::<T>::get().contains(who) {
			let now = frame_system::Pallet::<T>::block_number().saturated_into::<BlockNumber>();
			let next = KeysChanged::<T>::get(who)
				.map_or(now, |last| last.saturating_add(T::KeyChangeInterval::get()));
			ensure!(next <= now, Error::<T>::KeysChangedRecently);
			KeysChanged::<T>::insert(who, now);
		}
		Ok(())
	}

	pub(super) fn states() -> Vec<ValidatorState> {
		let chosen = Validators::<T>::get().into_inner();
		let active = Session::<T>::validators();
		let leaving = active.iter().filter(|validator| !chosen.contains(validator)).cloned();
		let leaving = leaving.collect::<Vec<_>>();
		chosen
			.into_iter()
			.map(|validator| (validator, true))
			.chain(leaving.into_iter().map(|validator| (validator, false)))
			.map(|(account, chosen)| ValidatorState {
				chosen,
				active: active.contains(&account),
				has_keys: Session::<T>::load_keys(&account).is_some(),
				offence: Disabled::<T>::get(&account),
				account,
			})
			.collect()
	}
}

impl<T: Config> pallet_session::SessionManager<AccountId> for Pallet<T> {
	fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
		Self::plan()
	}

	fn start_session(_: SessionIndex) {}

	fn end_session(index: SessionIndex) {
		RotationsDue::<T>::mutate(|due| *due = due.saturating_sub(1));
		Self::hold_or_release_stall();
		let oldest = index.saturating_sub(T::SessionHistory::get());
		let stored = historical::StoredRange::<T>::get();
		if stored.is_some_and(|(first, _)| first < oldest) {
			historical::Pallet::<T>::prune_up_to(oldest);
		}
	}
}

impl<T: Config> historical::SessionManager<AccountId, ()> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		let validators = <Self as pallet_session::SessionManager<_>>::new_session(index)?;
		Some(validators.into_iter().map(|validator| (validator, ())).collect())
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(index);
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index);
	}
}

/// A session ends after `Config::SessionLength` blocks, and when the validators have changed or a stall of finality was
/// noted. None ends while a change of the voters is pending, since what the next one brings would be lost.
impl<T: Config> pallet_session::ShouldEndSession<BlockNumberFor<T>> for Pallet<T>
where
	BlockNumberFor<T>: From<BlockNumber>,
{
	fn should_end_session(now: BlockNumberFor<T>) -> bool {
		if T::Finality::has_pending_change() {
			return false;
		}
		let length = BlockNumberFor::<T>::from(T::SessionLength::get());
		RotationsDue::<T>::get() > 0 || Self::stall_is_due() || (now % length).is_zero()
	}
}

/// Says when sessions end that nothing ends earlier.
impl<T: Config> frame_support::traits::EstimateNextSessionRotation<BlockNumberFor<T>> for Pallet<T>
where
	BlockNumberFor<T>: From<BlockNumber>,
{
	fn average_session_length() -> BlockNumberFor<T> {
		T::SessionLength::get().into()
	}

	fn estimate_current_session_progress(
		now: BlockNumberFor<T>,
	) -> (Option<sp_runtime::Permill>, Weight) {
		let length = BlockNumberFor::<T>::from(T::SessionLength::get());
		let progress = sp_runtime::Permill::from_rational(now % length, length);
		(Some(progress), Weight::zero())
	}

	fn estimate_next_session_rotation(
		now: BlockNumberFor<T>,
	) -> (Option<BlockNumberFor<T>>, Weight) {
		let length = BlockNumberFor::<T>::from(T::SessionLength::get());
		let rest = length.saturating_sub(now % length);
		(Some(now.saturating_add(rest)), Weight::zero())
	}
}

/// Who an offender is, beside its account: there is nothing more to know.
#[derive(Debug)]
pub struct NothingMore;

impl<AccountId> Convert<AccountId, Option<()>> for NothingMore {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// Disables offenders at once, for as long as the council does not decide otherwise.
impl<T: Config> OnOffenceHandler<AccountId, historical::IdentificationTuple<T>, Weight>
	for Pallet<T>
{
	fn on_offence(
		offenders: &[OffenceDetails<AccountId, historical::IdentificationTuple<T>>],
		slash_fraction: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		let validators = Validators::<T>::get();
		for (details, severity) in offenders.iter().zip(slash_fraction) {
			let (validator, ()) = &details.offender;
			// The rest of this session, as far as the session pallet's strategy allows.
			let severity = sp_staking::offence::OffenceSeverity(*severity);
			Session::<T>::report_offence(validator.clone(), severity);
			if validators.contains(validator) && !Disabled::<T>::contains_key(validator) {
				let at = frame_system::Pallet::<T>::block_number();
				let offence = ValidatorOffence {
					session,
					reported_at: sp_runtime::SaturatedConversion::saturated_into(at),
				};
				Disabled::<T>::insert(validator, offence);
				Self::rotate_soon();
				Self::deposit_event(Event::ValidatorDisabled {
					validator: validator.clone(),
					session,
				});
			}
		}
		let count = u64::try_from(offenders.len()).unwrap_or(u64::MAX);
		T::DbWeight::get().reads_writes(5, 5).saturating_mul(count)
	}
}
