//! Evidence.

use super::wrappers::{BlockRef, Bytes};
use crate::{
	Digest, GrantId,
	evidence::{Format, Origin, Subject},
};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Selects what evidence proves beyond the entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceOptions {
	/// Block of the checkpoint that the verifier trusts; genesis without it.
	pub from: Option<Digest>,
	/// The request that brought the entry, to prove its receipt.
	pub origin: Option<Origin>,
	/// Grants that were once given, to prove whether they hold.
	pub grants: Vec<GrantId>,
}

/// A block and the votes that finalized it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FinalizedBlockJson {
	/// The block's header, in SCALE.
	pub header: Bytes,
	/// GRANDPA's justification of it, in SCALE.
	pub justification: Bytes,
}

/// A proof that the newest final block is final, for a verifier that trusts an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FinalityJson {
	/// The block that the proof starts from.
	pub from: BlockRef,
	/// Each later block that changed the validators, and last the newest block with a proof of finality. Empty if that is
	/// `from`.
	pub finality: Vec<FinalizedBlockJson>,
	/// Whether there is more, from the last of these on.
	pub more: bool,
}

/// The proof of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceJson {
	/// Its format. Nodes that know the first format only leave it out.
	#[serde(default)]
	#[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
	pub format: Format,
	/// Hash of block 0, which names the chain.
	pub genesis: Digest,
	/// Its subject.
	pub subject: Subject,
	/// The block that the proof of finality starts from.
	pub from: BlockRef,
	/// Each block that changed the validators, and last the block with the proven state.
	pub finality: Vec<FinalizedBlockJson>,
	/// Nodes of that block's state, in ascending order.
	pub storage: Vec<Bytes>,
}
