use crate::{Error, Event, mock::*};
use credio_primitives::{EncryptionKey, PublicKey};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::EncryptionKeys;

const NEW: PublicKey = PublicKey([8; 32]);

#[test]
fn rotate_key_works() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(5);
		assert_ok!(Organizations::rotate_key(signed(ALICE), NEW));
		System::assert_last_event(
			Event::KeyRotated { organization: ALPHA, version: 1, encryption_key: NEW, by: ALICE }
				.into(),
		);
		assert_eq!(Organizations::current_version(ALPHA), Some(1));
		assert_eq!(
			Organizations::encryption_key_info(ALPHA, 1),
			Some(EncryptionKey { public: NEW, since: 5 })
		);
		// The old version is kept, and other organizations keep theirs.
		assert_eq!(
			Organizations::encryption_key_info(ALPHA, 0),
			Some(EncryptionKey { public: KEY, since: 0 })
		);
		assert_eq!(Organizations::current_version(BETA), Some(0));
		assert_eq!(Organizations::current_version(9), None);
	});
}

#[test]
fn only_admins_rotate_keys() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Organizations::rotate_key(signed(BOB), NEW), Error::<Test>::RoleMissing);
		assert_noop!(Organizations::rotate_key(signed(STRANGER), NEW), Error::<Test>::NotAMember);
	});
}

#[test]
fn cannot_rotate_to_a_weak_key() {
	ExtBuilder::default().build_and_execute(|| {
		let mut one = [0; 32];
		one[0] = 1;
		for weak in [[0; 32], one] {
			assert_noop!(
				Organizations::rotate_key(signed(ALICE), PublicKey(weak)),
				Error::<Test>::WeakEncryptionKey
			);
		}
	});
}

#[test]
fn cannot_rotate_forever() {
	ExtBuilder::default().build_and_execute(|| {
		for _ in 1..MaxKeyVersions::get() {
			assert_ok!(Organizations::rotate_key(signed(ALICE), NEW));
		}
		assert_noop!(
			Organizations::rotate_key(signed(ALICE), NEW),
			Error::<Test>::TooManyKeyVersions
		);
	});
}
