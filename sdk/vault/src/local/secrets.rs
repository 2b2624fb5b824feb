//! The secrets of an organization: the current one and the earlier ones.

use crate::VaultError;
use credio_envelope::SecretKey;
use credio_primitives::KeyVersion;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Organization secrets, by the version of the encryption key that introduced each. The chain decides that version, so
/// all vaults have the same order.
#[derive(Clone, Default)]
pub(crate) struct OrganizationSecrets(BTreeMap<KeyVersion, Zeroizing<[u8; 32]>>);

impl OrganizationSecrets {
	/// Creates the list with the organization's first secret.
	pub(crate) fn first(secret: Zeroizing<[u8; 32]>) -> Self {
		Self(BTreeMap::from([(0, secret)]))
	}

	/// Adds a secret. Never replaces another one.
	///
	/// # Errors
	///
	/// [`VaultError::OtherOrganizationSecret`].
	pub(crate) fn insert(
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

	/// Returns the current secret.
	///
	/// # Errors
	///
	/// [`VaultError::NoOrganizationKeys`].
	pub(crate) fn newest(&self) -> Result<(KeyVersion, &Zeroizing<[u8; 32]>), VaultError> {
		let newest = self.0.last_key_value().ok_or(VaultError::NoOrganizationKeys)?;
		Ok((*newest.0, newest.1))
	}

	/// Returns the secret of a version.
	///
	/// # Errors
	///
	/// [`VaultError::NoOrganizationKeys`], [`VaultError::UnknownSecret`].
	pub(crate) fn of(&self, version: KeyVersion) -> Result<&Zeroizing<[u8; 32]>, VaultError> {
		self.newest()?;
		self.0.get(&version).ok_or(VaultError::UnknownSecret(version))
	}

	/// Returns all secrets, in order.
	pub(crate) fn iter(
		&self,
	) -> impl DoubleEndedIterator<Item = (KeyVersion, &Zeroizing<[u8; 32]>)> {
		self.0.iter().map(|(version, secret)| (*version, secret))
	}
}

/// An organization secret, with the version that introduced it.
pub(crate) type ExposedSecret = (KeyVersion, [u8; 32]);

/// An encryption key: its version, its private half, and the version of its organization secret.
pub(crate) type ExposedKey = (KeyVersion, [u8; 32], KeyVersion);

/// An encryption key of a version.
#[derive(Clone)]
pub(crate) struct VersionedKey {
	pub key: SecretKey,
	/// Version of the organization secret that wraps stream secrets to the key: the current one when the vault that
	/// generated the key gave it a version. Another vault may have renewed the secret in the meantime.
	pub secret: KeyVersion,
}

/// An encryption key that was generated for an announcement.
#[derive(Clone)]
pub(crate) struct PreparedKey {
	pub key: SecretKey,
	/// An organization secret that it introduces.
	pub renewal: Option<Zeroizing<[u8; 32]>>,
}
