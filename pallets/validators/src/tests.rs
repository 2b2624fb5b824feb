//! What the council decides, and what follows from it for sessions.

mod finality;
mod properties;

use crate::{Disabled, Error, Event, mock::*};
use credio_primitives::{AccountId, ValidatorOffence};
use frame_support::{assert_noop, assert_ok};
use pallet_session::historical;
use sp_runtime::{DispatchError, Perbill};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

type Origin = RuntimeOrigin;

fn by_council() -> Origin {
	Origin::signed(council())
}

/// A proven offence of a validator in the present session.
fn offend(number: u8) {
	let details = OffenceDetails { offender: (account(number), ()), reporters: Vec::new() };
	<Validators as OnOffenceHandler<_, historical::IdentificationTuple<Test>, _>>::on_offence(
		&[details],
		&[Perbill::from_percent(50)],
		Session::current_index(),
	);
}

#[test]
fn only_the_council_decides() {
	new_test_ext_with(2).execute_with(|| {
		let by_another = || Origin::signed(account(1));
		let refused = DispatchError::BadOrigin;
		assert_noop!(Validators::add_validator(by_another(), account(3)), refused);
		assert_noop!(Validators::remove_validator(by_another(), account(2)), refused);
		assert_noop!(Validators::reinstate_validator(by_another(), account(2)), refused);
		assert_noop!(Validators::add_validator(Origin::none(), account(3)), refused);
	});
}

#[test]
fn a_validator_with_keys_is_added_within_three_blocks() {
	new_test_ext_with(2).execute_with(|| {
		assert_noop!(
			Validators::add_validator(by_council(), account(3)),
			Error::<Test>::NoSessionKeys
		);
		set_keys(3, 3);
		assert_ok!(Validators::add_validator(by_council(), account(3)));
		System::assert_last_event(Event::ValidatorAdded { validator: account(3) }.into());
		assert_noop!(
			Validators::add_validator(by_council(), account(3)),
			Error::<Test>::AlreadyValidator
		);
		assert_eq!(active(), [1, 2]);
		wait(2);
		assert_eq!(active(), [1, 2, 3]);
		// And sessions are as long as before again.
		let index = Session::current_index();
		run_to(SESSION - 1);
		assert_eq!(Session::current_index(), index);
		run_to(SESSION);
		assert_eq!(Session::current_index(), index + 1);
	});
}

#[test]
fn there_is_a_limit_to_validators() {
	new_test_ext_with(5).execute_with(|| {
		set_keys(6, 6);
		assert_noop!(
			Validators::add_validator(by_council(), account(6)),
			Error::<Test>::TooManyValidators
		);
	});
}

#[test]
fn a_validator_is_removed_but_the_last_is_not() {
	new_test_ext_with(2).execute_with(|| {
		assert_noop!(
			Validators::remove_validator(by_council(), account(3)),
			Error::<Test>::NotAValidator
		);
		assert_ok!(Validators::remove_validator(by_council(), account(1)));
		System::assert_last_event(Event::ValidatorRemoved { validator: account(1) }.into());
		let states = Validators::validator_states();
		let leaving = states.iter().find(|state| state.account == account(1)).expect("listed");
		assert!(!leaving.chosen && leaving.active);
		wait(2);
		assert_eq!(active(), [2]);
		assert_eq!(Validators::validator_states().len(), 1);
		assert_noop!(
			Validators::remove_validator(by_council(), account(2)),
			Error::<Test>::LastValidator
		);
	});
}

#[test]
fn one_that_is_disabled_does_not_count_as_left() {
	new_test_ext_with(2).execute_with(|| {
		offend(2);
		assert_noop!(
			Validators::remove_validator(by_council(), account(1)),
			Error::<Test>::LastValidator
		);
		assert_ok!(Validators::remove_validator(by_council(), account(2)));
		assert!(!Disabled::<Test>::contains_key(account(2)));
	});
}

#[test]
fn an_offender_is_disabled_until_the_council_decides() {
	new_test_ext_with(4).execute_with(|| {
		offend(3);
		System::assert_last_event(
			Event::ValidatorDisabled { validator: account(3), session: 0 }.into(),
		);
		// For the rest of the session by the session pallet, then by being left out.
		assert_eq!(Session::disabled_validators(), [2]);
		wait(2);
		assert_eq!(active(), [1, 2, 4]);
		let offence = ValidatorOffence { session: 0, reported_at: 1 };
		assert_eq!(Disabled::<Test>::get(account(3)), Some(offence));
		wait(4 * SESSION);
		assert_eq!(active(), [1, 2, 4]);
		// The same offence again changes nothing.
		offend(3);
		assert_eq!(Disabled::<Test>::get(account(3)), Some(offence));
		assert_ok!(Validators::reinstate_validator(by_council(), account(3)));
		System::assert_last_event(Event::ValidatorReinstated { validator: account(3) }.into());
		wait(2);
		assert_eq!(active(), [1, 2, 3, 4]);
		assert_noop!(
			Validators::reinstate_validator(by_council(), account(3)),
			Error::<Test>::NotDisabled
		);
	});
}

#[test]
fn a_chain_whose_validators_are_all_disabled_goes_on() {
	new_test_ext_with(2).execute_with(|| {
		offend(1);
		offend(2);
		wait(2 * SESSION);
		assert_eq!(active(), [1, 2]);
		assert_ok!(Validators::reinstate_validator(by_council(), account(2)));
		wait(2);
		assert_eq!(active(), [2]);
	});
}

#[test]
fn new_keys_hold_two_sessions_later_and_can_be_proven() {
	new_test_ext_with(2).execute_with(|| {
		use frame_support::traits::KeyOwnerProofSystem;
		set_keys(2, 20);
		let queued = |number: u8| Session::queued_keys().contains(&(account(2), keys(number)));
		assert!(queued(2));
		run_to(SESSION);
		assert!(queued(20));
		run_to(2 * SESSION);
		let session = Session::current_index();
		let key = (sp_runtime::key_types::DUMMY, 20u64.to_le_bytes());
		let proof = Historical::prove(key).expect("the key is a validator's");
		wait(3 * SESSION);
		assert!(Session::current_index() > session);
		assert_eq!(Historical::check_proof(key, proof), Some((account(2), ())));
	});
}

#[test]
fn a_validator_without_keys_is_left_out() {
	new_test_ext_with(3).execute_with(|| {
		pallet_session::NextKeys::<Test>::remove(account(1));
		run_to(2 * SESSION);
		assert_eq!(active(), [2, 3]);
		let states = Validators::validator_states();
		assert!(states.iter().any(|state| state.account == account(1) && !state.has_keys));
	});
}

#[test]
fn history_is_bounded() {
	new_test_ext_with(1).execute_with(|| {
		run_to(20 * SESSION);
		let (first, last) = historical::StoredRange::<Test>::get().expect("there is history");
		assert!(last - first <= HISTORY + 3, "{first} to {last}");
	});
}

#[test]
fn sessions_without_a_change_leave_the_authorities_alone() {
	new_test_ext_with(2).execute_with(|| {
		run_to(3 * SESSION);
		System::reset_events();
		run_to(6 * SESSION);
		let queued = RuntimeEvent::from(pallet_session::Event::<Test>::NewQueued);
		assert!(System::events().iter().all(|record| record.event != queued));
	});
}
