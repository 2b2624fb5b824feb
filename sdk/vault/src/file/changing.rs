//! Changes of a vault's file, by one process at a time.

use super::{Kdf, file_error, open, read, store_with};
use crate::{LocalVault, VaultError, lock::Lock};
use std::{
	path::{Path, PathBuf},
	time::Duration,
};
use zeroize::Zeroizing;

/// A vault's file, locked against changes by other processes.
pub struct Changing {
	path: PathBuf,
	password: Zeroizing<Vec<u8>>,
	kdf: Kdf,
	/// The vault as stored.
	vault: LocalVault,
	_lock: Lock,
}

impl Changing {
	/// Default wait for another process that is changing the file.
	pub const PATIENCE: Duration = Duration::from_secs(10);

	/// Waits for other processes, at most `patience`, locks the file and opens it.
	///
	/// # Errors
	///
	/// [`VaultError::Locked`] with the holder, and those of [`open`].
	pub async fn open(
		path: &Path,
		password: &[u8],
		patience: Duration,
	) -> Result<Self, VaultError> {
		// Check this before creating anything beside it.
		read(path)?;
		let lock = Lock::acquire(path, patience).await?;
		let file = read(path)?;
		Ok(Self {
			vault: file.open(path, password)?,
			kdf: file.kdf(),
			path: path.to_owned(),
			password: Zeroizing::new(password.to_vec()),
			_lock: lock,
		})
	}

	/// Stores a vault in a new file.
	///
	/// # Errors
	///
	/// [`VaultError::Exists`] if the file exists, [`VaultError::EmptyPassword`], [`VaultError::Locked`],
	/// [`VaultError::File`].
	pub async fn create(
		path: &Path,
		password: &[u8],
		kdf: Kdf,
		vault: LocalVault,
	) -> Result<Self, VaultError> {
		if password.is_empty() {
			return Err(VaultError::EmptyPassword);
		}
		let lock = Lock::acquire(path, Self::PATIENCE).await?;
		match path.symlink_metadata() {
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => {},
			Ok(_) => return Err(VaultError::Exists { path: path.display().to_string() }),
			Err(source) => return Err(file_error(path, source)),
		}
		let password = Zeroizing::new(password.to_vec());
		let new = Self { path: path.to_owned(), password, kdf, vault, _lock: lock };
		new.store()?;
		Ok(new)
	}

	/// Returns the vault as stored.
	#[must_use]
	pub fn vault(&self) -> &LocalVault {
		&self.vault
	}

	/// Returns the parameters of the password's key derivation.
	#[must_use]
	pub fn kdf(&self) -> Kdf {
		self.kdf
	}

	/// Changes the vault and stores it. If either fails, file and vault are unchanged.
	///
	/// # Errors
	///
	/// Those of `change`, and [`VaultError::File`].
	pub fn change<Answer>(
		&mut self,
		change: impl FnOnce(&mut LocalVault) -> Result<Answer, VaultError>,
	) -> Result<Answer, VaultError> {
		let mut vault = self.vault.clone();
		let answer = change(&mut vault)?;
		store_with(&self.path, &self.password, self.kdf, &vault)?;
		self.vault = vault;
		Ok(answer)
	}

	/// Encrypts the file under another password, with other key derivation parameters if given. Opens it with the new
	/// password before dropping the old one.
	///
	/// # Errors
	///
	/// [`VaultError::EmptyPassword`], [`VaultError::File`]; the file then has the old password.
	pub fn change_password(&mut self, password: &[u8], kdf: Option<Kdf>) -> Result<(), VaultError> {
		let kdf = kdf.unwrap_or(self.kdf);
		store_with(&self.path, password, kdf, &self.vault)?;
		self.password = Zeroizing::new(password.to_vec());
		self.kdf = kdf;
		open(&self.path, password).map(|_| ())
	}

	fn store(&self) -> Result<(), VaultError> {
		store_with(&self.path, &self.password, self.kdf, &self.vault)
	}
}

impl std::fmt::Debug for Changing {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Changing({}, {:?})", self.path.display(), self.vault)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::file::{public_part, store};

	const PASSWORD: &[u8] = b"correct horse";

	fn quick() -> Kdf {
		Kdf::new(19 * 1024, 1, 1).unwrap()
	}

	async fn stored(folder: &Path) -> (PathBuf, Changing) {
		let path = folder.join("member.vault");
		let vault = LocalVault::generate(7).unwrap();
		let changing = Changing::create(&path, PASSWORD, quick(), vault).await.unwrap();
		(path, changing)
	}

	#[tokio::test]
	async fn one_process_changes_vault_while_others_read() {
		let folder = tempfile::tempdir().unwrap();
		let (path, first) = stored(folder.path()).await;
		let refused = Changing::open(&path, PASSWORD, Duration::ZERO).await;
		let Err(VaultError::Locked { holder, .. }) = &refused else { panic!("{refused:?}") };
		assert!(holder.contains("process"), "{holder}");
		assert!(open(&path, PASSWORD).is_ok());
		drop(first);
		assert!(Changing::open(&path, PASSWORD, Duration::ZERO).await.is_ok());
	}

	#[tokio::test]
	async fn second_process_sees_changes_of_first() {
		let folder = tempfile::tempdir().unwrap();
		let (path, mut first) = stored(folder.path()).await;
		let second = async {
			let mut second =
				Changing::open(&path, PASSWORD, Duration::from_secs(10)).await.unwrap();
			second.change(LocalVault::prepare_key).unwrap()
		};
		let first = async {
			let public = first.change(LocalVault::prepare_key).unwrap();
			tokio::time::sleep(Duration::from_millis(100)).await;
			drop(first);
			public
		};
		let (first, second) = futures::join!(first, second);
		assert_eq!(first, second, "the key that waits, and not another one");
		assert_eq!(public_part(&path).unwrap().pending_key, Some(first));
	}

	#[tokio::test]
	async fn failed_change_has_no_effect() {
		let folder = tempfile::tempdir().unwrap();
		let (path, mut changing) = stored(folder.path()).await;
		let before = std::fs::read(&path).unwrap();
		let failed = changing.change(|vault| {
			let public = vault.prepare_key()?;
			vault.adopt_keys(&[(0, public)])
		});
		assert!(matches!(failed, Err(VaultError::KeyConflict(0))), "{failed:?}");
		assert_eq!(changing.vault().pending_key(), None);
		assert_eq!(std::fs::read(&path).unwrap(), before);
	}

	#[tokio::test]
	async fn creating_never_overwrites_vault() {
		let folder = tempfile::tempdir().unwrap();
		let (path, changing) = stored(folder.path()).await;
		drop(changing);
		let other = LocalVault::generate(8).unwrap();
		let refused = Changing::create(&path, PASSWORD, quick(), other).await;
		assert!(matches!(refused, Err(VaultError::Exists { .. })), "{refused:?}");
		assert_eq!(public_part(&path).unwrap().organization, 7);
	}

	#[tokio::test]
	async fn empty_password_is_refused() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("none.vault");
		let vault = LocalVault::generate(7).unwrap();
		let refused = store(&path, b"", &vault);
		assert!(matches!(refused, Err(VaultError::EmptyPassword)), "{refused:?}");
		let refused = Changing::create(&path, b"", quick(), vault).await;
		assert!(matches!(refused, Err(VaultError::EmptyPassword)), "{refused:?}");
		assert!(!path.exists());
		let (path, mut changing) = stored(folder.path()).await;
		let refused = changing.change_password(b"", None);
		assert!(matches!(refused, Err(VaultError::EmptyPassword)), "{refused:?}");
		drop(changing);
		assert!(open(&path, PASSWORD).is_ok());
	}

	#[tokio::test]
	async fn password_and_parameters_can_be_changed() {
		let folder = tempfile::tempdir().unwrap();
		let (path, mut changing) = stored(folder.path()).await;
		let stronger = Kdf::new(32 * 1024, 2, 1).unwrap();
		changing.change_password(b"battery staple", Some(stronger)).unwrap();
		assert!(matches!(open(&path, PASSWORD), Err(VaultError::WrongPassword { .. })));
		assert_eq!(read(&path).unwrap().kdf(), stronger);
		// Later changes use the new password and parameters.
		changing.change(LocalVault::prepare_key).unwrap();
		drop(changing);
		assert_eq!(read(&path).unwrap().kdf(), stronger);
		let opened = Changing::open(&path, b"battery staple", Duration::ZERO).await.unwrap();
		assert!(opened.vault().pending_key().is_some());
	}

	#[test]
	fn kdf_parameters_are_bounded() {
		for (memory_kib, passes, lanes) in
			[(18 * 1024, 3, 1), (2 << 20, 3, 1), (65_536, 0, 1), (65_536, 17, 1), (65_536, 3, 9)]
		{
			let refused = Kdf::new(memory_kib, passes, lanes);
			assert!(matches!(refused, Err(VaultError::KdfOutOfBounds)), "{refused:?}");
		}
	}

	#[tokio::test]
	async fn missing_vault_leaves_no_lock_file() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("none.vault");
		assert!(Changing::open(&path, PASSWORD, Duration::ZERO).await.is_err());
		assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
	}
}
