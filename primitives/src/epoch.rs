//! Key epochs of streams.

use crate::{KeyEpoch, Moment};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The key epoch of a stream.
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
pub struct KeyEpochState {
	/// The present epoch.
	pub current: KeyEpoch,
	/// A grant has ended since it was opened: no record can be appended until the owner opens the next.
	pub rotation_due: bool,
	/// When it was opened, in milliseconds since 1970.
	pub opened_at: Moment,
}
