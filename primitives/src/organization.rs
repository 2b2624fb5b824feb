//! Organizations, members, encryption keys and quotas.

use crate::{BlockNumber, KeyVersion, OrganizationId, PublicKey, limits};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{BoundedVec, traits::ConstU32};

/// Name of an organization: UTF-8, public to all members.
pub type OrganizationName = BoundedVec<u8, ConstU32<{ limits::MAX_NAME_LENGTH }>>;

/// URL at which an organization serves objects: `https://…`, or `http://…` within a closed network.
pub type Endpoint = BoundedVec<u8, ConstU32<{ limits::MAX_ENDPOINT_LENGTH }>>;
/// The endpoints of an organization, the preferred one first.
pub type Endpoints = BoundedVec<Endpoint, ConstU32<{ limits::MAX_ENDPOINTS }>>;

/// Returns whether bytes are a URL that may be announced: `https://` or `http://` with something behind it, in visible ASCII
/// characters, and without user information, a query or a fragment.
#[must_use]
pub fn is_endpoint(url: &[u8]) -> bool {
	let rest = url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://"));
	rest.is_some_and(|rest| {
		rest.first().is_some_and(|first| *first != b'/')
			&& rest.iter().all(|byte| byte.is_ascii_graphic() && !b"@?#\"<>".contains(byte))
	})
}

/// Whether an organization takes part.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum OrganizationStatus {
	/// It may write and fetch.
	Active,
	/// It can neither write nor fetch until the council reinstates it.
	Suspended,
}

/// A legal entity on the network.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Organization {
	/// Unique name.
	pub name: OrganizationName,
	/// Whether it takes part.
	pub status: OrganizationStatus,
	/// Number of its members.
	pub members: u32,
	/// Number of its members with the admin role; never 0.
	pub admins: u32,
	/// Version of the encryption key that is wrapped to from now on.
	pub key_version: KeyVersion,
	/// Its quota per window of blocks.
	pub quota: Quota,
}

/// The roles of a member in its organization.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Roles {
	/// Manages members and encryption keys, creates and seals streams.
	pub admin: bool,
	/// Appends entries.
	pub submitter: bool,
	/// Gives, delegates and revokes grants, makes and decides access requests, opens key epochs.
	pub grantor: bool,
}

impl Roles {
	/// All roles.
	pub const ALL: Self = Self { admin: true, submitter: true, grantor: true };
}

/// An account of exactly one organization.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
	/// The organization it acts for.
	pub organization: OrganizationId,
	/// Its roles.
	pub roles: Roles,
	/// Block of its joining.
	pub since: BlockNumber,
}

/// A version of an organization's encryption key. Old versions are kept, since old secrets are wrapped to them.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EncryptionKey {
	/// The X25519 public key.
	pub public: PublicKey,
	/// Block of its announcement.
	pub since: BlockNumber,
}

/// The quota of an organization per window of blocks.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quota {
	/// Bytes of transactions.
	pub bytes: u64,
	/// Weight of transactions: execution time in picoseconds on the reference machine.
	pub ref_time: u64,
}

/// The use of an organization in the present window.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaUse {
	/// Number of the window: block number divided by the window's length.
	pub window: u32,
	/// Bytes used in it.
	pub bytes: u64,
	/// Weight used in it, in picoseconds.
	pub ref_time: u64,
}

/// An organization with its present encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OrganizationInfo {
	/// Its number.
	pub id: OrganizationId,
	/// The organization.
	pub organization: Organization,
	/// The encryption key that secrets are wrapped to from now on.
	pub encryption_key: EncryptionKey,
}

/// A member's account with its membership.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MemberInfo {
	/// The account.
	pub account: crate::AccountId,
	/// Its organization and roles.
	pub member: Member,
}

/// Quota of an organization, and its use in the present window of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct QuotaInfo {
	/// Its quota per window.
	pub quota: Quota,
	/// Its use in the present window.
	pub used: QuotaUse,
	/// Length of a window in blocks.
	pub window_length: BlockNumber,
	/// First block of the next window.
	pub next_window_at: BlockNumber,
}
