//! A vault with keys in the memory of this process. [`super::file`] stores it.

mod operations;
mod secrets;

pub(super) use secrets::{
	ExposedKey, ExposedSecret, OrganizationSecrets, PreparedKey, VersionedKey,
};

use super::{
	Held, VaultError, WrappedBy,
	account::{Account, AccountSecret, Scheme},
	random,
};
use crate::ChainPin;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use credio_envelope::{Context, DataKey, OwnerPsk, SecretKey, StreamSecret, WrapContext};
use credio_primitives::{
	AccountId, KeyVersion, OrganizationId, PublicKey, Resource, WrappedSecret, development,
};
use hkdf::Hkdf;
use sha2::Sha256;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// Maximum number of stored keys that the chain has rejected according to a node.
const MAX_SET_ASIDE: usize = 16;
/// Maximum number of cached stream secrets.
const MAX_UNWRAPPED: usize = 64;

/// A vault with keys in the memory of this process.
#[derive(Clone)]
pub struct LocalVault {
	pub(super) organization: OrganizationId,
	pub(super) account: Account,
	/// The chain that it is pinned to, if any.
	pub(super) chain: Option<ChainPin>,
	/// Empty in a vault that waits for the keys of its organization.
	pub(super) secrets: OrganizationSecrets,
	/// By version. Keys of other vaults are missing until they are imported.
	pub(super) encryption_keys: BTreeMap<KeyVersion, VersionedKey>,
	/// A key that was generated for an announcement and has no version yet.
	pub(super) pending_key: Option<PreparedKey>,
	/// Prepared keys that were rejected according to a node, the latest last.
	pub(super) set_aside: Vec<PreparedKey>,
	/// Cached stream secrets, the newest first, to avoid a key agreement for each record of a stream.
	unwrapped: Arc<Mutex<VecDeque<(Held, StreamSecret)>>>,
}

impl std::fmt::Debug for LocalVault {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "LocalVault(organization {}, secrets hidden)", self.organization)
	}
}

impl LocalVault {
	/// Generates a vault: an account, an encryption key, and an organization secret.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn generate(organization: OrganizationId) -> Result<Self, VaultError> {
		Self::generate_with(organization, Scheme::default())
	}

	/// Generates a vault as [`Self::generate`] does, with an account of a scheme.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn generate_with(organization: OrganizationId, scheme: Scheme) -> Result<Self, VaultError> {
		let mut vault = Self::waiting(organization, scheme)?;
		vault.begin_with(random()?, SecretKey::from_bytes(&random()?));
		Ok(vault)
	}

	/// Generates a vault with a new account that waits for the keys of its organization to be imported: for another
	/// gateway, on another machine.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn waiting(organization: OrganizationId, scheme: Scheme) -> Result<Self, VaultError> {
		let account = Account::new(AccountSecret::Seed(scheme, random()?))?;
		Ok(Self::with_account(organization, account))
	}

	/// Sets the first secret and key of an organization.
	fn begin_with(&mut self, secret: Zeroizing<[u8; 32]>, key: SecretKey) {
		self.secrets = OrganizationSecrets::first(secret);
		self.encryption_keys = BTreeMap::from([(0, VersionedKey { key, secret: 0 })]);
	}

	/// Generates a vault for another member of the same organization, such as a second gateway: with a new account, and
	/// with the organization's secret and encryption keys, so that both derive the same request keys and open the same
	/// records.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn for_another_member(&self) -> Result<Self, VaultError> {
		let mut other = Self::waiting(self.organization, Scheme::default())?;
		other.chain = self.chain;
		other.secrets = self.secrets.clone();
		other.encryption_keys = self.encryption_keys.clone();
		Ok(other)
	}

	/// Returns the vault of an example organization of development chains; `None` for an unknown name.
	#[must_use]
	pub fn development(name: &str) -> Option<Self> {
		let number = development::ORGANIZATIONS.iter().position(|known| known.name == name)?;
		let known = development::ORGANIZATIONS[number];
		let account = Account::new(AccountSecret::Development(known.account)).ok()?;
		let encryption = Zeroizing::new(development::encryption_secret(name));
		let organization_secret = Zeroizing::new(development::organization_secret(name));
		let mut vault = Self::with_account(number as OrganizationId, account);
		vault.begin_with(organization_secret, SecretKey::from_bytes(&encryption));
		Some(vault)
	}

	/// Returns a vault with an account only.
	pub(super) fn with_account(organization: OrganizationId, account: Account) -> Self {
		Self {
			organization,
			account,
			chain: None,
			secrets: OrganizationSecrets::default(),
			encryption_keys: BTreeMap::new(),
			pending_key: None,
			set_aside: Vec::new(),
			// With its full capacity, since growing would leave copies of secrets in freed memory.
			unwrapped: Arc::new(Mutex::new(VecDeque::with_capacity(MAX_UNWRAPPED + 1))),
		}
	}

	/// Returns the vault for another organization, such as a newly admitted one with its number.
	#[must_use]
	pub fn for_organization(mut self, organization: OrganizationId) -> Self {
		self.organization = organization;
		self
	}

	/// Returns the member's account.
	#[must_use]
	pub fn account(&self) -> AccountId {
		self.account.id().clone()
	}

	/// Returns the vault's organization.
	#[must_use]
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// Returns the chain that the vault is pinned to, if any.
	#[must_use]
	pub fn chain(&self) -> Option<ChainPin> {
		self.chain
	}

	/// Pins the vault to a chain.
	///
	/// # Errors
	///
	/// [`VaultError::OtherChain`] if it is pinned to another one.
	pub fn pin(&mut self, chain: &ChainPin) -> Result<(), VaultError> {
		match &self.chain {
			Some(pinned) if pinned != chain => {
				let (pinned, found) = (Box::new(*pinned), Box::new(*chain));
				Err(VaultError::OtherChain { pinned, found })
			},
			_ => {
				self.chain = Some(*chain);
				Ok(())
			},
		}
	}

	/// Returns the public halves of the organization's encryption keys, by version.
	#[must_use]
	pub fn encryption_keys(&self) -> Vec<(KeyVersion, PublicKey)> {
		self.encryption_keys.iter().map(|(version, held)| (*version, held.key.public())).collect()
	}

	/// Returns the versions of the encryption key that introduced an organization secret, in order.
	#[must_use]
	pub fn secret_versions(&self) -> Vec<KeyVersion> {
		self.secrets.iter().map(|(version, _)| version).collect()
	}

	/// Returns the public half of the prepared key, which has no version yet.
	#[must_use]
	pub fn pending_key(&self) -> Option<PublicKey> {
		self.pending_key.as_ref().map(|prepared| prepared.key.public())
	}

	/// Whether the prepared key introduces an organization secret.
	#[must_use]
	pub fn is_renewing(&self) -> bool {
		self.pending_key.as_ref().is_some_and(|prepared| prepared.renewal.is_some())
	}

	/// Generates an encryption key for the chain's `rotate_key`, and returns its public half. Returns an earlier one
	/// that has no version yet again. [`Self::adopt_keys`] gives it a version.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn prepare_key(&mut self) -> Result<PublicKey, VaultError> {
		let prepared = match self.pending_key.take() {
			Some(prepared) => prepared,
			None => PreparedKey { key: SecretKey::from_bytes(&random()?), renewal: None },
		};
		let public = prepared.key.public();
		self.pending_key = Some(prepared);
		Ok(public)
	}

	/// Prepares a key as [`Self::prepare_key`] does, with a new organization secret, which becomes current when the key
	/// gets a version. Requests that were started under earlier secrets continue under them.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`], [`VaultError::NoOrganizationKeys`].
	pub fn prepare_renewal(&mut self) -> Result<PublicKey, VaultError> {
		self.secrets.newest()?;
		let public = self.prepare_key()?;
		if let Some(prepared) = self.pending_key.as_mut().filter(|key| key.renewal.is_none()) {
			prepared.renewal = Some(random()?);
		}
		Ok(public)
	}

	/// Sets the prepared key aside, since the chain has rejected it. The last 16 of them are stored: if the node's
	/// claim was false, [`Self::adopt_keys`] finds the key.
	pub fn set_aside_key(&mut self) {
		self.set_aside.extend(self.pending_key.take());
		let over = self.set_aside.len().saturating_sub(MAX_SET_ASIDE);
		self.set_aside.drain(..over);
	}

	/// Gives keys of this vault the versions that the chain has registered. Returns the versions that the vault does
	/// not have.
	///
	/// # Errors
	///
	/// [`VaultError::KeyConflict`] if the vault has another key of a version than the chain.
	pub fn adopt_keys(
		&mut self,
		registered: &[(KeyVersion, PublicKey)],
	) -> Result<Vec<KeyVersion>, VaultError> {
		let mut missing = Vec::new();
		for (version, public) in registered {
			let made = self.pending_key.iter().chain(&self.set_aside);
			let made = made.into_iter().find(|made| made.key.public() == *public).cloned();
			match (self.encryption_keys.get(version), made) {
				(Some(held), _) if held.key.public() == *public => {},
				(Some(_), _) => return Err(VaultError::KeyConflict(*version)),
				(None, Some(prepared)) => self.adopt(*version, prepared)?,
				(None, None) => missing.push(*version),
			}
		}
		let is_registered =
			|made: &PreparedKey| registered.iter().any(|(_, key)| *key == made.key.public());
		self.pending_key = self.pending_key.take().filter(|made| !is_registered(made));
		self.set_aside.retain(|made| !is_registered(made));
		Ok(missing)
	}

	/// Gives a prepared key a version, and adds the secret that it introduces.
	fn adopt(&mut self, version: KeyVersion, prepared: PreparedKey) -> Result<(), VaultError> {
		let PreparedKey { key, renewal } = prepared;
		let secret = match renewal {
			Some(renewal) => {
				self.secrets.insert(version, renewal)?;
				version
			},
			None => self.secrets.newest()?.0,
		};
		self.insert_key(version, VersionedKey { key, secret })
	}

	/// Adds a version of the encryption key. Never replaces another key.
	fn insert_key(&mut self, version: KeyVersion, new: VersionedKey) -> Result<(), VaultError> {
		match self.encryption_keys.get(&version) {
			Some(there) if there.key.public() != new.key.public() || there.secret != new.secret => {
				Err(VaultError::KeyConflict(version))
			},
			_ => {
				self.encryption_keys.insert(version, new);
				Ok(())
			},
		}
	}

	/// Returns the organization secrets and encryption keys in the clear, to be encrypted at once.
	pub(super) fn exposed(&self) -> (Vec<ExposedSecret>, Vec<ExposedKey>) {
		let secrets = self.secrets.iter().map(|(version, secret)| (version, **secret));
		let keys = self.encryption_keys.iter();
		let keys = keys.map(|(version, held)| (*version, *held.key.expose(), held.secret));
		(secrets.collect(), keys.collect())
	}

	/// Adds a version of the encryption key. The vault already has its organization secret.
	pub(super) fn insert_exposed(
		&mut self,
		(version, key, secret): &ExposedKey,
	) -> Result<(), VaultError> {
		self.secrets.of(*secret)?;
		let key = SecretKey::from_bytes(&Zeroizing::new(*key));
		self.insert_key(*version, VersionedKey { key, secret: *secret })
	}

	/// Returns the cipher for stored data of clients, under the secret of a version.
	fn protection(secret: &[u8; 32]) -> XChaCha20Poly1305 {
		let mut key = Zeroizing::new([0; 32]);
		Hkdf::<Sha256>::new(None, secret)
			.expand(b"credio/vault/v1/protect", key.as_mut())
			.expect("32 bytes are within 255 blocks of SHA-256; qed");
		XChaCha20Poly1305::new(&(*key).into())
	}

	/// Returns the pre-shared key for stream secrets that the organization wraps to its own key.
	fn owner_psk(&self, key: &VersionedKey) -> Result<OwnerPsk, VaultError> {
		Ok(OwnerPsk::derive(self.secrets.of(key.secret)?))
	}

	fn versioned_key(&self, version: KeyVersion) -> Result<&VersionedKey, VaultError> {
		self.encryption_keys.get(&version).ok_or(VaultError::UnknownKeyVersion(version))
	}

	fn encryption_key(&self, version: KeyVersion) -> Result<&SecretKey, VaultError> {
		self.versioned_key(version).map(|held| &held.key)
	}

	fn stream_secret(&self, held: &Held) -> Result<StreamSecret, VaultError> {
		if held.secret != WrappedSecret::StreamSecret {
			return Err(VaultError::NotAStreamSecret);
		}
		// A panic in another thread leaves the cache consistent: a secret is added or removed at once.
		let lock = || self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner);
		if let Some((_, secret)) = lock().iter().find(|(known, _)| known == held) {
			return Ok(secret.clone());
		}
		let own = self.versioned_key(held.context.key_version)?;
		let (key, sealed) = (&own.key, &held.sealed);
		let secret = match held.wrapped_by {
			WrappedBy::Ourselves => {
				key.unwrap_own_stream_secret(&held.context, &self.owner_psk(own)?, sealed)?
			},
			WrappedBy::Another => key.unwrap_stream_secret(&held.context, sealed)?,
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
