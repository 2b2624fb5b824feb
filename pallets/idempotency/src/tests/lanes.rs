//! Order within a lane, as blocks decide on it.

use crate::{Error, NextPositions, Receipts, mock::*};
use credio_primitives::{LanePosition, Outcome, Request, limits};
use frame_support::{assert_ok, dispatch::DispatchResult};

fn submit(n: u8, lane: u32, sequence: u64, call: RuntimeCall) -> DispatchResult {
	let request = in_lane(request(n), lane, sequence);
	match Idempotency::submit(RuntimeOrigin::signed(ALICE), request, vec![call]) {
		Ok(_) => Ok(()),
		Err(failure) => Err(failure.error),
	}
}

fn refused(error: Error<Test>) -> DispatchResult {
	Err(error.into())
}

#[test]
fn positions_are_consumed_one_by_one() {
	build_and_execute(|| {
		assert_eq!(submit(1, 7, 1, add(1)), refused(Error::PositionAhead));
		assert_ok!(submit(1, 7, 0, add(1)));
		assert_eq!(Idempotency::next_position(ALPHA, 7), 1);
		let lane = Receipts::<Test>::get(ALPHA, key(1)).unwrap().lane;
		assert_eq!(lane, Some(LanePosition { lane: 7, sequence: 0 }));
		assert_eq!(submit(2, 7, 0, add(1)), refused(Error::PositionConsumed));
		assert_eq!(submit(2, 7, 2, add(1)), refused(Error::PositionAhead));
		assert_ok!(submit(2, 7, 1, add(1)));
		assert_eq!(Idempotency::next_position(ALPHA, 7), 2);
	});
}

#[test]
fn a_rejected_request_consumes_its_position() {
	build_and_execute(|| {
		assert_ok!(submit(1, 0, 0, fail_after_adding(5)));
		let outcome = Receipts::<Test>::get(ALPHA, key(1)).unwrap().outcome;
		assert!(matches!(outcome, Outcome::Rejected { call_index: 0, .. }));
		assert_ok!(submit(2, 0, 1, add(1)));
		assert_eq!(sum(), 1);
	});
}

#[test]
fn a_refused_request_consumes_nothing() {
	build_and_execute(|| {
		assert_ok!(submit(1, 0, 0, add(1)));
		let reused = in_lane(request(1), 0, 1);
		let refused = Idempotency::submit(RuntimeOrigin::signed(ALICE), reused, vec![add(2)]);
		assert_eq!(refused.unwrap_err().error, Error::<Test>::KeyReused.into());
		let expired = in_lane(Request { expires_at: 0, ..request(2) }, 0, 1);
		assert!(Idempotency::submit(RuntimeOrigin::signed(ALICE), expired, vec![add(2)]).is_err());
		assert_eq!(Idempotency::next_position(ALPHA, 0), 1);
	});
}

#[test]
fn a_repeat_consumes_nothing_even_at_a_new_position() {
	build_and_execute(|| {
		assert_ok!(submit(1, 0, 0, add(1)));
		assert_ok!(submit(1, 0, 1, add(1)));
		assert_ok!(submit(1, 3, 0, add(1)));
		assert_eq!(sum(), 1);
		assert_eq!(Idempotency::next_position(ALPHA, 0), 1);
		assert_eq!(Idempotency::next_position(ALPHA, 3), 0);
		let lane = Receipts::<Test>::get(ALPHA, key(1)).unwrap().lane;
		assert_eq!(lane, Some(LanePosition { lane: 0, sequence: 0 }));
	});
}

#[test]
fn lanes_are_of_one_organization_and_know_nothing_of_each_other() {
	build_and_execute(|| {
		assert_ok!(submit(1, 0, 0, add(1)));
		assert_ok!(submit(2, 1, 0, add(1)));
		let foreign = in_lane(of_beta(request(1)), 0, 0);
		assert_ok!(Idempotency::submit(RuntimeOrigin::signed(BOB), foreign, vec![add(1)]));
		assert_eq!(NextPositions::<Test>::iter().count(), 3);
		assert_eq!(Idempotency::next_position(BETA, 0), 1);
	});
}

#[test]
fn the_last_lane_is_the_last() {
	build_and_execute(|| {
		assert_ok!(submit(1, limits::MAX_LANES - 1, 0, add(1)));
		assert_eq!(submit(2, limits::MAX_LANES, 0, add(1)), refused(Error::NoSuchLane));
		assert_eq!(submit(2, 0, u64::MAX, add(1)), refused(Error::NoSuchLane));
	});
}
