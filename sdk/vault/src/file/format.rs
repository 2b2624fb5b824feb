//! The format of a vault's file.

use super::{LocalVault, format_error};
use crate::{
	VaultError,
	account::{Account, AccountSecret, Scheme},
	chain::ChainPin,
	local::{ExposedKey, ExposedSecret, PreparedKey},
};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
	KeyInit, XChaCha20Poly1305,
	aead::{Aead, Payload},
};
use codec::{Decode, DecodeLimit, Encode};
use credio_envelope::SecretKey;
use credio_primitives::{AccountId, KeyVersion, OrganizationId, PublicKey, development};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

const FORMAT: &str = "credio-vault";
const VERSION: u32 = 3;
/// Limits for the parameters of a file, so that a hostile one cannot exhaust memory.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 8;
/// Minimum memory of the key derivation, as recommended by OWASP.
const MIN_MEMORY_KIB: u32 = 19 * 1024;

/// Parameters of the password's key derivation, Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kdf {
	memory_kib: u32,
	passes: u32,
	lanes: u32,
}

impl Default for Kdf {
	/// Returns 64 MiB, 3 passes, 1 lane: the second recommendation of RFC 9106, section 4, with one lane.
	fn default() -> Self {
		Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
	}
}

impl Kdf {
	/// Creates parameters for a new file: 19 MiB to 1 GiB of memory, 1 to 16 passes, 1 to 8 lanes.
	///
	/// # Errors
	///
	/// [`VaultError::KdfOutOfBounds`].
	pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, VaultError> {
		let kdf = Self { memory_kib, passes, lanes };
		match memory_kib >= MIN_MEMORY_KIB && kdf.params().is_some() {
			true => Ok(kdf),
			false => Err(VaultError::KdfOutOfBounds),
		}
	}

	/// Returns the memory in KiB.
	#[must_use]
	pub fn memory_kib(&self) -> u32 {
		self.memory_kib
	}

	/// Returns the number of passes over the memory.
	#[must_use]
	pub fn passes(&self) -> u32 {
		self.passes
	}

	/// Returns the number of lanes.
	#[must_use]
	pub fn lanes(&self) -> u32 {
		self.lanes
	}

	/// Returns Argon2's parameters; `None` beyond the limits.
	fn params(&self) -> Option<Params> {
		let bounded = self.memory_kib <= MAX_MEMORY_KIB
			&& self.passes <= MAX_PASSES
			&& self.lanes <= MAX_LANES;
		Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok().filter(|_| bounded)
	}

	fn stretch(
		&self,
		path: &Path,
		password: &[u8],
		salt: &[u8; 16],
	) -> Result<Zeroizing<[u8; 32]>, VaultError> {
		let params = self.params().ok_or_else(|| {
			format_error(path, "its key derivation needs too much memory or time")
		})?;
		let mut key = Zeroizing::new([0; 32]);
		Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
			.hash_password_into(password, salt, key.as_mut())
			.map_err(|error| format_error(path, &error.to_string()))?;
		Ok(key)
	}
}

/// The public half of an encryption key, with its version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicKeyOfVersion {
	/// The version.
	pub version: KeyVersion,
	/// The key.
	pub public: PublicKey,
}

/// The part of a vault's file that is readable without the password.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicPart {
	/// The member's account.
	pub account: AccountId,
	/// Its organization.
	pub organization: OrganizationId,
	/// Its chain, once known.
	pub chain: Option<ChainPin>,
	/// The public halves of the vault's encryption keys, by version.
	pub encryption_keys: Vec<PublicKeyOfVersion>,
	/// The versions of the encryption key that introduced an organization secret.
	pub secret_versions: Vec<KeyVersion>,
	/// A generated and perhaps announced key without a version.
	pub pending_key: Option<PublicKey>,
	/// The key that another vault seals an export to.
	pub transfer_key: PublicKey,
}

/// A vault's file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VaultFile {
	format: String,
	version: u32,
	#[serde(rename = "public")]
	public_part: PublicPart,
	kdf: Kdf,
	#[serde(with = "hex::serde")]
	salt: [u8; 16],
	#[serde(with = "hex::serde")]
	nonce: [u8; 24],
	#[serde(with = "hex::serde")]
	ciphertext: Vec<u8>,
}

/// The encrypted part.
#[derive(Encode, Decode)]
struct Secrets {
	account: SecretAccount,
	organization_secrets: Vec<ExposedSecret>,
	encryption_keys: Vec<ExposedKey>,
	pending_key: Option<StoredPreparedKey>,
	set_aside: Vec<StoredPreparedKey>,
}

/// An encryption key without a version, and the organization secret that it introduces.
type StoredPreparedKey = ([u8; 32], Option<[u8; 32]>);

#[derive(Encode, Decode)]
enum SecretAccount {
	Sr25519([u8; 32]),
	Development(u32),
	Ed25519([u8; 32]),
	Ecdsa([u8; 32]),
}

impl Drop for Secrets {
	fn drop(&mut self) {
		match &mut self.account {
			SecretAccount::Sr25519(seed)
			| SecretAccount::Ed25519(seed)
			| SecretAccount::Ecdsa(seed) => seed.zeroize(),
			SecretAccount::Development(_) => {},
		}
		self.organization_secrets.iter_mut().for_each(|(_, secret)| secret.zeroize());
		self.encryption_keys.iter_mut().for_each(|(_, key, _)| key.zeroize());
		for (key, renewal) in self.pending_key.iter_mut().chain(&mut self.set_aside) {
			key.zeroize();
			renewal.zeroize();
		}
	}
}

impl Secrets {
	fn of(vault: &LocalVault) -> Self {
		let account = match &vault.account.secret {
			AccountSecret::Seed(Scheme::Sr25519, seed) => SecretAccount::Sr25519(**seed),
			AccountSecret::Seed(Scheme::Ed25519, seed) => SecretAccount::Ed25519(**seed),
			AccountSecret::Seed(Scheme::Ecdsa, seed) => SecretAccount::Ecdsa(**seed),
			AccountSecret::Development(path) => {
				let known = development::ORGANIZATIONS;
				let number = known.iter().position(|known| known.account == *path);
				SecretAccount::Development(number.unwrap_or_default() as u32)
			},
		};
		let (organization_secrets, encryption_keys) = vault.exposed();
		let prepared = |made: &PreparedKey| (*made.key.expose(), made.renewal.as_deref().copied());
		Self {
			account,
			organization_secrets,
			encryption_keys,
			pending_key: vault.pending_key.as_ref().map(prepared),
			set_aside: vault.set_aside.iter().map(prepared).collect(),
		}
	}

	fn into_vault(self, path: &Path, public: &PublicPart) -> Result<LocalVault, VaultError> {
		let seed = |scheme, seed: &[u8; 32]| AccountSecret::Seed(scheme, Zeroizing::new(*seed));
		let account = match &self.account {
			SecretAccount::Sr25519(secret) => seed(Scheme::Sr25519, secret),
			SecretAccount::Ed25519(secret) => seed(Scheme::Ed25519, secret),
			SecretAccount::Ecdsa(secret) => seed(Scheme::Ecdsa, secret),
			SecretAccount::Development(number) => {
				let known = development::ORGANIZATIONS
					.get(*number as usize)
					.ok_or_else(|| format_error(path, "it is not a development account"))?;
				AccountSecret::Development(known.account)
			},
		};
		let prepared = |(bytes, renewal): &StoredPreparedKey| PreparedKey {
			key: SecretKey::from_bytes(&Zeroizing::new(*bytes)),
			renewal: renewal.map(Zeroizing::new),
		};
		let mut vault = LocalVault::with_account(public.organization, Account::new(account)?);
		vault.chain = public.chain;
		for (version, secret) in &self.organization_secrets {
			vault.secrets.insert(*version, Zeroizing::new(*secret))?;
		}
		for key in &self.encryption_keys {
			vault.insert_exposed(key)?;
		}
		vault.pending_key = self.pending_key.as_ref().map(prepared);
		vault.set_aside = self.set_aside.iter().map(prepared).collect();
		Ok(vault)
	}
}

impl VaultFile {
	/// Encrypts a vault and returns the text of its file.
	pub(super) fn seal(
		path: &Path,
		password: &[u8],
		kdf: Kdf,
		vault: &LocalVault,
	) -> Result<String, VaultError> {
		if password.is_empty() {
			return Err(VaultError::EmptyPassword);
		}
		let (mut salt, mut nonce) = ([0; 16], [0; 24]);
		getrandom::fill(&mut salt).map_err(VaultError::NoRandomness)?;
		getrandom::fill(&mut nonce).map_err(VaultError::NoRandomness)?;
		let keys = vault.encryption_keys().into_iter();
		let public_part = PublicPart {
			account: vault.account(),
			organization: vault.organization(),
			chain: vault.chain(),
			encryption_keys: keys
				.map(|(version, public)| PublicKeyOfVersion { version, public })
				.collect(),
			secret_versions: vault.secret_versions(),
			pending_key: vault.pending_key(),
			transfer_key: vault.transfer_key(),
		};
		let plaintext = Zeroizing::new(Secrets::of(vault).encode());
		let key = kdf.stretch(path, password, &salt)?;
		let header = associated_data(&public_part, &kdf, &salt);
		let ciphertext = XChaCha20Poly1305::new(&(*key).into())
			.encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &header })
			.map_err(|_| format_error(path, "it is too large to encrypt"))?;
		let (format, version) = (FORMAT.into(), VERSION);
		let file = Self { format, version, public_part, kdf, salt, nonce, ciphertext };
		serde_json::to_string_pretty(&file).map_err(|error| format_error(path, &error.to_string()))
	}

	/// Parses the text of a file.
	pub(super) fn parse(path: &Path, text: &str) -> Result<Self, VaultError> {
		#[derive(Deserialize)]
		struct Head {
			format: String,
			version: u32,
		}
		let wrong = |error: serde_json::Error| format_error(path, &error.to_string());
		let head: Head = serde_json::from_str(text).map_err(wrong)?;
		match (head.format.as_str(), head.version) {
			(FORMAT, VERSION) => serde_json::from_str(text).map_err(wrong),
			(FORMAT, version) => Err(format_error(
				path,
				&format!("it has version {version}, and this software reads version {VERSION}"),
			)),
			_ => Err(format_error(path, "it is of another format")),
		}
	}

	pub(super) fn open(&self, path: &Path, password: &[u8]) -> Result<LocalVault, VaultError> {
		let key = self.kdf.stretch(path, password, &self.salt)?;
		let header = associated_data(&self.public_part, &self.kdf, &self.salt);
		let plaintext = XChaCha20Poly1305::new(&(*key).into())
			.decrypt(&self.nonce.into(), Payload { msg: &self.ciphertext, aad: &header })
			.map(Zeroizing::new)
			.map_err(|_| VaultError::WrongPassword { path: path.display().to_string() })?;
		Secrets::decode_all_with_depth_limit(4, &mut plaintext.as_slice())
			.map_err(|_| format_error(path, "its contents are of another version"))?
			.into_vault(path, &self.public_part)
	}

	pub(super) fn kdf(&self) -> Kdf {
		self.kdf
	}

	pub(super) fn into_public(self) -> PublicPart {
		self.public_part
	}
}

fn associated_data(public_part: &PublicPart, kdf: &Kdf, salt: &[u8; 16]) -> Vec<u8> {
	(FORMAT, VERSION, public_part, kdf, salt).encode()
}
