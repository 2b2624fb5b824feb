//! A request signed for one organization never acts for another.

use crate::{Error, Receipts, mock::*};
use credio_primitives::{AccountId, Request, validity};
use frame_support::assert_ok;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

/// Pool and block refuse the transaction, the call itself does, and nothing at all changes.
fn assert_refused(who: AccountId, request: Request) {
	let calls = vec![add(1)];
	let call = submit_call(request, calls.clone());
	let before = sp_io::storage::root(Default::default());
	let refused = refusal(validity::OTHER_ORGANIZATION);
	assert_eq!(validate(who.clone(), &call), Err(refused));
	assert_eq!(apply(who.clone(), 0, call), Err(refused));
	let error = Idempotency::submit(RuntimeOrigin::signed(who), request, calls).unwrap_err();
	assert_eq!(error.error, Error::<Test>::OtherOrganization.into());
	assert_eq!(before, sp_io::storage::root(Default::default()));
}

#[test]
fn a_request_is_for_the_organization_that_it_names() {
	build_and_execute(|| {
		assert_refused(ALICE, of_beta(request(1)));
		assert_refused(BOB, request(1));
		assert_ok!(Idempotency::submit(
			RuntimeOrigin::signed(BOB),
			of_beta(request(1)),
			vec![add(1)]
		));
		assert!(Receipts::<Test>::contains_key(BETA, key(1)));
		assert!(!Receipts::<Test>::contains_key(ALPHA, key(1)));
	});
}

#[test]
fn an_applied_request_is_not_applied_for_the_next_organization_of_its_signer() {
	build_and_execute(|| {
		let call = submit_call(request(1), vec![add(1)]);
		assert_eq!(apply(ALICE, 0, call), Ok(Ok(())));
		move_to(ALICE, None);
		let call = submit_call(request(1), vec![add(1)]);
		assert_eq!(validate(ALICE, &call), Err(refusal(validity::NOT_A_MEMBER)));
		move_to(ALICE, Some(BETA));
		assert_refused(ALICE, request(1));
		assert_eq!(sum(), 1);
	});
}

#[test]
fn a_request_that_was_withheld_is_not_applied_for_the_next_organization_of_its_signer() {
	build_and_execute(|| {
		// Signed for the first organization, at a position of a lane, and never handed over.
		let withheld = in_lane(request(1), 0, 0);
		move_to(ALICE, Some(BETA));
		assert_refused(ALICE, withheld);
		assert_eq!(Idempotency::next_position(BETA, 0), 0);
		// A member that moves back acts for the first one again.
		move_to(ALICE, Some(ALPHA));
		assert_eq!(apply(ALICE, 0, submit_call(withheld, vec![add(1)])), Ok(Ok(())));
		assert_eq!(Idempotency::next_position(ALPHA, 0), 1);
	});
}

#[test]
fn a_request_in_another_call_is_for_its_organization_too() {
	build_and_execute(|| {
		System::inc_providers(&ALICE);
		let inner = Box::new(submit_call(request(1), vec![add(1)]));
		let wrapped: RuntimeCall = scratch::Call::wrap { call: inner }.into();
		move_to(ALICE, Some(BETA));
		let error = Error::<Test>::OtherOrganization.into();
		assert_eq!(apply(ALICE, 0, wrapped), Ok(Err(error)));
		assert_eq!(sum(), 0);
	});
}
