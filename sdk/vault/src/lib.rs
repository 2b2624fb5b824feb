//! Vaults: the only places where private keys and stream secrets exist.
//!
//! A vault signs, derives request keys, seals, opens and wraps. It never returns a private key or a stream secret:
//! secrets enter and leave it wrapped. It may be in this process, in another process, or in a hardware token, so every
//! method of [`Vault`] is async and can fail.

mod account;
mod chain;
mod error;
pub mod file;
mod local;
mod lock;
mod transfer;

pub use account::Scheme;
pub use chain::{ChainPin, OtherChain, UnfitChainPin};
pub use credio_evidence::MultiSignature;
pub use error::VaultError;
pub use local::LocalVault;
pub use transfer::KeyExport;

use async_trait::async_trait;
use credio_envelope::{
	CommitmentKey, Context, Document, ObjectDescription, ObjectKey, Sealed, WrapContext,
};
use credio_primitives::{
	AccountId, Digest, EpochSecret, KeyEpoch, KeyVersion, OrganizationId, PublicKey, RequestKey,
	StreamId, WrappedKey, WrappedSecret,
};
use zeroize::Zeroizing;

/// The organization that wrapped a secret to the vault's organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrappedBy {
	/// The organization itself, as the owner of the stream. Nobody else can wrap a secret this way.
	Ourselves,
	/// Another organization, by a grant.
	Another,
}

/// A wrapped secret of the vault's organization, with its context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
	/// Encapsulated key and ciphertext.
	pub sealed: Vec<u8>,
	/// The context that it is bound to.
	pub context: WrapContext,
	/// The kind of secret.
	pub secret: WrappedSecret,
	/// The organization that wrapped it.
	pub wrapped_by: WrappedBy,
	/// For a stream secret: its commitment on the ledger. The vault rejects any other secret.
	pub commitment: Option<Digest>,
}

/// The recipient of a wrapped secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
	/// The organization.
	pub organization: OrganizationId,
	/// The version of its encryption key.
	pub key_version: KeyVersion,
	/// The public half of that key.
	pub public: PublicKey,
}

/// Holds private keys and uses them.
#[async_trait]
pub trait Vault: Send + Sync {
	/// Returns the member's account.
	///
	/// # Errors
	///
	/// Like every method, if the vault cannot be reached.
	async fn account(&self) -> Result<AccountId, VaultError>;

	/// Returns the vault's organization.
	async fn organization(&self) -> Result<OrganizationId, VaultError>;

	/// Returns the chain that the vault is pinned to, if any. A client uses the vault with nodes of that chain only.
	async fn chain(&self) -> Result<Option<ChainPin>, VaultError>;

	/// Returns the versions of the encryption key that introduced an organization secret, in order. The last secret is
	/// the current one; requests that were started under an earlier one continue under it.
	async fn secret_versions(&self) -> Result<Vec<KeyVersion>, VaultError>;

	/// Returns the public halves of the organization's encryption keys, by version, in order, except versions that this
	/// vault does not have.
	async fn encryption_keys(&self) -> Result<Vec<(KeyVersion, PublicKey)>, VaultError>;

	/// Signs with the member's account, by its scheme.
	async fn sign(&self, message: &[u8]) -> Result<MultiSignature, VaultError>;

	/// Derives the request key of a business key: `HMAC-SHA256(organization secret, business key)`, with the current
	/// secret.
	async fn request_key(&self, business_key: &[u8]) -> Result<RequestKey, VaultError>;

	/// Derives a request key with the organization secret of a version.
	///
	/// # Errors
	///
	/// [`VaultError::UnknownSecret`].
	async fn request_key_under(
		&self,
		secret: KeyVersion,
		business_key: &[u8],
	) -> Result<RequestKey, VaultError>;

	/// Encrypts stored data of a client, such as items of an outbox, for vaults of the organization: XChaCha20-Poly1305
	/// under a key that HKDF-SHA256 derives from the organization secret. The ciphertext opens only under the same
	/// `name`.
	async fn protect(&self, name: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError>;

	/// Decrypts data that [`Self::protect`] has encrypted.
	///
	/// # Errors
	///
	/// [`VaultError::NotOurs`].
	async fn unprotect(
		&self,
		name: &[u8],
		protected: &[u8],
	) -> Result<Zeroizing<Vec<u8>>, VaultError>;

	/// Generates a stream secret, and returns its commitment and the secret wrapped to the vault's own organization.
	async fn new_stream_secret(
		&self,
		genesis: Digest,
		stream: StreamId,
		epoch: KeyEpoch,
	) -> Result<EpochSecret, VaultError>;

	/// Checks that the vault can use a secret: it opens, and a stream secret matches its commitment on the ledger.
	///
	/// # Errors
	///
	/// [`VaultError::NotTheSecret`], [`VaultError::UnknownKeyVersion`], [`VaultError::Envelope`].
	async fn check(&self, held: &Held) -> Result<(), VaultError>;

	/// Wraps a secret of this organization to another one.
	async fn rewrap(&self, held: &Held, to: &Recipient) -> Result<WrappedKey, VaultError>;

	/// Wraps the data key of one record to another organization. Needs the secret of the record's stream.
	async fn wrap_data_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
		to: &Recipient,
	) -> Result<WrappedKey, VaultError>;

	/// Seals a document.
	async fn seal(
		&self,
		held: &Held,
		context: &Context,
		media_type: &str,
		document: &[u8],
	) -> Result<Sealed, VaultError>;

	/// Opens an envelope.
	async fn open(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<Document, VaultError>;

	/// Returns the key to seal an object with: the same for the same document. It leaves the vault, since an object may be a
	/// gigabyte, and opens nothing but that object.
	async fn seal_object(
		&self,
		held: &Held,
		context: &Context,
		description: &ObjectDescription<'_>,
	) -> Result<ObjectKey, VaultError>;

	/// Returns the key to open an object with, by the header of its envelope. It opens nothing but that object.
	async fn open_object(
		&self,
		held: &Held,
		context: &Context,
		header: &[u8],
	) -> Result<ObjectKey, VaultError>;

	/// Returns the commitment key of a record, which verifiers may have. The header of its envelope is enough.
	async fn commitment_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<CommitmentKey, VaultError>;

	/// Returns the commitment key of an anchored document, which verifiers may have.
	async fn anchor_commitment_key(
		&self,
		held: &Held,
		context: &Context,
		index: u32,
	) -> Result<CommitmentKey, VaultError>;
}

/// Returns 32 random bytes of the system.
pub fn random() -> Result<Zeroizing<[u8; 32]>, VaultError> {
	let mut bytes = Zeroizing::new([0; 32]);
	getrandom::fill(bytes.as_mut()).map_err(VaultError::NoRandomness)?;
	Ok(bytes)
}

#[cfg(test)]
mod tests;
