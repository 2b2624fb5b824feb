//! The contents of a node's pool.

use crate::{BlockNumber, Digest, LanePosition, OrganizationId, RequestKey};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Selects transactions of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolFilter {
	/// Those of one organization; all without it.
	pub organization: Option<OrganizationId>,
}

/// A number of transactions, and their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolAmountJson {
	/// Transactions.
	pub transactions: u64,
	/// Their encoded size.
	pub bytes: u64,
}

/// The transactions of one organization in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolUseJson {
	/// The organization; null for transactions that no member has signed.
	pub organization: Option<OrganizationId>,
	/// Transactions that are ready for the next block.
	pub ready: PoolAmountJson,
	/// Transactions that wait for an earlier lane position or nonce.
	pub waiting: PoolAmountJson,
}

/// The state of a transaction in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum PooledState {
	/// It is ready for the next block.
	Ready,
	/// It waits for an earlier lane position or nonce.
	Waiting,
}

/// A transaction in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
	/// Its state.
	pub state: PooledState,
	/// The node's best block when it was accepted.
	pub since: BlockNumber,
}

/// A page of a pool's transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolPageJson {
	/// The size of the pool.
	pub limit: PoolAmountJson,
	/// The amounts of each organization, at most 256 of them.
	pub organizations: Vec<PoolUseJson>,
	/// The transactions, by organization in order of acceptance.
	pub items: Vec<PooledTransactionJson>,
	/// Where the next page starts; null at the end.
	pub next: Option<Digest>,
}
