//! A vault whose keys are in the memory of this process. [`super::file`] stores it.

mod operations;

use super::{
	account::{Account, AccountSecret, Scheme},
	random, Held, VaultError, WrappedBy,
};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use credio_envelope::{Context, DataKey, OwnerPsk, SecretKey, StreamSecret, WrapContext};
use credio_primitives::{
	development, AccountId, KeyVersion, OrganizationId, PublicKey, Resource, WrappedSecret,
};
use hkdf::Hkdf;
use sha2::Sha256;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// Keys that are kept although the chain has refused them, as far as is known.
const MAX_SET_ASIDE: usize = 16;
/// Stream secrets that are kept once they are unwrapped.
const MAX_UNWRAPPED: usize = 64;

/// A vault whose keys are in the memory of this process.
#[derive(Clone)]
pub struct LocalVault {
	pub(super) organization: OrganizationId,
	pub(super) account: Account,
	/// `None` in a vault that waits for the keys of its organization.
	pub(super) organization_secret: Option<Zeroizing<[u8; 32]>>,
	/// By version. Those that another vault has made are missing until they are imported.
	pub(super) encryption_keys: BTreeMap<KeyVersion, SecretKey>,
	/// A key that was made to be announced, of which the chain has not said yet which version it is.
	pub(super) pending_key: Option<SecretKey>,
	/// Keys that were prepared and, as a node has said, refused: the latest last.
	pub(super) set_aside: Vec<SecretKey>,
	/// What was unwrapped last, newest first: the records of a stream do not cost a key agreement each.
	unwrapped: Arc<Mutex<VecDeque<(Held, StreamSecret)>>>,
}

impl std::fmt::Debug for LocalVault {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "LocalVault(organization {}, secrets hidden)", self.organization)
	}
}

impl LocalVault {
	/// A vault with new keys: an account, an encryption key, and an organization secret.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn generate(organization: OrganizationId) -> Result<Self, VaultError> {
		Self::generate_with(organization, Scheme::default())
	}

	/// As [`Self::generate`], with an account of a scheme.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn generate_with(organization: OrganizationId, scheme: Scheme) -> Result<Self, VaultError> {
		let mut vault = Self::waiting(organization, scheme)?;
		vault.organization_secret = Some(random()?);
		vault.encryption_keys.insert(0, SecretKey::from_bytes(&random()?));
		Ok(vault)
	}

	/// A vault with an account of its own, that waits for the keys of its organization to be imported: for another
	/// gateway, on another machine.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn waiting(organization: OrganizationId, scheme: Scheme) -> Result<Self, VaultError> {
		let account = Account::new(AccountSecret::Seed(scheme, random()?))?;
		Ok(Self::assemble(organization, account, None, BTreeMap::new(), None, Vec::new()))
	}

	/// A vault for another member of the same organization, a second gateway for example: with an account of its own,
	/// and with the organization's secret and encryption keys, so that both derive the same request keys and open the
	/// same records.
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn for_another_member(&self) -> Result<Self, VaultError> {
		let mut other = Self::waiting(self.organization, Scheme::default())?;
		other.organization_secret = self.organization_secret.clone();
		other.encryption_keys = self.encryption_keys.clone();
		Ok(other)
	}

	/// The vault of an example organization of development chains; `None` for a name that is none.
	pub fn development(name: &str) -> Option<Self> {
		let number = development::ORGANIZATIONS.iter().position(|known| known.name == name)?;
		let known = development::ORGANIZATIONS[number];
		let account = Account::new(AccountSecret::Development(known.account)).ok()?;
		let encryption = Zeroizing::new(development::encryption_secret(name));
		let organization_secret = Zeroizing::new(development::organization_secret(name));
		Some(Self::assemble(
			number as OrganizationId,
			account,
			Some(organization_secret),
			BTreeMap::from([(0, SecretKey::from_bytes(&encryption))]),
			None,
			Vec::new(),
		))
	}

	pub(super) fn assemble(
		organization: OrganizationId,
		account: Account,
		organization_secret: Option<Zeroizing<[u8; 32]>>,
		encryption_keys: BTreeMap<KeyVersion, SecretKey>,
		pending_key: Option<SecretKey>,
		set_aside: Vec<SecretKey>,
	) -> Self {
		Self {
			organization,
			account,
			organization_secret,
			encryption_keys,
			pending_key,
			set_aside,
			// It never grows, which would leave secrets behind in the memory that it leaves.
			unwrapped: Arc::new(Mutex::new(VecDeque::with_capacity(MAX_UNWRAPPED + 1))),
		}
	}

	/// The same keys, acting for another organization: what a new one is told when it is admitted.
	pub fn for_organization(mut self, organization: OrganizationId) -> Self {
		self.organization = organization;
		self
	}

	/// The member's account.
	pub fn account(&self) -> AccountId {
		self.account.id().clone()
	}

	/// The organization that it acts for.
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// The public halves of the organization's encryption keys, by version.
	pub fn encryption_keys(&self) -> Vec<(KeyVersion, PublicKey)> {
		self.encryption_keys.iter().map(|(version, key)| (*version, key.public())).collect()
	}

	/// The public half of the key that was made to be announced, and is of no version yet.
	pub fn pending_key(&self) -> Option<PublicKey> {
		self.pending_key.as_ref().map(SecretKey::public)
	}

	/// Makes an encryption key to be announced by the chain's `rotate_key`, and returns its public half. One that was
	/// made before and is of no version yet is returned again. It becomes a version by [`Self::adopt_key`].
	///
	/// # Errors
	///
	/// [`VaultError::NoRandomness`].
	pub fn prepare_key(&mut self) -> Result<PublicKey, VaultError> {
		let key = match self.pending_key.take() {
			Some(key) => key,
			None => SecretKey::from_bytes(&random()?),
		};
		let public = key.public();
		self.pending_key = Some(key);
		Ok(public)
	}

	/// Takes the prepared key for a version, as which the chain has registered its public half.
	///
	/// # Errors
	///
	/// [`VaultError::KeyConflict`] if another key is of that version, [`VaultError::NoPendingKey`].
	pub fn adopt_key(&mut self, version: KeyVersion) -> Result<(), VaultError> {
		let key = self.pending_key.as_ref().ok_or(VaultError::NoPendingKey)?.clone();
		self.insert_key(version, key)?;
		self.pending_key = None;
		Ok(())
	}

	/// Puts the prepared key aside, since the chain has refused it. It is kept, as one of the last 16: if a node has lied
	/// about that, [`Self::adopt_keys`] finds it.
	pub fn set_aside_key(&mut self) {
		self.set_aside.extend(self.pending_key.take());
		let over = self.set_aside.len().saturating_sub(MAX_SET_ASIDE);
		self.set_aside.drain(..over);
	}

	/// Takes keys that this vault has made for the versions as which the chain has registered them. Returns the versions
	/// that it does not have.
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
			let made = made.chain(self.encryption_keys.get(version));
			match made.into_iter().find(|key| key.public() == *public).cloned() {
				Some(key) => self.insert_key(*version, key)?,
				None if self.encryption_keys.contains_key(version) => {
					return Err(VaultError::KeyConflict(*version));
				},
				None => missing.push(*version),
			}
		}
		let is_registered =
			|key: &SecretKey| registered.iter().any(|(_, public)| *public == key.public());
		self.pending_key = self.pending_key.take().filter(|key| !is_registered(key));
		self.set_aside.retain(|key| !is_registered(key));
		Ok(missing)
	}

	/// Adds a version of the encryption key, and never replaces another one.
	pub(super) fn insert_key(
		&mut self,
		version: KeyVersion,
		key: SecretKey,
	) -> Result<(), VaultError> {
		match self.encryption_keys.get(&version) {
			Some(there) if there.public() != key.public() => Err(VaultError::KeyConflict(version)),
			_ => {
				self.encryption_keys.insert(version, key);
				Ok(())
			},
		}
	}

	pub(super) fn organization_secret(&self) -> Result<&Zeroizing<[u8; 32]>, VaultError> {
		self.organization_secret.as_ref().ok_or(VaultError::NoOrganizationKeys)
	}

	/// The cipher for what clients keep.
	fn protection(&self) -> Result<XChaCha20Poly1305, VaultError> {
		let mut key = Zeroizing::new([0; 32]);
		Hkdf::<Sha256>::new(None, &self.organization_secret()?[..])
			.expand(b"credio/vault/v1/protect", key.as_mut())
			.expect("32 bytes are within 255 blocks of SHA-256; qed");
		Ok(XChaCha20Poly1305::new(&(*key).into()))
	}

	/// The pre-shared key under which the organization wraps stream secrets to itself.
	fn owner_psk(&self) -> Result<OwnerPsk, VaultError> {
		Ok(OwnerPsk::derive(self.organization_secret()?))
	}

	fn encryption_key(&self, version: KeyVersion) -> Result<&SecretKey, VaultError> {
		self.encryption_keys.get(&version).ok_or(VaultError::UnknownKeyVersion(version))
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
				key.unwrap_own_stream_secret(&held.context, &self.owner_psk()?, &held.sealed)?
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
