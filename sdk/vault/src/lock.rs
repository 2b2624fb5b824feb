//! The lock of a vault's file: one process at a time changes it.

use super::VaultError;
use std::{
	ffi::OsString,
	fs::{self, File, TryLockError},
	io::{self, Read, Seek, Write},
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// Time between two tries of a lock.
const EVERY: Duration = Duration::from_millis(50);
/// Maximum length of a holder's name.
const MAX_HOLDER: u64 = 256;

/// A lock of a vault's file, until it is dropped. The system releases it when the process ends, however that ends.
#[derive(Debug)]
pub(super) struct Lock {
	file: File,
}

impl Lock {
	/// Acquires the lock, waiting at most `patience`.
	///
	/// # Errors
	///
	/// [`VaultError::Locked`] with the holder, [`VaultError::File`].
	pub(crate) async fn acquire(vault: &Path, patience: Duration) -> Result<Self, VaultError> {
		let path = path_of(vault).map_err(|source| file_error(vault, source))?;
		let failed = |source| file_error(&path, source);
		let file = credio_files::open_or_create(&path).map_err(failed)?;
		let since = Instant::now();
		let mut tries = tokio::time::interval(EVERY);
		loop {
			tries.tick().await;
			match file.try_lock() {
				Ok(()) => break,
				Err(TryLockError::Error(error)) => return Err(failed(error)),
				Err(TryLockError::WouldBlock) if since.elapsed() < patience => {},
				Err(TryLockError::WouldBlock) => {
					return Err(VaultError::Locked {
						path: vault.display().to_string(),
						holder: holder(file).map_err(failed)?,
					});
				},
			}
		}
		let lock = Self { file };
		lock.note_holder().map_err(failed)?;
		Ok(lock)
	}

	/// Writes the holder into the file.
	fn note_holder(&self) -> io::Result<()> {
		let program = std::env::args_os().next().unwrap_or_default();
		let program = Path::new(&program).file_name().unwrap_or_default().to_string_lossy();
		let said = format!("process {} ({program})", std::process::id());
		let mut file = &self.file;
		file.set_len(0)?;
		file.rewind()?;
		file.write_all(said.as_bytes())
	}
}

impl Drop for Lock {
	fn drop(&mut self) {
		// The file stays: removing it could remove one that another process has locked in the meantime.
		let _ = self.file.set_len(0);
	}
}

/// Returns the path of the lock's file, beside the vault, the same for every name of the vault.
fn path_of(vault: &Path) -> io::Result<PathBuf> {
	let vault = match fs::canonicalize(vault) {
		Ok(path) => path,
		Err(error) if error.kind() == io::ErrorKind::NotFound => {
			let folder = vault.parent().filter(|folder| !folder.as_os_str().is_empty());
			let name = vault.file_name().ok_or(io::ErrorKind::InvalidInput)?;
			fs::canonicalize(folder.unwrap_or(Path::new(".")))?.join(name)
		},
		Err(error) => return Err(error),
	};
	let mut name = OsString::from(vault.file_name().ok_or(io::ErrorKind::InvalidInput)?);
	name.push(".lock");
	Ok(vault.with_file_name(name))
}

fn holder(mut file: File) -> io::Result<String> {
	let mut said = Vec::new();
	file.rewind()?;
	file.take(MAX_HOLDER).read_to_end(&mut said)?;
	let said = String::from_utf8_lossy(&said);
	let plain: String = said.chars().filter(|c| !c.is_control()).collect();
	Ok(if plain.is_empty() { "another process".into() } else { plain })
}

fn file_error(path: &Path, source: io::Error) -> VaultError {
	VaultError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn second_lock_times_out_and_names_holder() {
		let folder = tempfile::tempdir().unwrap();
		let vault = folder.path().join("member.vault");
		let first = Lock::acquire(&vault, Duration::ZERO).await.unwrap();
		let refused = Lock::acquire(&vault, Duration::from_millis(120)).await;
		let Err(VaultError::Locked { holder, .. }) = &refused else { panic!("{refused:?}") };
		assert!(holder.contains(&std::process::id().to_string()), "{holder}");
		let waiting = Lock::acquire(&vault, Duration::from_secs(10));
		let release = async {
			tokio::time::sleep(Duration::from_millis(80)).await;
			drop(first);
		};
		let (waited, ()) = futures::join!(waiting, release);
		waited.unwrap();
	}

	#[cfg(unix)]
	#[tokio::test]
	async fn two_names_of_one_vault_share_lock() {
		let folder = tempfile::tempdir().unwrap();
		let (vault, link) = (folder.path().join("member.vault"), folder.path().join("link"));
		fs::write(&vault, "").unwrap();
		std::os::unix::fs::symlink(&vault, &link).unwrap();
		let _first = Lock::acquire(&vault, Duration::ZERO).await.unwrap();
		let refused = Lock::acquire(&link, Duration::ZERO).await;
		assert!(matches!(refused, Err(VaultError::Locked { .. })), "{refused:?}");
	}
}
