//! Deadlines pass by the chain's clock, for everybody at the same moment.

use crate::{Error, Event, mock::*};
use credio_primitives::{BundleId, BundleState, Moment, bundle::BundleStatus};
use frame_support::assert_ok;

/// What the query says of a bundle.
fn status_of(id: BundleId) -> BundleStatus {
	Bundles::bundle(id).expect("it is there").named.bundle.state.status()
}

/// [`ALPHA`] proposes with this deadline, and all but [`GAMMA`] consent.
fn wait_for_gamma(n: u8, deadline: Moment) -> BundleId {
	assert_ok!(Bundles::propose(by(ALPHA), reference(n), deadline, three_legs()));
	for organization in [ALPHA, BETA] {
		assert_ok!(consent(organization, id(n)));
	}
	id(n)
}

#[test]
fn slow_blocks_do_not_prolong_a_bundle() {
	build_and_execute(|| {
		let id = wait_for_gamma(1, 101);
		// No block was made for a hundred milliseconds, and this is the next one.
		at(102);
		assert_eq!(System::block_number(), 2);
		assert_eq!(status_of(id), BundleStatus::Expired);
		assert_refused(|| consent(GAMMA, id), Error::<Test>::DeadlinePassed);
		go_to(103);
		System::assert_last_event(Event::Expired { bundle: id }.into());
		assert_eq!(sum(), 0);
	});
}

#[test]
fn fast_blocks_do_not_end_a_bundle_early() {
	build_and_execute(|| {
		let id = wait_for_gamma(1, 101);
		// More blocks than the deadline has milliseconds, and all within its last one.
		for _ in 0..1_000 {
			go_to(101);
		}
		System::set_block_number(u32::MAX);
		assert_eq!(status_of(id), BundleStatus::Open);
		assert_ok!(consent(GAMMA, id));
		assert_executed(id);
	});
}

/// Consent, withdrawal, query and clean-up hold the same moment for the last.
#[test]
fn everybody_sees_the_deadline_pass_at_the_same_moment() {
	const DEADLINE: Moment = 100;
	for (now, in_time) in [
		(DEADLINE - 1, true),
		(DEADLINE, true),
		(DEADLINE + 1, false),
		(DEADLINE + BundleRetention::get(), false),
	] {
		build_and_execute(|| {
			let [first, second] = [1, 2].map(|n| wait_for_gamma(n, DEADLINE));
			at(now);
			assert_eq!(status_of(first) == BundleStatus::Open, in_time, "at {now}");
			assert_eq!(Bundles::withdraw(by(BETA), second).is_ok(), in_time, "withdrawn at {now}");
			assert_eq!(consent(GAMMA, first).is_ok(), in_time, "consented at {now}");
			assert_eq!(sum() == 6, in_time, "executed at {now}");
			idle(frame_support::weights::Weight::MAX);
			assert_eq!(bundle(second).state == BundleState::Open, in_time, "stored at {now}");
			assert_eq!(status_of(second) == BundleStatus::Open, in_time, "at {now}");
		});
	}
}

/// What no clean-up has come to, since blocks were full, has expired all the same.
#[test]
fn a_bundle_ends_without_clean_up() {
	build_and_execute(|| {
		let id = wait_for_gamma(1, 50);
		for moment in 51..300 {
			at(moment);
			assert_eq!(bundle(id).state, BundleState::Open, "nobody had time to note it");
			assert_eq!(status_of(id), BundleStatus::Expired);
			assert_refused(|| consent(GAMMA, id), Error::<Test>::DeadlinePassed);
		}
		assert_eq!(sum(), 0);
	});
}

#[test]
fn passed_and_far_deadlines_are_refused() {
	build_and_execute(|| {
		let year = 365 * 24 * 60 * 60 * 1_000;
		at(55 * year);
		let propose = |deadline| Bundles::propose(by(ALPHA), reference(1), deadline, three_legs());
		let furthest = now() + MaxBundleLifetime::get();
		// Somebody has given nothing, a number of blocks, seconds, or a moment that has just passed.
		for passed in [0, 86_400, now() / 1_000, now() - 1] {
			assert_refused(|| propose(passed), Error::<Test>::DeadlinePassed);
		}
		// Or microseconds, or no end.
		for too_far in [furthest + 1, now() * 1_000, Moment::MAX - 1, Moment::MAX] {
			assert_refused(|| propose(too_far), Error::<Test>::DeadlineTooFar);
		}
		assert_ok!(propose(furthest));
	});
}
