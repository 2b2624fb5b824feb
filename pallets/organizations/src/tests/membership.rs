use crate::{Error, mock::*};
use frame_support::assert_noop;
use pallet_support::traits::{Membership, Role};

#[test]
fn ensure_role_names_the_organization() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Organizations::ensure_role(&ALICE, Role::Grantor), Ok(ALPHA));
		assert_eq!(Organizations::ensure_role(&BOB, Role::Submitter), Ok(ALPHA));
		assert_eq!(Organizations::ensure_role(&CHARLIE, Role::Any), Ok(BETA));
	});
}

#[test]
fn ensure_role_denies() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Organizations::ensure_role(&BOB, Role::Grantor), Error::<Test>::RoleMissing);
		assert_noop!(Organizations::ensure_role(&STRANGER, Role::Any), Error::<Test>::NotAMember);
		assert!(!Organizations::is_active(9));
	});
}
