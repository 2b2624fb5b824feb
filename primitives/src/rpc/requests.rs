//! Requests: what an upload returns, and where a request stands.

use super::wrappers::BlockRef;
use crate::{BlockNumber, Digest, LanePosition, OrganizationId, RecordId, RequestKey};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RequestState {
	/// This node holds it, or has seen it in a block that is not final yet.
	Pending,
	/// Final: all its calls were applied.
	Applied,
	/// Final: one call failed, and none was applied.
	Rejected,
	/// Final: its expiry has passed without a receipt, and one would have been kept. It was not applied and never will be.
	Expired,
	/// The chain has no receipt of it, and either it may still be applied and this node does not hold it, or its expiry
	/// passed so long ago that the chain would not have kept a receipt.
	Unknown,
}

/// A dispatch error in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorNameJson {
	/// `Pallet.Error`, or the kind of an error that no pallet raised.
	pub name: String,
	/// What it means.
	pub description: String,
}

/// The receipt of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReceiptJson {
	/// `blake2_256` of the encoded calls.
	pub body_digest: Digest,
	/// Block that decided it.
	pub block: BlockNumber,
	/// Index of the extrinsic in that block.
	pub extrinsic_index: u32,
	/// The expiry it was decided under.
	pub expires_at: BlockNumber,
	/// The lane position that it consumed; null if it had none.
	pub lane: Option<LanePosition>,
	/// Position of the call that failed; null if it was applied.
	pub failed_call: Option<u32>,
	/// Why that call failed; null if it was applied.
	pub error: Option<ErrorNameJson>,
}

/// Status of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestStatusJson {
	/// Organization that made it.
	pub organization: OrganizationId,
	/// Its key.
	pub request_key: RequestKey,
	/// Its state.
	pub status: RequestState,
	/// The receipt, once it is final.
	pub receipt: Option<ReceiptJson>,
}

/// The result of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UploadedJson {
	/// Organization that made the request.
	pub organization: OrganizationId,
	/// Key of the request.
	pub request_key: RequestKey,
	/// Hash of the transaction.
	pub transaction_hash: Digest,
	/// Entries that the request appends, in the order of its calls.
	pub record_ids: Vec<RecordId>,
	/// The state of the request.
	pub status: RequestState,
}

/// The events of `uploadAndWatch`, in this order; `inBlock` can come again after a fork.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum UploadEventJson {
	/// The node holds it.
	Accepted(UploadedJson),
	/// It is in a block that is not final yet.
	InBlock {
		/// The block.
		block: BlockRef,
	},
	/// It is final. The last event.
	Finalized(RequestStatusJson),
	/// It can never be applied. The last event.
	Expired(RequestStatusJson),
	/// The node no longer holds it, and it may still be applied: send it again. The last event.
	Dropped {
		/// Why, in words.
		reason: String,
	},
}

/// A lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LaneJson {
	/// The organization of the lane.
	pub organization: OrganizationId,
	/// Its number.
	pub lane: u32,
	/// The next position at block `at`: all before it are consumed, finally.
	pub next: u64,
	/// The next position at the best block, which may not become final. New requests go from here on.
	pub next_at_best: u64,
}
