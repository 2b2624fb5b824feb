//! Ids: 32 bytes, known before submission, and the small numbers of organizations.

use crate::{Moment, Sequence};
use alloc::{format, string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Number of an organization, given by the chain at admission, counted from 0.
pub type OrganizationId = u32;

/// A [`Sequence`] as part of a key of the state: its 8 bytes, the highest first, so that the order of keys is that of
/// numbers.
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
pub struct SequenceKey(pub [u8; 8]);

impl From<Sequence> for SequenceKey {
	fn from(sequence: Sequence) -> Self {
		Self(sequence.to_be_bytes())
	}
}

/// A moment as part of a key of the state: big-endian, so that the earliest comes first and clean-up reads only what has
/// ended.
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
pub struct MomentKey(pub [u8; 8]);

impl From<Moment> for MomentKey {
	fn from(moment: Moment) -> Self {
		Self(moment.to_be_bytes())
	}
}

impl From<MomentKey> for Moment {
	fn from(key: MomentKey) -> Self {
		Self::from_be_bytes(key.0)
	}
}

/// Declares a 32-byte newtype that is written as `0x` and 64 hex digits wherever people or JSON see it.
macro_rules! bytes32 {
	($(#[$meta:meta])* $name:ident) => {
		$(#[$meta])*
		#[derive(
			Clone,
			Copy,
			Default,
			PartialEq,
			Eq,
			PartialOrd,
			Ord,
			Hash,
			Encode,
			Decode,
			DecodeWithMemTracking,
			MaxEncodedLen,
			TypeInfo,
		)]
		pub struct $name(pub [u8; 32]);

		impl core::fmt::Debug for $name {
			fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
				core::fmt::Display::fmt(self, f)
			}
		}

		impl core::fmt::Display for $name {
			fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
				write_hex(f, &self.0)
			}
		}

		impl core::str::FromStr for $name {
			type Err = NotHex;

			fn from_str(text: &str) -> Result<Self, NotHex> {
				parse_hex(text)?.try_into().map(Self).map_err(|_| NotHex)
			}
		}

		impl From<[u8; 32]> for $name {
			fn from(bytes: [u8; 32]) -> Self {
				Self(bytes)
			}
		}

		impl AsRef<[u8]> for $name {
			fn as_ref(&self) -> &[u8] {
				&self.0
			}
		}

		#[cfg(feature = "schema")]
		impl schemars::JsonSchema for $name {
			fn inline_schema() -> bool {
				true
			}

			fn schema_name() -> alloc::borrow::Cow<'static, str> {
				stringify!($name).into()
			}

			fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
				schemars::json_schema!({ "type": "string", "pattern": "^0x[0-9a-f]{64}$" })
			}
		}

		impl Serialize for $name {
			fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
				serializer.collect_str(self)
			}
		}

		impl<'de> Deserialize<'de> for $name {
			fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
				String::deserialize(deserializer)?.parse().map_err(|_| {
					D::Error::custom(format!("{}: expected 0x and 64 hex digits", stringify!($name)))
				})
			}
		}
	};
}

bytes32! {
	/// Names an entry (an anchor or a record). See [`RecordId::derive`].
	RecordId
}
bytes32! {
	/// Names a stream. See [`StreamId::derive`].
	StreamId
}
bytes32! {
	/// Names a grant. See [`GrantId::derive`].
	GrantId
}
bytes32! {
	/// Names an access request. See [`AccessRequestId::derive`].
	AccessRequestId
}
bytes32! {
	/// Names a bundle. See [`BundleId::derive`].
	BundleId
}
bytes32! {
	/// Chosen by a client to derive the id of a new object; unique within its organization.
	Reference
}
bytes32! {
	/// Key of a request: unique within its organization, and says nothing about the business key behind it.
	RequestKey
}
bytes32! {
	/// An X25519 public key.
	PublicKey
}
bytes32! {
	/// A 32-byte digest.
	Digest
}

/// The text is not `0x` followed by the right number of hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHex;

impl core::fmt::Display for NotHex {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("expected 0x and 64 hex digits")
	}
}

impl core::error::Error for NotHex {}

fn write_hex(f: &mut core::fmt::Formatter<'_>, bytes: &[u8]) -> core::fmt::Result {
	f.write_str("0x")?;
	bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn parse_hex(text: &str) -> Result<Vec<u8>, NotHex> {
	let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
	if !digits.len().is_multiple_of(2) {
		return Err(NotHex);
	}
	let value = |digit: u8| (digit as char).to_digit(16).ok_or(NotHex);
	digits
		.chunks_exact(2)
		.map(|pair| Ok(((value(pair[0])? << 4) | value(pair[1])?) as u8))
		.collect()
}

/// `blake2_256(domain ++ organization ++ rest)`; the organization is 4 bytes, little endian.
fn derive(domain: &[u8], organization: OrganizationId, rest: &[u8]) -> [u8; 32] {
	let mut input = Vec::with_capacity(domain.len() + 4 + rest.len());
	input.extend_from_slice(domain);
	input.extend_from_slice(&organization.to_le_bytes());
	input.extend_from_slice(rest);
	sp_crypto_hashing::blake2_256(&input)
}

impl Reference {
	/// Returns the reference of the object that the call at `position` of a request makes:
	/// `blake2_256("credio/reference/v1" ++ request key ++ position)`; the position is 4 bytes, little endian.
	#[must_use]
	pub fn derive(key: &RequestKey, position: u32) -> Self {
		let mut input = b"credio/reference/v1".to_vec();
		input.extend_from_slice(&key.0);
		input.extend_from_slice(&position.to_le_bytes());
		Self(sp_crypto_hashing::blake2_256(&input))
	}
}

impl RecordId {
	/// Returns the id of the entry that `organization` appends under `reference`:
	/// `blake2_256("credio/record/v1" ++ organization ++ reference)`.
	#[must_use]
	pub fn derive(organization: OrganizationId, reference: &Reference) -> Self {
		Self(derive(b"credio/record/v1", organization, &reference.0))
	}
}

impl StreamId {
	/// Returns the id of the stream that `organization` creates under `name`:
	/// `blake2_256("credio/stream/v1" ++ organization ++ name)`.
	#[must_use]
	pub fn derive(organization: OrganizationId, name: &[u8]) -> Self {
		Self(derive(b"credio/stream/v1", organization, name))
	}
}

impl GrantId {
	/// Returns the id of the grant that `grantor` gives under `reference`:
	/// `blake2_256("credio/grant/v1" ++ grantor ++ reference)`.
	#[must_use]
	pub fn derive(grantor: OrganizationId, reference: &Reference) -> Self {
		Self(derive(b"credio/grant/v1", grantor, &reference.0))
	}
}

impl AccessRequestId {
	/// Returns the id of the access request that `requester` makes under `reference`:
	/// `blake2_256("credio/access-request/v1" ++ requester ++ reference)`.
	#[must_use]
	pub fn derive(requester: OrganizationId, reference: &Reference) -> Self {
		Self(derive(b"credio/access-request/v1", requester, &reference.0))
	}
}

impl BundleId {
	/// Returns the id of the bundle that `proposer` proposes under `reference`:
	/// `blake2_256("credio/bundle/v1" ++ proposer ++ reference)`.
	#[must_use]
	pub fn derive(proposer: OrganizationId, reference: &Reference) -> Self {
		Self(derive(b"credio/bundle/v1", proposer, &reference.0))
	}
}

impl PublicKey {
	/// Returns whether this point has a small order, so that every Diffie-Hellman with it gives the all-zero secret.
	///
	/// The list has the twelve encodings of <https://cr.yp.to/ecdh.html> ("Validate"), reduced to
	/// those that fit 32 bytes; the top bit is ignored, as X25519 does (RFC 7748, section 5).
	#[must_use]
	pub fn is_low_order(&self) -> bool {
		const P: [u8; 32] = field_prime(0xed);
		const P_MINUS_1: [u8; 32] = field_prime(0xec);
		const P_PLUS_1: [u8; 32] = field_prime(0xee);
		const ORDER_8_A: [u8; 32] = [
			0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
			0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
			0x5f, 0x49, 0xb8, 0x00,
		];
		const ORDER_8_B: [u8; 32] = [
			0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83,
			0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd,
			0xd0, 0x9f, 0x11, 0x57,
		];
		let mut point = self.0;
		point[31] &= 0x7f;
		let mut one = [0u8; 32];
		one[0] = 1;
		[[0u8; 32], one, P, P_MINUS_1, P_PLUS_1, ORDER_8_A, ORDER_8_B].contains(&point)
	}
}

/// The 32 little-endian bytes of 2^255 - 19 with another lowest byte.
const fn field_prime(lowest: u8) -> [u8; 32] {
	let mut bytes = [0xff; 32];
	bytes[0] = lowest;
	bytes[31] = 0x7f;
	bytes
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::string::ToString;

	#[test]
	fn ids_are_bound_to_domain_and_organization() {
		let reference = Reference([7; 32]);
		assert_ne!(RecordId::derive(1, &reference), RecordId::derive(2, &reference));
		assert_ne!(RecordId::derive(1, &reference).0, GrantId::derive(1, &reference).0);
		let mut input = b"credio/record/v1".to_vec();
		input.extend([1, 0, 0, 0]);
		input.extend([7; 32]);
		assert_eq!(RecordId::derive(1, &reference).0, sp_crypto_hashing::blake2_256(&input));
	}

	#[test]
	fn text_form_round_trips_and_refuses_other_lengths() {
		let id = RecordId(core::array::from_fn(|i| i as u8));
		assert_eq!(id.to_string().parse(), Ok(id));
		assert!(id.to_string().starts_with("0x000102"));
		assert_eq!("0x00".parse::<RecordId>(), Err(NotHex));
		assert_eq!("zz".repeat(32).parse::<RecordId>(), Err(NotHex));
	}

	#[test]
	fn low_order_points_are_recognized() {
		assert!(PublicKey([0; 32]).is_low_order());
		let mut zero_with_top_bit = [0; 32];
		zero_with_top_bit[31] = 0x80;
		assert!(PublicKey(zero_with_top_bit).is_low_order());
		assert!(!PublicKey([9; 32]).is_low_order());
	}
}
