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

/// The block at which a read was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockRef {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Digest,
}

/// An answer, and the finalized block at which it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct At<Answer> {
	/// The block.
	pub at: BlockRef,
	/// The answer at that block.
	#[serde(flatten)]
	pub answer: Answer,
}

/// Where a page starts and how long it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PageRequest {
	/// `next` of the page before; none for the first page.
	pub cursor: Option<Digest>,
	/// Most items wanted; at most, and without it, [`crate::limits::MAX_PAGE_SIZE`].
	pub limit: Option<u32>,
}

/// A page of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Items<Item> {
	/// The items. A page may be short, even empty, before the end.
	pub items: Vec<Item>,
	/// Where the next page starts; null at the end.
	pub next: Option<Digest>,
}

/// Names are checked to be UTF-8 when they come in; what is not is shown with replacement characters.
pub(super) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).to_string()
}
