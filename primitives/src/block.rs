//! Activity and changes of a block.

use crate::{OrganizationId, RequestKey, StreamId};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The activity of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Activity {
	/// Its time, in milliseconds since 1970.
	pub time: u64,
	/// Requests that were applied.
	pub applied: u32,
	/// Requests that were rejected.
	pub rejected: u32,
	/// Entries that were appended to streams.
	pub entries: u32,
}

/// The streams and requests that a block changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Changes {
	/// Streams that an entry was appended to, each once.
	pub streams: Vec<StreamId>,
	/// Requests that were decided.
	pub requests: Vec<(OrganizationId, RequestKey)>,
}
