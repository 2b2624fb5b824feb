use crate::{Error, Event, mock::*};
use credio_primitives::{AccountId, Member, limits};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::Membership;
use sp_runtime::DispatchError;

#[test]
fn add_member_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::add_member(signed(ALICE), STRANGER, SUBMITTER));
		System::assert_last_event(
			Event::MemberAdded {
				organization: ALPHA,
				account: STRANGER,
				roles: SUBMITTER,
				by: ALICE,
			}
			.into(),
		);
		assert_eq!(
			Organizations::member(&STRANGER),
			Some(Member { organization: ALPHA, roles: SUBMITTER, since: 1 })
		);
		// Without a provider it could not sign.
		assert_eq!(System::providers(&STRANGER), 1);
	});
}

#[test]
fn only_admins_add_members() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::add_member(signed(BOB), STRANGER, SUBMITTER),
			Error::<Test>::RoleMissing
		);
		assert_noop!(
			Organizations::add_member(signed(STRANGER), STRANGER, SUBMITTER),
			Error::<Test>::NotAMember
		);
		assert_noop!(
			Organizations::add_member(RuntimeOrigin::root(), STRANGER, SUBMITTER),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn cannot_add_a_member_twice_or_from_elsewhere() {
	ExtBuilder::default().build_and_execute(|| {
		for account in [BOB, CHARLIE] {
			assert_noop!(
				Organizations::add_member(signed(ALICE), account, SUBMITTER),
				Error::<Test>::AlreadyMember
			);
		}
	});
}

#[test]
fn cannot_add_more_members_than_fit() {
	ExtBuilder::default().build_and_execute(|| {
		for n in 2..limits::MAX_MEMBERS {
			let mut bytes = [77; 32];
			bytes[..4].copy_from_slice(&n.to_le_bytes());
			assert_ok!(Organizations::add_member(signed(ALICE), AccountId::new(bytes), SUBMITTER));
		}
		assert_noop!(
			Organizations::add_member(signed(ALICE), STRANGER, SUBMITTER),
			Error::<Test>::TooManyMembers
		);
		assert_eq!(Organizations::member_infos(ALPHA).len() as u32, limits::MAX_MEMBERS);
	});
}
