//! Access tokens: short-lived signatures of a member over one method and its parameters.

use crate::Error;
use codec::Encode;
use credio_primitives::{rpc::AccessToken, BlockNumber, Digest};
use sp_core::{sr25519, Pair};

/// Checks that `token` was signed for this method and these parameters on this chain, and is good at block `now`.
///
/// Membership and grants are the runtime's to check.
pub fn verify(
	token: &AccessToken,
	genesis: &Digest,
	now: BlockNumber,
	method: &str,
	parameters: &impl Encode,
) -> Result<(), Error> {
	if token.expires_at < now {
		return Err(Error::AccessTokenExpired);
	}
	if token.expires_at > now.saturating_add(AccessToken::MAX_LIFETIME) {
		return Err(Error::AccessTokenInvalid("it is good for more than 300 blocks"));
	}
	let signature = sr25519::Signature::try_from(token.signature.0.as_slice())
		.map_err(|_| Error::AccessTokenInvalid("the signature is not 64 bytes"))?;
	let payload = AccessToken::payload(genesis, method, &parameters.encode(), token.expires_at);
	let digest = sp_crypto_hashing::blake2_256(&payload);
	let account = sr25519::Public::from_raw(*AsRef::<[u8; 32]>::as_ref(&token.account));
	if sr25519::Pair::verify(&signature, digest, &account) {
		Ok(())
	} else {
		Err(Error::AccessTokenInvalid(
			"the signature is not that account's, or is for another method, parameters or chain",
		))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::rpc::Bytes;

	const GENESIS: Digest = Digest([1; 32]);
	const METHOD: &str = "credio_v1_fetch";

	fn token(pair: &sr25519::Pair, parameters: u32, expires_at: BlockNumber) -> AccessToken {
		let payload = AccessToken::payload(&GENESIS, METHOD, &parameters.encode(), expires_at);
		let signature = pair.sign(&sp_crypto_hashing::blake2_256(&payload));
		AccessToken {
			account: pair.public().into(),
			expires_at,
			signature: Bytes(signature.0.to_vec()),
		}
	}

	fn pair(seed: u8) -> sr25519::Pair {
		sr25519::Pair::from_seed(&[seed; 32])
	}

	#[test]
	fn a_token_is_good_for_its_method_parameters_and_chain_only() {
		let token = token(&pair(1), 7, 100);
		assert_eq!(verify(&token, &GENESIS, 100, METHOD, &7u32), Ok(()));
		for refused in [
			verify(&token, &Digest([2; 32]), 100, METHOD, &7u32),
			verify(&token, &GENESIS, 100, "credio_v1_streamKeys", &7u32),
			verify(&token, &GENESIS, 100, METHOD, &8u32),
		] {
			assert!(matches!(refused, Err(Error::AccessTokenInvalid(_))), "{refused:?}");
		}
	}

	#[test]
	fn a_foreign_token_is_refused() {
		let mut token = token(&pair(1), 7, 100);
		token.account = pair(2).public().into();
		assert!(matches!(
			verify(&token, &GENESIS, 100, METHOD, &7u32),
			Err(Error::AccessTokenInvalid(_))
		));
	}

	#[test]
	fn a_stale_token_and_one_for_too_long_are_refused() {
		assert_eq!(
			verify(&token(&pair(1), 7, 99), &GENESIS, 100, METHOD, &7u32),
			Err(Error::AccessTokenExpired)
		);
		let longest = 100 + AccessToken::MAX_LIFETIME;
		assert_eq!(verify(&token(&pair(1), 7, longest), &GENESIS, 100, METHOD, &7u32), Ok(()));
		assert!(matches!(
			verify(&token(&pair(1), 7, longest + 1), &GENESIS, 100, METHOD, &7u32),
			Err(Error::AccessTokenInvalid(_))
		));
	}

	#[test]
	fn a_signature_of_wrong_length_is_refused() {
		let mut token = token(&pair(1), 7, 100);
		token.signature.0.pop();
		assert!(matches!(
			verify(&token, &GENESIS, 100, METHOD, &7u32),
			Err(Error::AccessTokenInvalid(_))
		));
	}
}
