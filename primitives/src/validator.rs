//! Validators.

use crate::{AccountId, BlockNumber};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A proven offence of a validator: it voted for two blocks where only one vote is allowed.
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
)]
pub struct ValidatorOffence {
	/// The session of the offence.
	pub session: u32,
	/// The block with the report.
	pub reported_at: BlockNumber,
}

/// A validator and its state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ValidatorState {
	/// Its account.
	pub account: AccountId,
	/// The council has chosen it. If not, it was removed and leaves with the end of the session.
	pub chosen: bool,
	/// It makes blocks and votes in the present session.
	pub active: bool,
	/// It has set its session keys.
	pub has_keys: bool,
	/// Why it is disabled, if it is.
	pub offence: Option<ValidatorOffence>,
}
