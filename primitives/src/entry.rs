//! Streams and their entries.

use crate::{
	limits, AccountId, BlockNumber, Digest, KeyEpoch, OrganizationId, RecordId, Sequence, StreamId,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{traits::ConstU32, BoundedVec};

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
pub enum StreamStatus {
	/// It takes entries.
	Open,
	/// Nothing can be appended any more; what is there stays readable.
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
	/// Block in which it was created.
	pub created_at: BlockNumber,
}

/// What an entry commits to.
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
pub enum EntryBody {
	/// An anchor that commits to one document kept elsewhere.
	DigestAnchor {
		/// Keyed commitment to the document.
		commitment: Commitment,
	},
	/// An anchor that commits to many documents kept elsewhere.
	MerkleAnchor {
		/// Root of the tree of [`crate::merkle`].
		root: Digest,
		/// Number of leaves, from 1 to [`limits::MAX_MERKLE_LEAVES`].
		leaves: u32,
	},
	/// A record: its ciphertext is on the chain.
	Record {
		/// Key epoch whose stream secret encrypts it.
		epoch: KeyEpoch,
		/// Keyed commitment to the document.
		commitment: Commitment,
		/// Size of the payload in bytes (padded).
		size: u32,
		/// The record that this one replaces; both stay readable.
		supersedes: Option<RecordId>,
	},
}

/// All that is public about an entry.
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
pub struct EntryHeader {
	/// Stream it is in.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Organization that appended it.
	pub organization: OrganizationId,
	/// Member that signed for it.
	pub author: AccountId,
	/// Block in which it was appended.
	pub block: BlockNumber,
	/// What it commits to.
	pub body: EntryBody,
}

/// An entry with its name.
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
pub struct Entry {
	/// Its name.
	pub record_id: RecordId,
	/// All that is public about it.
	#[serde(flatten)]
	pub header: EntryHeader,
}

/// Which entries a query asks for. Every field that is given narrows the answer.
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
pub struct EntryFilter {
	/// Entries of this stream, in the order of their sequence numbers. Without it, in no particular order.
	pub stream: Option<StreamId>,
	/// Entries that this organization appended.
	pub organization: Option<OrganizationId>,
	/// Entries that this member signed for.
	pub author: Option<AccountId>,
	/// Lowest sequence number.
	pub from_sequence: Option<Sequence>,
	/// Highest sequence number.
	pub to_sequence: Option<Sequence>,
}

/// First byte of an envelope of version 1.
pub const ENVELOPE_V1: u8 = 1;

/// A stream with its name and the key epoch it is in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StreamInfo {
	/// Its name.
	pub id: StreamId,
	/// The stream.
	pub stream: Stream,
	/// Its key epoch; `None` before the first is opened.
	pub epoch: Option<crate::KeyEpochState>,
}
