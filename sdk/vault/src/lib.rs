//! Vaults: the only places where private keys and stream secrets exist.
//!
//! A vault signs, derives request keys, seals, opens and wraps. Nothing that it answers is a private key or a stream
//! secret: secrets go in and out wrapped. It may be in this process, in another one or in a token of hardware, so every
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
use credio_envelope::{CommitmentKey, Context, Document, Sealed, WrapContext};
use credio_primitives::{
	AccountId, Digest, EpochSecret, KeyEpoch, KeyVersion, OrganizationId, PublicKey, RequestKey,
	StreamId, WrappedKey, WrappedSecret,
};
use zeroize::Zeroizing;

/// Who has wrapped a secret to the vault's organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrappedBy {
	/// The organization itself, as the owner of the stream: what it wraps to itself nobody else can make.
	Ourselves,
	/// Another organization, by a grant.
	Another,
}

/// A secret as the vault's organization holds it: wrapped, with what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
	/// Encapsulated key and ciphertext.
	pub sealed: Vec<u8>,
	/// What it is bound to.
	pub context: WrapContext,
	/// What it opens to.
	pub secret: WrappedSecret,
	/// Who has wrapped it.
	pub wrapped_by: WrappedBy,
	/// For a stream secret: what the ledger keeps of it. A vault takes no other secret than that.
	pub commitment: Option<Digest>,
}

/// Whom a secret is wrapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
	/// The organization.
	pub organization: OrganizationId,
	/// The version of its encryption key.
	pub key_version: KeyVersion,
	/// That key.
	pub public: PublicKey,
}

/// Where private keys live.
#[async_trait]
pub trait Vault: Send + Sync {
	/// The member's account.
	///
	/// # Errors
	///
	/// If the vault cannot be reached. So for every method.
	async fn account(&self) -> Result<AccountId, VaultError>;

	/// The organization that it acts for.
	async fn organization(&self) -> Result<OrganizationId, VaultError>;

	/// The chain that the vault is for; `None` if it has not been told. A client uses it with nodes of no other one.
	async fn chain(&self) -> Result<Option<ChainPin>, VaultError>;

	/// The versions of the encryption key with which an organization secret came into force, in their order. The secret of
	/// the last one is in force; what was begun under those before goes on under them.
	async fn secret_versions(&self) -> Result<Vec<KeyVersion>, VaultError>;

	/// The public halves of the organization's encryption keys, by version, in their order. Versions that this vault
	/// does not have are left out.
	async fn encryption_keys(&self) -> Result<Vec<(KeyVersion, PublicKey)>, VaultError>;

	/// Signs with the member's account, by whichever scheme that has.
	async fn sign(&self, message: &[u8]) -> Result<MultiSignature, VaultError>;

	/// The request key of a business key: `HMAC-SHA256(organization secret, business key)`, under the secret that is in
	/// force.
	async fn request_key(&self, business_key: &[u8]) -> Result<RequestKey, VaultError>;

	/// The same under the organization secret of a version.
	///
	/// # Errors
	///
	/// [`VaultError::UnknownSecret`].
	async fn request_key_under(
		&self,
		secret: KeyVersion,
		business_key: &[u8],
	) -> Result<RequestKey, VaultError>;

	/// Encrypts something that a client keeps, such as what waits in an outbox, so that only vaults of the organization
	/// read it: XChaCha20-Poly1305 under a key that HKDF-SHA256 derives from the organization secret. `name` is bound
	/// to it: it opens under the same name only.
	async fn protect(&self, name: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError>;

	/// Opens what [`Self::protect`] made.
	///
	/// # Errors
	///
	/// [`VaultError::NotOurs`].
	async fn unprotect(
		&self,
		name: &[u8],
		protected: &[u8],
	) -> Result<Zeroizing<Vec<u8>>, VaultError>;

	/// Makes a new stream secret, and returns what commits to it, and the secret wrapped to the vault's own organization.
	async fn new_stream_secret(
		&self,
		genesis: Digest,
		stream: StreamId,
		epoch: KeyEpoch,
	) -> Result<EpochSecret, VaultError>;

	/// Checks that the vault can use a secret: it opens, and a stream secret is the one that the ledger commits to.
	///
	/// # Errors
	///
	/// [`VaultError::NotTheSecret`], [`VaultError::UnknownKeyVersion`], [`VaultError::Envelope`].
	async fn check(&self, held: &Held) -> Result<(), VaultError>;

	/// Wraps a secret that this organization holds to another one.
	async fn rewrap(&self, held: &Held, to: &Recipient) -> Result<WrappedKey, VaultError>;

	/// Wraps the data key of one record, of whose stream this organization holds the secret, to another one.
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

	/// The commitment key of a record, which may be given to verifiers.
	async fn commitment_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<CommitmentKey, VaultError>;

	/// The commitment key of an anchored document, which may be given to verifiers.
	async fn anchor_commitment_key(
		&self,
		held: &Held,
		context: &Context,
		index: u32,
	) -> Result<CommitmentKey, VaultError>;
}

/// 32 random bytes of the system.
pub fn random() -> Result<Zeroizing<[u8; 32]>, VaultError> {
	let mut bytes = Zeroizing::new([0; 32]);
	getrandom::fill(bytes.as_mut()).map_err(VaultError::NoRandomness)?;
	Ok(bytes)
}

#[cfg(test)]
mod tests;
