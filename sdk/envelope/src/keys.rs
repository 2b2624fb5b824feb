//! Secrets and keys derived from them. `Debug` never prints them, and they are wiped when dropped.

use credio_primitives::{Commitment, Digest, KeyEpoch, RecordId, StreamId};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The context that an envelope is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
	/// Hash of block 0, which identifies the chain.
	pub genesis: Digest,
	/// The stream.
	pub stream: StreamId,
	/// Its key epoch.
	pub epoch: KeyEpoch,
	/// The record.
	pub record_id: RecordId,
}

impl Context {
	/// Length of [`Self::bytes`].
	pub(crate) const LENGTH: usize = 32 + 32 + 4 + 32;

	pub(crate) fn bytes(&self) -> [u8; Self::LENGTH] {
		let mut bytes = [0; Self::LENGTH];
		bytes[..32].copy_from_slice(&self.genesis.0);
		bytes[32..64].copy_from_slice(&self.stream.0);
		bytes[64..68].copy_from_slice(&self.epoch.to_le_bytes());
		bytes[68..].copy_from_slice(&self.record_id.0);
		bytes
	}
}

/// Declares a 32-byte secret.
macro_rules! secret {
	($(#[$meta:meta])* $name:ident) => {
		$(#[$meta])*
		#[derive(Clone, Zeroize, ZeroizeOnDrop)]
		pub struct $name(pub(crate) [u8; 32]);

		impl core::fmt::Debug for $name {
			fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
				f.write_str(concat!(stringify!($name), "(secret)"))
			}
		}
	};
}

secret! {
	/// The secret of a stream in one key epoch.
	StreamSecret
}
secret! {
	/// The key of one record; all its other keys are derived from it.
	DataKey
}
secret! {
	/// The key of the commitment to a record or an anchored document. With it and the document, anyone can check the
	/// commitment on the chain; it decrypts nothing, and may be given to verifiers.
	CommitmentKey
}

pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
	let mut mac =
		<Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length; qed");
	for part in parts {
		mac.update(part);
	}
	mac.finalize().into_bytes().into()
}

pub(crate) fn expand<const LENGTH: usize>(
	hkdf: &Hkdf<Sha256>,
	info: &[&[u8]],
) -> Zeroizing<[u8; LENGTH]> {
	let mut output = Zeroizing::new([0; LENGTH]);
	hkdf.expand_multi_info(info, output.as_mut())
		.expect("32 bytes and less are within 255 blocks of SHA-256; qed");
	output
}

impl StreamSecret {
	/// Creates a stream secret from fresh random bytes.
	#[must_use]
	pub fn from_random(random: &Zeroizing<[u8; 32]>) -> Self {
		Self(**random)
	}

	/// Returns the commitment to the secret of a stream's epoch for the ledger. A grantee checks a wrapped key against
	/// it. It reveals nothing of the secret:
	///
	/// `HKDF-SHA256(secret, info = "credio/v1/secret-commitment" ++ genesis ++ stream ++ epoch)`.
	#[must_use]
	pub fn commitment(&self, genesis: &Digest, stream: &StreamId, epoch: KeyEpoch) -> Digest {
		let hkdf = Hkdf::<Sha256>::new(None, &self.0);
		let epoch = epoch.to_le_bytes();
		let info: [&[u8]; 4] = [b"credio/v1/secret-commitment", &genesis.0, &stream.0, &epoch];
		Digest(*expand(&hkdf, &info))
	}

	/// Whether the commitment is to this secret. Takes constant time.
	#[must_use]
	pub fn is_committed(
		&self,
		genesis: &Digest,
		stream: &StreamId,
		epoch: KeyEpoch,
		commitment: &Digest,
	) -> bool {
		self.commitment(genesis, stream, epoch).0.ct_eq(&commitment.0).into()
	}

	/// Returns the synthetic salt of a padded document.
	pub(crate) fn salt(&self, record_id: &RecordId, inner: &[u8]) -> [u8; 32] {
		let hkdf = Hkdf::<Sha256>::new(None, &self.0);
		let mac_key = expand::<32>(&hkdf, &[b"credio/v1/synthetic-salt"]);
		let digest = hmac(&mac_key, &[inner]);
		hmac(&mac_key, &[&record_id.0, &digest])
	}

	/// Returns the synthetic salt of an object, by a keyed digest of its description.
	pub(crate) fn object_salt(&self, record_id: &RecordId, description: &[&[u8]]) -> [u8; 32] {
		let hkdf = Hkdf::<Sha256>::new(None, &self.0);
		let mac_key = expand::<32>(&hkdf, &[b"credio/v1/synthetic-salt"]);
		let digest = hmac(&mac_key, description);
		hmac(&mac_key, &[b"credio/v2", &record_id.0, &digest])
	}

	/// Returns the data key of a record with the envelope's `salt`.
	#[must_use]
	pub fn data_key(&self, context: &Context, salt: &[u8; 32]) -> DataKey {
		let hkdf = Hkdf::<Sha256>::new(Some(salt), &self.0);
		DataKey(*expand(&hkdf, &[b"credio/v1/data-key", &context.bytes()]))
	}

	/// Returns the commitment key of the document at `index` of an anchor; 0 for an anchor over one document.
	#[must_use]
	pub fn anchor_commitment_key(&self, context: &Context, index: u32) -> CommitmentKey {
		let hkdf = Hkdf::<Sha256>::new(None, &self.0);
		let info: [&[u8]; 3] = [b"credio/v1/anchor", &context.bytes(), &index.to_le_bytes()];
		CommitmentKey(*expand(&hkdf, &info))
	}
}

impl DataKey {
	fn subkey<const LENGTH: usize>(&self, label: &[u8]) -> Zeroizing<[u8; LENGTH]> {
		let hkdf =
			Hkdf::<Sha256>::from_prk(&self.0).expect("a PRK of 32 bytes is long enough; qed");
		expand(&hkdf, &[label])
	}

	pub(crate) fn chunk_encryption(&self) -> Zeroizing<[u8; 32]> {
		self.subkey(b"credio/v2/encryption")
	}

	pub(crate) fn chunk_nonce_prefix(&self) -> Zeroizing<[u8; 19]> {
		self.subkey(b"credio/v2/nonce-prefix")
	}

	pub(crate) fn encryption(&self) -> Zeroizing<[u8; 32]> {
		self.subkey(b"credio/v1/encryption")
	}

	pub(crate) fn nonce(&self) -> Zeroizing<[u8; 24]> {
		self.subkey(b"credio/v1/nonce")
	}

	pub(crate) fn key_commitment(&self) -> [u8; 32] {
		*self.subkey(b"credio/v1/key-commitment")
	}

	/// Returns the commitment key of the record.
	#[must_use]
	pub fn commitment_key(&self) -> CommitmentKey {
		CommitmentKey(*self.subkey(b"credio/v1/commitment"))
	}
}

impl CommitmentKey {
	/// Starts the commitment to a document that is read piece by piece.
	#[must_use]
	pub fn start(&self) -> Committing {
		let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0);
		Committing(mac.expect("HMAC takes keys of any length; qed"))
	}

	/// Returns the commitment to a document: `HMAC-SHA256(commitment key, document)`.
	#[must_use]
	pub fn commit(&self, document: &[u8]) -> Commitment {
		Digest(hmac(&self.0, &[document]))
	}

	/// Whether `commitment` is to this document. Takes constant time.
	#[must_use]
	pub fn verify(&self, document: &[u8], commitment: &Commitment) -> bool {
		self.commit(document).0.ct_eq(&commitment.0).into()
	}

	/// Returns the key as `0x` and 64 hex digits, for a verifier.
	#[must_use]
	pub fn reveal(&self) -> alloc::string::String {
		alloc::format!("{}", Digest(self.0))
	}
}

/// The commitment to a document that is read piece by piece.
#[derive(Clone)]
pub struct Committing(Hmac<Sha256>);

impl core::fmt::Debug for Committing {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("Committing(secret)")
	}
}

impl Committing {
	/// Adds the next piece of the document.
	pub fn update(&mut self, piece: &[u8]) {
		self.0.update(piece);
	}

	/// Returns the commitment.
	#[must_use]
	pub fn finish(self) -> Commitment {
		Digest(self.0.finalize().into_bytes().into())
	}

	/// Whether `commitment` is to the document. Takes constant time.
	#[must_use]
	pub fn verify(self, commitment: &Commitment) -> bool {
		self.finish().0.ct_eq(&commitment.0).into()
	}
}

impl core::str::FromStr for CommitmentKey {
	type Err = credio_primitives::ids::NotHex;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		text.parse::<Digest>().map(|key| Self(key.0))
	}
}
