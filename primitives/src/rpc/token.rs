//! Access tokens.

use super::wrappers::Bytes;
use crate::{AccountId, BlockNumber, Digest};
use alloc::vec::Vec;
use codec::Encode;
use serde::{Deserialize, Serialize};

/// A short-lived signature of a member, to read what its organization may read.
///
/// It signs `blake2_256` of [`AccessToken::payload`].
///
/// It names an account and no organization: an account that moves to another organization reads with it as that one's
/// member, for at most [`AccessToken::MAX_LIFETIME`] blocks. It gains nothing by that: it reads ciphertexts,
/// which every node holds, and keys that only the organization's vaults can unwrap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessToken {
	/// The member's account (SS58).
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub account: AccountId,
	/// Last block at which the token is good; at most 300 ahead.
	pub expires_at: BlockNumber,
	/// A `MultiSignature` in SCALE: a byte for its kind (0 Ed25519, 1 Sr25519, 2 ECDSA), and 64 or 65 bytes.
	pub signature: Bytes,
}

impl AccessToken {
	/// Longest life of a token, in blocks.
	pub const MAX_LIFETIME: BlockNumber = 300;

	/// Returns the bytes that are hashed and signed:
	/// `"credio/access-token/v1" ++ genesis ++ SCALE(method) ++ SCALE(parameters) ++ expires_at`.
	/// `parameters` are the SCALE encoding of the method's parameters other than the token.
	#[must_use]
	pub fn payload(
		genesis: &Digest,
		method: &str,
		parameters: &[u8],
		expires_at: BlockNumber,
	) -> Vec<u8> {
		let mut payload = b"credio/access-token/v1".to_vec();
		(genesis, method, parameters, expires_at).encode_to(&mut payload);
		payload
	}
}
