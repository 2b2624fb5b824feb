//! Who may append to a stream that it does not own.

use crate::mock::*;
use credio_primitives::{Permission, limits::MAX_DELEGATION_DEPTH};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::AppendGrants;

#[test]
fn a_grant_to_append_lets_append() {
	run(|| {
		assert_noop!(write(PARTNER, stream(), 0, 0), NO_GRANT);
		let grant = give(0, PARTNER, Permission::Append, terms(stream(), PARTNER, 0));
		assert!(Grants::may_append(PARTNER, &stream()));
		assert_ok!(write(PARTNER, stream(), 0, 0));
		assert!(!Grants::may_append(THIRD, &stream()));
		assert!(!Grants::may_append(PARTNER, &stream_of(READER)));
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert!(!Grants::may_append(PARTNER, &stream()));
	});
}

#[test]
fn a_grant_to_read_does_not() {
	run(|| {
		give_read(0, READER);
		assert!(!Grants::may_append(READER, &stream()));
	});
}

#[test]
fn a_grant_to_append_ends_with_its_last_block() {
	run(|| {
		give(0, PARTNER, Permission::Append, until(5, terms(stream(), PARTNER, 0)));
		go_to(5);
		assert!(Grants::may_append(PARTNER, &stream()));
		go_to(6);
		assert!(!Grants::may_append(PARTNER, &stream()));
	});
}

#[test]
fn a_delegated_grant_to_append_lets_append() {
	run(|| {
		let terms = delegable(terms(stream(), PARTNER, 0));
		let parent = give(0, PARTNER, Permission::Append, terms);
		delegate(0, parent, THIRD);
		assert!(Grants::may_append(THIRD, &stream()));
		assert_ok!(Grants::revoke(by(OWNER), parent));
		assert!(!Grants::may_append(THIRD, &stream()));
	});
}

#[test]
fn finding_a_grant_to_append_counts_those_that_are_read() {
	run(|| {
		give_read(0, PARTNER);
		assert_eq!(Grants::find_append(PARTNER, &stream()), None);
		let terms = delegable(terms(stream(), PARTNER, 0));
		let parent = give(1, PARTNER, Permission::Append, terms);
		assert_eq!(Grants::find_append(PARTNER, &stream()), Some(2));
		// Of a delegated one, as many as can stand above it and itself.
		delegate(0, parent, THIRD);
		assert_eq!(Grants::find_append(THIRD, &stream()), Some(MAX_DELEGATION_DEPTH));
	});
}
