//! Wrapping secrets to an organization's encryption key, by HPKE.

use crate::{DataKey, Error, StreamSecret, keys::expand};
use alloc::vec::Vec;
use codec::Encode;
use credio_primitives::{
	Digest, KeyEpoch, KeyVersion, OrganizationId, PublicKey, Resource, limits,
};
use hkdf::Hkdf;
use hpke::{
	Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable,
	aead::ChaCha20Poly1305,
	kdf::HkdfSha256,
	kem::X25519HkdfSha256,
	rand_core::{TryCryptoRng, TryRng},
};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of a wrapped key.
pub const WRAPPED_LENGTH: usize = limits::WRAPPED_KEY_LENGTH as usize;
const ENCAPSULATED_LENGTH: usize = 32;
/// Label for deriving the pre-shared key from the organization secret.
const OWN_SECRETS_LABEL: &[u8] = b"credio/v1/own-secrets";
/// The `psk_id` of HPKE.
const OWN_SECRETS_ID: &[u8] = b"credio/wrap-to-self/v1";

/// The context that a wrapped key is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapContext {
	/// Hash of block 0, which identifies the chain.
	pub genesis: Digest,
	/// The stream or record of the secret.
	pub resource: Resource,
	/// The key epoch of the secret.
	pub epoch: KeyEpoch,
	/// The recipient.
	pub organization: OrganizationId,
	/// The version of that organization's encryption key.
	pub key_version: KeyVersion,
}

impl WrapContext {
	fn info(&self) -> Vec<u8> {
		let mut info = b"credio/wrap/v1".to_vec();
		(self.genesis, self.resource, self.epoch, self.organization, self.key_version)
			.encode_to(&mut info);
		info
	}
}

/// The pre-shared key for secrets that an organization wraps to itself.
///
/// In base mode, anyone can wrap to an organization's public key. Only with the organization secret can one make a
/// wrapped key that opens under this one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct OwnerPsk([u8; 32]);

impl core::fmt::Debug for OwnerPsk {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("OwnerPsk(secret)")
	}
}

impl OwnerPsk {
	/// Derives the key from the organization secret.
	#[must_use]
	pub fn derive(organization_secret: &[u8; 32]) -> Self {
		Self(*expand(&Hkdf::<Sha256>::new(None, organization_secret), &[OWN_SECRETS_LABEL]))
	}

	fn bundle(&self) -> Result<PskBundle<'_>, Error> {
		PskBundle::new(&self.0, OWN_SECRETS_ID).map_err(|_| Error::UnwrapFailed)
	}
}

/// The private half of an encryption key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl core::fmt::Debug for SecretKey {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("SecretKey(secret)")
	}
}

impl SecretKey {
	/// Creates an X25519 secret from 32 random bytes.
	#[must_use]
	pub fn from_bytes(bytes: &Zeroizing<[u8; 32]>) -> Self {
		Self(**bytes)
	}

	/// Returns the bytes, for a vault to store encrypted.
	#[must_use]
	pub fn expose(&self) -> &[u8; 32] {
		&self.0
	}

	fn private(&self) -> Result<<X25519HkdfSha256 as Kem>::PrivateKey, Error> {
		<X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.0).map_err(|_| Error::UnwrapFailed)
	}

	/// Returns the public half.
	#[must_use]
	pub fn public(&self) -> PublicKey {
		let mut bytes = [0; 32];
		if let Ok(private) = self.private() {
			bytes.copy_from_slice(&X25519HkdfSha256::sk_to_pk(&private).to_bytes());
		}
		PublicKey(bytes)
	}

	/// Opens a stream secret that another organization has wrapped to this key.
	///
	/// # Errors
	///
	/// [`Error::WrappedKeyLength`], [`Error::InvalidPoint`], [`Error::UnwrapFailed`].
	pub fn unwrap_stream_secret(
		&self,
		context: &WrapContext,
		wrapped: &[u8],
	) -> Result<StreamSecret, Error> {
		let secret = self.unwrap_bytes(&OpModeR::Base, context, wrapped)?;
		Ok(StreamSecret(*secret))
	}

	/// Opens a stream secret that this organization has wrapped to itself. Rejects secrets that others have wrapped.
	///
	/// # Errors
	///
	/// As [`Self::unwrap_stream_secret`].
	pub fn unwrap_own_stream_secret(
		&self,
		context: &WrapContext,
		psk: &OwnerPsk,
		wrapped: &[u8],
	) -> Result<StreamSecret, Error> {
		let secret = self.unwrap_bytes(&OpModeR::Psk(psk.bundle()?), context, wrapped)?;
		Ok(StreamSecret(*secret))
	}

	/// Opens a wrapped data key.
	///
	/// # Errors
	///
	/// As [`Self::unwrap_stream_secret`].
	pub fn unwrap_data_key(&self, context: &WrapContext, wrapped: &[u8]) -> Result<DataKey, Error> {
		let secret = self.unwrap_bytes(&OpModeR::Base, context, wrapped)?;
		Ok(DataKey(*secret))
	}

	fn unwrap_bytes(
		&self,
		mode: &OpModeR<'_, X25519HkdfSha256>,
		context: &WrapContext,
		wrapped: &[u8],
	) -> Result<Zeroizing<[u8; 32]>, Error> {
		if wrapped.len() != WRAPPED_LENGTH {
			return Err(Error::WrappedKeyLength { length: wrapped.len() });
		}
		let opened = open(mode, self, &context.info(), &[], wrapped)?;
		let mut secret = Zeroizing::new([0; 32]);
		secret.copy_from_slice(&opened);
		Ok(secret)
	}
}

impl SecretKey {
	/// Opens bytes that [`seal_to`] sealed.
	///
	/// # Errors
	///
	/// [`Error::WrappedKeyLength`], [`Error::InvalidPoint`], [`Error::UnwrapFailed`].
	pub fn open_sealed(&self, info: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
		open(&OpModeR::Base, self, info, &[], sealed)
	}
}

/// Seals bytes of any length to a key, in base mode: encapsulated key, ciphertext, tag. `seed` is 32 fresh random
/// bytes, used once. The sender is not authenticated.
///
/// # Errors
///
/// [`Error::InvalidPoint`].
pub fn seal_to(
	recipient: &PublicKey,
	info: &[u8],
	plaintext: &[u8],
	seed: &Zeroizing<[u8; 32]>,
) -> Result<Vec<u8>, Error> {
	seal(&OpModeS::Base, recipient, info, &[], plaintext, seed)
}

impl StreamSecret {
	/// Wraps the secret to another organization's encryption key. `seed` is 32 fresh random bytes, used once.
	///
	/// # Errors
	///
	/// [`Error::InvalidPoint`].
	pub fn wrap(
		&self,
		context: &WrapContext,
		recipient: &PublicKey,
		seed: &Zeroizing<[u8; 32]>,
	) -> Result<Vec<u8>, Error> {
		seal(&OpModeS::Base, recipient, &context.info(), &[], &self.0, seed)
	}

	/// Wraps the secret to the organization's own encryption key, in PSK mode.
	///
	/// # Errors
	///
	/// [`Error::InvalidPoint`].
	pub fn wrap_to_self(
		&self,
		context: &WrapContext,
		own: &PublicKey,
		psk: &OwnerPsk,
		seed: &Zeroizing<[u8; 32]>,
	) -> Result<Vec<u8>, Error> {
		let mode = OpModeS::Psk(psk.bundle()?);
		seal(&mode, own, &context.info(), &[], &self.0, seed)
	}
}

impl DataKey {
	/// Wraps the data key of one record, as [`StreamSecret::wrap`] does.
	///
	/// # Errors
	///
	/// [`Error::InvalidPoint`].
	pub fn wrap(
		&self,
		context: &WrapContext,
		recipient: &PublicKey,
		seed: &Zeroizing<[u8; 32]>,
	) -> Result<Vec<u8>, Error> {
		seal(&OpModeS::Base, recipient, &context.info(), &[], &self.0, seed)
	}
}

/// Supplies the seed of HPKE's ephemeral key; zeros beyond it, which this suite never requests.
struct Seed(Zeroizing<[u8; 32]>);

impl TryRng for Seed {
	type Error = core::convert::Infallible;

	fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
		let mut bytes = [0; 4];
		self.try_fill_bytes(&mut bytes)?;
		Ok(u32::from_le_bytes(bytes))
	}

	fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
		let mut bytes = [0; 8];
		self.try_fill_bytes(&mut bytes)?;
		Ok(u64::from_le_bytes(bytes))
	}

	fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Self::Error> {
		for (to, from) in output.iter_mut().zip(self.0.iter_mut()) {
			*to = core::mem::take(from);
		}
		Ok(())
	}
}

impl TryCryptoRng for Seed {}

fn seal(
	mode: &OpModeS<'_, X25519HkdfSha256>,
	recipient: &PublicKey,
	info: &[u8],
	associated_data: &[u8],
	plaintext: &[u8],
	seed: &Zeroizing<[u8; 32]>,
) -> Result<Vec<u8>, Error> {
	if recipient.is_low_order() {
		return Err(Error::InvalidPoint);
	}
	let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&recipient.0)
		.map_err(|_| Error::InvalidPoint)?;
	let (encapsulated, ciphertext) =
		hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
			mode,
			&public,
			info,
			plaintext,
			associated_data,
			&mut Seed(seed.clone()),
		)
		.map_err(|_| Error::InvalidPoint)?;
	let mut wrapped = encapsulated.to_bytes().to_vec();
	wrapped.extend_from_slice(&ciphertext);
	Ok(wrapped)
}

fn open(
	mode: &OpModeR<'_, X25519HkdfSha256>,
	key: &SecretKey,
	info: &[u8],
	associated_data: &[u8],
	wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
	let (point, ciphertext) = wrapped
		.split_first_chunk::<ENCAPSULATED_LENGTH>()
		.ok_or(Error::WrappedKeyLength { length: wrapped.len() })?;
	if PublicKey(*point).is_low_order() {
		return Err(Error::InvalidPoint);
	}
	let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(point)
		.map_err(|_| Error::InvalidPoint)?;
	hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
		mode,
		&key.private()?,
		&encapsulated,
		info,
		ciphertext,
		associated_data,
	)
	.map(Zeroizing::new)
	.map_err(|_| Error::UnwrapFailed)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn bytes(hex: &str) -> Vec<u8> {
		hex::decode(hex).expect("the test writes hex")
	}

	fn bytes32(hex: &str) -> Zeroizing<[u8; 32]> {
		Zeroizing::new(bytes(hex).try_into().expect("32 bytes"))
	}

	/// RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode, sequence 0.
	#[test]
	fn rfc_9180_vector_holds() {
		let info = bytes("4f6465206f6e2061204772656369616e2055726e");
		let seed = bytes32("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
		let recipient =
			PublicKey(*bytes32("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"));
		let secret = SecretKey::from_bytes(&bytes32(
			"8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
		));
		let plaintext = bytes("4265617574792069732074727574682c20747275746820626561757479");
		let associated_data = bytes("436f756e742d30");
		let expected = bytes(concat!(
			"1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
			"1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db",
			"21993c62ce81883d2dd1b51a28",
		));
		assert_eq!(secret.public(), recipient);
		assert_eq!(
			seal(&OpModeS::Base, &recipient, &info, &associated_data, &plaintext, &seed),
			Ok(expected.clone())
		);
		let opened = open(&OpModeR::Base, &secret, &info, &associated_data, &expected);
		assert_eq!(opened.as_deref(), Ok(&plaintext));
	}
}
