use crate::{Error, Event, Members, NameIndex, NextOrganizationId, mock::*};
use credio_primitives::{OrganizationId, OrganizationName, PublicKey, Quota, Roles};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::{EncryptionKeys, Membership, Role};
use sp_runtime::DispatchError;

const GAMMA: OrganizationId = 2;

fn name(text: &str) -> OrganizationName {
	text.as_bytes().to_vec().try_into().unwrap()
}

#[test]
fn admit_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::admit(signed(COUNCIL), name("gämma"), STRANGER, KEY, None));
		System::assert_last_event(
			Event::Admitted { organization: GAMMA, name: name("gämma"), admin: STRANGER }.into(),
		);
		let info = Organizations::organization_info(GAMMA).unwrap();
		assert_eq!(info.organization.quota, DefaultQuota::get());
		assert_eq!(info.organization.members, 1);
		assert_eq!(info.encryption_key.public, KEY);
		assert_eq!(info.encryption_key.since, 1);
		assert_eq!(Members::<Test>::get(&STRANGER).unwrap().roles, Roles::ALL);
		assert_eq!(Organizations::ensure_role(&STRANGER, Role::Admin), Ok(GAMMA));
		assert_eq!(Organizations::current_version(GAMMA), Some(0));
		assert_eq!(NameIndex::<Test>::get(name("gämma")), Some(GAMMA));
		assert_eq!(System::providers(&STRANGER), 1);
	});
}

#[test]
fn admit_takes_a_quota() {
	ExtBuilder::default().build_and_execute(|| {
		let quota = Quota { bytes: 1, ref_time: 2 };
		let origin = signed(COUNCIL);
		assert_ok!(Organizations::admit(origin, name("gamma"), STRANGER, KEY, Some(quota)));
		assert_eq!(Organizations::quota_info(GAMMA).unwrap().quota, quota);
	});
}

#[test]
fn only_the_council_admits() {
	ExtBuilder::default().build_and_execute(|| {
		for origin in [signed(ALICE), RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(
				Organizations::admit(origin, name("gamma"), STRANGER, KEY, None),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn cannot_admit_under_a_bad_name() {
	ExtBuilder::default().build_and_execute(|| {
		let not_utf8 = OrganizationName::try_from(vec![0xff, 0xfe]).unwrap();
		for (name, error) in [
			(name(""), Error::<Test>::InvalidName),
			(not_utf8, Error::<Test>::InvalidName),
			(name("alpha"), Error::<Test>::NameTaken),
		] {
			assert_noop!(Organizations::admit(signed(COUNCIL), name, STRANGER, KEY, None), error);
		}
	});
}

#[test]
fn cannot_admit_with_somebody_elses_member() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::admit(signed(COUNCIL), name("gamma"), BOB, KEY, None),
			Error::<Test>::AlreadyMember
		);
	});
}

#[test]
fn cannot_admit_with_a_weak_key() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::admit(
				signed(COUNCIL),
				name("gamma"),
				STRANGER,
				PublicKey([0; 32]),
				None
			),
			Error::<Test>::WeakEncryptionKey
		);
	});
}

#[test]
fn cannot_admit_when_the_numbers_have_run_out() {
	ExtBuilder::default().build().execute_with(|| {
		NextOrganizationId::<Test>::put(OrganizationId::MAX);
		assert_noop!(
			Organizations::admit(signed(COUNCIL), name("gamma"), STRANGER, KEY, None),
			Error::<Test>::TooManyOrganizations
		);
	});
}
