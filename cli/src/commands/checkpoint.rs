//! Checkpoints: made with a node, signed by seats of the council, verified without a node.

use super::evidence::{checkpoint, read, trusted};
use crate::{
	arguments::{CheckpointCommand, TrustArguments},
	exit::Failure,
	output,
	session::Session,
};
use credio_client::{
	evidence::{Checkpoint, Trusted, MAX_SPEC_SIZE},
	sign_checkpoint, verifier,
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs the command.
pub async fn run(session: &Session, command: CheckpointCommand) -> Result<(), Failure> {
	match command {
		CheckpointCommand::Make { output } => {
			let made = session.connect_to_read().await?.checkpoint().await?;
			write(session, &output, &made)
		},
		CheckpointCommand::Sign { file, offline } => sign(session, &file, offline).await,
		CheckpointCommand::Merge { file, copies } => {
			let mut merged = checkpoint(&file)?;
			for copy in &copies {
				merged.take_signatures(&checkpoint(copy)?)?;
			}
			write(session, &file, &merged)
		},
		CheckpointCommand::Trust { files, chain } => trust(session, &files, chain.as_deref()),
		CheckpointCommand::Verify { file, chain, trust } => verify(session, &file, &chain, &trust),
	}
}

/// Signs a checkpoint as a seat of the council.
async fn sign(session: &Session, file: &Path, offline: bool) -> Result<(), Failure> {
	let mut signed = checkpoint(file)?;
	let vault = session.open_vault()?;
	if !offline {
		session.connect_to_read().await?.check_checkpoint(&signed).await?;
	}
	sign_checkpoint(&vault, &mut signed).await?;
	write(session, file, &signed)
}

/// Puts what is trusted in place of what was verified last. Asks no node.
fn trust(session: &Session, files: &[PathBuf], chain: Option<&Path>) -> Result<(), Failure> {
	let kept_in = session.verified().ok_or_else(|| {
		Failure::Other("there is no place to keep it: give --verified FILE, or --vault FILE".into())
	})?;
	let given = match chain {
		None => None,
		Some(path) => Some(Trusted::from_specification(&read(path, MAX_SPEC_SIZE)?)?),
	};
	let before = match given {
		Some(given) => given,
		None => verifier::stored_checkpoint(kept_in)?.ok_or_else(|| {
			Failure::Other(
				"nothing was verified yet: give the chain's specification with --chain".into(),
			)
		})?,
	};
	let arguments = TrustArguments { checkpoints: files.to_vec(), ..TrustArguments::default() };
	let now = trusted(before, &arguments)?;
	verifier::store_checkpoint(kept_in, &now)?;
	let block = now.block();
	output::item(
		session.json,
		&json!({ "verified": kept_in, "genesis": now.genesis(), "block": block }),
		&[
			("kept in", kept_in.display().to_string()),
			("chain", now.genesis().to_string()),
			("block", format!("{} {}", block.number, block.hash)),
		],
	)
}

/// Checks that enough seats have signed a checkpoint. Asks no node.
fn verify(
	session: &Session,
	file: &Path,
	chain: &Path,
	trust: &TrustArguments,
) -> Result<(), Failure> {
	let genesis = Trusted::from_specification(&read(chain, MAX_SPEC_SIZE)?)?;
	let verified = checkpoint(file)?;
	trusted(genesis, trust)?.accept(&verified)?;
	print(session, file, &verified)
}

fn write(session: &Session, file: &Path, checkpoint: &Checkpoint) -> Result<(), Failure> {
	credio_files::write(file, checkpoint.to_text()?.as_bytes())
		.map_err(|error| Failure::file(file, error))?;
	print(session, file, checkpoint)
}

fn print(session: &Session, file: &Path, checkpoint: &Checkpoint) -> Result<(), Failure> {
	let (block, council) = (checkpoint.block(), checkpoint.council());
	let signers = checkpoint.signers().collect::<Vec<_>>();
	output::item(
		session.json,
		&json!({
			"file": file,
			"block": block,
			"digest": checkpoint.digest(),
			"council": council,
			"signers": signers,
		}),
		&[
			("checkpoint", file.display().to_string()),
			("block", format!("{} {}", block.number, block.hash)),
			("digest", checkpoint.digest().to_string()),
			("signatures", format!("{}, for {} seats", signers.len(), council.len())),
		],
	)
}
