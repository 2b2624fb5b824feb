//! Under which epoch a record may be written.

use crate::{Error, mock::*};
use credio_primitives::{KeyEpochState, Permission};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::KeyEpochs;

fn is_due() -> bool {
	Grants::key_epoch(&stream()).unwrap().rotation_due
}

#[test]
fn only_the_present_epoch_is_written_under() {
	run_without_epoch(|| {
		assert_noop!(Grants::ensure_current(&stream(), 0), Error::<Test>::NoKeyEpoch);
		open_epoch(0, &[]);
		assert_ok!(Grants::ensure_current(&stream(), 0));
		assert_noop!(Grants::ensure_current(&stream(), 1), Error::<Test>::EpochNotCurrent);
		open_epoch(1, &[]);
		assert_noop!(Grants::ensure_current(&stream(), 0), Error::<Test>::EpochNotCurrent);
		assert_ok!(Grants::ensure_current(&stream(), 1));
	});
}

#[test]
fn nothing_is_written_between_a_revocation_and_the_next_epoch() {
	run(|| {
		let grant = give_read(0, READER);
		assert_ok!(Grants::ensure_current(&stream(), 0));
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_noop!(Grants::ensure_current(&stream(), 0), Error::<Test>::RotationDue);
		// Giving another grant does not help.
		let other = give_read(1, PARTNER);
		assert_noop!(Grants::ensure_current(&stream(), 0), Error::<Test>::RotationDue);
		open_epoch(1, &[(other, PARTNER)]);
		assert_ok!(Grants::ensure_current(&stream(), 1));
	});
}

#[test]
fn nothing_is_written_once_a_grant_has_expired_even_before_clean_up() {
	run(|| {
		give(0, READER, Permission::Read, until(9, terms(stream(), READER, 0)));
		give(1, PARTNER, Permission::Read, until(5, terms(stream(), PARTNER, 0)));
		go_to(5);
		assert_ok!(Grants::ensure_current(&stream(), 0));
		go_to(6);
		assert_noop!(Grants::ensure_current(&stream(), 0), Error::<Test>::RotationDue);
		assert!(is_due());
		clean_up();
		assert_noop!(Grants::ensure_current(&stream(), 0), Error::<Test>::RotationDue);
		assert!(is_due());
	});
}

#[test]
fn the_next_expiry_is_found_again_by_the_next_epoch() {
	run(|| {
		let late = give(0, READER, Permission::Read, until(9, terms(stream(), READER, 0)));
		let early = give(1, PARTNER, Permission::Read, until(5, terms(stream(), PARTNER, 0)));
		assert_ok!(Grants::revoke(by(OWNER), early));
		open_epoch(1, &[(late, READER)]);
		go_to(9);
		assert_ok!(Grants::ensure_current(&stream(), 1));
		go_to(10);
		assert_noop!(Grants::ensure_current(&stream(), 1), Error::<Test>::RotationDue);
		open_epoch(2, &[]);
		go_to(100);
		assert_ok!(Grants::ensure_current(&stream(), 2));
	});
}

#[test]
fn the_end_of_a_grant_on_one_stream_leaves_others_alone() {
	run(|| {
		assert_ok!(Grants::open_epoch(
			by(READER),
			stream_of(READER),
			0,
			COMMITMENT,
			key(READER),
			vec![]
		));
		let grant = give_read(0, READER);
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_ok!(Grants::ensure_current(&stream_of(READER), 0));
	});
}

#[test]
fn an_owner_without_grants_need_not_rotate() {
	run(|| {
		go_to(1_000);
		clean_up();
		assert_eq!(
			Grants::key_epoch(&stream()),
			Some(KeyEpochState { current: 0, rotation_due: false, opened_at: 1 })
		);
	});
}
