//! Lists of grants.

use credio_primitives::{limits, GrantId};
use frame_support::{traits::ConstU32, BoundedVec};

/// Names of the grants on one stream or record.
pub type ResourceGrants = BoundedVec<GrantId, ConstU32<{ limits::MAX_GRANTS_PER_RESOURCE }>>;
/// Names of the grants that one organization holds on one stream or record.
pub type GranteeGrants = BoundedVec<GrantId, ConstU32<{ limits::MAX_GRANTS_PER_GRANTEE }>>;
