//! A vault in a file: Argon2id derives a key from the password, XChaCha20-Poly1305 encrypts with it.
//!
//! The file is JSON. Its public part (account, organization, public keys) is readable without the password, and
//! authenticated with it. Any number of processes can read the file at once; one at a time can change it, through
//! [`Changing`].

mod changing;
mod format;

pub use changing::Changing;
pub use format::{Kdf, PublicKeyOfVersion, PublicPart};

use super::{VaultError, local::LocalVault};
use format::VaultFile;
use std::{fs, io::Read, path::Path};

/// Maximum size of a vault's file.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// Stores a vault in a file with access for its owner only, replacing any existing file. Use [`Changing`] to create a
/// new file or to change one.
///
/// # Errors
///
/// [`VaultError::EmptyPassword`], [`VaultError::File`], [`VaultError::NoRandomness`].
pub fn store(path: &Path, password: &[u8], vault: &LocalVault) -> Result<(), VaultError> {
	store_with(path, password, Kdf::default(), vault)
}

fn store_with(
	path: &Path,
	password: &[u8],
	kdf: Kdf,
	vault: &LocalVault,
) -> Result<(), VaultError> {
	let text = VaultFile::seal(path, password, kdf, vault)?;
	credio_files::write(path, text.as_bytes()).map_err(|source| file_error(path, source))
}

/// Opens a vault's file.
///
/// # Errors
///
/// [`VaultError::File`], [`VaultError::Format`], [`VaultError::WrongPassword`].
pub fn open(path: &Path, password: &[u8]) -> Result<LocalVault, VaultError> {
	read(path)?.open(path, password)
}

/// Returns the public part of a vault's file. Without the password it is not authenticated.
///
/// # Errors
///
/// [`VaultError::File`], [`VaultError::Format`].
pub fn public_part(path: &Path) -> Result<PublicPart, VaultError> {
	read(path).map(VaultFile::into_public)
}

fn read(path: &Path) -> Result<VaultFile, VaultError> {
	let mut text = String::new();
	fs::File::open(path)
		.and_then(|file| file.take(MAX_FILE_SIZE + 1).read_to_string(&mut text))
		.map_err(|source| file_error(path, source))?;
	if text.len() as u64 > MAX_FILE_SIZE {
		return Err(format_error(path, "it is too large for a vault"));
	}
	VaultFile::parse(path, &text)
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
	use crate::{Vault, account::AccountSecret, chain::ChainPin};
	use credio_primitives::Digest;

	fn stored() -> (tempfile::TempDir, std::path::PathBuf, LocalVault) {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("member.vault");
		let vault = LocalVault::generate(7).unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		(folder, path, vault)
	}

	#[tokio::test]
	async fn stored_vault_opens_with_its_password_only() {
		let (_folder, path, mut vault) = stored();
		let opened = open(&path, b"correct horse").unwrap();
		assert_eq!(opened.account(), vault.account());
		assert_eq!(opened.organization(), 7);
		assert_eq!(opened.encryption_keys(), vault.encryption_keys());
		let key = opened.request_key(b"invoice 1").await.unwrap();
		assert_eq!(key, vault.request_key(b"invoice 1").await.unwrap());
		assert!(matches!(open(&path, b"wrong"), Err(VaultError::WrongPassword { .. })));

		let public = vault.prepare_key().unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		assert_eq!(public_part(&path).unwrap().pending_key, Some(public));
		let mut vault = open(&path, b"correct horse").unwrap();
		vault.adopt_keys(&[(3, public)]).unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		let stored = public_part(&path).unwrap();
		assert_eq!(stored.pending_key, None);
		assert_eq!(stored.encryption_keys[1], PublicKeyOfVersion { version: 3, public });
	}

	#[tokio::test]
	async fn pending_and_adopted_renewals_are_stored() {
		let (_folder, path, mut vault) = stored();
		let before = vault.request_key(b"invoice 1").await.unwrap();
		let public = vault.prepare_renewal().unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		let mut vault = open(&path, b"correct horse").unwrap();
		assert!(vault.is_renewing());
		assert_eq!(vault.request_key(b"invoice 1").await.unwrap(), before, "not in force yet");
		// A node claims falsely that the key was rejected.
		vault.set_aside_key();
		store(&path, b"correct horse", &vault).unwrap();
		let mut vault = open(&path, b"correct horse").unwrap();
		vault.adopt_keys(&[(1, public)]).unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		assert_eq!(public_part(&path).unwrap().secret_versions, [0, 1]);
		let opened = open(&path, b"correct horse").unwrap();
		let renewed = opened.request_key(b"invoice 1").await.unwrap();
		assert_eq!(renewed, vault.request_key(b"invoice 1").await.unwrap());
		assert_ne!(renewed, before);
		assert_eq!(opened.request_key_under(0, b"invoice 1").await.unwrap(), before);
	}

	#[test]
	fn vault_stays_pinned_to_first_chain() {
		let (_folder, path, mut vault) = stored();
		let chain = |n| ChainPin { genesis: Digest([n; 32]), network: Digest([9; 32]) };
		vault.pin(&chain(1)).unwrap();
		vault.pin(&chain(1)).unwrap();
		store(&path, b"correct horse", &vault).unwrap();
		assert_eq!(public_part(&path).unwrap().chain, Some(chain(1)));
		let mut vault = open(&path, b"correct horse").unwrap();
		let refused = vault.pin(&chain(2));
		assert!(matches!(refused, Err(VaultError::OtherChain { .. })), "{refused:?}");
		// Editing the file does not move the vault to another chain.
		let text = fs::read_to_string(&path).unwrap();
		let other = text.replace(&chain(1).to_string(), &chain(2).to_string());
		assert_ne!(other, text);
		fs::write(&path, other).unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::WrongPassword { .. })));
	}

	#[test]
	fn changed_file_is_refused() {
		let (_folder, path, _) = stored();
		let text = fs::read_to_string(&path).unwrap();
		fs::write(&path, text.replace("\"organization\": 7", "\"organization\": 8")).unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::WrongPassword { .. })));
		fs::write(&path, text.replace("65536", "4000000000")).unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::Format { .. })));
		let older = text.replace("\"version\": 3,\n  \"public", "\"version\": 2,\n  \"public");
		assert_ne!(older, text);
		fs::write(&path, older).unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::Format { .. })));
		fs::write(&path, "{}").unwrap();
		assert!(matches!(open(&path, b"correct horse"), Err(VaultError::Format { .. })));
	}

	#[cfg(unix)]
	#[test]
	fn only_owner_can_read_file() {
		use std::os::unix::fs::PermissionsExt;
		let (_folder, path, _) = stored();
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
	}

	#[test]
	fn secrets_are_neither_printed_nor_stored_in_the_clear() {
		let (_folder, path, vault) = stored();
		let text = fs::read(&path).unwrap();
		let shown = format!("{vault:?}").into_bytes();
		let mut secrets: Vec<_> = vault.secrets.iter().map(|(_, secret)| secret.to_vec()).collect();
		secrets.extend(vault.encryption_keys.values().map(|held| held.key.expose().to_vec()));
		if let AccountSecret::Seed(_, seed) = &vault.account.secret {
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
