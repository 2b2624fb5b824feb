//! Evidence.

use super::wrappers::{BlockRef, Bytes};
use crate::{
	evidence::{Format, Origin, Subject},
	Digest, GrantId,
};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What is asked of evidence beyond the entry itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EvidenceOptions {
	/// Block of the checkpoint that the verifier trusts; genesis without it.
	pub from: Option<Digest>,
	/// The request that brought the entry, whose receipt is to be proven.
	pub origin: Option<Origin>,
	/// Grants that were once given, to prove whether they hold.
	pub grants: Vec<GrantId>,
}

/// A block and the votes that finalized it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FinalizedBlockJson {
	/// The block's header, in SCALE.
	pub header: Bytes,
	/// GRANDPA's justification of it, in SCALE.
	pub justification: Bytes,
}

/// What proves that the newest final block is final, to somebody who trusts an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinalityJson {
	/// The block that the proof starts from.
	pub from: BlockRef,
	/// Each block after it in which the validators changed, and at last the newest one that is proven to be final. Empty
	/// if that is `from`.
	pub finality: Vec<FinalizedBlockJson>,
	/// Whether there is more, from the last of these on.
	pub more: bool,
}

/// What a node knows of the proof of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceJson {
	/// How it is made. Nodes that know of the first format only do not say.
	#[serde(default)]
	pub format: Format,
	/// Hash of block 0, which names the chain.
	pub genesis: Digest,
	/// What it is about.
	pub subject: Subject,
	/// The block that the proof of finality starts from.
	pub from: BlockRef,
	/// Each block in which the validators changed, and at last the one whose state is proven.
	pub finality: Vec<FinalizedBlockJson>,
	/// Nodes of that block's state, in ascending order.
	pub storage: Vec<Bytes>,
}
