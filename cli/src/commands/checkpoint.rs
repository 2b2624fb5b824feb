//! `credio checkpoint`: made with a node, signed by members of the council, verified without a node.

use crate::{
	exit::Failure,
	output,
	session::Session,
	trusted::{TrustOptions, accept, checkpoint, specification},
};
use clap::{Args, Subcommand};
use credio_client::{evidence::Checkpoint, sign_checkpoint, verifier};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Checkpoints: final blocks that the council signs, from which evidence starts
#[derive(Debug, Subcommand)]
pub(super) enum CheckpointCommand {
	Make(MakeArgs),
	Sign(SignArgs),
	Merge(MergeArgs),
	Trust(TrustArgs),
	Verify(VerifyArgs),
}

/// Make a checkpoint of the newest final block, for the council to sign. Validators and council are proven, unless the node
/// is trusted
#[derive(Debug, Args)]
#[command(after_help = "Example: credio checkpoint make -o checkpoint.json")]
pub(super) struct MakeArgs {
	/// File to write
	#[arg(short, long, value_name = "FILE")]
	output: PathBuf,
}

/// Sign a checkpoint as a seat of the council, once its block, validators and council are proven to be the chain's, or match
/// a node that is trusted
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio checkpoint sign checkpoint.json\n  credio checkpoint sign checkpoint.json --offline"
)]
pub(super) struct SignArgs {
	/// The checkpoint, to which the signature is added
	file: PathBuf,
	/// Ask no node, since you have checked the checkpoint in another way
	#[arg(long)]
	offline: bool,
}

/// Merge the signatures of several copies into the first one
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio checkpoint merge checkpoint.json from-acme.json from-bank.json"
)]
pub(super) struct MergeArgs {
	/// The checkpoint that receives them
	file: PathBuf,
	/// Signed copies
	#[arg(required = true, value_name = "COPY")]
	copies: Vec<PathBuf>,
}

/// Start from here instead of the last verified block: from a checkpoint that the council has signed, or from genesis by a
/// chain specification that you trust
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio checkpoint trust --chain chain.json\n  credio checkpoint trust checkpoint.json\nCommands that read by proof continue from there. It is stored beside the vault, or in --verified FILE."
)]
pub(super) struct TrustArgs {
	/// Checkpoints that the council has signed, the oldest first
	#[arg(value_name = "FILE", required_unless_present = "chain")]
	files: Vec<PathBuf>,
	/// Raw chain specification that you trust [default: the last verified block]
	#[arg(long, value_name = "FILE")]
	chain: Option<PathBuf>,
}

/// Check without a network that enough seats of the council have signed a checkpoint
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio checkpoint verify checkpoint.json --chain chain.json\n  credio checkpoint verify later.json --chain chain.json --checkpoint checkpoint.json"
)]
pub(super) struct VerifyArgs {
	/// The checkpoint
	file: PathBuf,
	/// Raw chain specification that you trust
	#[arg(long, value_name = "FILE")]
	chain: PathBuf,
	#[command(flatten)]
	trust: TrustOptions,
}

/// Runs a command on checkpoints.
pub(super) async fn run(session: &Session, command: CheckpointCommand) -> Result<(), Failure> {
	match command {
		CheckpointCommand::Make(MakeArgs { output }) => {
			let made = session.connect_to_read().await?.checkpoint().await?;
			write(session, &output, &made)
		},
		CheckpointCommand::Sign(SignArgs { file, offline }) => sign(session, &file, offline).await,
		CheckpointCommand::Merge(MergeArgs { file, copies }) => {
			let mut merged = checkpoint(&file)?;
			for copy in &copies {
				merged.take_signatures(&checkpoint(copy)?)?;
			}
			write(session, &file, &merged)
		},
		CheckpointCommand::Trust(args) => trust(session, &args),
		CheckpointCommand::Verify(args) => verify(session, &args),
	}
}

/// Signs a checkpoint as a member of the council.
async fn sign(session: &Session, file: &Path, offline: bool) -> Result<(), Failure> {
	let mut signed = checkpoint(file)?;
	let vault = session.open_vault()?;
	if !offline {
		session.connect_to_read().await?.check_checkpoint(&signed).await?;
	}
	sign_checkpoint(&vault, &mut signed).await?;
	write(session, file, &signed)
}

/// Starts from other checkpoints than the last verified block. Asks no node.
fn trust(session: &Session, args: &TrustArgs) -> Result<(), Failure> {
	let file = session.verified().ok_or_else(|| {
		Failure::hinted(
			"there is no file to store the checkpoint in",
			"give --verified FILE, or --vault FILE",
		)
	})?;
	let before = match &args.chain {
		Some(path) => specification(path)?,
		None => verifier::stored_checkpoint(file)?.ok_or_else(|| {
			Failure::hinted(
				"nothing was verified yet",
				"give the chain's specification with --chain",
			)
		})?,
	};
	let now = accept(before, &args.files)?;
	verifier::store_checkpoint(file, &now)?;
	let block = now.block();
	output::item(
		session.json,
		&json!({ "verified": file, "genesis": now.genesis(), "block": block }),
		&[
			("stored in", file.display().to_string()),
			("chain", now.genesis().to_string()),
			("block", format!("{} {}", block.number, block.hash)),
		],
	)
}

/// Checks that enough members of the council have signed a checkpoint. Asks no node.
fn verify(session: &Session, args: &VerifyArgs) -> Result<(), Failure> {
	let genesis = specification(&args.chain)?;
	let verified = checkpoint(&args.file)?;
	args.trust.apply(genesis)?.accept(&verified)?;
	print(session, &args.file, &verified)
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
