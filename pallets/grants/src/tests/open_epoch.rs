use crate::{EpochSecrets, Error, Event, GrantKeys, mock::*};
use credio_primitives::{KeyEpochState, Permission, WrappedKey, grant::GrantKey};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn the_first_epoch_is_0() {
	run_without_epoch(|| {
		assert_eq!(Grants::key_epoch(&stream()), None);
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, COMMITMENT, key(OWNER), vec![]),
			Error::<Test>::EpochNotNext
		);
		assert_ok!(Grants::open_epoch(by(OWNER), stream(), 0, COMMITMENT, key(OWNER), vec![]));
		System::assert_last_event(Event::EpochOpened { stream: stream(), epoch: 0 }.into());
		assert_eq!(
			Grants::key_epoch(&stream()),
			Some(KeyEpochState { current: 0, rotation_due: false, opened_at: 1 })
		);
		let secret = EpochSecrets::<Test>::get(stream(), 0).unwrap();
		assert_eq!((secret.commitment, secret.owner_key), (COMMITMENT, key(OWNER)));
	});
}

#[test]
fn epochs_have_no_gaps_and_no_repeats() {
	run(|| {
		for epoch in [0, 2, u32::MAX] {
			assert_noop!(
				Grants::open_epoch(by(OWNER), stream(), epoch, COMMITMENT, key(OWNER), vec![]),
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
			Grants::open_epoch(
				by(OWNER),
				stream(),
				MaxKeyEpochs::get(),
				COMMITMENT,
				key(OWNER),
				vec![]
			),
			Error::<Test>::TooManyEpochs
		);
	});
}

#[test]
fn only_grantors_of_the_owner_open_epochs() {
	run(|| {
		let open = |origin| Grants::open_epoch(origin, stream(), 1, COMMITMENT, key(OWNER), vec![]);
		assert_noop!(open(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_noop!(open(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(open(RuntimeOrigin::signed(submitter(OWNER))), ROLE_MISSING);
		assert_noop!(open(by(READER)), Error::<Test>::NotAuthorized);
		World::suspend(OWNER);
		assert_noop!(open(by(OWNER)), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn there_are_no_epochs_of_no_stream() {
	run(|| {
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream_of(PARTNER), 0, COMMITMENT, key(OWNER), vec![]),
			Error::<Test>::ResourceNotFound
		);
	});
}

#[test]
fn the_owners_key_is_checked() {
	run(|| {
		let short = WrappedKey { sealed: vec![0; 79].try_into().unwrap(), ..key(OWNER) };
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, COMMITMENT, short, vec![]),
			Error::<Test>::WrappedKeyLength
		);
		let old = key(OWNER);
		World::rotate_key(OWNER);
		World::rotate_key(OWNER);
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 1, COMMITMENT, old, vec![]),
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
fn epoch_opens_without_unready_grantees() {
	run(|| {
		let ready = give_read(0, READER);
		let other = give_read(1, PARTNER);
		let ended = give_read(2, THIRD);
		assert_ok!(Grants::revoke(by(OWNER), ended));
		// One is left out, one is named twice, one does not hold any more.
		open_epoch(1, &[(ready, READER), (ready, READER), (ended, THIRD)]);
		assert_eq!(GrantKeys::<Test>::get(ready, 1), Some(key(READER)));
		assert_eq!(GrantKeys::<Test>::get(other, 1), None);
		assert_eq!(GrantKeys::<Test>::get(ended, 1), None);
		System::assert_has_event(Event::KeyLeftOut { grant: ended, epoch: 1 }.into());
		assert_eq!(
			Grants::key_epoch(&stream()),
			Some(KeyEpochState {
				current: 1,
				rotation_due: false,
				opened_at: System::block_number().into()
			})
		);
		// Nobody else's key can be smuggled in for a grant on another stream.
		let keys = grant_keys(&[(ready, READER); 513]);
		assert_noop!(
			Grants::open_epoch(by(OWNER), stream(), 2, COMMITMENT, key(OWNER), keys),
			Error::<Test>::TooManyKeys
		);
	});
}

#[test]
fn no_grantee_keeps_an_epoch_from_being_opened() {
	run(|| {
		let hostile = give_read(0, READER);
		let honest = give_read(1, PARTNER);
		let revoked = give_read(2, THIRD);
		for epoch in 1..6 {
			// The owner has read this key, and the grantee announces others before the owner's call is applied.
			let keys = grant_keys(&[(hostile, READER), (honest, PARTNER)]);
			World::rotate_key(READER);
			World::rotate_key(READER);
			if epoch == 1 {
				assert_ok!(Grants::revoke(by(OWNER), revoked));
			}
			assert_ok!(Grants::open_epoch(
				by(OWNER),
				stream(),
				epoch,
				COMMITMENT,
				key(OWNER),
				keys
			));
			System::assert_has_event(Event::KeyLeftOut { grant: hostile, epoch }.into());
			assert_eq!(GrantKeys::<Test>::get(honest, epoch), Some(key(PARTNER)));
		}
		// A key of the version before the present one is good.
		let keys = grant_keys(&[(hostile, READER)]);
		World::rotate_key(READER);
		assert_ok!(Grants::open_epoch(
			by(OWNER),
			stream(),
			6,
			COMMITMENT,
			key(OWNER),
			keys.clone()
		));
		assert_eq!(GrantKeys::<Test>::get(hostile, 6), Some(keys[0].key.clone()));
	});
}

#[test]
fn keys_that_are_of_no_use_are_left_out() {
	run(|| {
		let grant = give_read(0, READER);
		let open = |epoch, key_of_grant| {
			let keys = vec![GrantKey { grant, key: key_of_grant }];
			assert_ok!(Grants::open_epoch(
				by(OWNER),
				stream(),
				epoch,
				COMMITMENT,
				key(OWNER),
				keys
			));
			GrantKeys::<Test>::get(grant, epoch).is_some()
		};
		assert!(!open(1, WrappedKey { sealed: Default::default(), ..key(READER) }));
		let old = key(READER);
		World::rotate_key(READER);
		World::rotate_key(READER);
		assert!(!open(2, old));
		assert!(!open(3, WrappedKey { key_version: 9, ..key(READER) }));
		assert!(open(4, key(READER)));
	});
}

#[test]
fn a_suspended_grantee_gets_no_new_secret() {
	run(|| {
		let grant = give_read(0, READER);
		World::suspend(READER);
		open_epoch(1, &[(grant, READER)]);
		assert_eq!(GrantKeys::<Test>::get(grant, 1), None);
		World::reinstate(READER);
		assert_ok!(Grants::add_keys(by(OWNER), grant, vec![(1, key(READER))]));
		assert_eq!(GrantKeys::<Test>::get(grant, 1), Some(key(READER)));
	});
}

#[test]
fn grant_that_ended_before_makes_no_rotation_due() {
	run(|| {
		let staying = give_read(0, READER);
		let terms = until(5, delegable(terms(stream(), PARTNER, 0)));
		let expired = give(1, PARTNER, Permission::Read, terms);
		let below = delegate(2, expired, THIRD);
		go_to(6);
		open_epoch(1, &[(staying, READER), (expired, PARTNER), (below, THIRD)]);
		for grant in [expired, below] {
			System::assert_has_event(Event::KeyLeftOut { grant, epoch: 1 }.into());
		}
		let state = KeyEpochState { current: 1, rotation_due: false, opened_at: 6 };
		assert_eq!(Grants::key_epoch(&stream()), Some(state));
		clean_up();
		for grant in [expired, below] {
			System::assert_has_event(Event::GrantRemoved { grant }.into());
			assert!(!crate::Grants::<Test>::contains_key(grant));
		}
		assert_eq!(Grants::key_epoch(&stream()), Some(state));
		assert_ok!(Grants::revoke(by(OWNER), staying));
		assert!(Grants::key_epoch(&stream()).unwrap().rotation_due);
	});
}
