//! Lists of grants.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use credio_primitives::{GrantId, OrganizationId, limits};
use frame_support::{BoundedVec, traits::ConstU32};
use scale_info::TypeInfo;

/// Most grants that end together: one, and all that can be delegated on a resource.
pub(crate) const MAX_ENDED: u32 = credio_primitives::limits::MAX_DELEGATED_PER_RESOURCE + 1;

/// Names of the grants that one organization holds on one stream or record.
pub type GranteeGrants = BoundedVec<GrantId, ConstU32<{ limits::MAX_GRANTS_PER_GRANTEE }>>;

/// The delegated grants on one stream or record.
pub type ResourceDelegations =
	BoundedVec<Delegation, ConstU32<{ limits::MAX_DELEGATED_PER_RESOURCE }>>;

/// A delegated grant: who gave it on to whom, and under which one.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Delegation {
	/// The grant.
	pub grant: GrantId,
	/// The one that it was delegated under.
	pub parent: GrantId,
	/// Organization that gave it.
	pub grantor: OrganizationId,
	/// Organization that holds it.
	pub grantee: OrganizationId,
}
