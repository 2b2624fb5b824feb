//! Requests and their receipts.

use crate::{AccountId, BlockNumber, Digest, OrganizationId, RecordId, RequestKey};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::DispatchError;

/// A position in a lane of an organization.
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
pub struct LanePosition {
	/// Number of the lane within the organization.
	pub lane: u32,
	/// Position in the lane, counted from 0.
	pub sequence: u64,
}

/// The key, expiry and order of a submission, which make it idempotent.
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
pub struct Request {
	/// The organization that it is for; it is applied for no other.
	pub organization: OrganizationId,
	/// Unique within the organization.
	pub key: RequestKey,
	/// The last block that may apply it.
	pub expires_at: BlockNumber,
	/// Its place in an order of submission, if it has one.
	pub lane: Option<LanePosition>,
}

impl Request {
	/// Returns whether a request without a receipt was certainly never applied and never will be.
	///
	/// The state of block `at` lacks the receipt. `earliest` and `latest` are the expiries under which the key was signed. A
	/// receipt is kept for at least `retention` blocks past the expiry that it was decided under; later than that, its
	/// absence proves nothing.
	#[must_use]
	pub fn has_expired(
		at: BlockNumber,
		earliest: BlockNumber,
		latest: BlockNumber,
		retention: BlockNumber,
	) -> bool {
		latest < at && at <= earliest.saturating_add(retention)
	}

	/// Returns the tag of the requests of one key in a transaction pool.
	#[must_use]
	pub fn tag(organization: OrganizationId, key: RequestKey) -> Vec<u8> {
		(b"credio/request", organization, key).encode()
	}
}

/// The outcome of a request.
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
pub enum Outcome {
	/// All calls were applied.
	Applied,
	/// One call failed, and none was applied.
	Rejected {
		/// Position of the failed call in the request, counted from 0.
		call_index: u32,
		/// Why it failed.
		error: DispatchError,
	},
}

/// The receipt of a request, which the chain stores.
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
pub struct Receipt {
	/// `blake2_256` of the encoded calls.
	pub body_digest: Digest,
	/// Block that decided it.
	pub block: BlockNumber,
	/// Index of the extrinsic in that block.
	pub extrinsic_index: u32,
	/// The expiry it was decided under. The receipt is kept for the longest lifetime of a request and the retention
	/// period past it.
	pub expires_at: BlockNumber,
	/// The lane position that it consumed, if it had one.
	pub lane: Option<LanePosition>,
	/// Its outcome.
	pub outcome: Outcome,
}

/// The request in a signed extrinsic.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Submission {
	/// The account that signed.
	pub signer: AccountId,
	/// The organization of the request. The signer is its member at the block of the read.
	pub organization: OrganizationId,
	/// The request.
	pub request: Request,
	/// `blake2_256` of the encoded calls.
	pub body_digest: Digest,
	/// Entries that the calls append, in their order.
	pub record_ids: Vec<RecordId>,
}

/// Why an extrinsic carries no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum NotASubmission {
	/// The bytes are no extrinsic of this runtime.
	Undecodable,
	/// The extrinsic is not signed.
	Unsigned,
	/// The call is not `Idempotency::submit`.
	OtherCall,
	/// The signer is a member of no organization.
	NotAMember,
	/// The signer is a member of another organization than the one that the request names.
	OtherOrganization,
}

/// Bounds on requests that clients need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RequestLimits {
	/// How far ahead of the present block `expires_at` may lie.
	pub max_request_lifetime: BlockNumber,
	/// For how many blocks past `expires_at` the absence of a receipt proves that the request was not applied. A receipt
	/// is kept for the longest lifetime of a request beyond that.
	pub receipt_retention: BlockNumber,
	/// Most calls in one request.
	pub max_calls: u32,
	/// Lanes of one organization.
	pub max_lanes: u32,
	/// How far ahead of a lane's next position a request may be handed to the pool.
	pub max_positions_ahead: u64,
}
