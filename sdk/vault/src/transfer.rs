//! Transfer of an organization's keys from one of its vaults to another.
//!
//! The export is sealed to the transfer key of the other vault (HPKE, base mode) and signed with the account of the
//! exporting vault, which the importing user names. Base mode does not authenticate the sender, and the maker of a
//! false organization secret could follow request keys and make stream secrets that the vault accepts as its own.

use super::{
	LocalVault, MultiSignature, VaultError,
	local::{ExposedKey, ExposedSecret},
	random,
};
use codec::{Decode, DecodeLimit, Encode};
use credio_envelope::SecretKey;
use credio_evidence::Verify;
use credio_primitives::{AccountId, KeyVersion, OrganizationId, PublicKey, rpc::Bytes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use zeroize::{Zeroize, Zeroizing};

const FORMAT: &str = "credio-vault-keys";
const VERSION: u32 = 2;
/// Label for deriving a vault's transfer key.
const TRANSFER_LABEL: &[u8] = b"credio/vault/v1/transfer";
/// Prefix of signed exports.
const SIGNED_LABEL: &[u8] = b"credio/vault-keys/v2";
/// Maximum size of an export.
const MAX_SIZE: usize = 1024 * 1024;

/// Keys of an organization, sealed to another vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyExport {
	format: String,
	version: u32,
	/// The organization of the keys.
	organization: OrganizationId,
	/// Account of the exporting vault.
	from: AccountId,
	/// Transfer key of the importing vault.
	to: PublicKey,
	sealed: Bytes,
	/// A `MultiSignature` in SCALE.
	signature: Bytes,
}

/// The sealed part.
#[derive(Encode, Decode)]
struct Keys {
	organization_secrets: Vec<ExposedSecret>,
	encryption_keys: Vec<ExposedKey>,
}

impl Drop for Keys {
	fn drop(&mut self) {
		self.organization_secrets.iter_mut().for_each(|(_, secret)| secret.zeroize());
		self.encryption_keys.iter_mut().for_each(|(_, key, _)| key.zeroize());
	}
}

impl KeyExport {
	/// Parses an export from [`Self::to_text`].
	///
	/// # Errors
	///
	/// [`VaultError::Format`].
	pub fn parse(text: &str) -> Result<Self, VaultError> {
		if text.len() > MAX_SIZE {
			return Err(format_error("it is too large for an export of keys"));
		}
		let export: Self =
			serde_json::from_str(text).map_err(|error| format_error(&error.to_string()))?;
		match export.format == FORMAT && export.version == VERSION {
			true => Ok(export),
			false => Err(format_error("it is of another format or version")),
		}
	}

	/// Returns the export as JSON.
	///
	/// # Errors
	///
	/// [`VaultError::Format`].
	pub fn to_text(&self) -> Result<String, VaultError> {
		serde_json::to_string_pretty(self).map_err(|error| format_error(&error.to_string()))
	}

	/// Returns the organization of the keys.
	#[must_use]
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// Returns the account of the exporting vault.
	#[must_use]
	pub fn exporter(&self) -> &AccountId {
		&self.from
	}

	fn signed(&self) -> [u8; 32] {
		let mut bytes = SIGNED_LABEL.to_vec();
		(self.organization, &self.from, self.to, &self.sealed.0).encode_to(&mut bytes);
		sp_crypto_hashing::blake2_256(&bytes)
	}

	fn info(organization: OrganizationId, from: &AccountId, to: &PublicKey) -> Vec<u8> {
		let mut info = SIGNED_LABEL.to_vec();
		(organization, from, to).encode_to(&mut info);
		info
	}
}

impl LocalVault {
	fn transfer_secret(&self) -> SecretKey {
		SecretKey::from_bytes(&self.account.derive(TRANSFER_LABEL))
	}

	/// Returns the key that another vault of the organization seals an export to.
	#[must_use]
	pub fn transfer_key(&self) -> PublicKey {
		self.transfer_secret().public()
	}

	/// Exports the organization's secrets and encryption keys to another vault of the organization, except a key
	/// without a version and a secret that is not current yet.
	///
	/// # Errors
	///
	/// [`VaultError::NoOrganizationKeys`], [`VaultError::Envelope`] for a key that nothing can be sealed to.
	pub fn export_keys(&self, to: PublicKey) -> Result<KeyExport, VaultError> {
		self.secrets.newest()?;
		let (organization_secrets, encryption_keys) = self.exposed();
		let keys = Keys { organization_secrets, encryption_keys };
		let from = self.account();
		let info = KeyExport::info(self.organization, &from, &to);
		let plaintext = Zeroizing::new(keys.encode());
		let sealed = credio_envelope::seal_to(&to, &info, &plaintext, &random()?)?;
		let mut export = KeyExport {
			format: FORMAT.into(),
			version: VERSION,
			organization: self.organization,
			from,
			to,
			sealed: Bytes(sealed),
			signature: Bytes(Vec::new()),
		};
		export.signature = Bytes(self.account.sign(&export.signed())?.encode());
		Ok(export)
	}

	/// Imports keys that the vault of an account has exported to this one. Never replaces keys. `registered` has the
	/// public halves that the chain has registered, if known. Returns the new versions. A secret that another vault has
	/// renewed becomes current.
	///
	/// # Errors
	///
	/// [`VaultError::FromAnotherVault`], [`VaultError::NotForThisVault`], [`VaultError::OtherOrganization`],
	/// [`VaultError::OtherOrganizationSecret`], [`VaultError::KeyConflict`], [`VaultError::NotRegistered`]. The vault
	/// has to be dropped then.
	pub fn import_keys(
		&mut self,
		export: &KeyExport,
		from: &AccountId,
		registered: Option<&[(KeyVersion, PublicKey)]>,
	) -> Result<Vec<KeyVersion>, VaultError> {
		let signature =
			MultiSignature::decode_all_with_depth_limit(4, &mut &export.signature.0[..])
				.map_err(|_| VaultError::NotForThisVault)?;
		if export.from != *from {
			return Err(VaultError::FromAnotherVault(export.from.clone()));
		}
		if export.to != self.transfer_key() || !signature.verify(&export.signed()[..], from) {
			return Err(VaultError::NotForThisVault);
		}
		if export.organization != self.organization {
			let (found, organization) = (export.organization, self.organization);
			return Err(VaultError::OtherOrganization { found, organization });
		}
		let info = KeyExport::info(export.organization, from, &export.to);
		let plaintext = self
			.transfer_secret()
			.open_sealed(&info, &export.sealed.0)
			.map_err(|_| VaultError::NotForThisVault)?;
		let keys = Keys::decode_all_with_depth_limit(4, &mut &plaintext[..])
			.map_err(|_| VaultError::NotForThisVault)?;
		// Vaults of one organization have the same first secret, and no secret comes without the key that introduced
		// it.
		let versions = keys.encryption_keys.iter().map(|(version, ..)| *version);
		let versions =
			versions.chain(self.encryption_keys.keys().copied()).collect::<BTreeSet<_>>();
		for (version, secret) in &keys.organization_secrets {
			if *version != 0 && !versions.contains(version) {
				return Err(VaultError::UnknownKeyVersion(*version));
			}
			self.secrets.insert(*version, Zeroizing::new(*secret))?;
		}
		let mut new = Vec::new();
		for key in &keys.encryption_keys {
			let (version, bytes, _) = key;
			let public = SecretKey::from_bytes(&Zeroizing::new(*bytes)).public();
			if registered.is_some_and(|known| !known.contains(&(*version, public))) {
				return Err(VaultError::NotRegistered(*version));
			}
			if !self.encryption_keys.contains_key(version) {
				new.push(*version);
			}
			self.insert_exposed(key)?;
		}
		Ok(new)
	}
}

fn format_error(cause: &str) -> VaultError {
	VaultError::Format { path: "the export of keys".into(), cause: cause.into() }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Scheme, Vault};

	/// The chain registers a key of the vault.
	fn rotate(vault: &mut LocalVault, version: KeyVersion) {
		let public = vault.prepare_key().unwrap();
		vault.adopt_keys(&[(version, public)]).unwrap();
	}

	/// The same with a new organization secret.
	fn renew(vault: &mut LocalVault, version: KeyVersion) {
		vault.prepare_renewal().unwrap();
		rotate(vault, version);
	}

	/// Returns two gateways of one organization that have both rotated.
	fn gateways() -> (LocalVault, LocalVault) {
		let mut one = LocalVault::generate(7).unwrap();
		let mut two = one.for_another_member().unwrap();
		rotate(&mut one, 1);
		rotate(&mut two, 2);
		(one, two)
	}

	#[test]
	fn two_gateways_exchange_all_keys() {
		let (mut one, mut two) = gateways();
		let mut registered = one.encryption_keys();
		registered.push(two.encryption_keys()[1]);
		let export = one.export_keys(two.transfer_key()).unwrap();
		let export = KeyExport::parse(&export.to_text().unwrap()).unwrap();
		let new = two.import_keys(&export, &one.account(), Some(&registered)).unwrap();
		assert_eq!(new, [1]);
		let export = two.export_keys(one.transfer_key()).unwrap();
		assert_eq!(one.import_keys(&export, &two.account(), Some(&registered)).unwrap(), [2]);
		assert_eq!(one.encryption_keys(), two.encryption_keys());
		assert_eq!(one.encryption_keys().len(), 3);
		// Repeating it has no effect.
		assert!(one.import_keys(&export, &two.account(), None).unwrap().is_empty());
	}

	#[tokio::test]
	async fn waiting_vault_imports_keys() {
		let one = LocalVault::generate(7).unwrap();
		let mut two = LocalVault::waiting(7, Scheme::Ed25519).unwrap();
		let refused = two.request_key(b"invoice 1").await;
		assert!(matches!(refused, Err(VaultError::NoOrganizationKeys)), "{refused:?}");
		let refused = two.export_keys(one.transfer_key());
		assert!(matches!(refused, Err(VaultError::NoOrganizationKeys)), "{refused:?}");
		let export = one.export_keys(two.transfer_key()).unwrap();
		assert_eq!(two.import_keys(&export, &one.account(), None).unwrap(), [0]);
		let key = two.request_key(b"invoice 1").await.unwrap();
		assert_eq!(key, one.request_key(b"invoice 1").await.unwrap());
	}

	#[test]
	fn foreign_keys_are_refused() {
		let (one, two) = gateways();
		let export = one.export_keys(two.transfer_key()).unwrap();
		let stranger = LocalVault::generate(7).unwrap();
		let refuse = |vault: &LocalVault, export: &KeyExport, from: &LocalVault| {
			let mut vault = vault.clone();
			vault.import_keys(export, &from.account(), None).unwrap_err()
		};
		// Another exporter than the named one, and a forged name.
		let forged = stranger.export_keys(two.transfer_key()).unwrap();
		let refused = refuse(&two, &forged, &one);
		assert!(matches!(refused, VaultError::FromAnotherVault(_)), "{refused:?}");
		let forged = KeyExport { from: one.account(), ..forged };
		let refused = refuse(&two, &forged, &one);
		assert!(matches!(refused, VaultError::NotForThisVault), "{refused:?}");
		// Another importer, another organization, and changed exports.
		let refused = refuse(&stranger, &export, &one);
		assert!(matches!(refused, VaultError::NotForThisVault), "{refused:?}");
		let refused = refuse(&two.clone().for_organization(8), &export, &one);
		assert!(matches!(refused, VaultError::OtherOrganization { .. }), "{refused:?}");
		for byte in 0..export.sealed.0.len() {
			let mut changed = export.clone();
			changed.sealed.0[byte] ^= 1;
			let refused = refuse(&two, &changed, &one);
			assert!(matches!(refused, VaultError::NotForThisVault), "{refused:?}");
		}
		// Another organization secret, which cannot be merged.
		let own = LocalVault::generate(7).unwrap();
		let refused = refuse(&own, &one.export_keys(own.transfer_key()).unwrap(), &one);
		assert!(matches!(refused, VaultError::OtherOrganizationSecret), "{refused:?}");
	}

	#[test]
	fn import_replaces_nothing_and_needs_registered_keys() {
		let (one, two) = gateways();
		// Both have a key of the same version.
		let mut clash = one.for_another_member().unwrap();
		clash.encryption_keys.remove(&1);
		rotate(&mut clash, 1);
		let before = clash.encryption_keys();
		let export = one.export_keys(clash.transfer_key()).unwrap();
		let refused = clash.import_keys(&export, &one.account(), None);
		assert!(matches!(refused, Err(VaultError::KeyConflict(1))), "{refused:?}");
		assert_eq!(clash.encryption_keys(), before);

		let registered = two.encryption_keys();
		let export = one.export_keys(two.transfer_key()).unwrap();
		let mut two = two;
		let refused = two.import_keys(&export, &one.account(), Some(&registered));
		assert!(matches!(refused, Err(VaultError::NotRegistered(1))), "{refused:?}");
	}

	async fn key(vault: &LocalVault) -> credio_primitives::RequestKey {
		vault.request_key(b"invoice 1").await.unwrap()
	}

	fn hand_over(from: &LocalVault, to: &mut LocalVault) -> Result<Vec<KeyVersion>, VaultError> {
		to.import_keys(&from.export_keys(to.transfer_key())?, &from.account(), None)
	}

	#[tokio::test]
	async fn import_makes_renewed_secret_current() {
		let (mut one, mut two) = gateways();
		let before = key(&one).await;
		renew(&mut one, 3);
		assert_eq!(one.secret_versions(), [0, 3]);
		assert_ne!(key(&one).await, before);
		assert_eq!(key(&two).await, before);
		// A vault that has not imported it makes keys under the earlier one, even later.
		rotate(&mut two, 4);
		hand_over(&one, &mut two).unwrap();
		hand_over(&two, &mut one).unwrap();
		for vault in [&one, &two] {
			assert_eq!(vault.secret_versions(), [0, 3]);
			assert_eq!(key(vault).await, key(&one).await);
			assert_eq!(vault.request_key_under(0, b"invoice 1").await.unwrap(), before);
			let of = |version| vault.encryption_keys[&version].secret;
			assert_eq!([0, 1, 2, 3, 4].map(of), [0, 0, 0, 3, 0]);
		}
	}

	#[tokio::test]
	async fn concurrent_renewals_settle_on_later_one() {
		let (mut one, mut two) = gateways();
		renew(&mut one, 3);
		renew(&mut two, 4);
		assert_ne!(key(&one).await, key(&two).await);
		hand_over(&one, &mut two).unwrap();
		hand_over(&two, &mut one).unwrap();
		assert_eq!(one.secret_versions(), [0, 3, 4]);
		assert_eq!(key(&one).await, key(&two).await);
		assert_eq!(key(&one).await, two.request_key_under(4, b"invoice 1").await.unwrap());
	}

	#[test]
	fn secret_without_its_key_is_refused() {
		let (mut one, mut two) = gateways();
		renew(&mut one, 3);
		one.encryption_keys.remove(&3);
		let refused = hand_over(&one, &mut two);
		assert!(matches!(refused, Err(VaultError::UnknownKeyVersion(3))), "{refused:?}");
		// A key that names an unknown secret.
		let (mut one, mut two) = gateways();
		if let Some(held) = one.encryption_keys.get_mut(&1) {
			held.secret = 9;
		}
		let refused = hand_over(&one, &mut two);
		assert!(matches!(refused, Err(VaultError::UnknownSecret(9))), "{refused:?}");
	}
}
