//! How bundles expire and how they go.

use crate::{
	mock::*, weights::WeightInfo, BundlesByOrganization, CleanUps, Event, Legs, OldestBucket,
	OpenBundles, BUCKET_WIDTH,
};
use credio_primitives::{BundleId, BundleState};
use frame_support::{assert_ok, traits::OnIdle, weights::Weight};

fn bundles() -> usize {
	crate::Bundles::<Test>::iter_keys().count()
}

fn idle(weight: Weight) -> Weight {
	Bundles::on_idle(System::block_number(), weight)
}

/// The first block in which clean-up comes to a bundle: the bucket of that block is over.
fn after(block: u32) -> u32 {
	(block / BUCKET_WIDTH + 1) * BUCKET_WIDTH
}

fn propose_until(n: u8, deadline: u32) -> BundleId {
	assert_ok!(Bundles::propose(by(ALPHA), reference(n), deadline, three_legs()));
	id(n)
}

#[test]
fn a_bundle_expires_at_its_deadline_and_goes_after_its_retention() {
	build_and_execute(|| {
		let id = propose_until(1, 20);
		assert_ok!(consent(BETA, id));
		for block in 2..after(20) {
			go_to(block);
			assert_eq!(bundle(id).state, BundleState::Open, "in block {block}");
		}
		go_to(after(20));
		System::assert_last_event(Event::Expired { bundle: id }.into());
		assert_eq!(bundle(id).state, BundleState::Expired);
		assert!(bundle(id).parties[1].consent.is_some());
		assert!(!Legs::<Test>::contains_key(id));
		assert_eq!(OpenBundles::<Test>::iter().count(), 0);
		let gone = after(20 + BundleRetention::get());
		for block in after(20)..gone {
			go_to(block);
			assert_eq!(bundle(id).state, BundleState::Expired, "in block {block}");
		}
		assert!(System::block_number() > 20 + BundleRetention::get());
		go_to(gone);
		assert_eq!(bundles(), 0);
		assert_eq!(BundlesByOrganization::<Test>::iter_keys().count(), 0);
		assert_eq!(CleanUps::<Test>::iter_keys().count(), 0);
		assert_eq!(sum(), 0);
	});
}

#[test]
fn what_was_executed_or_aborted_stays_so_until_it_goes() {
	build_and_execute(|| {
		let executed = run_bundle(1, three_legs());
		let aborted = run_bundle(2, vec![leg(ALPHA, vec![fail_after_adding(1)])]);
		let states = [executed, aborted].map(|id| bundle(id).state);
		let gone = after(bundle(executed).deadline + BundleRetention::get());
		System::reset_events();
		for block in 2..gone {
			go_to(block);
			assert_eq!([executed, aborted].map(|id| bundle(id).state), states);
		}
		go_to(gone);
		assert_eq!(bundles(), 0);
		assert_eq!(System::events(), vec![], "nothing has expired");
	});
}

#[test]
fn deadlines_at_the_edge_of_a_bucket_are_kept() {
	build_and_execute(|| {
		let (last, first) = (propose_until(1, 99), propose_until(2, 100));
		go_to(99);
		assert_eq!(bundle(last).state, BundleState::Open);
		go_to(100);
		assert_eq!(bundle(last).state, BundleState::Expired);
		// This one can execute still.
		for organization in [ALPHA, BETA, GAMMA] {
			assert_ok!(consent(organization, first));
		}
		assert_executed(first);
	});
}

#[test]
fn clean_up_goes_in_bounded_steps() {
	build_and_execute(|| {
		for (n, proposer) in (0..12).zip([ALPHA, BETA].into_iter().cycle()) {
			assert_ok!(Bundles::propose(by(proposer), reference(n), 20, three_legs()));
		}
		System::set_block_number(after(20));
		let mut left = vec![];
		while Legs::<Test>::iter_keys().count() > 0 {
			let used = idle(Weight::MAX);
			assert!(used.all_lte(<() as WeightInfo>::clean_up(MaxRemovalsPerBlock::get())));
			left.push(Legs::<Test>::iter_keys().count());
			Bundles::do_try_state().unwrap();
		}
		assert_eq!(left, vec![7, 2, 0]);
		assert_eq!(bundles(), 12);
	});
}

#[test]
fn a_long_backlog_ends_and_removes_at_once() {
	build_and_execute(|| {
		for n in 0..4 {
			propose_until(n, 20 + u32::from(n));
		}
		run_bundle(4, three_legs());
		// Nobody had time for clean-up until long after the retention.
		System::set_block_number(after(23 + BundleRetention::get()));
		System::reset_events();
		idle(Weight::MAX);
		assert_eq!(bundles(), 0);
		assert_eq!(System::events().len(), 4, "expired, all but the executed one");
		assert_eq!(OpenBundles::<Test>::iter().count(), 0);
	});
}

#[test]
fn clean_up_keeps_to_the_weight_that_is_left() {
	build_and_execute(|| {
		propose_until(1, 20);
		propose_until(2, 20);
		System::set_block_number(after(20));
		let legs = || Legs::<Test>::iter_keys().count();
		let base = <() as WeightInfo>::clean_up(0);
		assert_eq!(idle(Weight::zero()), Weight::zero());
		assert_eq!(idle(base - Weight::from_parts(1, 0)), Weight::zero());
		assert_eq!(idle(base), base);
		assert_eq!(legs(), 2);
		let one = <() as WeightInfo>::clean_up(1);
		assert_eq!(idle(one), one);
		assert_eq!(legs(), 1);
	});
}

#[test]
fn idle_time_with_nothing_to_do_costs_little() {
	build_and_execute(|| {
		propose_until(1, 20);
		assert_eq!(idle(Weight::MAX), <() as WeightInfo>::clean_up(0));
		assert_eq!(OldestBucket::<Test>::get(), 0);
	});
}

#[test]
fn a_backlog_of_empty_buckets_is_worked_off() {
	build_and_execute(|| {
		System::set_block_number(20 * BUCKET_WIDTH);
		for blocks in 1..=4 {
			idle(Weight::MAX);
			assert_eq!(OldestBucket::<Test>::get(), blocks * MaxRemovalsPerBlock::get());
		}
		idle(Weight::MAX);
		assert_eq!(OldestBucket::<Test>::get(), 20);
	});
}
