//! How bundles expire and how they go.

use crate::{
	BundlesByOrganization, CleanUps, Event, Legs, OpenBundles, VISITS_PER_PROPOSAL, WeightInfo,
	mock::*,
};
use credio_primitives::{BundleId, BundleState, Moment, OrganizationId, limits};
use frame_support::{assert_ok, weights::Weight};

fn bundles() -> usize {
	crate::Bundles::<Test>::iter_keys().count()
}

fn propose_until(n: u8, deadline: Moment) -> BundleId {
	assert_ok!(Bundles::propose(by(ALPHA), reference(n), deadline, three_legs()));
	id(n)
}

/// What a block has time for that can visit so many bundles, however many organizations they have.
fn time_for(visits: u32) -> Weight {
	Bundles::visits_weight(visits, visits * limits::MAX_LEGS)
}

#[test]
fn a_bundle_expires_after_its_deadline_and_goes_after_its_retention() {
	build_and_execute(|| {
		let id = propose_until(1, 20);
		assert_ok!(consent(BETA, id));
		for moment in 2..=20 {
			go_to(moment);
			assert_eq!(bundle(id).state, BundleState::Open, "at {moment}");
		}
		go_to(21);
		System::assert_last_event(Event::Expired { bundle: id }.into());
		assert!(bundle(id).parties[1].consent.is_some());
		assert!(!Legs::<Test>::contains_key(id));
		assert_eq!(OpenBundles::<Test>::iter().count(), 0);
		for moment in 21..=20 + BundleRetention::get() {
			go_to(moment);
			assert_eq!(bundle(id).state, BundleState::Expired, "at {moment}");
		}
		go_to(20 + BundleRetention::get() + 1);
		assert_eq!(bundles(), 0);
		assert_eq!(BundlesByOrganization::<Test>::iter_keys().count(), 0);
		assert_eq!(CleanUps::<Test>::iter_keys().count(), 0);
		assert_eq!(sum(), 0);
	});
}

#[test]
fn ended_bundle_keeps_its_state_until_removal() {
	build_and_execute(|| {
		let executed = run_bundle(1, three_legs());
		let aborted = run_bundle(2, vec![leg(ALPHA, vec![fail_after_adding(1)])]);
		let states = [executed, aborted].map(|id| bundle(id).state);
		let last = bundle(executed).deadline + BundleRetention::get();
		System::reset_events();
		for moment in 2..=last {
			at(moment);
			// Clean-up has nothing to do at the deadline of what has ended before.
			assert_eq!(idle(Weight::MAX), Bundles::visits_weight(0, 0));
			assert_eq!([executed, aborted].map(|id| bundle(id).state), states);
		}
		go_to(last + 1);
		assert_eq!(bundles(), 0);
		assert_eq!(System::events(), vec![], "nothing has expired");
	});
}

#[test]
fn clean_up_keeps_to_the_weight_that_is_left() {
	build_and_execute(|| {
		propose_until(1, 20);
		propose_until(2, 20);
		at(21);
		let legs = || Legs::<Test>::iter_keys().count();
		for too_little in [Weight::zero(), time_for(0), time_for(1) - Weight::from_parts(1, 0)] {
			assert_eq!(idle(too_little), Weight::zero());
			assert_eq!(legs(), 2);
		}
		assert_eq!(idle(time_for(1)), <() as WeightInfo>::clean_up(1));
		assert_eq!(legs(), 1);
		// It is charged for the organizations that there were, and goes on with the rest.
		at(21 + BundleRetention::get());
		let used = Bundles::visits_weight(2, 6);
		assert!(!time_for(2).all_lte(used) && used.all_lte(time_for(2)));
		assert_eq!(idle(time_for(2)), used);
		assert_eq!(bundles(), 0);
	});
}

#[test]
fn idle_time_with_nothing_to_do_costs_little() {
	build_and_execute(|| {
		for n in 0..30 {
			propose_until(n, 20);
		}
		assert_eq!(idle(Weight::MAX), <() as WeightInfo>::clean_up(0));
	});
}

#[test]
fn a_long_backlog_ends_and_removes_at_once() {
	build_and_execute(|| {
		for n in 0..4 {
			propose_until(n, 20 + Moment::from(n));
		}
		run_bundle(4, three_legs());
		// Years without a block to clean up in, and nothing to look through.
		at(100_000_000_000);
		System::reset_events();
		idle(Weight::MAX);
		assert_eq!(bundles(), 0);
		assert_eq!(System::events().len(), 4, "expired, all but the executed one");
		assert_eq!(OpenBundles::<Test>::iter().count(), 0);
	});
}

/// Proposes as many bundles as organizations may have open, and returns their number. Each has two legs.
fn flood(references: core::ops::Range<u8>, deadline: Moment) -> usize {
	let mut count = 0;
	for organization in 0..ORGANIZATIONS {
		let other = (organization + 1) % ORGANIZATIONS;
		for n in references.clone() {
			let legs = vec![leg(organization, vec![add(1)]), leg(other, vec![add(1)])];
			assert_ok!(Bundles::propose(by(organization), reference(n), deadline, legs));
			count += 1;
		}
	}
	count
}

#[test]
fn hundreds_of_bundles_with_one_deadline_are_cleaned_up_in_bounded_steps() {
	build_and_execute(|| {
		let count = flood(0..MaxOpenBundles::get() as u8, 50);
		assert!(count > 700);
		let (budget, mut blocks) = (time_for(20), 0);
		at(51);
		while OpenBundles::<Test>::iter().next().is_some() {
			let before = Legs::<Test>::iter_keys().count();
			let used = idle(budget);
			assert!(used.all_lte(budget), "{used:?} of {budget:?}");
			let after = Legs::<Test>::iter_keys().count();
			// Places of organizations stay, so more fit than with the dearest.
			assert!(after == 0 || before - after >= 20, "{before} to {after}");
			// Meanwhile an organization with ended bundles proposes others, which end soon too.
			for organization in 0..ORGANIZATIONS {
				let legs = vec![leg(organization, vec![add(1)])];
				if blocks < 5 && OpenBundles::<Test>::get(organization) < MaxOpenBundles::get() {
					let number = reference(100 + blocks);
					assert_ok!(Bundles::propose(by(organization), number, now(), legs));
				}
			}
			Bundles::do_try_state().unwrap();
			at(now() + 1);
			blocks += 1;
			assert!(blocks < 60, "clean-up stands still");
		}
		at(now() + BundleRetention::get() + 1);
		for _ in 0..80 {
			assert!(idle(budget).all_lte(budget));
			at(now());
		}
		assert_eq!(bundles(), 0);
	});
}

/// What ends first goes first, whatever is proposed meanwhile.
#[test]
fn later_bundles_do_not_overtake() {
	build_and_execute(|| {
		let first = propose_until(0, 10);
		flood(1..30, 11);
		at(12);
		idle(time_for(1));
		assert_eq!(bundle(first).state, BundleState::Expired);
		assert_eq!(Legs::<Test>::iter_keys().count(), 29 * ORGANIZATIONS as usize);
	});
}

/// Blocks are always full of proposals, so there is never any idle time: storage stays bounded all the same.
#[test]
fn proposals_clean_up_when_there_is_no_idle_time() {
	const A_BLOCK: u8 = 4;
	build_and_execute(|| {
		// The retention, the present block, and the one that is being cleaned up.
		let bound = usize::from(A_BLOCK) * (BundleRetention::get() as usize + 2);
		let mut proposed = 0;
		for moment in 2..1_200 {
			at(moment);
			for n in 0..A_BLOCK {
				// A reference is used again when its bundle has gone.
				let by_now = moment % (BundleRetention::get() + 3);
				let number =
					by_now as OrganizationId * OrganizationId::from(A_BLOCK) + u32::from(n);
				let organization = number % ORGANIZATIONS;
				let mut bytes = [0; 32];
				bytes[..4].copy_from_slice(&number.to_le_bytes());
				let legs = vec![leg(organization, vec![add(1)])];
				let result = Bundles::propose(
					by(organization),
					credio_primitives::Reference(bytes),
					moment,
					legs,
				);
				assert_ok!(result);
				proposed += 1;
			}
			assert!(bundles() <= bound, "{} bundles at {moment}", bundles());
		}
		assert!(proposed > 2 * bound);
	});
}

#[test]
fn a_proposal_cleans_up_few_and_nothing_that_is_not_due() {
	build_and_execute(|| {
		for n in 0..10 {
			propose_until(n, 20);
		}
		let waits = propose_until(10, 21);
		at(21);
		let legs = || Legs::<Test>::iter_keys().count();
		for n in 0..5 {
			let before = legs();
			propose_until(20 + n, 100);
			assert_eq!(before + 1 - legs(), VISITS_PER_PROPOSAL as usize);
		}
		propose_until(30, 100);
		assert_eq!(legs(), 7);
		assert_eq!(bundle(waits).state, BundleState::Open);
	});
}
