//! What a node's pool holds, as JSON.

use crate::{BlockNumber, Digest, LanePosition, OrganizationId, RequestKey};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which transactions of a pool are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PoolFilter {
	/// Those of one organization; all without it.
	pub organization: Option<OrganizationId>,
}

/// A number of transactions, and their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolAmountJson {
	/// Transactions.
	pub transactions: u64,
	/// Their encoded size.
	pub bytes: u64,
}

/// How much a pool holds of one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolUseJson {
	/// The organization; null for what no member has signed.
	pub organization: Option<OrganizationId>,
	/// What could be in the next block.
	pub ready: PoolAmountJson,
	/// What waits for an earlier lane position or nonce.
	pub waiting: PoolAmountJson,
}

/// Where a transaction stands in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PooledState {
	/// It could be in the next block.
	Ready,
	/// It waits for an earlier lane position or nonce.
	Waiting,
}

/// A transaction in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PooledTransactionJson {
	/// Its hash.
	pub transaction_hash: Digest,
	/// The signer's organization; null if no member has signed it.
	pub organization: Option<OrganizationId>,
	/// Key of the request in it; null if there is none.
	pub request_key: Option<RequestKey>,
	/// Lane position of that request; null if it has none.
	pub lane: Option<LanePosition>,
	/// Last block for that request; null if there is none.
	pub expires_at: Option<BlockNumber>,
	/// Its encoded size.
	pub size: u64,
	/// Where it stands.
	pub state: PooledState,
	/// The node's best block when it was accepted.
	pub since: BlockNumber,
}

/// A page of what a node's pool holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolPageJson {
	/// What the pool holds at most.
	pub limit: PoolAmountJson,
	/// How much it holds of each organization, at most [`crate::limits::MAX_PAGE_SIZE`] of them.
	pub organizations: Vec<PoolUseJson>,
	/// The transactions, by organization in order of acceptance.
	pub items: Vec<PooledTransactionJson>,
	/// Where the next page starts; null at the end.
	pub next: Option<Digest>,
}
