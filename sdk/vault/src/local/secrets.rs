//! The secrets of an organization: the one that is in force, and those before it.

use crate::VaultError;
use credio_envelope::SecretKey;
use credio_primitives::KeyVersion;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Organization secrets, by the version of the encryption key with which each came into force. The chain says which
/// version that is, so all vaults have them in the same order.
#[derive(Clone, Default)]
pub(crate) struct OrganizationSecrets(BTreeMap<KeyVersion, Zeroizing<[u8; 32]>>);

impl OrganizationSecrets {
	/// The secret that an organization begins with.
	pub fn first(secret: Zeroizing<[u8; 32]>) -> Self {
		Self(BTreeMap::from([(0, secret)]))
	}

	/// Adds a secret, and never replaces another one.
	///
	/// # Errors
	///
	/// [`VaultError::OtherOrganizationSecret`].
	pub fn insert(
		&mut self,
		version: KeyVersion,
		secret: Zeroizing<[u8; 32]>,
	) -> Result<(), VaultError> {
		match self.0.get(&version) {
			Some(there) if *there != secret => Err(VaultError::OtherOrganizationSecret),
			_ => {
				self.0.insert(version, secret);
				Ok(())
			},
		}
	}

	/// The one that is in force.
	///
	/// # Errors
	///
	/// [`VaultError::NoOrganizationKeys`].
	pub fn newest(&self) -> Result<(KeyVersion, &Zeroizing<[u8; 32]>), VaultError> {
		let newest = self.0.last_key_value().ok_or(VaultError::NoOrganizationKeys)?;
		Ok((*newest.0, newest.1))
	}

	/// The one of a version.
	///
	/// # Errors
	///
	/// [`VaultError::NoOrganizationKeys`], [`VaultError::UnknownSecret`].
	pub fn of(&self, version: KeyVersion) -> Result<&Zeroizing<[u8; 32]>, VaultError> {
		self.newest()?;
		self.0.get(&version).ok_or(VaultError::UnknownSecret(version))
	}

	/// All of them, in their order.
	pub fn iter(&self) -> impl DoubleEndedIterator<Item = (KeyVersion, &Zeroizing<[u8; 32]>)> {
		self.0.iter().map(|(version, secret)| (*version, secret))
	}
}

/// An organization secret, after the version with which it came into force.
pub(crate) type ExposedSecret = (KeyVersion, [u8; 32]);

/// An encryption key: its version, its secret half, and the version of the organization secret that goes with it.
pub(crate) type ExposedKey = (KeyVersion, [u8; 32], KeyVersion);

/// An encryption key of a version.
#[derive(Clone)]
pub(crate) struct VersionedKey {
	pub key: SecretKey,
	/// Version of the organization secret under which stream secrets are wrapped to the key: the one that was in force when
	/// the vault that made the key took it for a version. Another vault may have renewed the secret meanwhile.
	pub secret: KeyVersion,
}

/// An encryption key that was made to be announced.
#[derive(Clone)]
pub(crate) struct PreparedKey {
	pub key: SecretKey,
	/// An organization secret that comes into force with it.
	pub renewal: Option<Zeroizing<[u8; 32]>>,
}
