//! Changes of the validators by force, for a chain with stalled finality.
//!
//! GRANDPA takes a noted stall up when the next session starts, and hands finality to the validators of that session. A
//! decision of the council about validators holds one session later. So a stall that is noted together with such a
//! decision is held back here until the session starts that has the validators the council decided on.

use super::*;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use credio_primitives::{AccountId, BlockNumber};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use scale_info::TypeInfo;
use sp_runtime::SaturatedConversion;

/// A stall of finality, as root notes it.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Stall {
	/// Blocks from the one that plans the change to the one from which the new validators vote.
	pub delay: BlockNumber,
	/// The last finalized block, which they build on.
	pub best_finalized: BlockNumber,
}

/// The gadget that makes blocks final.
pub trait FinalityGadget {
	/// Whether a change of its voters is planned that does not hold yet. While it is, no other one can be planned, and
	/// one that a new session brings would be lost.
	fn has_pending_change() -> bool;

	/// Whether a change by force can be planned at present.
	fn can_force_change() -> bool;

	/// Returns the stall that was noted and not taken up yet.
	fn stall() -> Option<Stall>;

	/// Notes a stall, which the next session that starts takes up; or forgets it.
	fn set_stall(stall: Option<Stall>);
}

/// A gadget that cannot be forced.
impl FinalityGadget for () {
	fn has_pending_change() -> bool {
		false
	}
	fn can_force_change() -> bool {
		false
	}
	fn stall() -> Option<Stall> {
		None
	}
	fn set_stall(_: Option<Stall>) {}
}

impl<T: Config> Pallet<T> {
	/// Removes validators, of whom the council has decided so, and makes sure that one is left who can go on.
	pub(super) fn do_remove_validators(leaving: Vec<AccountId>) -> DispatchResult {
		let mut validators = Validators::<T>::get();
		for validator in &leaving {
			let position = validators
				.iter()
				.position(|other| other == validator)
				.ok_or(Error::<T>::NotAValidator)?;
			validators.remove(position);
			Disabled::<T>::remove(validator);
			KeysChanged::<T>::remove(validator);
		}
		ensure!(validators.iter().any(Self::is_fit), Error::<T>::LastValidator);
		Validators::<T>::put(validators);
		Self::rotate_soon();
		for validator in leaving {
			Self::deposit_event(Event::ValidatorRemoved { validator });
		}
		Ok(())
	}

	/// See [`Pallet::resume_finality`].
	pub(super) fn do_resume_finality(lost: Vec<AccountId>, stall: Stall) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number().saturated_into::<BlockNumber>();
		ensure!(stall.best_finalized < now, Error::<T>::FutureBlock);
		ensure!(stall.delay <= T::MaxForcedDelay::get(), Error::<T>::DelayTooLong);
		let is_noted = HeldStall::<T>::exists() || T::Finality::stall().is_some();
		ensure!(!is_noted && T::Finality::can_force_change(), Error::<T>::ForcedChangeUnderWay);
		Self::do_remove_validators(lost)?;
		HeldStall::<T>::put(stall);
		let Stall { delay, best_finalized } = stall;
		Self::deposit_event(Event::FinalityResumed { best_finalized, delay });
		Ok(())
	}

	/// Whether a noted stall waits for a session to start that takes it up, and one may.
	pub(super) fn stall_is_due() -> bool {
		let is_noted = HeldStall::<T>::exists() || T::Finality::stall().is_some();
		is_noted && T::Finality::can_force_change()
	}

	/// Before a session starts: lets it take up a noted stall if it has the validators that were planned last, and holds
	/// the stall back otherwise.
	pub(super) fn hold_or_release_stall() {
		let held = HeldStall::<T>::take();
		let Some(stall) = T::Finality::stall().or(held) else { return };
		// A change that is never reached would keep all later ones from being planned.
		let delay = stall.delay.min(T::MaxForcedDelay::get());
		let stall = Stall { delay, ..stall };
		if RotationsDue::<T>::get() == 0 && T::Finality::can_force_change() {
			T::Finality::set_stall(Some(stall));
		} else {
			T::Finality::set_stall(None);
			HeldStall::<T>::put(stall);
		}
	}
}
