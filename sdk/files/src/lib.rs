//! Files that this software writes: for their owner only, and whole or not at all.
//!
//! What is written goes to a file beside the target, which takes the target's name once all of it is on the disk. So a
//! full disk, a crash or a second process never leaves half a file where a whole one was.

use std::{
	ffi::OsString,
	fs::{self, File, OpenOptions},
	io::{self, BufWriter, Write},
	path::{Path, PathBuf},
};

/// Bytes that are collected before they are written.
const BUFFER: usize = 1 << 16;

/// Writes a file in one step, readable by its owner only. An existing file is replaced whole or not at all.
///
/// # Errors
///
/// If it cannot be written; what was there is left as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut file = Replacement::create(path)?;
	file.write_all(bytes)?;
	file.keep()
}

/// Creates a file that is not there yet, readable by its owner only, and opens it for writing.
///
/// # Errors
///
/// If there is one already, or none can be made.
pub fn create_new(path: &Path) -> io::Result<File> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	for_owner(&mut options).open(path)
}

/// Creates an empty file, readable by its owner only, unless there is one: for a database, which gives the files beside
/// it the same mode. One that is there is not opened: closing it would end the locks that SQLite has on it for this
/// process.
///
/// # Errors
///
/// If none can be made.
pub fn ensure(path: &Path) -> io::Result<()> {
	match create_new(path) {
		Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
		_ => Ok(()),
	}
}

/// Opens a file for writing, readable by its owner only if it is made now. What is in it stays.
///
/// # Errors
///
/// If it cannot be opened or made.
pub fn open_or_create(path: &Path) -> io::Result<File> {
	let mut options = OpenOptions::new();
	options.read(true).write(true).create(true).truncate(false);
	for_owner(&mut options).open(path)
}

/// Syncs a folder to the disk, so that names that were given in it survive a crash.
///
/// # Errors
///
/// If the system does not do it.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
	let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
	File::open(folder)?.sync_all()
}

fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
	options
}

/// A file that is being written, and takes its name when it is [kept](Self::keep). Dropped before, it is removed.
pub struct Replacement {
	file: BufWriter<File>,
	/// Where it is written, and what it will be called. `None` for a device or a pipe, which is written as it is.
	names: Option<(PathBuf, PathBuf)>,
}

impl Replacement {
	/// Begins a file. A symbolic link is followed; a device or a pipe is written to directly.
	///
	/// # Errors
	///
	/// If nothing can be written beside it.
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

	/// Starts a file that is written at `part`, in any folder of the same file system. Replaces a file that is there.
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

	/// Ends the file: everything is on the disk, and it has its name.
	///
	/// # Errors
	///
	/// If that fails; what was there under its name is left as it was.
	pub fn keep(mut self) -> io::Result<()> {
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
			// It is of no use to anybody; that it cannot be removed changes nothing.
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
	fn a_file_is_for_its_owner_only_even_where_another_was() {
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
	fn what_was_there_stays_until_all_is_written() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("evidence");
		fs::write(&path, "whole").unwrap();
		let mut half = Replacement::create(&path).unwrap();
		half.write_all(b"ha").unwrap();
		half.flush().unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"whole");
		// As after an error of the disk.
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
		file.keep().unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"whole");
		assert!(names(&parts).is_empty());
	}

	#[cfg(unix)]
	#[test]
	fn a_full_disk_leaves_what_was_there() {
		// A device that is always full. Links to it are written to, and never replaced.
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
	fn a_link_is_followed() {
		let folder = tempfile::tempdir().unwrap();
		let (path, link) = (folder.path().join("file"), folder.path().join("link"));
		fs::write(&path, "old").unwrap();
		std::os::unix::fs::symlink(&path, &link).unwrap();
		write(&link, b"new").unwrap();
		assert_eq!(fs::read(&path).unwrap(), b"new");
		assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
	}

	#[test]
	fn a_folder_is_no_file_to_write_to() {
		let folder = tempfile::tempdir().unwrap();
		assert!(write(folder.path(), b"new").is_err());
		assert!(write(&folder.path().join("none/file"), b"new").is_err());
		assert!(create_new(&folder.path().join("a")).is_ok());
		assert!(create_new(&folder.path().join("a")).is_err());
	}
}
