//! A vault in a file: Argon2id makes a key of the password, XChaCha20-Poly1305 encrypts under it.
//!
//! The file is JSON. What is public (account, organization, public keys) can be read without the password, and is
//! authenticated with it.

use super::{
	local::{AccountSecret, LocalVault},
	VaultError,
};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
	aead::{Aead, Payload},
	KeyInit, XChaCha20Poly1305,
};
use codec::{Decode, DecodeLimit, Encode};
use credio_envelope::SecretKey;
use credio_primitives::{AccountId, OrganizationId, PublicKey};
use serde::{Deserialize, Serialize};
use std::{
	fs::{self, File, OpenOptions},
	io::Write,
	path::Path,
};
use zeroize::Zeroizing;

const FORMAT: &str = "credio-vault";
const VERSION: u32 = 1;
/// Argon2id with 64 MiB, 3 passes, 1 lane: the second recommendation of RFC 9106, section 4, with one lane.
const DEFAULT_KDF: Kdf = Kdf { memory_kib: 64 * 1024, passes: 3, lanes: 1, salt: [0; 16] };
/// Bounds on what a file may ask for, so that a hostile one cannot take all memory.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 8;
/// Bound on a vault's file.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// How the password is stretched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kdf {
	memory_kib: u32,
	passes: u32,
	lanes: u32,
	#[serde(with = "hex::serde")]
	salt: [u8; 16],
}

/// What a vault's file says without the password.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicPart {
	/// The member's account.
	pub account: AccountId,
	/// The organization that it acts for.
	pub organization: OrganizationId,
	/// The public halves of the encryption keys, by version.
	pub encryption_keys: Vec<PublicKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VaultFile {
	format: String,
	version: u32,
	#[serde(rename = "public")]
	public_part: PublicPart,
	kdf: Kdf,
	#[serde(with = "hex::serde")]
	nonce: [u8; 24],
	#[serde(with = "hex::serde")]
	ciphertext: Vec<u8>,
}

/// What is encrypted.
#[derive(Encode, Decode)]
struct Secrets {
	account: SecretAccount,
	organization_secret: [u8; 32],
	encryption_keys: Vec<[u8; 32]>,
}

#[derive(Encode, Decode)]
enum SecretAccount {
	Seed([u8; 32]),
	Development(u32),
}

impl Drop for Secrets {
	fn drop(&mut self) {
		use zeroize::Zeroize;
		if let SecretAccount::Seed(seed) = &mut self.account {
			seed.zeroize();
		}
		self.organization_secret.zeroize();
		self.encryption_keys.zeroize();
	}
}

/// Stores a vault in a file that only its owner may read. An existing file is replaced whole or not at all.
///
/// Errors: [`VaultError::File`], [`VaultError::NoRandomness`].
pub fn store(path: &Path, password: &[u8], vault: &LocalVault) -> Result<(), VaultError> {
	let mut kdf = DEFAULT_KDF;
	getrandom::fill(&mut kdf.salt).map_err(VaultError::NoRandomness)?;
	let mut nonce = [0; 24];
	getrandom::fill(&mut nonce).map_err(VaultError::NoRandomness)?;
	let public_part = PublicPart {
		account: vault.account(),
		organization: vault.organization(),
		encryption_keys: vault.encryption_keys().into_iter().map(|(_, key)| key).collect(),
	};
	let secrets = Secrets {
		account: match &vault.account_secret {
			AccountSecret::Seed(seed) => SecretAccount::Seed(**seed),
			AccountSecret::Development(path) => {
				let number = credio_primitives::development::ORGANIZATIONS
					.iter()
					.position(|known| known.account == *path)
					.unwrap_or_default();
				SecretAccount::Development(number as u32)
			},
		},
		organization_secret: *vault.organization_secret,
		encryption_keys: vault.encryption_keys.iter().map(|key| *key.expose()).collect(),
	};
	let plaintext = Zeroizing::new(secrets.encode());
	let key = stretch(path, password, &kdf)?;
	let header = associated_data(&public_part, &kdf);
	let ciphertext = XChaCha20Poly1305::new(&(*key).into())
		.encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &header })
		.map_err(|_| format_error(path, "it is too large to encrypt"))?;
	let file =
		VaultFile { format: FORMAT.into(), version: VERSION, public_part, kdf, nonce, ciphertext };
	let text = serde_json::to_string_pretty(&file)
		.map_err(|error| format_error(path, &error.to_string()))?;
	write_atomically(path, text.as_bytes()).map_err(|source| file_error(path, source))
}

/// Opens a vault's file.
///
/// Errors: [`VaultError::File`], [`VaultError::Format`], [`VaultError::WrongPassword`].
pub fn open(path: &Path, password: &[u8]) -> Result<LocalVault, VaultError> {
	let file = read(path)?;
	let key = stretch(path, password, &file.kdf)?;
	let header = associated_data(&file.public_part, &file.kdf);
	let wrong_password = || VaultError::WrongPassword { path: path.display().to_string() };
	let plaintext = XChaCha20Poly1305::new(&(*key).into())
		.decrypt(&file.nonce.into(), Payload { msg: &file.ciphertext, aad: &header })
		.map(Zeroizing::new)
		.map_err(|_| wrong_password())?;
	let secrets = Secrets::decode_all_with_depth_limit(4, &mut plaintext.as_slice())
		.map_err(|_| format_error(path, "its contents are of another version"))?;
	let account = match &secrets.account {
		SecretAccount::Seed(seed) => AccountSecret::Seed(Zeroizing::new(*seed)),
		SecretAccount::Development(number) => {
			let known = credio_primitives::development::ORGANIZATIONS
				.get(*number as usize)
				.ok_or_else(|| format_error(path, "it names no development account"))?;
			AccountSecret::Development(known.account)
		},
	};
	let keys = secrets
		.encryption_keys
		.iter()
		.map(|key| SecretKey::from_bytes(&Zeroizing::new(*key)))
		.collect();
	let organization_secret = Zeroizing::new(secrets.organization_secret);
	LocalVault::assemble(file.public_part.organization, account, organization_secret, keys)
}

/// What a vault's file says without the password. Without it, nothing vouches for what it says.
///
/// Errors: [`VaultError::File`], [`VaultError::Format`].
pub fn public_part(path: &Path) -> Result<PublicPart, VaultError> {
	read(path).map(|file| file.public_part)
}

fn read(path: &Path) -> Result<VaultFile, VaultError> {
	let size = fs::metadata(path).map_err(|source| file_error(path, source))?.len();
	if size > MAX_FILE_SIZE {
		return Err(format_error(path, "it is larger than any vault"));
	}
	let text = fs::read_to_string(path).map_err(|source| file_error(path, source))?;
	let file: VaultFile =
		serde_json::from_str(&text).map_err(|error| format_error(path, &error.to_string()))?;
	if file.format != FORMAT || file.version != VERSION {
		return Err(format_error(path, "it is of another format or version"));
	}
	Ok(file)
}

fn stretch(path: &Path, password: &[u8], kdf: &Kdf) -> Result<Zeroizing<[u8; 32]>, VaultError> {
	let bounded =
		kdf.memory_kib <= MAX_MEMORY_KIB && kdf.passes <= MAX_PASSES && kdf.lanes <= MAX_LANES;
	let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32)).ok();
	let params = params
		.filter(|_| bounded)
		.ok_or_else(|| format_error(path, "it asks for more memory or time than is sensible"))?;
	let mut key = Zeroizing::new([0; 32]);
	Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
		.hash_password_into(password, &kdf.salt, key.as_mut())
		.map_err(|error| format_error(path, &error.to_string()))?;
	Ok(key)
}

fn associated_data(public_part: &PublicPart, kdf: &Kdf) -> Vec<u8> {
	(FORMAT, VERSION, public_part, kdf).encode()
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
	let mut name = path.file_name().unwrap_or_default().to_os_string();
	name.push(".new");
	let temporary = path.with_file_name(name);
	let mut options = OpenOptions::new();
	options.write(true).create(true).truncate(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	let mut file = options.open(&temporary)?;
	file.write_all(bytes)?;
	file.sync_all()?;
	fs::rename(&temporary, path)?;
	if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
		File::open(folder)?.sync_all()?;
	}
	Ok(())
}

fn file_error(path: &Path, source: std::io::Error) -> VaultError {
	VaultError::File { path: path.display().to_string(), source }
}

fn format_error(path: &Path, cause: &str) -> VaultError {
	VaultError::Format { path: path.display().to_string(), cause: cause.into() }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::vault::Vault;

	fn stored() -> (tempfile::TempDir, std::path::PathBuf, LocalVault) {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("member.vault");
		let vault = LocalVault::generate(7).unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		(folder, path, vault)
	}

	#[tokio::test]
	async fn a_stored_vault_opens_with_its_password_alone() {
		let (_folder, path, mut vault) = stored();
		let opened = open(&path, b"correct horse").unwrap();
		assert_eq!(opened.account(), vault.account());
		assert_eq!(opened.organization(), 7);
		assert_eq!(opened.encryption_keys(), vault.encryption_keys());
		let key = opened.request_key(b"invoice 1").await.unwrap();
		assert_eq!(key, vault.request_key(b"invoice 1").await.unwrap());
		assert!(matches!(open(&path, b"wrong"), Err(VaultError::WrongPassword { .. })));

		let public = vault.add_encryption_key().unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		assert_eq!(public_part(&path).unwrap().encryption_keys[1], public);
	}

	#[test]
	fn a_changed_file_is_refused() {
		let (_folder, path, _) = stored();
		let text = fs::read_to_string(&path).unwrap();
		fs::write(&path, text.replace("\"organization\": 7", "\"organization\": 8")).unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::WrongPassword { .. })));
		fs::write(&path, text.replace("65536", "4000000000")).unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::Format { .. })));
		fs::write(&path, "{}").unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::Format { .. })));
	}

	#[cfg(unix)]
	#[test]
	fn only_the_owner_may_read_the_file() {
		use std::os::unix::fs::PermissionsExt;
		let (_folder, path, _) = stored();
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
	}

	#[test]
	fn secrets_are_neither_shown_nor_stored_in_the_clear() {
		let (_folder, path, vault) = stored();
		let text = fs::read(&path).unwrap();
		let shown = format!("{vault:?}").into_bytes();
		let mut secrets = vec![vault.organization_secret.to_vec()];
		secrets.extend(vault.encryption_keys.iter().map(|key| key.expose().to_vec()));
		if let AccountSecret::Seed(seed) = &vault.account_secret {
			secrets.push(seed.to_vec());
		}
		for secret in secrets {
			for form in [secret.clone(), hex::encode(&secret).into_bytes()] {
				for place in [&text, &shown] {
					assert!(!place.windows(form.len()).any(|part| part == form));
				}
			}
		}
	}
}
