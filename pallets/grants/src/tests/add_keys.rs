use crate::{Error, Event, GrantKeys, mock::*};
use credio_primitives::{Permission, WrappedKey};
use frame_support::{assert_noop, assert_ok};

#[test]
fn keys_of_older_epochs_are_added_later() {
	run(|| {
		for epoch in 1..MaxKeyEpochs::get() {
			open_epoch(epoch, &[]);
		}
		// More epochs than one call carries: the latest first, and the others in parts.
		let mut terms = terms(stream(), READER, 6);
		terms.from_epoch = 0;
		let grant = give(0, READER, Permission::Read, terms);
		assert_eq!(GrantKeys::<Test>::iter_prefix(grant).count(), 64);
		assert!(GrantKeys::<Test>::contains_key(grant, 69));
		assert!(!GrantKeys::<Test>::contains_key(grant, 5));
		for epochs in [3..6, 0..3] {
			let keys = epochs.map(|epoch| (epoch, key(READER))).collect();
			assert_ok!(Grants::add_keys(by(OWNER), grant, keys));
		}
		assert_eq!(GrantKeys::<Test>::iter_prefix(grant).count(), 70);
		System::assert_last_event(Event::KeysAdded { grant }.into());
	});
}

#[test]
fn keys_are_checked() {
	run(|| {
		open_epoch(1, &[]);
		let grant = give(0, READER, Permission::Read, terms(stream(), READER, 1));
		let add = |epoch, key: WrappedKey| Grants::add_keys(by(OWNER), grant, vec![(epoch, key)]);
		// Before its first epoch, and after the present one.
		assert_noop!(add(0, key(READER)), Error::<Test>::EpochOutOfRange);
		assert_noop!(add(2, key(READER)), Error::<Test>::EpochOutOfRange);
		let short = WrappedKey { sealed: Default::default(), ..key(READER) };
		assert_noop!(add(1, short), Error::<Test>::WrappedKeyLength);
		let future = WrappedKey { key_version: 1, ..key(READER) };
		assert_noop!(add(1, future), Error::<Test>::KeyVersionOutdated);
		let many = (0..65).map(|_| (1, key(READER))).collect();
		assert_noop!(Grants::add_keys(by(OWNER), grant, many), Error::<Test>::TooManyKeys);
		World::suspend(READER);
		assert_noop!(add(1, key(READER)), Error::<Test>::GranteeNotActive);
	});
}

#[test]
fn only_the_owner_replaces_a_key() {
	run(|| {
		let given = give(0, READER, Permission::Read, delegable(terms(stream(), READER, 0)));
		let delegated = delegate(1, given, THIRD);
		let keys = || vec![(0, key(THIRD))];
		assert_noop!(Grants::add_keys(by(READER), delegated, keys()), Error::<Test>::KeyPresent);
		assert_ok!(Grants::add_keys(by(OWNER), delegated, keys()));
		// The delegating organization adds the missing keys, and nobody else can.
		open_epoch(1, &[]);
		let keys = || vec![(1, key(THIRD))];
		assert_noop!(
			Grants::add_keys(by(PARTNER), delegated, keys()),
			Error::<Test>::NotAuthorized
		);
		assert_noop!(Grants::add_keys(by(THIRD), delegated, keys()), Error::<Test>::NotAuthorized);
		assert_ok!(Grants::add_keys(by(READER), delegated, keys()));
	});
}

#[test]
fn cannot_add_keys_to_ended_grant() {
	run(|| {
		let grant = give(0, READER, Permission::Read, until(5, terms(stream(), READER, 0)));
		go_to(6);
		let keys = || vec![(0, key(READER))];
		assert_noop!(Grants::add_keys(by(OWNER), grant, keys()), Error::<Test>::GrantEnded);
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_noop!(Grants::add_keys(by(OWNER), grant, keys()), Error::<Test>::GrantNotFound);
	});
}
