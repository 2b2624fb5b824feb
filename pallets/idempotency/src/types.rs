//! Types that only this pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use credio_primitives::{OrganizationId, RequestKey};
use scale_info::TypeInfo;

/// A receipt that is to be removed.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Removal {
	/// The organization that submitted the request.
	pub organization: OrganizationId,
	/// Key of the request.
	pub key: RequestKey,
}
