//! A vault whose keys are in the memory of this process.

use super::{random, Held, MultiSignature, Recipient, Vault, VaultError, WrappedBy};
use async_trait::async_trait;
use chacha20poly1305::{
	aead::{Aead, Payload},
	XChaCha20Poly1305,
};
use credio_envelope::{
	CommitmentKey, Context, DataKey, Document, OwnerPsk, Sealed, SecretKey, StreamSecret,
	WrapContext,
};
use credio_primitives::{
	development, AccountId, Digest, EpochSecret, KeyEpoch, KeyVersion, OrganizationId, PublicKey,
	RequestKey, Resource, StreamId, WrappedKey, WrappedSecret,
};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
	collections::VecDeque,
	sync::{Arc, Mutex, PoisonError},
};
use subxt_signer::{sr25519::Keypair, SecretUri};
use zeroize::Zeroizing;

/// Stream secrets that are kept once they are unwrapped.
const MAX_UNWRAPPED: usize = 64;
/// Bytes of a nonce of XChaCha20-Poly1305.
const NONCE_LENGTH: usize = 24;

/// A vault whose keys are in the memory of this process. [`super::file`] stores it.
#[derive(Clone)]
pub struct LocalVault {
	pub(super) organization: OrganizationId,
	pub(super) account_secret: AccountSecret,
	keypair: Keypair,
	pub(super) organization_secret: Zeroizing<[u8; 32]>,
	/// By version, counted from 0.
	pub(super) encryption_keys: Vec<SecretKey>,
	/// What was unwrapped last, newest first: the records of a stream do not cost a key agreement each.
	unwrapped: Arc<Mutex<VecDeque<(Held, StreamSecret)>>>,
}

/// From what the account's key pair is made.
#[derive(Clone)]
pub(super) enum AccountSecret {
	/// A seed of 32 bytes.
	Seed(Zeroizing<[u8; 32]>),
	/// A derivation path of the SDK's well-known development phrase, such as `//Alice`.
	Development(&'static str),
}

impl std::fmt::Debug for LocalVault {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "LocalVault(organization {}, secrets hidden)", self.organization)
	}
}

impl AccountSecret {
	fn keypair(&self) -> Option<Keypair> {
		match self {
			Self::Seed(seed) => Keypair::from_secret_key(**seed).ok(),
			Self::Development(path) => Keypair::from_uri(&path.parse::<SecretUri>().ok()?).ok(),
		}
	}
}

impl LocalVault {
	/// A vault with new keys: an account, an encryption key, and an organization secret.
	///
	/// Errors: [`VaultError::NoRandomness`].
	pub fn generate(organization: OrganizationId) -> Result<Self, VaultError> {
		let account_secret = AccountSecret::Seed(random()?);
		let encryption_keys = vec![SecretKey::from_bytes(&random()?)];
		Self::assemble(organization, account_secret, random()?, encryption_keys)
	}

	/// A vault for another member of the same organization, a second gateway for example: with an account of its own,
	/// and with the organization's secret and encryption keys, so that both derive the same request keys and open the
	/// same records.
	///
	/// Errors: [`VaultError::NoRandomness`].
	pub fn for_another_member(&self) -> Result<Self, VaultError> {
		Self::assemble(
			self.organization,
			AccountSecret::Seed(random()?),
			self.organization_secret.clone(),
			self.encryption_keys.clone(),
		)
	}

	/// The vault of an example organization of development chains; `None` for a name that is none.
	pub fn development(name: &str) -> Option<Self> {
		let number = development::ORGANIZATIONS.iter().position(|known| known.name == name)?;
		let known = development::ORGANIZATIONS[number];
		let encryption = Zeroizing::new(development::encryption_secret(name));
		Self::assemble(
			number as OrganizationId,
			AccountSecret::Development(known.account),
			Zeroizing::new(development::organization_secret(name)),
			vec![SecretKey::from_bytes(&encryption)],
		)
		.ok()
	}

	pub(super) fn assemble(
		organization: OrganizationId,
		account_secret: AccountSecret,
		organization_secret: Zeroizing<[u8; 32]>,
		encryption_keys: Vec<SecretKey>,
	) -> Result<Self, VaultError> {
		let keypair = account_secret.keypair().ok_or_else(|| VaultError::Format {
			path: "the vault".into(),
			cause: "the account's secret is no sr25519 secret".into(),
		})?;
		Ok(Self {
			organization,
			account_secret,
			keypair,
			organization_secret,
			encryption_keys,
			// It never grows, which would leave secrets behind in the memory that it leaves.
			unwrapped: Arc::new(Mutex::new(VecDeque::with_capacity(MAX_UNWRAPPED + 1))),
		})
	}

	/// The same keys, acting for another organization: what a new one is told when it is admitted.
	pub fn for_organization(mut self, organization: OrganizationId) -> Self {
		self.organization = organization;
		self
	}

	/// The member's account.
	pub fn account(&self) -> AccountId {
		AccountId::new(self.keypair.public_key().0)
	}

	/// The organization that it acts for.
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// The public halves of the organization's encryption keys, by version.
	pub fn encryption_keys(&self) -> Vec<(KeyVersion, PublicKey)> {
		(0..).zip(self.encryption_keys.iter().map(SecretKey::public)).collect()
	}

	/// Adds a version of the encryption key, and answers its public half for the chain's `rotate_key`. Old versions
	/// stay, since old secrets are wrapped to them.
	///
	/// Errors: [`VaultError::NoRandomness`].
	pub fn add_encryption_key(&mut self) -> Result<PublicKey, VaultError> {
		let key = SecretKey::from_bytes(&random()?);
		let public = key.public();
		self.encryption_keys.push(key);
		Ok(public)
	}

	/// The cipher for what clients keep.
	fn protection(&self) -> XChaCha20Poly1305 {
		let mut key = Zeroizing::new([0; 32]);
		Hkdf::<Sha256>::new(None, self.organization_secret.as_ref())
			.expand(b"credio/vault/v1/protect", key.as_mut())
			.expect("32 bytes are within 255 blocks of SHA-256; qed");
		XChaCha20Poly1305::new(&(*key).into())
	}

	/// The pre-shared key under which the organization wraps stream secrets to itself.
	fn owner_psk(&self) -> OwnerPsk {
		OwnerPsk::derive(&self.organization_secret)
	}

	fn encryption_key(&self, version: KeyVersion) -> Result<&SecretKey, VaultError> {
		self.encryption_keys.get(version as usize).ok_or(VaultError::UnknownKeyVersion(version))
	}

	fn stream_secret(&self, held: &Held) -> Result<StreamSecret, VaultError> {
		if held.secret != WrappedSecret::StreamSecret {
			return Err(VaultError::NotAStreamSecret);
		}
		// What a thread that panicked left is whole: a secret is added or removed at once.
		let lock = || self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner);
		if let Some((_, secret)) = lock().iter().find(|(known, _)| known == held) {
			return Ok(secret.clone());
		}
		let key = self.encryption_key(held.context.key_version)?;
		let secret = match held.wrapped_by {
			WrappedBy::Ourselves => {
				key.unwrap_own_stream_secret(&held.context, &self.owner_psk(), &held.sealed)?
			},
			WrappedBy::Another => key.unwrap_stream_secret(&held.context, &held.sealed)?,
		};
		let WrapContext { genesis, resource, epoch, .. } = &held.context;
		let is_the_secret = match (resource, &held.commitment) {
			(Resource::Stream(stream), Some(commitment)) => {
				secret.is_committed(genesis, stream, *epoch, commitment)
			},
			_ => false,
		};
		if !is_the_secret {
			return Err(VaultError::NotTheSecret);
		}
		let mut unwrapped = lock();
		unwrapped.push_front((held.clone(), secret.clone()));
		unwrapped.truncate(MAX_UNWRAPPED);
		Ok(secret)
	}

	fn data_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<DataKey, VaultError> {
		match held.secret {
			WrappedSecret::StreamSecret => {
				Ok(self.stream_secret(held)?.data_key_of(context, payload)?)
			},
			WrappedSecret::DataKey => {
				let key = self.encryption_key(held.context.key_version)?;
				Ok(key.unwrap_data_key(&held.context, &held.sealed)?)
			},
		}
	}
}

/// The context of a wrapping to somebody else, of the same secret.
fn context_for(context: &WrapContext, resource: Resource, to: &Recipient) -> WrapContext {
	WrapContext { resource, organization: to.organization, key_version: to.key_version, ..*context }
}

fn wrapped_key(key_version: KeyVersion, sealed: Vec<u8>) -> Result<WrappedKey, VaultError> {
	let length = sealed.len();
	let sealed =
		sealed.try_into().map_err(|_| credio_envelope::Error::WrappedKeyLength { length })?;
	Ok(WrappedKey { key_version, sealed })
}

#[async_trait]
impl Vault for LocalVault {
	async fn account(&self) -> Result<AccountId, VaultError> {
		Ok(Self::account(self))
	}

	async fn organization(&self) -> Result<OrganizationId, VaultError> {
		Ok(self.organization)
	}

	async fn encryption_keys(&self) -> Result<Vec<(KeyVersion, PublicKey)>, VaultError> {
		Ok(Self::encryption_keys(self))
	}

	async fn sign(&self, message: &[u8]) -> Result<MultiSignature, VaultError> {
		Ok(MultiSignature::Sr25519(self.keypair.sign(message).0.into()))
	}

	async fn request_key(&self, business_key: &[u8]) -> Result<RequestKey, VaultError> {
		let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.organization_secret.as_ref())
			.expect("HMAC takes keys of any length; qed");
		mac.update(business_key);
		Ok(RequestKey(mac.finalize().into_bytes().into()))
	}

	async fn protect(&self, name: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
		let mut nonce = [0; NONCE_LENGTH];
		getrandom::fill(&mut nonce).map_err(VaultError::NoRandomness)?;
		let message = Payload { msg: plaintext, aad: name };
		let ciphertext =
			self.protection().encrypt(&nonce.into(), message).map_err(|_| VaultError::NotOurs)?;
		Ok([&nonce[..], &ciphertext].concat())
	}

	async fn unprotect(&self, name: &[u8], protected: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
		let (nonce, ciphertext) =
			protected.split_first_chunk::<NONCE_LENGTH>().ok_or(VaultError::NotOurs)?;
		self.protection()
			.decrypt(&(*nonce).into(), Payload { msg: ciphertext, aad: name })
			.map(Zeroizing::new)
			.map_err(|_| VaultError::NotOurs)
	}

	async fn new_stream_secret(
		&self,
		genesis: Digest,
		stream: StreamId,
		epoch: KeyEpoch,
	) -> Result<EpochSecret, VaultError> {
		let secret = StreamSecret::from_random(&random()?);
		let newest = self.encryption_keys.len().saturating_sub(1) as KeyVersion;
		let context = WrapContext {
			genesis,
			resource: Resource::Stream(stream),
			epoch,
			organization: self.organization,
			key_version: newest,
		};
		let public = self.encryption_key(newest)?.public();
		let sealed = secret.wrap_to_self(&context, &public, &self.owner_psk(), &random()?)?;
		let owner_key = wrapped_key(newest, sealed)?;
		Ok(EpochSecret { commitment: secret.commitment(&genesis, &stream, epoch), owner_key })
	}

	async fn check(&self, held: &Held) -> Result<(), VaultError> {
		match held.secret {
			WrappedSecret::StreamSecret => self.stream_secret(held).map(|_| ()),
			WrappedSecret::DataKey => {
				let key = self.encryption_key(held.context.key_version)?;
				Ok(key.unwrap_data_key(&held.context, &held.sealed).map(|_| ())?)
			},
		}
	}

	async fn rewrap(&self, held: &Held, to: &Recipient) -> Result<WrappedKey, VaultError> {
		let context = context_for(&held.context, held.context.resource, to);
		let sealed = match held.secret {
			WrappedSecret::StreamSecret => {
				self.stream_secret(held)?.wrap(&context, &to.public, &random()?)?
			},
			WrappedSecret::DataKey => self
				.encryption_key(held.context.key_version)?
				.unwrap_data_key(&held.context, &held.sealed)?
				.wrap(&context, &to.public, &random()?)?,
		};
		wrapped_key(to.key_version, sealed)
	}

	async fn wrap_data_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
		to: &Recipient,
	) -> Result<WrappedKey, VaultError> {
		let resource = Resource::Record(context.record_id);
		let wrap_context = context_for(&held.context, resource, to);
		let data_key = self.data_key(held, context, payload)?;
		wrapped_key(to.key_version, data_key.wrap(&wrap_context, &to.public, &random()?)?)
	}

	async fn seal(
		&self,
		held: &Held,
		context: &Context,
		media_type: &str,
		document: &[u8],
	) -> Result<Sealed, VaultError> {
		Ok(self.stream_secret(held)?.seal(context, media_type, document)?)
	}

	async fn open(&self, held: &Held, context: &Context, payload: &[u8]) -> Result<Document, VaultError> {
		Ok(self.data_key(held, context, payload)?.open(context, payload)?)
	}

	async fn commitment_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<CommitmentKey, VaultError> {
		Ok(self.data_key(held, context, payload)?.commitment_key())
	}

	async fn anchor_commitment_key(
		&self,
		held: &Held,
		context: &Context,
		index: u32,
	) -> Result<CommitmentKey, VaultError> {
		Ok(self.stream_secret(held)?.anchor_commitment_key(context, index))
	}
}
