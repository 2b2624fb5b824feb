use crate::{Error, Event, mock::*};
use credio_primitives::{BundleId, BundleState};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn withdraw_works() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(BETA, id));
		assert_ok!(Bundles::withdraw(by(BETA), id));
		System::assert_last_event(
			Event::Withdrawn { bundle: id, organization: BETA, by: gateway(BETA) }.into(),
		);
		// The last consent is not the last any more.
		assert_ok!(consent(GAMMA, id));
		assert_eq!(bundle(id).state, BundleState::Open);
		assert_eq!(sum(), 0);
		// It may consent again, and then all have.
		assert_ok!(consent(BETA, id));
		assert_executed(id);
	});
}

#[test]
fn submitter_withdraws_consent_of_colleague() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(BETA, id));
		assert_ok!(Bundles::withdraw(RuntimeOrigin::signed(second(BETA)), id));
	});
}

#[test]
fn cannot_withdraw_for_others() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(BETA, id));
		let refused = |origin, error: DispatchError| {
			assert_noop!(Bundles::withdraw(origin, id), error);
		};
		let signed = RuntimeOrigin::signed;
		refused(by(GAMMA), Error::<Test>::NotConsented.into());
		refused(by(5), Error::<Test>::NotAParty.into());
		refused(signed(admin(BETA)), ROLE_MISSING);
		refused(signed(STRANGER), NOT_A_MEMBER);
		refused(RuntimeOrigin::root(), DispatchError::BadOrigin);
	});
}

#[test]
fn cannot_withdraw_twice() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(BETA, id));
		assert_ok!(Bundles::withdraw(by(BETA), id));
		assert_noop!(Bundles::withdraw(by(BETA), id), Error::<Test>::NotConsented);
	});
}

#[test]
fn cannot_withdraw_after_the_last_consent() {
	build_and_execute(|| {
		let executed = run_bundle(1, three_legs());
		let aborted = run_bundle(2, vec![leg(ALPHA, vec![fail_after_adding(1)])]);
		assert_noop!(Bundles::withdraw(by(BETA), executed), Error::<Test>::NotOpen);
		assert_noop!(Bundles::withdraw(by(ALPHA), aborted), Error::<Test>::NotOpen);
		let nothing = BundleId([7; 32]);
		assert_noop!(Bundles::withdraw(by(ALPHA), nothing), Error::<Test>::NotFound);
	});
}

#[test]
fn a_consent_stands_when_the_deadline_has_passed_and_means_nothing_any_more() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(BETA, id));
		at(bundle(id).deadline + 1);
		assert_noop!(Bundles::withdraw(by(BETA), id), Error::<Test>::DeadlinePassed);
	});
}
