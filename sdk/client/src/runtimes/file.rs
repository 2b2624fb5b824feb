//! The file of runtimes that a member trusts: their pins, one after another.

use super::{RuntimePin, format::HEADER};
use crate::error::{Error, Result};
use std::{
	fs::File,
	io::{ErrorKind, Read},
	path::Path,
	sync::Arc,
};

/// Maximum number of runtimes in a file.
const MAX_RUNTIMES: usize = 64;
/// Maximum size of the file.
const MAX_FILE_SIZE: usize = 4 * 1024 * 1024;

/// Locks the file for changes until the lock is dropped. Waits for it.
pub(super) fn lock(path: &Path) -> Result<File> {
	let mut name = path.as_os_str().to_os_string();
	name.push(".lock");
	let lock = credio_files::open_or_create(name.as_ref()).map_err(|error| failed(path, &error))?;
	lock.lock().map_err(|error| failed(path, &error))?;
	Ok(lock)
}

/// Reads the pins; none if there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<Arc<RuntimePin>>> {
	let file = match File::open(path) {
		Ok(file) => file,
		Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
		Err(error) => return Err(failed(path, &error)),
	};
	let mut text = String::new();
	let limit = u64::try_from(MAX_FILE_SIZE).unwrap_or(u64::MAX);
	file.take(limit).read_to_string(&mut text).map_err(|error| failed(path, &error))?;
	parse(&text).map_err(|reason| {
		Error::Argument(format!(
			"{} does not hold runtimes ({reason}): remove it, and trust the chain's runtime again (credio trust runtime)",
			path.display()
		))
	})
}

/// Replaces the pins.
pub(super) fn write(path: &Path, pins: &[Arc<RuntimePin>]) -> Result<()> {
	let text: String = pins.iter().map(ToString::to_string).collect();
	if pins.len() > MAX_RUNTIMES || text.len() >= MAX_FILE_SIZE {
		return Err(Error::Argument(format!("{} holds too many runtimes", path.display())));
	}
	credio_files::write(path, text.as_bytes()).map_err(|error| failed(path, &error))
}

/// Parses consecutive pins.
pub(super) fn parse(text: &str) -> std::result::Result<Vec<Arc<RuntimePin>>, String> {
	let mut pins: Vec<Arc<RuntimePin>> = Vec::new();
	let mut rest = text;
	while !rest.is_empty() {
		// The next one begins at the next header line.
		let next = rest.match_indices(HEADER).map(|(at, _)| at).find(|at| *at > 0);
		let (first, others) = rest.split_at(next.unwrap_or(rest.len()));
		let pin: RuntimePin = first.parse()?;
		if pins.len() == MAX_RUNTIMES {
			return Err(format!("it holds more than {MAX_RUNTIMES}"));
		}
		if pins.iter().any(|before| before.spec_version == pin.spec_version) {
			return Err(format!("it holds two of version {}", pin.spec_version));
		}
		pins.push(Arc::new(pin));
		rest = others;
	}
	Ok(pins)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
	Error::Argument(format!(
		"the runtimes that are trusted cannot be read from or written to {}: {error}",
		path.display()
	))
}
