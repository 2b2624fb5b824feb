//! A member's account: its signature scheme and its secret.

use super::{MultiSignature, VaultError};
use credio_primitives::AccountId;
use hkdf::Hkdf;
use sha2::Sha256;
use sp_core::{Pair, ecdsa, ed25519};
use subxt_signer::{SecretUri, sr25519::Keypair};
use zeroize::Zeroizing;

/// A signature scheme. The chain accepts all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
	/// Schnorr signatures on Ristretto, in the context `substrate`.
	#[default]
	Sr25519,
	/// Ed25519.
	Ed25519,
	/// ECDSA on secp256k1, over BLAKE2b-256.
	Ecdsa,
}

/// The secret of an account's key pair.
#[derive(Clone)]
pub(super) enum AccountSecret {
	/// A seed of 32 bytes.
	Seed(Scheme, Zeroizing<[u8; 32]>),
	/// A derivation path of the SDK's well-known development phrase, such as `//Alice`.
	Development(&'static str),
}

/// A key pair.
#[derive(Clone)]
enum SigningKey {
	Sr25519(Box<Keypair>),
	Ed25519(Zeroizing<[u8; 32]>),
	Ecdsa(Zeroizing<[u8; 32]>),
}

/// An account that can sign.
#[derive(Clone)]
pub(super) struct Account {
	pub secret: AccountSecret,
	key: SigningKey,
	id: AccountId,
}

impl Account {
	/// Creates the account of a secret.
	///
	/// # Errors
	///
	/// [`VaultError::Format`] for bytes that are not a secret of the scheme.
	pub(crate) fn new(secret: AccountSecret) -> Result<Self, VaultError> {
		let key = match &secret {
			AccountSecret::Seed(Scheme::Sr25519, seed) => {
				let pair = Keypair::from_secret_key(**seed).map_err(|_| unfit())?;
				SigningKey::Sr25519(Box::new(pair))
			},
			AccountSecret::Seed(Scheme::Ed25519, seed) => SigningKey::Ed25519(seed.clone()),
			AccountSecret::Seed(Scheme::Ecdsa, seed) => SigningKey::Ecdsa(seed.clone()),
			AccountSecret::Development(path) => {
				let uri = path.parse::<SecretUri>().map_err(|_| unfit())?;
				let pair = Keypair::from_uri(&uri).map_err(|_| unfit())?;
				SigningKey::Sr25519(Box::new(pair))
			},
		};
		let id = match &key {
			SigningKey::Sr25519(pair) => pair.public_key().0,
			SigningKey::Ed25519(seed) => ed25519::Pair::from_seed(seed).public().0,
			SigningKey::Ecdsa(seed) => sp_crypto_hashing::blake2_256(&ecdsa(seed)?.public().0),
		};
		Ok(Self { secret, key, id: AccountId::new(id) })
	}

	pub(crate) fn id(&self) -> &AccountId {
		&self.id
	}

	/// Signs a message.
	///
	/// # Errors
	///
	/// As [`Self::new`].
	pub(crate) fn sign(&self, message: &[u8]) -> Result<MultiSignature, VaultError> {
		Ok(match &self.key {
			SigningKey::Sr25519(pair) => MultiSignature::Sr25519(pair.sign(message).0.into()),
			SigningKey::Ed25519(seed) => {
				MultiSignature::Ed25519(ed25519::Pair::from_seed(seed).sign(message))
			},
			SigningKey::Ecdsa(seed) => MultiSignature::Ecdsa(ecdsa(seed)?.sign(message)),
		})
	}

	/// Derives a secret of this account for a purpose.
	pub(crate) fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
		let secret: &[u8] = match &self.secret {
			AccountSecret::Seed(_, seed) => &seed[..],
			AccountSecret::Development(path) => path.as_bytes(),
		};
		let mut derived = Zeroizing::new([0; 32]);
		Hkdf::<Sha256>::new(None, secret)
			.expand(label, derived.as_mut())
			.expect("32 bytes are within 255 blocks of SHA-256; qed");
		derived
	}
}

/// Creates a key pair; not all 32-byte values are secrets on secp256k1.
fn ecdsa(seed: &Zeroizing<[u8; 32]>) -> Result<ecdsa::Pair, VaultError> {
	ecdsa::Pair::from_seed_slice(&seed[..]).map_err(|_| unfit())
}

fn unfit() -> VaultError {
	VaultError::Format {
		path: "the vault".into(),
		cause: "the account's secret is not a secret of its scheme".into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_evidence::Verify;

	#[test]
	fn every_scheme_signs_for_its_account() {
		for scheme in [Scheme::Sr25519, Scheme::Ed25519, Scheme::Ecdsa] {
			let secret = AccountSecret::Seed(scheme, Zeroizing::new([7; 32]));
			let account = Account::new(secret).unwrap();
			let signature = account.sign(b"message").unwrap();
			assert!(signature.verify(&b"message"[..], account.id()), "{scheme:?}");
			assert!(!signature.verify(&b"another"[..], account.id()), "{scheme:?}");
		}
		// Zero is not a secret on secp256k1.
		let secret = AccountSecret::Seed(Scheme::Ecdsa, Zeroizing::new([0; 32]));
		assert!(Account::new(secret).is_err());
	}
}
