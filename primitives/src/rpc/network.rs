//! Validators, and the bounds of the chain.

use super::bundles::WeightJson;
use crate::{AccountId, BlockNumber, Digest, Moment, ValidatorState};
use serde::{Deserialize, Serialize};

/// A validator and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValidatorJson {
	/// Its account (SS58).
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub account: AccountId,
	/// The council has chosen it. If not, it was removed and leaves with the end of the session.
	pub chosen: bool,
	/// It makes blocks and votes in the present session.
	pub active: bool,
	/// It has set its session keys.
	pub has_keys: bool,
	/// Why it is disabled, if it is.
	pub offence: Option<OffenceJson>,
}

/// A proven offence of a validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OffenceJson {
	/// The session of two votes where one is allowed.
	pub session: u32,
	/// The block with the report.
	pub reported_at: BlockNumber,
}

impl From<ValidatorState> for ValidatorJson {
	fn from(state: ValidatorState) -> Self {
		let ValidatorState { account, chosen, active, has_keys, offence } = state;
		let offence = offence.map(|offence| OffenceJson {
			session: offence.session,
			reported_at: offence.reported_at,
		});
		Self { account, chosen, active, has_keys, offence }
	}
}

/// The chain's bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LimitsJson {
	/// Hash of block 0, which names the chain.
	pub genesis_hash: Digest,
	/// Largest document of a record, in bytes.
	pub max_document_size: u32,
	/// Largest payload of a record, in bytes.
	pub max_payload_size: u32,
	/// How far ahead of the present block `expiresAt` may lie.
	pub max_request_lifetime: BlockNumber,
	/// For how many blocks past `expiresAt` the absence of a receipt proves that the request was not applied. A receipt
	/// is kept for `maxRequestLifetime` beyond that.
	pub receipt_retention: BlockNumber,
	/// Most calls in one request.
	pub max_calls: u32,
	/// Lanes of one organization, numbered from 0.
	pub max_lanes: u32,
	/// How far ahead of a lane's next position a request may be handed over.
	pub max_positions_ahead: u64,
	/// Most items in one page.
	pub max_page_size: u32,
	/// How far ahead of the present moment the deadline of a bundle may lie, in milliseconds.
	pub max_bundle_lifetime: Moment,
	/// How long the record of a bundle is kept past its deadline, in milliseconds.
	pub bundle_retention: Moment,
	/// Most weight that the calls of a bundle may declare together.
	pub max_bundle_weight: WeightJson,
}
