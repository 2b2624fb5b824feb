//! What a genesis says about organizations, as JSON with camelCase fields.

use alloc::{string::String, vec::Vec};
use credio_primitives::{AccountId, PublicKey, Quota, Roles};
use serde::{Deserialize, Serialize};

/// An organization that is there from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisOrganization {
	/// Its name.
	pub name: String,
	/// The first version of its encryption key.
	pub encryption_key: PublicKey,
	/// What it may use per window of blocks; the default of the runtime if there is none.
	#[serde(default)]
	pub quota: Option<Quota>,
	/// Its members, at least one of them an admin.
	pub members: Vec<GenesisMember>,
}

/// A member of an organization that is there from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisMember {
	/// Its account (SS58).
	pub account: AccountId,
	/// What it may do.
	pub roles: Roles,
}
