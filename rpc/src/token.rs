//! Access tokens: short-lived signatures of a member over one method and its parameters.

use crate::error::Error;
use codec::{DecodeAll, Encode};
use credio_primitives::{BlockNumber, Digest, rpc::AccessToken};
use sp_runtime::{MultiSignature, traits::Verify};

/// Checks that `token` was signed for this method and these parameters on this chain, and is good at block `now`. The
/// runtime checks membership and grants.
///
/// # Errors
///
/// [`Error::AccessTokenExpired`], [`Error::AccessTokenInvalid`].
pub(crate) fn verify(
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
	let signature = MultiSignature::decode_all(&mut token.signature.0.as_slice()).map_err(|_| {
		Error::AccessTokenInvalid(
			"the signature is not the byte of its kind (0 for Ed25519, 1 for Sr25519, 2 for ECDSA) and 64 bytes, or 65 for ECDSA",
		)
	})?;
	let payload = AccessToken::payload(genesis, method, &parameters.encode(), token.expires_at);
	let digest = sp_crypto_hashing::blake2_256(&payload);
	if signature.verify(&digest[..], &token.account) {
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
	use credio_primitives::{AccountId, rpc::Bytes};
	use sp_core::{Pair, ecdsa, ed25519, sr25519};
	use sp_runtime::{MultiSigner, traits::IdentifyAccount};

	const GENESIS: Digest = Digest([1; 32]);
	const METHOD: &str = "credio_v1_fetch";

	fn token<P: Pair>(pair: &P, parameters: u32, expires_at: BlockNumber) -> AccessToken
	where
		MultiSignature: From<P::Signature>,
		MultiSigner: From<P::Public>,
	{
		let payload = AccessToken::payload(&GENESIS, METHOD, &parameters.encode(), expires_at);
		let signature = pair.sign(&sp_crypto_hashing::blake2_256(&payload));
		AccessToken {
			account: account(pair),
			expires_at,
			signature: Bytes(MultiSignature::from(signature).encode()),
		}
	}

	fn account<P: Pair>(pair: &P) -> AccountId
	where
		MultiSigner: From<P::Public>,
	{
		MultiSigner::from(pair.public()).into_account()
	}

	fn pair(seed: u8) -> sr25519::Pair {
		sr25519::Pair::from_seed(&[seed; 32])
	}

	#[test]
	fn token_is_good_for_its_method_parameters_and_chain() {
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
	fn token_of_another_account_is_refused() {
		let mut token = token(&pair(1), 7, 100);
		token.account = account(&pair(2));
		assert!(matches!(
			verify(&token, &GENESIS, 100, METHOD, &7u32),
			Err(Error::AccessTokenInvalid(_))
		));
	}

	#[test]
	fn expired_and_too_long_tokens_are_refused() {
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
	fn signature_of_wrong_length_is_refused() {
		let whole = token(&pair(1), 7, 100).signature.0;
		let longer = [&whole[..], &[0]].concat();
		// Without the byte of its kind, and of an unknown kind.
		let unknown = [&[9], &whole[1..]].concat();
		for signature in [&whole[..64], &longer[..], &whole[1..], &unknown[..], &[][..]] {
			let mut token = token(&pair(1), 7, 100);
			token.signature = Bytes(signature.to_vec());
			let refused = verify(&token, &GENESIS, 100, METHOD, &7u32);
			assert!(matches!(refused, Err(Error::AccessTokenInvalid(_))), "{refused:?}");
		}
	}

	#[test]
	fn every_signature_scheme_of_the_chain_is_accepted() {
		let ed25519 = token(&ed25519::Pair::from_seed(&[1; 32]), 7, 100);
		let ecdsa = token(&ecdsa::Pair::from_seed(&[1; 32]), 7, 100);
		for token in [&ed25519, &ecdsa] {
			assert_eq!(verify(token, &GENESIS, 100, METHOD, &7u32), Ok(()));
			let refused = verify(token, &GENESIS, 100, METHOD, &8u32);
			assert!(matches!(refused, Err(Error::AccessTokenInvalid(_))), "{refused:?}");
		}
		// An account belongs to one scheme.
		let mut moved = ed25519;
		moved.account = ecdsa.account;
		let refused = verify(&moved, &GENESIS, 100, METHOD, &7u32);
		assert!(matches!(refused, Err(Error::AccessTokenInvalid(_))), "{refused:?}");
	}
}
