//! `credio trust`.

use crate::{exit::Failure, output, session::Session};
use clap::{Args, Subcommand};
use credio_client::{RuntimePin, primitives::Digest};
use serde_json::json;
use std::io::{self, BufRead, IsTerminal};

/// Longest input that is read.
const MAX_INPUT: u64 = 256;

/// Trust a runtime that this software does not know
#[derive(Debug, Subcommand)]
pub(super) enum TrustCommand {
	Runtime(RuntimeArgs),
}

/// Trust the chain's runtime, so that calls are signed for it: after an upgrade, if this software is older. Prints the
/// changes since the newest trusted runtime, and asks for the metadata hash that the council names
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credio trust runtime\n  credio trust runtime --hash 0x6d…f2")]
pub(super) struct RuntimeArgs {
	/// The metadata hash, as the council or the release names it; prompts without it
	#[arg(long)]
	hash: Option<Digest>,
}

/// Runs a command on trust.
pub(super) async fn run(session: &Session, command: TrustCommand) -> Result<(), Failure> {
	match command {
		TrustCommand::Runtime(args) => runtime(session, args.hash).await,
	}
}

/// Prints the node's runtime and its changes, and trusts it if its hash is the given one.
async fn runtime(session: &Session, hash: Option<Digest>) -> Result<(), Failure> {
	// Fails before anybody types a hash if there is no file to store the runtime in.
	session.vault_path()?;
	let found = session.connect_to_read().await?.reported_runtime().await?;
	let newest = session.runtimes().newest()?;
	let is_known = match session.runtimes().find(found.spec_version)? {
		None => false,
		Some(known) if *known == *found => true,
		Some(known) => {
			return Err(Failure::NotVerified(format!(
				"this node's runtime {} has the metadata hash {}, but the trusted one has {}: do not use this node",
				found.spec_version, found.metadata_hash, known.metadata_hash
			)));
		},
	};
	let (since, changes): (u32, Vec<String>) = match &newest {
		Some(newest) => {
			let changes = found.changes_since(newest);
			(newest.spec_version, changes.iter().map(ToString::to_string).collect())
		},
		None => (0, Vec::new()),
	};
	if !is_known {
		if !session.json {
			show(&found, since, &changes)?;
		}
		let given = match hash {
			Some(hash) => hash,
			None => ask()?,
		};
		if given != found.metadata_hash {
			return Err(Failure::NotVerified(format!(
				"the node's runtime has the metadata hash {}, not {given}, so it was not trusted: if the council names \
				 {given}, do not use this node",
				found.metadata_hash
			)));
		}
		session.runtimes().trust(&found)?;
	} else if hash.is_some_and(|hash| hash != found.metadata_hash) {
		return Err(Failure::NotVerified(format!(
			"the trusted runtime {} has the metadata hash {}",
			found.spec_version, found.metadata_hash
		)));
	}
	output::item(
		session.json,
		&json!({
			"specVersion": found.spec_version,
			"metadataHash": found.metadata_hash,
			"since": since,
			"changes": changes,
			"trusted": true,
		}),
		&[
			("runtime", found.spec_version.to_string()),
			("metadata hash", found.metadata_hash.to_string()),
			("trusted", if is_known { "already" } else { "from now on" }.into()),
		],
	)
}

/// Prints the runtime and its changes.
fn show(found: &RuntimePin, since: u32, changes: &[String]) -> Result<(), Failure> {
	output::line(&format!(
		"The node has runtime {}, which is not trusted yet.",
		found.spec_version
	))?;
	output::line("")?;
	match changes {
		[] => output::line(&format!("No call changed since runtime {since}."))?,
		_ => output::line(&format!("Changed since runtime {since}:"))?,
	}
	changes.iter().try_for_each(|change| output::line(&format!("  {change}")))?;
	output::line("")
}

/// Prompts for the hash, on a terminal only.
fn ask() -> Result<Digest, Failure> {
	let missing = || {
		Failure::hinted(
			"no metadata hash was given",
			"give the one that the council or the release names: --hash 0x…",
		)
	};
	if !io::stdin().is_terminal() {
		return Err(missing());
	}
	// The node's hash is not printed: a copy of it would prove nothing.
	output::note("To trust this runtime, type the metadata hash that the council names:");
	let mut input = String::new();
	io::Read::take(io::stdin().lock(), MAX_INPUT)
		.read_line(&mut input)
		.map_err(|error| Failure::Other(format!("the input cannot be read: {error}")))?;
	input.trim().parse().map_err(|_| missing())
}
