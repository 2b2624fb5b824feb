//! Writing files: with access for their owner only, and whole or not at all.
//!
//! Content is written to a file beside the target, which is renamed to the target once all of it is on the disk. So a
//! full disk, a crash or a second process never replaces a whole file by half of one.

use std::{
	ffi::OsString,
	fs::{self, File, OpenOptions},
	io::{self, BufWriter, Write},
	path::{Path, PathBuf},
};

/// Size of the write buffer.
const BUFFER: usize = 1 << 16;

/// Writes a file in one step, readable by its owner only. Replaces an existing file whole or not at all.
///
/// # Errors
///
/// If it cannot be written; an existing file is unchanged then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut file = Replacement::create(path)?;
	file.write_all(bytes)?;
	file.commit()
}

/// Creates a new file, readable by its owner only, and opens it for writing.
///
/// # Errors
///
/// If it exists or cannot be created.
pub fn create_new(path: &Path) -> io::Result<File> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	for_owner(&mut options).open(path)
}

/// Creates an empty file, readable by its owner only, unless it exists: for a database, which gives the files beside it
/// the same mode. Does not open an existing file, since closing it would release SQLite's locks of this process on it.
///
/// # Errors
///
/// If it cannot be created.
pub fn ensure(path: &Path) -> io::Result<()> {
	match create_new(path) {
		Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
		_ => Ok(()),
	}
}

/// Opens a file for writing, and creates it if necessary, readable by its owner only. Its content stays.
///
/// # Errors
///
/// If it cannot be opened or created.
pub fn open_or_create(path: &Path) -> io::Result<File> {
	let mut options = OpenOptions::new();
	options.read(true).write(true).create(true).truncate(false);
	for_owner(&mut options).open(path)
}

/// Returns the path of a file that lies beside another one: with its name, and a suffix.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
	let mut name = path.as_os_str().to_os_string();
	name.push(suffix);
	name.into()
}

/// Syncs a folder to the disk, so that new names in it survive a crash.
///
/// # Errors
///
/// If syncing fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
	let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
	File::open(folder)?.sync_all()
}

fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
	options
}

/// A file that is being written. [`Self::commit`] gives it its name; dropping it before removes it.
#[derive(Debug)]
pub struct Replacement {
	file: BufWriter<File>,
	/// Its temporary path and its final one. `None` for a device or a pipe, which is written directly.
	names: Option<(PathBuf, PathBuf)>,
}

impl Replacement {
	/// Starts a file. Follows a symbolic link; writes directly to a device or a pipe.
	///
	/// # Errors
	///
	/// If no file can be created beside it.
	pub fn create(path: &Path) -> io::Result<Self> {
		let to = match fs::metadata(path) {
			Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
			Ok(there) if !there.is_file() => {
				let file = OpenOptions::new().write(true).open(path)?;
				return Ok(Self { file: BufWriter::with_capacity(BUFFER, file), names: None });
			},
			Ok(_) => fs::canonicalize(path)?,
			Err(_) => path.to_owned(),
		};
		let name = to.file_name().ok_or(io::ErrorKind::InvalidInput)?;
		let mut random = [0; 8];
		getrandom::fill(&mut random).map_err(io::Error::other)?;
		let mut part = OsString::from(".");
		part.push(name);
		part.push(format!(".{}.part", hex::encode(random)));
		let part = to.with_file_name(part);
		let file = create_new(&part)?;
		Ok(Self { file: BufWriter::with_capacity(BUFFER, file), names: Some((part, to)) })
	}

	/// Starts a file that is written at `part`, in any folder of the same file system. Replaces an existing part.
	///
	/// # Errors
	///
	/// If `part` cannot be created.
	pub fn create_at(part: PathBuf, to: PathBuf) -> io::Result<Self> {
		let mut options = OpenOptions::new();
		options.write(true).create(true).truncate(true);
		let file = for_owner(&mut options).open(&part)?;
		Ok(Self { file: BufWriter::with_capacity(BUFFER, file), names: Some((part, to)) })
	}

	/// Finishes the file: syncs it to the disk and gives it its name.
	///
	/// # Errors
	///
	/// If that fails; an existing file is unchanged then.
	pub fn commit(mut self) -> io::Result<()> {
		self.file.flush()?;
		let Some((part, to)) = &self.names else { return Ok(()) };
		self.file.get_ref().sync_all()?;
		fs::rename(part, to)?;
		let folder = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
		let (from, to) = (folder(part), folder(to));
		self.names = None;
		sync_folder(&to)?;
		if from == to {
			return Ok(());
		}
		sync_folder(&from)
	}
}

impl Write for Replacement {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		self.file.write(bytes)
	}

	fn flush(&mut self) -> io::Result<()> {
		self.file.flush()
	}
}

impl Drop for Replacement {
	fn drop(&mut self) {
		if let Some((part, _)) = &self.names {
			// The part is useless, and failing to remove it is harmless.
			let _ = fs::remove_file(part);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn names(folder: &Path) -> Vec<String> {
		let entries = fs::read_dir(folder).unwrap();
		entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
	}

	#[cfg(unix)]
	#[test]
	fn replaced_file_is_for_owner_only() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("secret");
		fs::write(&path, "old").unwrap();
		fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
		write(&path, b"new").unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"new");
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		assert_eq!(names(folder.path()), ["secret"], "nothing is left beside it");
	}

	#[test]
	fn existing_file_stays_until_commit() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("evidence");
		fs::write(&path, "whole").unwrap();
		let mut half = Replacement::create(&path).unwrap();
		half.write_all(b"ha").unwrap();
		half.flush().unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"whole");
		// As after a disk error.
		drop(half);
		assert_eq!(fs::read(&path).unwrap(), b"whole");
		assert_eq!(names(folder.path()), ["evidence"]);
	}

	#[test]
	fn part_in_another_folder_is_moved() {
		let folder = tempfile::tempdir().unwrap();
		let parts = folder.path().join("parts");
		fs::create_dir(&parts).unwrap();
		let (part, path) = (parts.join("export.part"), folder.path().join("export"));
		// Left there by a process that was killed.
		fs::write(&part, "an older and longer part").unwrap();
		let mut file = Replacement::create_at(part, path.clone()).unwrap();
		file.write_all(b"whole").unwrap();
		assert!(!path.exists());
		file.commit().unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"whole");
		assert!(names(&parts).is_empty());
	}

	#[cfg(unix)]
	#[test]
	fn full_disk_keeps_existing_file() {
		// A device that is always full. Links to it are written through, and never replaced.
		let full = Path::new("/dev/full");
		if !full.exists() {
			return;
		}
		let folder = tempfile::tempdir().unwrap();
		let link = folder.path().join("link");
		std::os::unix::fs::symlink(full, &link).unwrap();
		assert!(write(&link, b"more than fits").is_err());
		assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
		assert_eq!(names(folder.path()), ["link"]);
	}

	#[cfg(unix)]
	#[test]
	fn symbolic_link_is_followed() {
		let folder = tempfile::tempdir().unwrap();
		let (path, link) = (folder.path().join("file"), folder.path().join("link"));
		fs::write(&path, "old").unwrap();
		std::os::unix::fs::symlink(&path, &link).unwrap();
		write(&link, b"new").unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"new");
		assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
	}

	#[test]
	fn cannot_write_to_folder() {
		let folder = tempfile::tempdir().unwrap();
		assert!(write(folder.path(), b"new").is_err());
		assert!(write(&folder.path().join("none/file"), b"new").is_err());
		assert!(create_new(&folder.path().join("a")).is_ok());
		assert!(create_new(&folder.path().join("a")).is_err());
	}
}
