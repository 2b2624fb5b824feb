use crate::{mock::*, Error, Event, GrantKeys, OwnerKeys};
use credio_primitives::{grant::GrantKey, KeyEpochState, Permission, WrappedKey};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn the_first_epoch_is_0() {
	run_without_epoch(|| {
		assert_eq!(Grants::key_epoch(&stream()), None);
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, key(OWNER), vec![]),
			Error::<Test>::EpochNotNext
		);
		assert_ok!(Grants::open_epoch(by(OWNER), stream(), 0, key(OWNER), vec![]));
		System::assert_last_event(Event::EpochOpened { stream: stream(), epoch: 0 }.into());
		assert_eq!(
			Grants::key_epoch(&stream()),
			Some(KeyEpochState { current: 0, rotation_due: false })
		);
		assert_eq!(OwnerKeys::<Test>::get(stream(), 0), Some(key(OWNER)));
	});
}

#[test]
fn epochs_have_no_gaps_and_no_repeats() {
	run(|| {
		for epoch in [0, 2, u32::MAX] {
			assert_noop!(
				Grants::open_epoch(by(OWNER), stream(), epoch, key(OWNER), vec![]),
				Error::<Test>::EpochNotNext
			);
		}
		open_epoch(1, &[]);
		open_epoch(2, &[]);
	});
}

#[test]
fn epochs_are_bounded() {
	run(|| {
		for epoch in 1..MaxKeyEpochs::get() {
			open_epoch(epoch, &[]);
		}
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), MaxKeyEpochs::get(), key(OWNER), vec![]),
			Error::<Test>::TooManyEpochs
		);
	});
}

#[test]
fn only_grantors_of_the_owner_open_epochs() {
	run(|| {
		let open = |origin| Grants::open_epoch(origin, stream(), 1, key(OWNER), vec![]);
		assert_noop!(open(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_noop!(open(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(open(RuntimeOrigin::signed(submitter(OWNER))), ROLE_MISSING);
		assert_noop!(open(by(READER)), Error::<Test>::NotAuthorized);
		World::suspend(OWNER);
		assert_noop!(open(by(OWNER)), SUSPENDED);
	});
}

#[test]
fn there_are_no_epochs_of_no_stream() {
	run(|| {
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream_of(PARTNER), 0, key(OWNER), vec![]),
			Error::<Test>::ResourceNotFound
		);
	});
}

#[test]
fn the_owners_key_is_checked() {
	run(|| {
		let short = WrappedKey { sealed: vec![0; 79].try_into().unwrap(), ..key(OWNER) };
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, short, vec![]),
			Error::<Test>::WrappedKeyLength
		);
		let old = key(OWNER);
		World::rotate_key(OWNER);
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, old, vec![]),
			Error::<Test>::KeyVersionOutdated
		);
		open_epoch(1, &[]);
	});
}

#[test]
fn grants_that_stay_get_the_new_secret() {
	run(|| {
		let reading = give_read(0, READER);
		let appending = give(1, PARTNER, Permission::Append, terms(stream(), PARTNER, 0));
		let delegated = delegate(2, reading, THIRD);
		open_epoch(1, &[(delegated, THIRD), (appending, PARTNER), (reading, READER)]);
		for (id, grantee) in [(reading, READER), (appending, PARTNER), (delegated, THIRD)] {
			assert_eq!(GrantKeys::<Test>::get(id, 1), Some(key(grantee)));
		}
	});
}

#[test]
fn cannot_leave_a_grant_out_or_name_one_that_is_none() {
	run(|| {
		let first = give_read(0, READER);
		let second = give_read(1, PARTNER);
		let ended = give_read(2, THIRD);
		assert_ok!(Grants::revoke(by(OWNER), ended));
		let open =
			|keys: &[_]| Grants::open_epoch(by(OWNER), stream(), 1, key(OWNER), grant_keys(keys));
		let (one, two) = ((first, READER), (second, PARTNER));
		let incomplete = Error::<Test>::RotationIncomplete;
		assert_noop!(open(&[]), incomplete);
		let incomplete = Error::<Test>::RotationIncomplete;
		assert_noop!(open(&[one]), incomplete);
		let incomplete = Error::<Test>::RotationIncomplete;
		assert_noop!(open(&[one, one]), incomplete);
		let incomplete = Error::<Test>::RotationIncomplete;
		assert_noop!(open(&[one, two, two]), incomplete);
		let incomplete = Error::<Test>::RotationIncomplete;
		assert_noop!(open(&[one, two, (ended, THIRD)]), incomplete);
		let incomplete = Error::<Test>::RotationIncomplete;
		assert_noop!(open(&[one; 65]), incomplete);
		assert_ok!(open(&[two, one]));
	});
}

#[test]
fn keys_of_grants_are_checked() {
	run(|| {
		let grant = give_read(0, READER);
		let open = |key_of_grant| {
			let keys = vec![GrantKey { grant, key: key_of_grant }];
			Grants::open_epoch(by(OWNER), stream(), 1, key(OWNER), keys)
		};
		let short = WrappedKey { sealed: Default::default(), ..key(READER) };
		assert_noop!(open(short), Error::<Test>::WrappedKeyLength);
		let old = key(READER);
		World::rotate_key(READER);
		assert_noop!(open(old), Error::<Test>::KeyVersionOutdated);
		let future = WrappedKey { key_version: 2, ..key(READER) };
		assert_noop!(open(future), Error::<Test>::KeyVersionOutdated);
		assert_ok!(open(key(READER)));
	});
}

#[test]
fn what_has_ended_is_removed_on_the_way() {
	run(|| {
		let staying = give_read(0, READER);
		let terms = until(5, delegable(terms(stream(), PARTNER, 0)));
		let expired = give(1, PARTNER, Permission::Read, terms);
		let below = delegate(2, expired, THIRD);
		go_to(6);
		open_epoch(1, &[(staying, READER)]);
		for grant in [expired, below] {
			System::assert_has_event(Event::GrantRemoved { grant }.into());
			assert!(!crate::Grants::<Test>::contains_key(grant));
		}
		assert_eq!(
			Grants::key_epoch(&stream()),
			Some(KeyEpochState { current: 1, rotation_due: false })
		);
	});
}

#[test]
fn a_suspended_grantee_stays() {
	run(|| {
		let grant = give_read(0, READER);
		World::suspend(READER);
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, key(OWNER), vec![]),
			Error::<Test>::RotationIncomplete
		);
		open_epoch(1, &[(grant, READER)]);
	});
}

#[test]
fn what_is_not_used_is_given_back() {
	use crate::WeightInfo;
	run(|| {
		let grant = give_read(0, READER);
		let keys = grant_keys(&[(grant, READER)]);
		let used = Grants::open_epoch(by(OWNER), stream(), 1, key(OWNER), keys).unwrap();
		let expected =
			<() as WeightInfo>::open_epoch(1).saturating_add(<() as WeightInfo>::clean_up(0));
		assert_eq!(used.actual_weight, Some(expected));
	});
}
