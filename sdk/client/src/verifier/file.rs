//! The file of a verifier's last verified checkpoint.

use crate::error::{Error, Result};
use credio_evidence::Checkpoint;
use std::{
	fs::File,
	io::{ErrorKind, Read},
	path::Path,
};

/// Maximum size of the file.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// Reads the checkpoint, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Checkpoint>> {
	let file = match File::open(path) {
		Ok(file) => file,
		Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
		Err(error) => return Err(failed(path, &error)),
	};
	let mut text = Vec::new();
	file.take(MAX_FILE_SIZE).read_to_end(&mut text).map_err(|error| failed(path, &error))?;
	Checkpoint::parse(&text).map(Some).map_err(|error| {
		Error::Argument(format!(
			"{} is not a checkpoint ({}): remove it, and check that the next node is of the right chain",
			path.display(),
			error.reason
		))
	})
}

/// Writes a checkpoint, unless the file has a later one of another process.
pub(super) fn store(path: &Path, checkpoint: &Checkpoint) -> Result<()> {
	let is_later = |kept: Checkpoint| {
		kept.genesis() == checkpoint.genesis() && kept.block().number >= checkpoint.block().number
	};
	if read(path)?.is_some_and(is_later) {
		return Ok(());
	}
	replace(path, checkpoint)
}

/// Writes a checkpoint, replacing any other.
pub(super) fn replace(path: &Path, checkpoint: &Checkpoint) -> Result<()> {
	credio_files::write(path, checkpoint.to_text()?.as_bytes())
		.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
	Error::Argument(format!(
		"the verified checkpoint cannot be stored in {}: {error}",
		path.display()
	))
}
