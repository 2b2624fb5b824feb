use crate::{Error, Event, Receipts, mock::*};
use codec::Encode;
use credio_primitives::{Digest, Outcome, Receipt, Request, limits};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn signed(who: credio_primitives::AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

#[test]
fn submit_works() {
	build_and_execute(|| {
		System::set_extrinsic_index(7);
		let calls = vec![add(1), add(2)];
		let body_digest = Digest(sp_io::hashing::blake2_256(&calls.encode()));
		assert_ok!(Idempotency::submit(signed(ALICE), request(1), calls));
		System::assert_last_event(Event::Applied { organization: ALPHA, key: key(1) }.into());
		assert_eq!(sum(), 3);
		assert_eq!(
			Idempotency::receipt(ALPHA, key(1)),
			Some(Receipt {
				body_digest,
				block: 1,
				extrinsic_index: 7,
				expires_at: 51,
				lane: None,
				outcome: Outcome::Applied,
			})
		);
	});
}

#[test]
fn calls_run_with_the_signers_origin() {
	build_and_execute(|| {
		assert_ok!(Idempotency::submit(signed(ANNA), request(1), vec![add(1)]));
		System::assert_has_event(scratch::Event::Added { n: 1, by: ANNA }.into());
	});
}

#[test]
fn keys_are_per_organization() {
	build_and_execute(|| {
		assert_ok!(Idempotency::submit(signed(ALICE), request(1), vec![add(1)]));
		assert_ok!(Idempotency::submit(signed(BOB), of_beta(request(1)), vec![add(2)]));
		assert_eq!(sum(), 3);
		assert_ne!(
			Receipts::<Test>::get(ALPHA, key(1)).unwrap().body_digest,
			Receipts::<Test>::get(BETA, key(1)).unwrap().body_digest
		);
	});
}

#[test]
fn only_active_members_submit() {
	build_and_execute(|| {
		let submit = |origin| Idempotency::submit(origin, request(1), vec![add(1)]);
		let refused = |result: frame_support::dispatch::DispatchResultWithPostInfo, error| {
			assert_eq!(result.unwrap_err().error, error);
		};
		refused(submit(signed(STRANGER)), NOT_A_MEMBER);
		refused(submit(signed(CAROL)), ORGANIZATION_SUSPENDED);
		refused(submit(RuntimeOrigin::root()), DispatchError::BadOrigin);
		refused(submit(RuntimeOrigin::none()), DispatchError::BadOrigin);
		assert_eq!(sum(), 0);
		assert_eq!(Receipts::<Test>::iter().count(), 0);
	});
}

/// The request is refused with this error, and nothing at all changes.
fn assert_refused(request: Request, calls: Vec<RuntimeCall>, error: Error<Test>) {
	let before = sp_io::storage::root(Default::default());
	let result = Idempotency::submit(signed(ALICE), request, calls);
	assert_eq!(result.unwrap_err().error, error.into());
	assert_eq!(before, sp_io::storage::root(Default::default()));
}

#[test]
fn a_request_has_1_to_64_calls() {
	build_and_execute(|| {
		assert_refused(request(1), vec![], Error::NoCalls);
		let most = limits::MAX_CALLS as usize;
		assert_refused(request(1), vec![add(1); most + 1], Error::TooManyCalls);
		assert_ok!(Idempotency::submit(signed(ALICE), request(1), vec![add(1); most]));
		assert_eq!(sum(), limits::MAX_CALLS);
	});
}

#[test]
fn expiry_is_the_last_block_in_which_a_request_applies() {
	build_and_execute(|| {
		System::set_block_number(10);
		let expiring = |expires_at| Request { expires_at, ..request(1) };
		assert_refused(expiring(9), vec![add(1)], Error::Expired);
		assert_refused(expiring(0), vec![add(1)], Error::Expired);
		assert_ok!(Idempotency::submit(signed(ALICE), expiring(10), vec![add(1)]));
	});
}

#[test]
fn expiry_lies_within_the_longest_lifetime() {
	build_and_execute(|| {
		let expiring = |expires_at| Request { expires_at, ..request(1) };
		let furthest = 1 + MaxRequestLifetime::get();
		assert_refused(expiring(furthest + 1), vec![add(1)], Error::ExpiryTooFar);
		assert_refused(expiring(u32::MAX), vec![add(1)], Error::ExpiryTooFar);
		assert_ok!(Idempotency::submit(signed(ALICE), expiring(furthest), vec![add(1)]));
	});
}

#[test]
fn calls_that_may_not_travel_are_refused() {
	build_and_execute(|| {
		let remark: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
		assert_refused(request(1), vec![add(1), remark], Error::CallNotAllowed);
		let remark: RuntimeCall = frame_system::Call::remark_with_event { remark: vec![] }.into();
		assert_ok!(Idempotency::submit(signed(ALICE), request(1), vec![remark]));
	});
}

#[test]
fn a_request_does_not_travel_in_a_request() {
	build_and_execute(|| {
		let inner: RuntimeCall =
			crate::Call::submit { request: request(2), calls: vec![add(1)] }.into();
		assert_refused(request(1), vec![inner], Error::CallNotAllowed);
	});
}

#[test]
fn bundle_limits_works() {
	build_and_execute(|| {
		let limits = Idempotency::limits();
		assert_eq!(limits.max_request_lifetime, 150);
		assert_eq!(limits.receipt_retention, 230);
		assert_eq!(limits.max_calls, 64);
	});
}

#[test]
fn refusals_are_noops_through_dispatch_too() {
	build_and_execute(|| {
		use sp_runtime::traits::Dispatchable;
		let call: RuntimeCall = crate::Call::submit { request: request(1), calls: vec![] }.into();
		assert_noop!(
			call.dispatch(signed(ALICE)).map_err(|error| error.error),
			Error::<Test>::NoCalls
		);
	});
}
