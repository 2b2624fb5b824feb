use crate::{Error, Event, mock::*};
use credio_primitives::Roles;
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::{Membership, Role};

#[test]
fn set_roles_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::set_roles(signed(ALICE), BOB, Roles::ALL));
		System::assert_last_event(
			Event::RolesSet { organization: ALPHA, account: BOB, roles: Roles::ALL, by: ALICE }
				.into(),
		);
		assert_eq!(Organizations::ensure_role(&BOB, Role::Admin), Ok(ALPHA));
		assert_ok!(Organizations::set_roles(signed(BOB), BOB, Roles::default()));
		assert_eq!(Organizations::ensure_role(&BOB, Role::Any), Ok(ALPHA));
		assert_noop!(Organizations::ensure_role(&BOB, Role::Submitter), Error::<Test>::RoleMissing);
	});
}

#[test]
fn the_last_admin_stays_admin() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::set_roles(signed(ALICE), ALICE, SUBMITTER),
			Error::<Test>::LastAdmin
		);
		// Other roles are free to change.
		let admin_only = Roles { admin: true, ..Roles::default() };
		assert_ok!(Organizations::set_roles(signed(ALICE), ALICE, admin_only));
		assert_ok!(Organizations::set_roles(signed(ALICE), BOB, Roles::ALL));
		assert_ok!(Organizations::set_roles(signed(ALICE), ALICE, SUBMITTER));
		assert_noop!(
			Organizations::set_roles(signed(BOB), BOB, SUBMITTER),
			Error::<Test>::LastAdmin
		);
	});
}

#[test]
fn only_admins_set_roles() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::set_roles(signed(BOB), BOB, Roles::ALL),
			Error::<Test>::RoleMissing
		);
		assert_noop!(
			Organizations::set_roles(signed(STRANGER), BOB, Roles::ALL),
			Error::<Test>::NotAMember
		);
	});
}

#[test]
fn cannot_set_roles_in_another_organization() {
	ExtBuilder::default().build_and_execute(|| {
		for account in [CHARLIE, STRANGER] {
			assert_noop!(
				Organizations::set_roles(signed(ALICE), account, SUBMITTER),
				Error::<Test>::MemberNotFound
			);
		}
	});
}
