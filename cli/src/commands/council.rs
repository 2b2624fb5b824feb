//! Motions of the council, validators, and upgrades of the runtime.

use crate::{
	arguments::{CouncilCommand, RuntimeCommand, ValidatorCommand},
	exit::Failure,
	output,
	session::Session,
};
use credio_client::{
	primitives::rpc::{Bytes, ValidatorJson},
	Client, Proposed, Voted,
};
use serde_json::json;
use std::{fs, path::Path};

/// Runs a command on the council.
pub async fn run(session: &Session, command: CouncilCommand) -> Result<(), Failure> {
	let client = match command {
		CouncilCommand::Motions | CouncilCommand::Members { join: None, leave: None } => {
			session.connect_to_read().await?
		},
		_ => session.connect().await?,
	};
	match command {
		CouncilCommand::Members { join, leave } => {
			let change = join.map(|who| (who, true)).or(leave.map(|who| (who, false)));
			if let Some((account, join)) = change {
				say(&client.change_council(&account, join).await?);
			}
			let members = client.council().await?;
			output::items(session.json, &members, ["account"], |account| [account.to_string()])
		},
		CouncilCommand::Motions => {
			let motions = client.motions().await?;
			let columns = ["motion", "what", "ayes", "nays", "needs", "ends at block"];
			output::items(session.json, &motions, columns, |motion| {
				let encoded = || format!("{} bytes that cannot be shown", motion.encoded.0.len());
				[
					motion.hash.to_string(),
					motion.call.as_ref().map_or_else(encoded, ToString::to_string),
					motion.ayes.len().to_string(),
					motion.nays.len().to_string(),
					motion.threshold.to_string(),
					motion.ends_at.to_string(),
				]
			})
		},
		CouncilCommand::Vote { motion, nay } => {
			let voted = client.vote(motion, !nay).await?;
			let (outcome, text) = match voted {
				Voted::CarriedOut => ("carriedOut", "enough members agree: it was carried out"),
				Voted::Disapproved => ("disapproved", "too many disagree: it is off the table"),
				Voted::Waits => ("waits", "it waits for votes of other members"),
			};
			let shown = json!({ "motion": motion, "outcome": outcome });
			output::item(session.json, &shown, &[("motion", text.to_owned())])
		},
	}
}

/// Says, on standard error, what has become of a proposal.
pub fn say(proposed: &Proposed) {
	match proposed {
		Proposed::CarriedOut => {},
		Proposed::Waits(motion) => output::note(&format!(
			"proposed: the other members of the council vote on it now: credio council vote {motion}"
		)),
	}
}

/// Runs a command on validators.
pub async fn validators(session: &Session, command: ValidatorCommand) -> Result<(), Failure> {
	let client = match command {
		ValidatorCommand::List => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	match command {
		ValidatorCommand::List => {},
		ValidatorCommand::SetKeys { session_keys, proof, own_node } => {
			let keys = match own_node {
				Some(node) => client.rotate_session_keys(&node).await?,
				None => {
					let keys = bytes("--session-keys", session_keys)?;
					client.set_session_keys(&keys.0, &bytes("--proof", proof)?.0).await?;
					keys
				},
			};
			let account = client.account();
			return output::item(
				session.json,
				&json!({ "account": account, "keys": keys }),
				&[
					("account", account.to_string()),
					("session keys", json!(keys).as_str().unwrap_or_default().to_owned()),
				],
			);
		},
		ValidatorCommand::Add { account } => say(&client.add_validator(&account).await?),
		ValidatorCommand::Remove { account } => say(&client.remove_validator(&account).await?),
		ValidatorCommand::ResumeFinality { lost, last_final, delay } => {
			let last_final = match last_final {
				Some(block) => block,
				None => client.finalized_number().await?,
			};
			say(&client.resume_finality(&lost, last_final, delay).await?);
		},
		ValidatorCommand::Reinstate { account } => {
			say(&client.reinstate_validator(&account).await?);
		},
	}
	let validators = client.validators().await?;
	output::items(session.json, &validators, ["account", "state", "session keys"], |validator| {
		let keys = if validator.has_keys { "set" } else { "missing" };
		[validator.account.to_string(), state(validator), keys.to_owned()]
	})
}

/// Bytes that were given as hex.
fn bytes(flag: &str, hex: Option<String>) -> Result<Bytes, Failure> {
	let hex = json!(hex.unwrap_or_default());
	serde_json::from_value(hex)
		.map_err(|_| Failure::Other(format!("{flag} is not 0x and an even number of hex digits")))
}

/// How a validator stands, in words.
fn state(validator: &ValidatorJson) -> String {
	match (&validator.offence, validator.chosen, validator.active) {
		(Some(offence), ..) => {
			format!("disabled since block {}: it voted for two blocks", offence.reported_at)
		},
		(None, true, true) => "active".into(),
		(None, true, false) => "joins in a few blocks".into(),
		(None, false, _) => "leaves in a few blocks".into(),
	}
}

/// Runs a command on the runtime.
pub async fn runtime(session: &Session, command: RuntimeCommand) -> Result<(), Failure> {
	match command {
		RuntimeCommand::Show => show(session).await,
		RuntimeCommand::Propose { code } => {
			let code = read(&code)?;
			let client = session.connect().await?;
			let proposed = client.propose_upgrade(&code).await?;
			say(&proposed);
			let hash = Client::code_hash(&code);
			output::item(
				session.json,
				&json!({ "codeHash": hash }),
				&[("code hash", hash.to_string())],
			)
		},
		RuntimeCommand::Apply { code } => {
			let code = read(&code)?;
			session.connect().await?.apply_upgrade(&code).await?;
			show(session).await
		},
	}
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
	fs::read(path).map_err(|error| Failure::file(path, error))
}

async fn show(session: &Session) -> Result<(), Failure> {
	let client = session.connect_to_read().await?;
	let mut version: serde_json::Value = client.call("state_getRuntimeVersion", ()).await?;
	version["chain"] = json!(client.chain());
	let told = client.reported_runtime().await?;
	version["metadataHash"] = json!(told.metadata_hash);
	let trusted = client.trusted_runtime().await.is_ok();
	version["trusted"] = json!(trusted);
	let of = |field: &str| version[field].to_string().trim_matches('"').to_owned();
	output::item(
		session.json,
		&version,
		&[
			("runtime", of("specName")),
			("version", of("specVersion")),
			("transaction version", of("transactionVersion")),
			("metadata hash", told.metadata_hash.to_string()),
			("trusted", if trusted { "yes" } else { "no: `credio trust runtime`" }.into()),
			("chain", client.chain().to_string()),
		],
	)
}
