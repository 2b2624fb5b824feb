//! What a member trusts beyond what its software knows by itself.

use crate::{arguments::TrustCommand, exit::Failure, output, session::Session};
use credio_client::{primitives::Digest, RuntimePin};
use serde_json::json;
use std::io::{self, BufRead, IsTerminal};

/// Longest answer that is read.
const MAX_ANSWER: u64 = 256;

/// Runs the command.
pub async fn run(session: &Session, command: TrustCommand) -> Result<(), Failure> {
	match command {
		TrustCommand::Runtime { hash } => runtime(session, hash).await,
	}
}

/// Shows the node's runtime and what changed, and trusts it if the hash is the one that is given.
async fn runtime(session: &Session, hash: Option<Digest>) -> Result<(), Failure> {
	// That there is a place to keep it is found out before anybody types a hash.
	session.vault_path()?;
	let told = session.connect_to_read().await?.reported_runtime().await?;
	let newest = session.runtimes().newest()?;
	let is_known = match session.runtimes().find(told.spec_version)? {
		None => false,
		Some(known) if *known == *told => true,
		Some(known) => {
			return Err(Failure::NotVerified(format!(
				"this node's runtime {} has the metadata hash {}, and the one that is trusted has {}: do not work with this node",
				told.spec_version, told.metadata_hash, known.metadata_hash
			)));
		},
	};
	let (since, changes): (u32, Vec<String>) = match &newest {
		Some(newest) => {
			let changes = told.changes_since(newest);
			(newest.spec_version, changes.iter().map(ToString::to_string).collect())
		},
		None => (0, Vec::new()),
	};
	if !is_known {
		if !session.json {
			show(&told, since, &changes)?;
		}
		let given = match hash {
			Some(hash) => hash,
			None => ask()?,
		};
		if given != told.metadata_hash {
			return Err(Failure::NotVerified(format!(
				"the node's runtime has the metadata hash {}, and not {given}: nothing was trusted. If the council names the \
				 other one, do not work with this node",
				told.metadata_hash
			)));
		}
		session.runtimes().trust(&told)?;
	} else if hash.is_some_and(|hash| hash != told.metadata_hash) {
		return Err(Failure::NotVerified(format!(
			"the runtime {} that is trusted already has the metadata hash {}",
			told.spec_version, told.metadata_hash
		)));
	}
	output::item(
		session.json,
		&json!({
			"specVersion": told.spec_version,
			"metadataHash": told.metadata_hash,
			"since": since,
			"changes": changes,
			"trusted": true,
		}),
		&[
			("runtime", told.spec_version.to_string()),
			("metadata hash", told.metadata_hash.to_string()),
			("trusted", if is_known { "already" } else { "from now on" }.into()),
		],
	)
}

/// Prints what is to be decided about.
fn show(told: &RuntimePin, since: u32, changes: &[String]) -> Result<(), Failure> {
	output::line(&format!(
		"The node has runtime {}, which is not trusted yet.",
		told.spec_version
	))?;
	output::line("")?;
	match changes {
		[] => output::line(&format!("No call changed since runtime {since}."))?,
		_ => output::line(&format!("Changed since runtime {since}:"))?,
	}
	changes.iter().try_for_each(|change| output::line(&format!("  {change}")))?;
	output::line("")
}

/// Asks for the hash, at a terminal only.
fn ask() -> Result<Digest, Failure> {
	let unfit = || {
		Failure::Other(
			"give the metadata hash that the council or the release names: --hash 0x…".into(),
		)
	};
	if !io::stdin().is_terminal() {
		return Err(unfit());
	}
	// What the node says it is does not stand beside: copied from there, it would prove nothing.
	output::note("Type the metadata hash that the council names, to trust this runtime:");
	let mut answer = String::new();
	io::Read::take(io::stdin().lock(), MAX_ANSWER)
		.read_line(&mut answer)
		.map_err(|error| Failure::Other(format!("no answer was read: {error}")))?;
	answer.trim().parse().map_err(|_| unfit())
}
