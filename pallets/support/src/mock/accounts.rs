//! Organizations and accounts.

use super::world::World;
use credio_primitives::{AccountId, OrganizationId, Roles};

/// All roles in [`ALPHA`].
pub const ALICE: AccountId = AccountId::new([1; 32]);
/// Only admin in [`ALPHA`].
pub const ADAM: AccountId = AccountId::new([2; 32]);
/// Only submitter in [`ALPHA`].
pub const SAM: AccountId = AccountId::new([3; 32]);
/// All roles in [`BETA`].
pub const BOB: AccountId = AccountId::new([4; 32]);
/// All roles in [`GAMMA`].
pub const CAROL: AccountId = AccountId::new([5; 32]);
/// No member of any organization.
pub const STRANGER: AccountId = AccountId::new([255; 32]);

/// An active organization.
pub const ALPHA: OrganizationId = 0;
/// An active organization.
pub const BETA: OrganizationId = 1;
/// A suspended organization.
pub const GAMMA: OrganizationId = 2;

/// Only the admin role.
pub const ADMIN: Roles = Roles { admin: true, submitter: false, grantor: false };
/// Only the submitter role.
pub const SUBMITTER: Roles = Roles { admin: false, submitter: true, grantor: false };

/// Admits the three organizations with their members.
pub(super) fn populate() {
	World::admit_below(GAMMA + 1);
	for (account, organization, roles) in [
		(ALICE, ALPHA, Roles::ALL),
		(ADAM, ALPHA, ADMIN),
		(SAM, ALPHA, SUBMITTER),
		(BOB, BETA, Roles::ALL),
		(CAROL, GAMMA, Roles::ALL),
	] {
		World::set_member(account, Some(organization), roles);
	}
	World::suspend(GAMMA);
}
