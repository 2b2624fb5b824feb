//! Streams and their entries.

use crate::{
	AccountId, BlockNumber, Digest, KeyEpoch, OrganizationId, RecordId, Sequence, StreamId, limits,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{BoundedVec, traits::ConstU32};

/// Name of a stream: UTF-8, unique within its owner, public to all members.
pub type StreamName = BoundedVec<u8, ConstU32<{ limits::MAX_NAME_LENGTH }>>;
/// Ciphertext of a record in its envelope.
pub type RecordPayload = BoundedVec<u8, ConstU32<{ limits::MAX_PAYLOAD_SIZE }>>;
/// Hashes from a leaf's sibling up to the root's child.
pub type InclusionProof = BoundedVec<Digest, ConstU32<{ limits::MAX_PROOF_LENGTH }>>;
/// A keyed commitment to a document: `HMAC-SHA256(commitment key, document)`. Never a bare hash.
pub type Commitment = Digest;

/// Whether a stream takes entries.
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
pub enum StreamStatus {
	/// It takes entries.
	Open,
	/// Nothing can be appended any more; its entries stay readable.
	Sealed,
}

/// An append-only, numbered sequence of entries, owned by one organization.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Stream {
	/// The organization that created it.
	pub owner: OrganizationId,
	/// Name, unique within the owner.
	pub name: StreamName,
	/// Whether it takes entries.
	pub status: StreamStatus,
	/// Sequence number of the next entry, which is the number of entries so far.
	pub next_sequence: Sequence,
	/// Block of its creation.
	pub created_at: BlockNumber,
}

/// The content that an entry commits to.
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
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum EntryBody {
	/// An anchor that commits to one document kept elsewhere.
	DigestAnchor {
		/// Keyed commitment to the document.
		commitment: Commitment,
	},
	/// An anchor that commits to many documents kept elsewhere.
	MerkleAnchor {
		/// Root of the Merkle tree.
		root: Digest,
		/// Number of leaves, at least 1.
		leaves: u32,
	},
	/// A record: its ciphertext is on the chain.
	Record {
		/// The key epoch of the stream secret that encrypts it.
		epoch: KeyEpoch,
		/// Keyed commitment to the document.
		commitment: Commitment,
		/// Size of the payload in bytes (padded).
		size: u32,
		/// The record that this one replaces; both stay readable.
		supersedes: Option<RecordId>,
	},
	/// An object: a record whose ciphertext is in an object store.
	Object {
		/// The key epoch of the stream secret that encrypts it.
		epoch: KeyEpoch,
		/// Keyed commitment to the document.
		commitment: Commitment,
		/// Root over the envelope: see [`crate::object`].
		root: Digest,
		/// Size of the envelope in bytes (padded).
		size: u64,
		/// The record that this one replaces; both stay readable.
		supersedes: Option<RecordId>,
	},
}

impl EntryBody {
	/// Returns the key epoch of a record or an object; `None` for an anchor, which has nothing to read.
	#[must_use]
	pub fn epoch(&self) -> Option<KeyEpoch> {
		match self {
			Self::Record { epoch, .. } | Self::Object { epoch, .. } => Some(*epoch),
			Self::DigestAnchor { .. } | Self::MerkleAnchor { .. } => None,
		}
	}

	/// Returns the record that this one replaces.
	#[must_use]
	pub fn supersedes(&self) -> Option<RecordId> {
		match self {
			Self::Record { supersedes, .. } | Self::Object { supersedes, .. } => *supersedes,
			Self::DigestAnchor { .. } | Self::MerkleAnchor { .. } => None,
		}
	}

	/// Returns the commitment to the one document of an entry; `None` for an anchor over many.
	#[must_use]
	pub fn commitment(&self) -> Option<Commitment> {
		match self {
			Self::DigestAnchor { commitment }
			| Self::Record { commitment, .. }
			| Self::Object { commitment, .. } => Some(*commitment),
			Self::MerkleAnchor { .. } => None,
		}
	}
}

/// The public data of an entry.
#[derive(
	Clone,
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
pub struct EntryHeader {
	/// Stream it is in.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Organization that appended it.
	pub organization: OrganizationId,
	/// Member that signed for it.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub author: AccountId,
	/// Block of its append.
	pub block: BlockNumber,
	/// The content that it commits to.
	pub body: EntryBody,
}

/// An entry with its id.
#[derive(
	Clone,
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
pub struct Entry {
	/// Its id.
	pub record_id: RecordId,
	/// Its public data.
	#[serde(flatten)]
	pub header: EntryHeader,
}

/// Selects entries. Every field narrows the result.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EntryFilter {
	/// Entries of this stream, in the order of their sequence numbers. Without it, in no particular order.
	pub stream: Option<StreamId>,
	/// Entries that this organization appended.
	pub organization: Option<OrganizationId>,
	/// Entries that this member signed for.
	#[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Ss58>"))]
	pub author: Option<AccountId>,
	/// Lowest sequence number.
	pub from_sequence: Option<Sequence>,
	/// Highest sequence number.
	pub to_sequence: Option<Sequence>,
}

/// First byte of an envelope of version 1, which is a record's.
pub const ENVELOPE_V1: u8 = 1;
/// First byte of an envelope of version 2, which is an object's.
pub const ENVELOPE_V2: u8 = 2;

/// A stream with its name and the key epoch it is in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StreamInfo {
	/// Its id.
	pub id: StreamId,
	/// The stream.
	pub stream: Stream,
	/// Its key epoch; `None` before the first is opened.
	pub epoch: Option<crate::epoch::KeyEpochState>,
}
