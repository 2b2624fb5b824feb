use crate::{Error, Event, mock::*};
use credio_primitives::{BundleState, OrganizationId};
use frame_support::assert_ok;

#[test]
fn consents_come_in_any_order_and_the_last_one_executes() {
	let orders: [[OrganizationId; 3]; 6] = [
		[ALPHA, BETA, GAMMA],
		[ALPHA, GAMMA, BETA],
		[BETA, ALPHA, GAMMA],
		[BETA, GAMMA, ALPHA],
		[GAMMA, ALPHA, BETA],
		[GAMMA, BETA, ALPHA],
	];
	for order in orders {
		build_and_execute(|| {
			let id = propose(1, three_legs());
			for organization in order {
				assert_eq!(bundle(id).state, BundleState::Open);
				assert_eq!(sum(), 0);
				assert_ok!(consent(organization, id));
			}
			assert_executed(id);
			assert_eq!(sum(), 6);
			// The legs run in their order, each with the origin of its own organization.
			let added = System::events()
				.into_iter()
				.filter_map(|record| match record.event {
					RuntimeEvent::Scratch(scratch::Event::Added { n, by }) => Some((n, by)),
					_ => None,
				})
				.collect::<Vec<_>>();
			assert_eq!(added, [(1, gateway(ALPHA)), (2, gateway(BETA)), (3, gateway(GAMMA))]);
		});
	}
}

#[test]
fn an_organization_may_be_gone_after_it_consented() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(GAMMA, id));
		// Alpha and Gamma never act again.
		at(bundle(id).deadline);
		assert_ok!(consent(BETA, id));
		assert_executed(id);
	});
}

#[test]
fn a_leg_runs_with_the_origin_of_the_account_that_consented() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		let origin = RuntimeOrigin::signed(second(BETA));
		assert_ok!(Bundles::consent(origin, id, digest(id), MaxBundleWeight::get()));
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(GAMMA, id));
		System::assert_has_event(scratch::Event::Added { n: 2, by: second(BETA) }.into());
	});
}

#[test]
fn a_failing_call_undoes_all_legs_and_is_named() {
	build_and_execute(|| {
		let legs = vec![
			leg(ALPHA, vec![add(1), add(2)]),
			leg(BETA, vec![add(4), add(8), fail_after_adding(16), add(32)]),
			leg(GAMMA, vec![add(64)]),
		];
		let id = propose(1, legs);
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(BETA, id));
		System::reset_events();
		let scratch = || (sum(), World::members().len());
		let before = scratch();
		assert_ok!(consent(GAMMA, id));
		let error = scratch::Error::<Test>::Broken;
		assert_aborted(id, 1, 2, error);
		// Nothing is left but the record, not even events.
		assert_eq!(scratch(), before);
		let consented = Event::Consented { bundle: id, organization: GAMMA, by: gateway(GAMMA) };
		let events = System::events().into_iter().map(|record| record.event).collect::<Vec<_>>();
		assert_eq!(events.len(), 2);
		assert_eq!(events[0], consented.into());
		assert!(bundle(id).has_all_consents());
	});
}

#[test]
fn the_call_that_fails_may_be_the_last_or_the_first() {
	build_and_execute(|| {
		let error = || scratch::Error::<Test>::Broken;
		let id = run_bundle(1, vec![leg(ALPHA, vec![fail_after_adding(1), add(1)])]);
		assert_aborted(id, 0, 0, error());
		let mut legs = three_legs();
		legs[2].calls.push(fail_after_adding(1));
		let id = run_bundle(2, legs);
		assert_aborted(id, 2, 1, error());
	});
}

#[test]
fn aborted_bundle_is_no_longer_open() {
	build_and_execute(|| {
		run_bundle(1, vec![leg(ALPHA, vec![fail_after_adding(1)])]);
		assert_eq!(crate::OpenBundles::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_leg_of_an_organization_suspended_meanwhile_aborts() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(BETA, id));
		World::suspend(BETA);
		assert_ok!(consent(GAMMA, id));
		assert_aborted(id, 1, 0, Error::<Test>::OrganizationNotActive);
	});
}

#[test]
fn unauthorized_leg_is_reported_before_any_call_runs() {
	build_and_execute(|| {
		let legs = vec![leg(ALPHA, vec![fail_after_adding(1)]), leg(BETA, vec![add(1)])];
		let id = propose(1, legs);
		assert_ok!(consent(BETA, id));
		World::suspend(BETA);
		assert_ok!(consent(ALPHA, id));
		assert_aborted(id, 1, 0, Error::<Test>::OrganizationNotActive);
	});
}

#[test]
fn a_leg_whose_account_was_removed_meanwhile_aborts() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(BETA, id));
		set_member(gateway(BETA), None);
		assert_ok!(consent(GAMMA, id));
		assert_aborted(id, 1, 0, Error::<Test>::MemberLeft);
	});
}

#[test]
fn an_account_that_moved_does_not_act_for_its_former_organization_nor_for_its_new_one() {
	build_and_execute(|| {
		for (n, to) in [(1, GAMMA), (2, 7)] {
			let id = propose(n, three_legs());
			assert_ok!(consent(ALPHA, id));
			assert_ok!(consent(BETA, id));
			set_member(gateway(BETA), Some(to));
			assert_ok!(consent(GAMMA, id));
			assert_aborted(id, 1, 0, Error::<Test>::MemberLeft);
			set_member(gateway(BETA), Some(BETA));
		}
	});
}

#[test]
fn a_removed_organization_can_withdraw_and_consent_by_another_member() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(BETA, id));
		set_member(gateway(BETA), None);
		let other = || RuntimeOrigin::signed(second(BETA));
		assert_ok!(Bundles::withdraw(other(), id));
		assert_ok!(Bundles::consent(other(), id, digest(id), MaxBundleWeight::get()));
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(GAMMA, id));
		assert_executed(id);
	});
}

#[test]
fn a_leg_that_moves_the_account_of_another_one_aborts() {
	build_and_execute(|| {
		for (n, to) in [(1, None), (2, Some(ALPHA))] {
			let account = gateway(BETA);
			let move_away = scratch::Call::move_account { account, organization: to }.into();
			let legs = vec![leg(ALPHA, vec![add(1), move_away]), leg(BETA, vec![add(2)])];
			let id = run_bundle(n, legs);
			assert_aborted(id, 1, 0, Error::<Test>::MemberLeft);
			assert_eq!(member(&gateway(BETA)).unwrap().organization, BETA, "undone too");
		}
	});
}

#[test]
fn a_leg_that_moves_its_own_account_aborts_at_its_next_call() {
	build_and_execute(|| {
		let account = gateway(ALPHA);
		let move_away = |organization| {
			let account = account.clone();
			RuntimeCall::from(scratch::Call::move_account { account, organization })
		};
		let id = run_bundle(1, vec![leg(ALPHA, vec![add(1), move_away(Some(BETA)), add(2)])]);
		assert_aborted(id, 0, 2, Error::<Test>::MemberLeft);
		// There and back again within the bundle changes nothing.
		let id = run_bundle(2, vec![leg(ALPHA, vec![move_away(Some(ALPHA)), add(2)])]);
		assert_executed(id);
	});
}

#[test]
fn a_leg_that_suspends_an_organization_aborts_its_leg() {
	build_and_execute(|| {
		let suspend = scratch::Call::suspend { organization: GAMMA }.into();
		let mut legs = three_legs();
		legs[1].calls.push(suspend);
		let id = run_bundle(1, legs);
		assert_aborted(id, 2, 0, Error::<Test>::OrganizationNotActive);
		assert_ok!(Bundles::propose(by(GAMMA), reference(1), soon(), three_legs()));
	});
}

#[test]
fn calls_check_roles_themselves_when_they_run() {
	build_and_execute(|| {
		let legs = vec![
			leg(ALPHA, vec![add(1)]),
			leg(BETA, vec![add(1), scratch::Call::add_as_grantor { n: 2 }.into()]),
		];
		// A submitter may consent, but its account is no grantor.
		let id = run_bundle(1, legs.clone());
		assert_aborted(id, 1, 1, ROLE_MISSING);
		// With that role it runs, and it is the role at execution that counts.
		let id = propose(2, legs);
		assert_ok!(consent(BETA, id));
		World::set_member(gateway(BETA), Some(BETA), credio_primitives::Roles::ALL);
		assert_ok!(consent(ALPHA, id));
		assert_executed(id);
	});
}

#[test]
fn the_same_bundle_never_runs_twice() {
	build_and_execute(|| {
		let legs = vec![leg(ALPHA, vec![add(1)])];
		let deadline = soon();
		assert_ok!(Bundles::propose(by(ALPHA), reference(1), deadline, legs.clone()));
		let (id, first) = (id(1), digest(id(1)));
		assert_ok!(consent(ALPHA, id));
		assert_eq!(sum(), 1);
		// At any time afterwards, whether its record is there still or gone.
		let gone = deadline + BundleRetention::get() + 1;
		for moment in 1..=gone {
			go_to(moment);
			assert!(
				Bundles::propose(by(ALPHA), reference(1), deadline, legs.clone()).is_err(),
				"at {moment}"
			);
			assert!(Bundles::consent(by(ALPHA), id, first, MaxBundleWeight::get()).is_err());
		}
		assert_eq!(crate::Bundles::<Test>::get(id), None);
		assert_eq!(sum(), 1);
		// A later bundle under the same reference is another one: nobody has consented to it.
		assert_ok!(Bundles::propose(by(ALPHA), reference(1), soon(), legs));
		assert_ne!(digest(id), first);
		let old = Bundles::consent(by(ALPHA), id, first, MaxBundleWeight::get());
		assert_eq!(old.unwrap_err().error, Error::<Test>::DigestMismatch.into());
		assert_eq!(sum(), 1);
	});
}
