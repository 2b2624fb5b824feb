use crate::{
	mock::*, AccessRequests, CleanedUntil, Event, GrantKeys, KeyRemovals, PendingRequests,
	WeightInfo,
};
use credio_primitives::{AccessRequestId, Permission, Resource};
use frame_support::{assert_ok, traits::OnIdle, weights::Weight};

type Weights = ();

fn grants() -> usize {
	crate::Grants::<Test>::iter_keys().count()
}

/// Gives grants that all end at a block.
fn give_until(block: u32, count: u32) {
	for n in 0..count {
		let to = 1 + n % 9;
		give(n, to, Permission::Read, until(block, terms(stream(), to, 0)));
	}
}

fn ask(n: u32) -> AccessRequestId {
	let (resource, why) = (Resource::Stream(stream()), purpose("x"));
	assert_ok!(Grants::request_access(by(READER), reference(n), resource, Permission::Read, why));
	AccessRequestId::derive(READER, &reference(n))
}

#[test]
fn expired_grants_are_removed_and_their_keys() {
	run(|| {
		let grant = give(0, READER, Permission::Read, until(5, terms(stream(), READER, 0)));
		go_to(5);
		clean_up();
		assert_eq!(grants(), 1);
		go_to(6);
		clean_up();
		System::assert_last_event(Event::GrantRemoved { grant }.into());
		assert_eq!(grants(), 0);
		assert_eq!(GrantKeys::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::NextExpiry::<Test>::get(stream()), Some(5), "until the next epoch");
		open_epoch(1, &[]);
		assert_eq!(crate::NextExpiry::<Test>::get(stream()), None);
	});
}

#[test]
fn grants_on_records_are_removed_and_rotate_nothing() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let (resource, terms) = (Resource::Record(record), until(3, record_terms(READER, 0)));
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(0),
			resource,
			READER,
			Permission::Read,
			terms
		));
		go_to(4);
		clean_up();
		assert_eq!(grants(), 0);
		assert!(!Grants::key_epoch(&stream()).unwrap().rotation_due);
	});
}

#[test]
fn of_those_that_end_together_any_may_go_first() {
	run(|| {
		for n in 0..6 {
			let terms = until(5, delegable(terms(stream(), 1 + n, 0)));
			let parent = give(n, 1 + n, Permission::Read, terms);
			for grantee in 7..10 {
				delegate(100 + grantee, parent, grantee);
			}
		}
		go_to(6);
		let mut had_no_parent = 0;
		while grants() > 0 {
			idle();
			Grants::do_try_state().expect("what is left has ended too");
			had_no_parent += crate::Grants::<Test>::iter_values()
				.filter(|grant| {
					let gone = |parent| !crate::Grants::<Test>::contains_key(parent);
					grant.parent.is_some_and(gone)
				})
				.count();
		}
		assert!(had_no_parent > 0, "none has shown it");
	});
}

#[test]
fn removal_goes_in_bounded_steps() {
	run(|| {
		give_until(5, 20);
		go_to(6);
		CleanedUntil::<Test>::put(5);
		for left in [12, 4, 0] {
			let before = grants();
			let used = idle();
			assert_eq!(grants(), left);
			assert!(before - left <= MaxRemovalsPerBlock::get() as usize);
			assert!(used.all_lte(Weights::clean_up(MaxRemovalsPerBlock::get())));
		}
		while KeyRemovals::<Test>::iter_keys().next().is_some() {
			let before = GrantKeys::<Test>::iter_keys().count();
			idle();
			let after = GrantKeys::<Test>::iter_keys().count();
			assert!(before - after <= MaxRemovalsPerBlock::get() as usize);
		}
		assert_eq!(GrantKeys::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn removal_keeps_to_the_weight_that_is_left() {
	run(|| {
		give_until(5, 9);
		go_to(6);
		CleanedUntil::<Test>::put(5);
		let too_little = Weights::clean_up(1).saturating_sub(Weight::from_parts(1, 0));
		for remaining in [Weight::zero(), too_little] {
			assert_eq!(Grants::on_idle(6, remaining), Weight::zero());
			assert_eq!(grants(), 9);
		}
		let remaining = Weights::clean_up(1).saturating_mul(3);
		let used = Grants::on_idle(6, remaining);
		assert_eq!(grants(), 6);
		assert!(used.all_lte(remaining));
	});
}

#[test]
fn the_smallest_step_gets_there_too() {
	run(|| {
		open_epoch(1, &[]);
		give_until(5, 3);
		ask(7);
		go_to(40);
		let mut steps = 0;
		while CleanedUntil::<Test>::get() < 40 || KeyRemovals::<Test>::iter_keys().next().is_some()
		{
			let used = Grants::on_idle(40, Weights::clean_up(1));
			assert!(used.all_lte(Weights::clean_up(1)));
			steps += 1;
			assert!(steps < 100, "clean-up stands still");
		}
		assert_eq!(grants(), 0);
		assert_eq!(GrantKeys::<Test>::iter_keys().count(), 0);
		assert_eq!(AccessRequests::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn a_backlog_of_empty_blocks_is_worked_off() {
	run(|| {
		go_to(100);
		idle();
		assert_eq!(CleanedUntil::<Test>::get(), MaxRemovalsPerBlock::get());
		clean_up();
		assert_eq!(CleanedUntil::<Test>::get(), 100);
		// From then on there is one block to look at each time.
		go_to(101);
		assert_eq!(idle(), Weights::clean_up(1));
		assert_eq!(idle(), Weights::clean_up(0));
	});
}

#[test]
fn keys_of_revoked_grants_are_removed() {
	run(|| {
		for epoch in 1..=20 {
			open_epoch(epoch, &[]);
		}
		let grant = give_read(0, READER);
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_eq!(GrantKeys::<Test>::iter_key_prefix(grant).count(), 21);
		clean_up();
		assert_eq!(GrantKeys::<Test>::iter_key_prefix(grant).count(), 0);
		assert!(!KeyRemovals::<Test>::contains_key(grant));
	});
}

#[test]
fn access_requests_are_removed_answered_or_not() {
	run(|| {
		let unanswered = ask(0);
		let denied = ask(1);
		assert_ok!(Grants::deny(by(OWNER), denied, purpose("no")));
		go_to(21);
		clean_up();
		assert!(AccessRequests::<Test>::contains_key(unanswered));
		go_to(22);
		clean_up();
		assert_eq!(AccessRequests::<Test>::iter_keys().count(), 0);
		assert_eq!(PendingRequests::<Test>::get(READER), 0);
		// The reference is free again.
		ask(0);
	});
}

#[test]
fn grants_that_hold_stay() {
	run(|| {
		let lasting = give_read(0, READER);
		let later = give(1, PARTNER, Permission::Read, until(50, terms(stream(), PARTNER, 0)));
		go_to(50);
		clean_up();
		for grant in [lasting, later] {
			assert!(crate::Grants::<Test>::contains_key(grant));
		}
	});
}
