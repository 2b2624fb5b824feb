//! Shapes that many methods share.

use crate::{BlockNumber, Digest};
use alloc::{
	string::{String, ToString},
	vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Bytes as `0x` hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(#[serde(with = "sp_core::bytes")] pub Vec<u8>);

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockRef {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Digest,
}

/// A result and the block that it was read at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub struct At<Answer> {
	/// The block.
	pub at: BlockRef,
	/// The result.
	#[serde(flatten)]
	pub answer: Answer,
}

/// Start and length of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageRequest {
	/// `next` of the page before; none for the first page.
	pub cursor: Option<Digest>,
	/// Most items; 256 at most, and without it.
	pub limit: Option<u32>,
}

/// A page of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub struct Items<Item> {
	/// The items. A page may be short, even empty, before the end.
	pub items: Vec<Item>,
	/// Where the next page starts; null at the end.
	pub next: Option<Digest>,
}

/// Converts bytes to text. The chain checks that names are UTF-8; others get replacement characters.
pub(super) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).to_string()
}
