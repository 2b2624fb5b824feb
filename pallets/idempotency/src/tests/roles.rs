//! A member uses up keys and lane positions only for calls that it may make.

use crate::{Error, Receipts, mock::*};
use credio_primitives::{Request, validity};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

/// Pool and block refuse the request of a member without a role, the call itself does, and nothing at all changes.
fn assert_refused(request: Request, calls: Vec<RuntimeCall>, code: u8, error: Error<Test>) {
	let call = submit_call(request, calls.clone());
	let before = sp_io::storage::root(Default::default());
	assert_eq!(validate(ANNA, &call), Err(refusal(code)));
	assert_eq!(apply(ANNA, 0, call), Err(refusal(code)));
	let refused = Idempotency::submit(RuntimeOrigin::signed(ANNA), request, calls).unwrap_err();
	assert_eq!(refused.error, error.into());
	assert_eq!(before, sp_io::storage::root(Default::default()));
}

#[test]
fn a_colleague_without_the_role_burns_neither_key_nor_position() {
	build_and_execute(|| {
		let of_colleague = in_lane(request(1), 0, 0);
		let copied = Request { expires_at: of_colleague.expires_at - 10, ..of_colleague };
		for calls in [
			vec![add_as_submitter(1)],
			vec![add_as_submitter(2)],
			// One call that it may make does not carry the other.
			vec![add(1), add_as_submitter(1)],
		] {
			assert_refused(copied, calls, validity::ROLE_MISSING, Error::RoleMissing);
		}
		let call = submit_call(of_colleague, vec![add_as_submitter(1)]);
		assert_eq!(apply(ALICE, 0, call), Ok(Ok(())));
		assert!(Receipts::<Test>::contains_key(ALPHA, key(1)));
		assert_eq!(Idempotency::next_position(ALPHA, 0), 1);
	});
}

#[test]
fn a_call_that_no_member_may_make_does_not_travel() {
	build_and_execute(|| {
		let calls = vec![scratch::Call::for_nobody {}.into()];
		let call = submit_call(request(1), calls.clone());
		let refused = Err(refusal(validity::CALLS_NOT_ALLOWED));
		assert_eq!(validate(ALICE, &call), refused.map(|()| unreachable!()));
		assert_refused(request(1), calls, validity::CALLS_NOT_ALLOWED, Error::CallNotAllowed);
	});
}

#[test]
fn a_repeat_takes_no_role() {
	build_and_execute(|| {
		let call = submit_call(request(1), vec![add_as_submitter(1)]);
		assert_eq!(apply(ALICE, 0, call.clone()), Ok(Ok(())));
		assert_eq!(validate(ANNA, &call), Err(refusal(validity::ALREADY_DECIDED)));
	});
}

/// A pool keeps the first of two transactions that provide the same tag unless the second has a higher priority.
#[test]
fn no_transaction_of_a_key_displaces_another() {
	build_and_execute(|| {
		let first = in_lane(request(1), 0, 0);
		let valid = |who, request, n| validate(who, &submit_call(request, vec![add(n)])).unwrap();
		let of_first = valid(ALICE, first, 1);
		for expires_at in [System::block_number(), first.expires_at, first.expires_at + 90] {
			let copied = Request { expires_at, ..first };
			let of_copy = valid(ANNA, copied, 2);
			assert_eq!(of_copy.provides, of_first.provides);
			assert_eq!(of_copy.priority, of_first.priority);
		}
		// Nor one of another key at its position.
		let intruder = Request { key: key(2), ..first };
		let of_intruder = valid(ANNA, intruder, 2);
		assert_eq!(of_intruder.provides[1..], of_first.provides[1..]);
		assert_eq!(of_intruder.priority, of_first.priority);
	});
}
