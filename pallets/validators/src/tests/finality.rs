//! Finality that has stalled, and keys that change too often.

use super::by_council;
use crate::{Error, Event, HeldStall, KeysChanged, Stall, mock::*};
use codec::Encode;
use credio_primitives::BlockNumber;
use frame_support::{BoundedVec, assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn by_two_thirds() -> RuntimeOrigin {
	RuntimeOrigin::signed(two_thirds())
}

fn lost(numbers: &[u8]) -> BoundedVec<super::AccountId, frame_support::traits::ConstU32<5>> {
	numbers.iter().copied().map(account).collect::<Vec<_>>().try_into().expect("few")
}

fn resume(
	numbers: &[u8],
	best_finalized: BlockNumber,
	delay: BlockNumber,
) -> sp_runtime::DispatchResult {
	Validators::resume_finality(by_two_thirds(), lost(numbers), best_finalized, delay)
}

/// What root does in a call of its own.
fn note(delay: BlockNumber) {
	Noted::set(Some(Stall { delay, best_finalized: 0 }));
}

fn forced() -> Vec<Vec<u8>> {
	Forced::get().into_iter().map(|(voters, _)| voters).collect()
}

#[test]
fn finality_is_handed_to_the_remaining_validators() {
	new_test_ext_with(4).execute_with(|| {
		run_to(3);
		assert_ok!(resume(&[3, 4], 2, 7));
		let stall = Stall { delay: 7, best_finalized: 2 };
		System::assert_last_event(Event::FinalityResumed { best_finalized: 2, delay: 7 }.into());
		wait(1);
		assert_eq!(forced(), Vec::<Vec<u8>>::new(), "the session still has the lost ones");
		wait(1);
		assert_eq!(Forced::get(), [(vec![1, 2], stall)]);
		assert_eq!(active(), [1, 2]);
		assert_eq!(HeldStall::<Test>::get(), None);
		wait(5 * SESSION);
		assert_eq!(forced().len(), 1, "once is enough");
	});
}

#[test]
fn a_stall_that_is_noted_with_a_removal_waits_for_it_in_either_order() {
	for is_noted_first in [true, false] {
		// Also where the session would have ended anyway.
		for at in [2, SESSION - 2, SESSION - 1] {
			Forced::take();
			PendingUntil::set(0);
			new_test_ext_with(4).execute_with(|| {
				run_to(at);
				if is_noted_first {
					note(3);
				}
				assert_ok!(Validators::remove_validator(by_council(), account(4)));
				if !is_noted_first {
					note(3);
				}
				wait(2);
				assert_eq!(forced(), [[1, 2, 3]]);
			});
		}
	}
}

#[test]
fn a_stall_that_is_noted_alone_does_not_wait_for_the_session_to_end() {
	new_test_ext_with(3).execute_with(|| {
		note(3);
		wait(1);
		assert_eq!(forced(), [[1, 2, 3]]);
	});
}

#[test]
fn no_session_ends_while_a_change_by_force_is_pending() {
	new_test_ext_with(3).execute_with(|| {
		run_to(2);
		assert_ok!(resume(&[3], 1, 12));
		wait(2);
		let index = pallet_session::Pallet::<Test>::current_index();
		set_keys(4, 4);
		assert_ok!(Validators::add_validator(by_council(), account(4)));
		assert_noop!(resume(&[], 1, 1), Error::<Test>::ForcedChangeUnderWay);
		wait(12);
		assert_eq!(pallet_session::Pallet::<Test>::current_index(), index);
		// And decisions made meanwhile hold then.
		wait(2);
		assert_eq!(active(), [1, 2, 4]);
	});
}

#[test]
fn a_delay_that_never_ends_is_cut() {
	new_test_ext_with(3).execute_with(|| {
		note(BlockNumber::MAX);
		wait(1);
		let (_, stall) = Forced::get().pop().expect("it is taken up");
		assert_eq!(stall.delay, MAX_FORCED_DELAY);
	});
}

#[test]
fn resume_finality_checks_origin_and_arguments() {
	new_test_ext_with(3).execute_with(|| {
		run_to(3);
		let by_majority = Validators::resume_finality(by_council(), lost(&[3]), 1, 1);
		assert_eq!(by_majority, Err(DispatchError::BadOrigin));
		assert_noop!(resume(&[3], 3, 1), Error::<Test>::FutureBlock);
		assert_noop!(resume(&[3], 1, MAX_FORCED_DELAY + 1), Error::<Test>::DelayTooLong);
		assert_noop!(resume(&[9], 1, 1), Error::<Test>::NotAValidator);
		assert_noop!(resume(&[3, 3], 1, 1), Error::<Test>::NotAValidator);
		assert_noop!(resume(&[1, 2, 3], 1, 1), Error::<Test>::LastValidator);
		assert_ok!(resume(&[3], 1, 1));
		assert_noop!(resume(&[2], 1, 1), Error::<Test>::ForcedChangeUnderWay);
	});
}

#[test]
fn keys_that_are_not_proven_to_be_ones_own_are_refused() {
	new_test_ext_with(2).execute_with(|| {
		System::inc_providers(&account(2));
		let proof = keys(20).create_ownership_proof(&account(1).encode()).expect("it has the keys");
		let origin = RuntimeOrigin::signed(account(2));
		let refused = pallet_session::Error::<Test>::InvalidProof;
		assert_noop!(Validators::set_keys(origin, keys(20), proof.encode()), refused);
		// Nor does that count as a change.
		assert_ok!(change_keys(2, 20));
	});
}

fn change_keys(who: u8, to: u8) -> sp_runtime::DispatchResult {
	let mut keys = keys(to);
	let proof = keys.create_ownership_proof(&account(who).encode()).expect("it has the keys");
	Validators::set_keys(RuntimeOrigin::signed(account(who)), keys, proof.encode())
}

#[test]
fn a_validator_changes_its_keys_once_in_a_while() {
	new_test_ext_with(2).execute_with(|| {
		for number in [2, 3] {
			System::inc_providers(&account(number));
		}
		assert_ok!(change_keys(2, 20));
		wait(KEY_CHANGE_INTERVAL - 1);
		assert_noop!(change_keys(2, 21), Error::<Test>::KeysChangedRecently);
		wait(1);
		assert_ok!(change_keys(2, 21));
		// Who is no validator yet may try as often as it likes, and nothing is kept of it.
		assert_ok!(change_keys(3, 30));
		assert_ok!(change_keys(3, 31));
		assert_eq!(KeysChanged::<Test>::iter().count(), 1);
	});
}

#[test]
fn the_council_lets_a_validator_change_its_keys_at_once() {
	new_test_ext_with(2).execute_with(|| {
		System::inc_providers(&account(2));
		assert_ok!(change_keys(2, 20));
		assert_ok!(Validators::remove_validator(by_council(), account(2)));
		assert_ok!(change_keys(2, 21));
		assert_ok!(Validators::add_validator(by_council(), account(2)));
		wait(2);
		let queued = pallet_session::Pallet::<Test>::queued_keys();
		assert!(queued.contains(&(account(2), keys(21))));
	});
}
