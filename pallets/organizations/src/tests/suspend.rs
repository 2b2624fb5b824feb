use crate::{Error, Event, mock::*};
use credio_primitives::{OrganizationStatus, PublicKey};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::{Membership, Role};
use sp_runtime::DispatchError;

#[test]
fn suspend_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::suspend(signed(COUNCIL), ALPHA));
		System::assert_last_event(Event::Suspended { organization: ALPHA }.into());
		let info = Organizations::organization_info(ALPHA).unwrap();
		assert_eq!(info.organization.status, OrganizationStatus::Suspended);
		assert!(!Organizations::is_active(ALPHA));
		assert!(Organizations::is_active(BETA));
		// What it is and who belongs to it stays known.
		assert!(Organizations::member(&ALICE).is_some());
		for role in [Role::Any, Role::Admin, Role::Submitter, Role::Grantor] {
			assert_noop!(
				Organizations::ensure_role(&ALICE, role),
				Error::<Test>::OrganizationSuspended
			);
		}
	});
}

#[test]
fn admins_of_a_suspended_organization_can_do_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::suspend(signed(COUNCIL), ALPHA));
		let error = Error::<Test>::OrganizationSuspended;
		assert_noop!(Organizations::add_member(signed(ALICE), STRANGER, SUBMITTER), error);
		let error = Error::<Test>::OrganizationSuspended;
		assert_noop!(Organizations::set_roles(signed(ALICE), BOB, SUBMITTER), error);
		let error = Error::<Test>::OrganizationSuspended;
		assert_noop!(Organizations::remove_member(signed(ALICE), BOB), error);
		let error = Error::<Test>::OrganizationSuspended;
		assert_noop!(Organizations::rotate_key(signed(ALICE), PublicKey([8; 32])), error);
	});
}

#[test]
fn reinstate_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::suspend(signed(COUNCIL), ALPHA));
		assert_ok!(Organizations::reinstate(signed(COUNCIL), ALPHA));
		System::assert_last_event(Event::Reinstated { organization: ALPHA }.into());
		assert_eq!(Organizations::ensure_role(&ALICE, Role::Admin), Ok(ALPHA));
	});
}

#[test]
fn cannot_suspend_or_reinstate_twice() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Organizations::reinstate(signed(COUNCIL), ALPHA), Error::<Test>::NotSuspended);
		assert_ok!(Organizations::suspend(signed(COUNCIL), ALPHA));
		assert_noop!(
			Organizations::suspend(signed(COUNCIL), ALPHA),
			Error::<Test>::AlreadySuspended
		);
	});
}

#[test]
fn only_the_council_suspends_and_reinstates() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Organizations::suspend(signed(ALICE), BETA), DispatchError::BadOrigin);
		assert_ok!(Organizations::suspend(signed(COUNCIL), BETA));
		assert_noop!(Organizations::reinstate(signed(CHARLIE), BETA), DispatchError::BadOrigin);
	});
}

#[test]
fn cannot_suspend_or_reinstate_unknown_organization() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::suspend(signed(COUNCIL), 9),
			Error::<Test>::OrganizationNotFound
		);
		assert_noop!(
			Organizations::reinstate(signed(COUNCIL), 9),
			Error::<Test>::OrganizationNotFound
		);
	});
}
