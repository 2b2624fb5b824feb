//! Reading rights as the chain decides them: an organization, a record, and the keys.

use crate::{Digest, EntryHeader, GrantId, OrganizationId, RecordPayload, WrappedKey};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Why an organization may not read a record.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum Denial {
	/// The account is a member of no organization.
	NotAMember,
	/// The organization is suspended.
	Suspended,
	/// The record does not exist.
	RecordNotFound,
	/// The entry is an anchor: there is nothing to fetch.
	NotARecord,
	/// No grant of the organization covers the record.
	NoGrant,
	/// A grant covered the record, and has expired.
	GrantExpired,
	/// A grant covers the record, and the one it was delegated under has ended.
	ParentEnded,
	/// A grant covers the record, and its holder has not been given the secret of the record's epoch yet.
	KeyMissing,
	/// The owner of the stream erased the object: nobody may read it any more.
	Erased,
}

impl Denial {
	/// Returns its word.
	#[must_use]
	pub fn word(self) -> &'static str {
		match self {
			Self::NotAMember => "notAMember",
			Self::Suspended => "suspended",
			Self::RecordNotFound => "recordNotFound",
			Self::NotARecord => "notARecord",
			Self::NoGrant => "noGrant",
			Self::GrantExpired => "grantExpired",
			Self::ParentEnded => "parentEnded",
			Self::KeyMissing => "keyMissing",
			Self::Erased => "erased",
		}
	}
}

/// The secret in a wrapped key.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum WrappedSecret {
	/// The stream secret of the record's epoch.
	StreamSecret,
	/// The data key of the record alone.
	DataKey,
}

/// The right of an organization to read a record, with its keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ReadAccess {
	/// The organization that may read.
	pub organization: OrganizationId,
	/// Commitment to the stream secret of the record's epoch.
	pub commitment: Digest,
	/// Its keys: at least one. Those of the owner come first. Delegated ones may be useless, which shows when they are
	/// opened.
	pub keys: Vec<AccessKey>,
}

/// A key of an organization to a record, and the grant behind it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct AccessKey {
	/// The grant that allows it; `None` for the owner of the stream.
	pub grant: Option<GrantId>,
	/// The secret in a wrapped key.
	pub secret: WrappedSecret,
	/// The key, wrapped to that organization.
	pub wrapped_key: WrappedKey,
}

/// A record for an organization that may read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ReadRecord {
	/// The right to it, with the keys.
	pub access: ReadAccess,
	/// Its header.
	pub header: EntryHeader,
	/// Its ciphertext.
	pub payload: RecordPayload,
}
