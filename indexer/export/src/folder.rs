//! The folder of an export. Its files are readable by their owner only, and exist whole or not at all.

use super::error::{ExportError, Result};
use credio_files::Replacement;
use sha2::{Digest as _, Sha256};
use std::{
	fs::{self, DirBuilder, File, Permissions},
	io::{self, Read, Write},
	os::unix::fs::{DirBuilderExt, PermissionsExt},
	path::{Path, PathBuf},
};

/// Folder of the files that are needed until an export is finished.
pub(crate) const UNFINISHED: &str = ".unfinished";
/// The manifest, written last.
pub(crate) const MANIFEST: &str = "manifest.json";
/// One line for each entry.
pub(crate) const ENTRIES: &str = "entries.jsonl";

/// A folder that one process at a time writes an export to.
pub(crate) struct Folder {
	path: PathBuf,
	/// Whether it is new.
	is_new: bool,
	/// Locked while this is open.
	_lock: File,
}

impl Folder {
	/// Opens a folder: a new one, an empty one, or one with an export.
	pub(crate) fn open(path: &Path) -> Result<Self> {
		let failed = |cause| ExportError::file(path, cause);
		let is_new = !path.exists();
		if is_new {
			DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
		}
		let lock = File::open(path).map_err(failed)?;
		match lock.try_lock() {
			Ok(()) => {},
			Err(fs::TryLockError::WouldBlock) => {
				return Err(ExportError::Busy(path.display().to_string()));
			},
			Err(fs::TryLockError::Error(cause)) => return Err(failed(cause)),
		}
		let folder = Self { path: path.into(), is_new, _lock: lock };
		if !folder.has(MANIFEST) && !folder.has(UNFINISHED) {
			if fs::read_dir(path).map_err(failed)?.next().is_some() {
				return Err(ExportError::NotEmpty(path.display().to_string()));
			}
			fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed)?;
		}
		Ok(folder)
	}

	pub(crate) fn path(&self, name: &str) -> PathBuf {
		self.path.join(name)
	}

	/// Returns the path of a file that is needed until the export is finished.
	pub(crate) fn unfinished(&self, name: &str) -> PathBuf {
		self.path.join(UNFINISHED).join(name)
	}

	pub(crate) fn has(&self, name: &str) -> bool {
		self.path(name).exists()
	}

	/// Creates an empty folder for the files that are needed until the export is finished.
	pub(crate) fn begin(&self) -> Result<()> {
		self.end()?;
		let path = self.path(UNFINISHED);
		let made = DirBuilder::new().mode(0o700).create(&path);
		made.map_err(|cause| ExportError::file(&path, cause))
	}

	/// Removes the files that are not needed any more.
	pub(crate) fn end(&self) -> Result<()> {
		let path = self.path(UNFINISHED);
		match fs::remove_dir_all(&path) {
			Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
				Err(ExportError::file(&path, cause))
			},
			_ => Ok(()),
		}
	}

	/// Removes an export that was refused before anything of it was committed.
	pub(crate) fn abandon(&self) -> Result<()> {
		if !self.is_new || self.has(ENTRIES) {
			return Ok(());
		}
		self.end()?;
		fs::remove_dir(&self.path).map_err(|cause| ExportError::file(&self.path, cause))
	}

	/// Starts a file that takes the path `to` once it is [committed](Output::commit).
	pub(crate) fn create(&self, name: &str, to: PathBuf) -> Result<Output> {
		let part = self.unfinished(&format!("{name}.part"));
		Output::create(part.clone(), to).map_err(|cause| ExportError::file(&part, cause))
	}

	/// Writes a small file.
	pub(crate) fn write(&self, name: &str, to: &Path, content: &[u8]) -> Result<()> {
		let mut output = self.create(name, to.into())?;
		output.write_all(content).map_err(|cause| ExportError::file(to, cause))?;
		output.commit().map(|_| ())
	}
}

/// A file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
	pub bytes: u64,
	pub sha256: [u8; 32],
}

/// A file that is being written.
pub(crate) struct Output {
	file: Replacement,
	to: PathBuf,
	digest: Sha256,
	bytes: u64,
}

impl Output {
	fn create(part: PathBuf, to: PathBuf) -> io::Result<Self> {
		let file = Replacement::create_at(part, to.clone())?;
		Ok(Self { file, to, digest: Sha256::new(), bytes: 0 })
	}

	/// Finishes the file: syncs it to the disk and gives it its name.
	pub(crate) fn commit(self) -> Result<Written> {
		self.file.commit().map_err(|cause| ExportError::file(&self.to, cause))?;
		Ok(Written { bytes: self.bytes, sha256: self.digest.finalize().into() })
	}
}

impl Write for Output {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		let written = self.file.write(bytes)?;
		self.digest.update(&bytes[..written]);
		self.bytes += written as u64;
		Ok(written)
	}

	fn flush(&mut self) -> io::Result<()> {
		self.file.flush()
	}
}

/// Returns length and digest of a file.
pub(crate) fn measure(path: &Path) -> io::Result<Written> {
	let mut file = File::open(path)?;
	let (mut digest, mut bytes) = (Sha256::new(), 0);
	let mut buffer = vec![0; 1 << 16];
	loop {
		let read = file.read(&mut buffer)?;
		if read == 0 {
			return Ok(Written { bytes, sha256: digest.finalize().into() });
		}
		digest.update(&buffer[..read]);
		bytes += read as u64;
	}
}
