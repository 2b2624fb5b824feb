use crate::{Error, Event, FormerMembers, mock::*};
use credio_primitives::Roles;
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::Membership;

#[test]
fn remove_member_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::remove_member(signed(ALICE), BOB));
		System::assert_last_event(
			Event::MemberRemoved { organization: ALPHA, account: BOB, by: ALICE }.into(),
		);
		assert_eq!(Organizations::member(&BOB), None);
		assert_eq!(Organizations::member_infos(ALPHA).len(), 1);
		assert!(!System::account_exists(&BOB));
	});
}

#[test]
fn a_removed_member_can_join_another_organization() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::remove_member(signed(ALICE), BOB));
		assert_ok!(Organizations::add_member(signed(CHARLIE), BOB, SUBMITTER));
		assert_eq!(Organizations::member(&BOB).map(|member| member.organization), Some(BETA));
	});
}

#[test]
fn a_removed_member_keeps_its_nonce() {
	ExtBuilder::default().build_and_execute(|| {
		System::inc_account_nonce(&BOB);
		assert_ok!(Organizations::remove_member(signed(ALICE), BOB));
		assert!(FormerMembers::<Test>::contains_key(&BOB));
		assert_eq!(System::account_nonce(&BOB), 1);

		assert_ok!(Organizations::add_member(signed(ALICE), BOB, SUBMITTER));
		assert!(!FormerMembers::<Test>::contains_key(&BOB));
		assert_eq!(System::account_nonce(&BOB), 1);
		assert_eq!(System::providers(&BOB), 1);
	});
}

#[test]
fn an_account_that_others_rely_on_is_removed_all_the_same() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(System::inc_consumers(&BOB));
		assert_ok!(Organizations::remove_member(signed(ALICE), BOB));
		assert_eq!(Organizations::member(&BOB), None);
		assert_eq!(System::providers(&BOB), 1);
		assert_ok!(Organizations::add_member(signed(ALICE), BOB, SUBMITTER));
		assert_eq!(System::providers(&BOB), 1);
	});
}

#[test]
fn the_last_admin_stays() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Organizations::remove_member(signed(ALICE), ALICE), Error::<Test>::LastAdmin);
		assert_ok!(Organizations::set_roles(signed(ALICE), BOB, Roles::ALL));
		assert_ok!(Organizations::remove_member(signed(ALICE), ALICE));
		assert_noop!(Organizations::remove_member(signed(BOB), BOB), Error::<Test>::LastAdmin);
	});
}

#[test]
fn only_admins_remove_members() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Organizations::remove_member(signed(BOB), ALICE), Error::<Test>::RoleMissing);
		assert_noop!(
			Organizations::remove_member(signed(STRANGER), ALICE),
			Error::<Test>::NotAMember
		);
	});
}

#[test]
fn cannot_remove_members_of_another_organization() {
	ExtBuilder::default().build_and_execute(|| {
		for account in [CHARLIE, STRANGER] {
			assert_noop!(
				Organizations::remove_member(signed(ALICE), account),
				Error::<Test>::MemberNotFound
			);
		}
	});
}
