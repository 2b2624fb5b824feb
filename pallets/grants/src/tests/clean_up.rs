use crate::{
	AccessRequests, Event, Expiries, GrantKeys, KeyRemovals, PendingRequests, RequestRemovals,
	WeightInfo, mock::*,
};
use credio_primitives::{AccessRequestId, Permission, Resource};
use frame_support::{assert_ok, traits::OnIdle, weights::Weight};

type Weights = ();

fn grants() -> usize {
	crate::Grants::<Test>::iter_keys().count()
}

/// Gives grants that all end at a moment.
fn give_until(end: u64, count: u32) {
	for n in 0..count {
		let to = 1 + n % 9;
		give(n, to, Permission::Read, until(end, terms(stream(), to, 0)));
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

/// What a block has time for that can remove so many items.
fn time_for(items: u64) -> Weight {
	let one = Weights::clean_up(1).saturating_sub(Weights::clean_up(0));
	Weights::clean_up(0).saturating_add(one.saturating_mul(items))
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
			Grants::on_idle(6, time_for(3));
			Grants::do_try_state().expect("the remaining grants have ended too");
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
fn removal_keeps_to_the_weight_that_is_left() {
	run(|| {
		give_until(5, 20);
		go_to(6);
		let too_little = time_for(1).saturating_sub(Weight::from_parts(1, 0));
		for remaining in [Weight::zero(), too_little] {
			assert!(Grants::on_idle(6, remaining).all_lte(remaining));
			assert_eq!(grants(), 20);
		}
		for (items, left) in [(3, 17), (8, 9), (9, 0)] {
			let used = Grants::on_idle(6, time_for(items));
			assert_eq!(grants(), left);
			assert!(used.all_lte(time_for(items)));
		}
		idle();
		assert_eq!(KeyRemovals::<Test>::iter_keys().count(), 0);
		assert_eq!(GrantKeys::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn removal_of_keys_keeps_to_the_weight_that_is_left() {
	run(|| {
		give_until(5, 20);
		go_to(6);
		let mut left = 20;
		Grants::remove_ended(&mut left);
		assert_eq!(KeyRemovals::<Test>::iter_keys().count(), 20);
		let one = Weights::remove_keys(1).saturating_sub(Weights::remove_keys(0));
		// A key and its grant are an item each; finding that nothing else has ended costs a little.
		let time = Weights::clean_up(0)
			.saturating_add(Weights::remove_keys(0))
			.saturating_add(one.saturating_mul(8));
		assert!(Grants::on_idle(6, time).all_lte(time));
		assert_eq!(KeyRemovals::<Test>::iter_keys().count(), 16);
	});
}

/// Gives a grant that ends at once, with the clean-up that comes with it.
fn give_shortly(n: u32, now: u64) {
	let to = 1 + n % 9;
	let resource = Resource::Stream(stream());
	let terms = until(now, terms(stream(), to, 0));
	assert_ok!(Grants::grant(by(OWNER), reference(n), resource, to, Permission::Read, terms));
}

#[test]
fn full_blocks_clean_up_as_fast_as_they_create() {
	run(|| {
		let (blocks, each) = (60, 40);
		let mut most = (0, 0, 0);
		for block in 0..blocks {
			let now = 10 + block;
			go_to(now);
			for n in 0..each {
				give_shortly(block * each + n, now.into());
				let asked = ask(block * each + n);
				assert_ok!(Grants::deny(by(OWNER), asked, purpose("no")));
			}
			// No block has any time left over.
			let stored = (
				grants(),
				GrantKeys::<Test>::iter_keys().count(),
				AccessRequests::<Test>::iter_keys().count(),
			);
			most = (most.0.max(stored.0), most.1.max(stored.1), most.2.max(stored.2));
		}
		// What two blocks make; access requests live for twenty.
		let each = each as usize;
		assert!(most.0 <= 2 * each && most.1 <= 3 * each && most.2 <= 24 * each, "{most:?}");
		Grants::do_try_state().expect("it is consistent");
	});
}

#[test]
fn add_keys_removes_as_many_keys() {
	run(|| {
		for epoch in 1..=20 {
			open_epoch(epoch, &[]);
		}
		for n in 0..5 {
			let grant = give_read(n, READER);
			assert_ok!(Grants::revoke(by(OWNER), grant));
		}
		let before = GrantKeys::<Test>::iter_keys().count();
		give_read(9, READER);
		let after = GrantKeys::<Test>::iter_keys().count();
		assert!(after <= before, "{after} keys, and before {before}");
	});
}

#[test]
fn call_is_charged_for_its_clean_up() {
	run(|| {
		let fresh = |n: u32| {
			let terms = terms(stream(), READER, 0);
			let keys = terms.keys.len() as u32;
			let resource = Resource::Stream(stream());
			let done =
				Grants::grant(by(OWNER), reference(n), resource, READER, Permission::Read, terms);
			(done, Weights::grant(keys))
		};
		let (done, own) = fresh(0);
		let nothing = Weights::clean_up(0).saturating_add(Weights::remove_keys(0));
		assert_eq!(done.unwrap().actual_weight, Some(own.saturating_add(nothing)));
		for n in 10..13 {
			give(n, PARTNER, Permission::Read, until(5, terms(stream(), PARTNER, 0)));
		}
		go_to(6);
		let (done, own) = fresh(50);
		let two = Weights::clean_up(2).saturating_add(Weights::remove_keys(3));
		assert_eq!(done.unwrap().actual_weight, Some(own.saturating_add(two)));
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
		while Expiries::<Test>::iter_keys().next().is_some()
			|| RequestRemovals::<Test>::iter_keys().next().is_some()
			|| KeyRemovals::<Test>::iter_keys().next().is_some()
		{
			let used = Grants::on_idle(40, time_for(1));
			assert!(used.all_lte(time_for(1)));
			steps += 1;
			assert!(steps < 100, "clean-up stands still");
		}
		assert_eq!(grants(), 0);
		assert_eq!(GrantKeys::<Test>::iter_keys().count(), 0);
		assert_eq!(AccessRequests::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn a_block_with_time_removes_whatever_has_ended() {
	run(|| {
		for n in 0..140 {
			give(n, 1 + n % 9, Permission::Read, until(5, terms(stream(), 1 + n % 9, 0)));
		}
		// Years without a block to clean up in, and nothing to look through.
		go_to(100_000_000);
		idle();
		assert_eq!(grants(), 0);
		assert_eq!(idle(), Weights::clean_up(0).saturating_add(Weights::remove_keys(0)));
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
