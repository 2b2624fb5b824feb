use crate::{Event, Receipts, mock::*};
use credio_primitives::Outcome;
use frame_support::assert_ok;
use sp_runtime::DispatchError;

fn outcome(n: u8) -> Outcome {
	Receipts::<Test>::get(ALPHA, key(n)).unwrap().outcome
}

#[test]
fn a_failing_call_undoes_the_whole_body_and_is_an_answer() {
	build_and_execute(|| {
		let calls = vec![add(1), add(2), fail_after_adding(4), add(8)];
		assert_ok!(Idempotency::submit(RuntimeOrigin::signed(ALICE), request(1), calls));
		let error = scratch::Error::<Test>::Broken.into();
		assert_eq!(outcome(1), Outcome::Rejected { call_index: 2, error });
		assert_eq!(sum(), 0);
		// Events of the undone calls are gone too.
		let events = System::events();
		assert_eq!(events.len(), 1);
		assert_eq!(
			events[0].event,
			Event::Rejected { organization: ALPHA, key: key(1), call_index: 2, error }.into()
		);
	});
}

#[test]
fn a_rejected_request_stays_rejected() {
	build_and_execute(|| {
		// It fails with nothing but this call in it, and later calls do not change what it says.
		let calls = vec![fail_after_adding(1)];
		for _ in 0..2 {
			assert_ok!(Idempotency::submit(
				RuntimeOrigin::signed(ALICE),
				request(1),
				calls.clone()
			));
		}
		System::assert_last_event(Event::Repeated { organization: ALPHA, key: key(1) }.into());
		assert!(matches!(outcome(1), Outcome::Rejected { .. }));
	});
}

#[test]
fn a_rejected_request_does_not_stop_the_next() {
	build_and_execute(|| {
		let origin = || RuntimeOrigin::signed(ALICE);
		assert_ok!(Idempotency::submit(origin(), request(1), vec![fail_after_adding(1)]));
		assert_ok!(Idempotency::submit(origin(), request(2), vec![add(2)]));
		assert_eq!(outcome(2), Outcome::Applied);
		assert_eq!(sum(), 2);
	});
}

#[test]
fn the_base_call_filter_holds_for_calls_in_a_request() {
	build_and_execute(|| {
		let calls = vec![add(1), scratch::Call::switched_off {}.into()];
		assert_ok!(Idempotency::submit(RuntimeOrigin::signed(ALICE), request(1), calls));
		let error = frame_system::Error::<Test>::CallFiltered.into();
		assert_eq!(outcome(1), Outcome::Rejected { call_index: 1, error });
		assert_eq!(sum(), 0);
	});
}

#[test]
fn a_request_wrapped_in_another_call_is_filtered() {
	build_and_execute(|| {
		let inner: RuntimeCall =
			crate::Call::submit { request: request(2), calls: vec![add(1)] }.into();
		let wrapped = scratch::Call::wrap { call: Box::new(inner) }.into();
		assert_ok!(Idempotency::submit(RuntimeOrigin::signed(ALICE), request(1), vec![wrapped]));
		let error: DispatchError = frame_system::Error::<Test>::CallFiltered.into();
		assert_eq!(outcome(1), Outcome::Rejected { call_index: 0, error });
		assert_eq!(Receipts::<Test>::get(ALPHA, key(2)), None);
		assert_eq!(sum(), 0);
	});
}
