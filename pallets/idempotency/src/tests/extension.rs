//! Transactions of requests: what the pool says of them and what gets into blocks.

use crate::{CheckRequest, NextPositions, Receipts, mock::*};
use codec::Encode;
use credio_primitives::{AccountId, Request, limits, validity};
use frame_support::assert_ok;
use sp_runtime::{
	traits::TransactionExtension,
	transaction_validity::{
		InvalidTransaction, TransactionValidityError, UnknownTransaction, ValidTransaction,
	},
};

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

fn remark() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![] }.into()
}

/// Pool and block refuse the transaction, and nothing at all changes.
fn assert_refused(who: AccountId, request: Request, calls: Vec<RuntimeCall>, code: u8) {
	let call = submit_call(request, calls);
	let before = sp_io::storage::root(Default::default());
	assert_eq!(validate(who.clone(), &call), Err(refusal(code)));
	assert_eq!(apply(who, 0, call), Err(refusal(code)));
	assert_eq!(before, sp_io::storage::root(Default::default()));
}

#[test]
fn signers_see_check_nonce() {
	assert_eq!(<CheckRequest<Test> as TransactionExtension<RuntimeCall>>::IDENTIFIER, "CheckNonce");
	let nonces = [0, 63, 64, 1 << 20, u32::MAX];
	for nonce in nonces {
		let original = frame_system::CheckNonce::<Test>::from(nonce);
		assert_eq!(CheckRequest::<Test>::from(nonce).encode(), original.encode());
	}
}

#[test]
fn a_request_uses_no_nonce() {
	build_and_execute(|| {
		for n in 0..10 {
			// Whatever nonce it carries, and even from an account that nobody has paid for.
			assert_eq!(apply(ALICE, n.into(), submit_call(request(n), vec![add(1)])), Ok(Ok(())));
		}
		assert_eq!(sum(), 10);
		assert_eq!(System::account_nonce(ALICE), 0);
	});
}

#[test]
fn everything_else_is_guarded_by_its_nonce() {
	build_and_execute(|| {
		System::inc_providers(&ALICE);
		assert_eq!(apply(ALICE, 1, remark()), Err(InvalidTransaction::Future.into()));
		assert_eq!(apply(ALICE, 0, remark()), Ok(Ok(())));
		assert_eq!(apply(ALICE, 0, remark()), Err(InvalidTransaction::Stale.into()));
		assert_eq!(System::account_nonce(ALICE), 1);
		assert_eq!(apply(STRANGER, 0, remark()), Err(InvalidTransaction::Payment.into()));
		// A request inside of another call is no transaction of a request.
		let batch = |nonce| {
			apply(
				ALICE,
				nonce,
				scratch::Call::wrap { call: Box::new(submit_call(request(1), vec![add(1)])) }
					.into(),
			)
		};
		assert_eq!(batch(0), Err(InvalidTransaction::Stale.into()));
		assert_eq!(batch(1), Ok(Ok(())));
	});
}

#[test]
fn a_replay_does_not_get_in() {
	build_and_execute(|| {
		let call = submit_call(request(1), vec![add(1)]);
		assert_eq!(apply(ALICE, 0, call.clone()), Ok(Ok(())));
		let after = sp_io::storage::root(Default::default());
		for who in [ALICE, ANNA] {
			assert_eq!(validate(who.clone(), &call), Err(refusal(validity::ALREADY_DECIDED)));
			assert_eq!(apply(who, 0, call.clone()), Err(refusal(validity::ALREADY_DECIDED)));
		}
		assert_eq!(after, sp_io::storage::root(Default::default()));
		// Nor does it once the receipt is gone.
		for block in 2..1_000 {
			go_to(block);
			assert!(apply(ALICE, 0, call.clone()).is_err(), "in block {block}");
		}
		assert_eq!(Receipts::<Test>::iter_keys().count(), 0);
		assert_eq!(validate(ALICE, &call), Err(refusal(validity::REQUEST_EXPIRED)));
		assert_eq!(sum(), 1);
	});
}

#[test]
fn what_can_never_be_applied_is_refused_with_a_code_of_its_own() {
	build_and_execute(|| {
		System::set_block_number(10);
		let expiring = |expires_at| Request { expires_at, ..request(9) };
		let one = || vec![add(1)];
		assert_refused(STRANGER, request(1), one(), validity::NOT_A_MEMBER);
		let suspended = Request { organization: GAMMA, ..request(1) };
		assert_refused(CAROL, suspended, one(), validity::ORGANIZATION_SUSPENDED);
		assert_refused(ALICE, request(1), vec![], validity::CALLS_NOT_ALLOWED);
		assert_refused(ALICE, request(1), vec![add(1); 65], validity::CALLS_NOT_ALLOWED);
		assert_refused(ALICE, request(1), vec![remark()], validity::CALLS_NOT_ALLOWED);
		let nested = submit_call(request(2), one());
		assert_refused(ALICE, request(1), vec![nested], validity::CALLS_NOT_ALLOWED);
		assert_refused(ALICE, expiring(9), one(), validity::REQUEST_EXPIRED);
		let too_far = 10 + MaxRequestLifetime::get() + 1;
		assert_refused(ALICE, expiring(too_far), one(), validity::EXPIRY_TOO_FAR);
		let no_lane = in_lane(request(1), limits::MAX_LANES, 0);
		assert_refused(ALICE, no_lane, one(), validity::NO_SUCH_LANE);

		assert_eq!(apply(ALICE, 0, submit_call(in_lane(request(1), 0, 0), one())), Ok(Ok(())));
		assert_refused(ALICE, request(1), vec![add(2)], validity::KEY_REUSED);
		assert_refused(ALICE, in_lane(request(2), 0, 0), one(), validity::POSITION_CONSUMED);
		assert_eq!(sum(), 1);
	});
}

#[test]
fn what_gets_into_a_block_leaves_a_receipt() {
	build_and_execute(|| {
		// Calls that fail, that the runtime has switched off, and that dispatch what they must not.
		let nested = || Box::new(submit_call(request(99), vec![add(1)]));
		let bodies = [
			vec![add(1)],
			vec![fail_after_adding(1)],
			vec![scratch::Call::switched_off {}.into()],
			vec![scratch::Call::wrap { call: nested() }.into()],
			vec![add(1); 64],
		];
		for (n, body) in (0u8..).zip(bodies) {
			assert_eq!(apply(ALICE, 0, submit_call(request(n), body)), Ok(Ok(())));
			assert!(Receipts::<Test>::contains_key(ALPHA, key(n)), "body {n}");
		}
	});
}

#[test]
fn the_pool_keeps_a_request_until_its_last_block() {
	build_and_execute(|| {
		// The state after block 9: block 10 is validated on it.
		System::set_block_number(10);
		let longevity = |expires_at| {
			let request = Request { expires_at, ..request(1) };
			validate(ALICE, &submit_call(request, vec![add(1)])).unwrap().longevity
		};
		// Good until block 9 + 1, and 9 + 11.
		assert_eq!(longevity(10), 1);
		assert_eq!(longevity(20), 11);
	});
}

#[test]
fn two_transactions_of_one_request_provide_the_same_tag() {
	build_and_execute(|| {
		let tags =
			|who, request| validate(who, &submit_call(request, vec![add(1)])).unwrap().provides;
		let later = Request { expires_at: 20, ..request(1) };
		assert_eq!(tags(ALICE, request(1)), tags(ANNA, later));
		assert_ne!(tags(ALICE, request(1)), tags(ALICE, request(2)));
		assert_ne!(tags(ALICE, request(1)), tags(BOB, of_beta(request(1))));
		assert_eq!(tags(ALICE, request(1)).len(), 1);
	});
}

#[test]
fn a_position_waits_for_the_one_before() {
	build_and_execute(|| {
		let ask = |n, lane, sequence| -> ValidTransaction {
			validate(ALICE, &submit_call(in_lane(request(n), lane, sequence), vec![add(1)]))
				.unwrap()
		};
		let (first, second, third) = (ask(1, 0, 0), ask(2, 0, 1), ask(3, 0, 2));
		assert!(first.requires.is_empty());
		assert_eq!(second.requires, first.provides[1..]);
		assert_eq!(third.requires, second.provides[1..]);
		// Two requests for the same position, and the same position of another lane or organization.
		assert_eq!(ask(4, 0, 1).provides[1..], second.provides[1..]);
		assert_ne!(ask(4, 1, 1).provides[1..], second.provides[1..]);
		let foreign = submit_call(in_lane(of_beta(request(2)), 0, 1), vec![add(1)]);
		assert_ne!(validate(BOB, &foreign).unwrap().provides[1..], second.provides[1..]);

		// A block does not take it before its turn.
		let early = submit_call(in_lane(request(2), 0, 1), vec![add(1)]);
		assert_eq!(apply(ALICE, 0, early.clone()), Err(InvalidTransaction::Future.into()));
		let first = submit_call(in_lane(request(1), 0, 0), vec![fail_after_adding(1)]);
		assert_eq!(apply(ALICE, 0, first), Ok(Ok(())));
		assert!(validate(ALICE, &early).unwrap().requires.is_empty());
		assert_eq!(apply(ALICE, 0, early), Ok(Ok(())));
	});
}

#[test]
fn a_position_too_far_ahead_may_come_later() {
	build_and_execute(|| {
		NextPositions::<Test>::insert(ALPHA, 0, 5);
		let furthest = 5 + limits::MAX_POSITIONS_AHEAD;
		let ask = |sequence| {
			validate(ALICE, &submit_call(in_lane(request(1), 0, sequence), vec![add(1)]))
		};
		assert_ok!(ask(furthest));
		let later = UnknownTransaction::Custom(validity::POSITION_TOO_FAR).into();
		assert_eq!(ask(furthest + 1), Err(later));
	});
}
