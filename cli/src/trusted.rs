//! Checkpoints and specifications that a verification starts from, and bounded reading of such files.

use crate::exit::Failure;
use clap::Args;
use credio_client::evidence::{Checkpoint, MAX_FILE_SIZE, MAX_SPEC_SIZE, Trusted};
use std::{
	fs::File,
	io::Read,
	path::{Path, PathBuf},
};

/// Checkpoints that are trusted besides the chain's specification.
#[derive(Debug, Default, Args)]
pub(crate) struct TrustOptions {
	/// Start from this checkpoint, which the council has signed, instead of genesis; may be given several times, the
	/// oldest first, if the council has changed in between
	#[arg(long = "checkpoint", value_name = "FILE")]
	pub checkpoints: Vec<PathBuf>,
	/// Start from this checkpoint, which you wrote yourself with --write-checkpoint. It needs no signature: all of it is
	/// trusted
	#[arg(long, value_name = "FILE")]
	pub trusted_checkpoint: Option<PathBuf>,
}

impl TrustOptions {
	/// Returns the state to verify from: genesis, or the newest checkpoint.
	pub(crate) fn apply(&self, genesis: Trusted) -> Result<Trusted, Failure> {
		let trusted = match &self.trusted_checkpoint {
			None => genesis,
			Some(path) => genesis.at(&checkpoint(path)?)?,
		};
		accept(trusted, &self.checkpoints)
	}
}

/// Accepts checkpoints one after the other.
pub(crate) fn accept(mut trusted: Trusted, checkpoints: &[PathBuf]) -> Result<Trusted, Failure> {
	for path in checkpoints {
		trusted = trusted.accept(&checkpoint(path)?)?;
	}
	Ok(trusted)
}

/// Reads a chain specification.
pub(crate) fn specification(path: &Path) -> Result<Trusted, Failure> {
	Ok(Trusted::from_specification(&read(path, MAX_SPEC_SIZE)?)?)
}

/// Reads a checkpoint.
pub(crate) fn checkpoint(path: &Path) -> Result<Checkpoint, Failure> {
	Ok(Checkpoint::parse(&read(path, MAX_FILE_SIZE)?)?)
}

/// Reads a file.
///
/// # Errors
///
/// Fails if it is longer than `limit`.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
	let failure = |error| Failure::file(path, error);
	let mut bytes = Vec::new();
	let file = File::open(path).map_err(failure)?;
	file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failure)?;
	if bytes.len() > limit {
		return Err(Failure::Other(format!("{}: longer than {limit} bytes", path.display())));
	}
	Ok(bytes)
}
