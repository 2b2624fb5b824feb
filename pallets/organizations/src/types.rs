//! What the pallet stores by itself, and what a genesis says about organizations, as JSON with camelCase fields.

use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode, MaxEncodedLen};
use credio_primitives::{AccountId, PublicKey, Quota, Roles};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What a seat of the council may use per window of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Allowance {
	/// Governance calls.
	pub calls: u32,
	/// Their encoded size, in bytes.
	pub bytes: u64,
	/// Their execution, in picoseconds.
	pub ref_time: u64,
}

/// What a seat of the council has used of its [`Allowance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct SeatUse {
	/// Number of the window.
	pub window: u32,
	/// Governance calls.
	pub calls: u32,
	/// Their encoded size, in bytes.
	pub bytes: u64,
	/// Their execution, in picoseconds.
	pub ref_time: u64,
}

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
