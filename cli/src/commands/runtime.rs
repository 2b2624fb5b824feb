//! `credio runtime`.

use crate::{exit::Failure, output, proposal::print_proposal, session::Session};
use clap::{Args, Subcommand};
use credio_client::Client;
use serde_json::json;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// The runtime of the chain, and its upgrades
#[derive(Debug, Subcommand)]
pub(super) enum RuntimeCommand {
	Show(ShowArgs),
	Propose(ProposeArgs),
	Apply(ApplyArgs),
}

/// Show the chain's runtime, and the chain's name, to pin it as `chain` in the configuration file
#[derive(Debug, Args)]
#[command(after_help = "Example: credio runtime show")]
pub(super) struct ShowArgs {}

/// Propose an upgrade
#[derive(Debug, Args)]
#[command(after_help = "Example: credio runtime propose credio_runtime.compact.compressed.wasm")]
pub(super) struct ProposeArgs {
	/// The new runtime's code
	#[arg(value_name = "WASM")]
	code: PathBuf,
}

/// Apply an upgrade that the council has authorized. Any member of the council can
#[derive(Debug, Args)]
#[command(after_help = "Example: credio runtime apply credio_runtime.compact.compressed.wasm")]
pub(super) struct ApplyArgs {
	/// The new runtime's code
	#[arg(value_name = "WASM")]
	code: PathBuf,
}

/// Runs a command on the runtime.
pub(super) async fn run(session: &Session, command: RuntimeCommand) -> Result<(), Failure> {
	match command {
		RuntimeCommand::Show(ShowArgs {}) => show(session).await,
		RuntimeCommand::Propose(ProposeArgs { code }) => {
			let code = read(&code)?;
			let client = session.connect().await?;
			print_proposal(&client.propose_upgrade(&code).await?);
			let hash = Client::code_hash(&code);
			output::item(
				session.json,
				&json!({ "codeHash": hash }),
				&[("code hash", hash.to_string())],
			)
		},
		RuntimeCommand::Apply(ApplyArgs { code }) => {
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
	let runtime = client.reported_runtime().await?;
	version["metadataHash"] = json!(runtime.metadata_hash);
	let trusted = client.trusted_runtime().await.is_ok();
	version["trusted"] = json!(trusted);
	let field = |name: &str| version[name].to_string().trim_matches('"').to_owned();
	output::item(
		session.json,
		&version,
		&[
			("runtime", field("specName")),
			("version", field("specVersion")),
			("transaction version", field("transactionVersion")),
			("metadata hash", runtime.metadata_hash.to_string()),
			("trusted", if trusted { "yes" } else { "no: `credio trust runtime`" }.into()),
			("chain", client.chain().to_string()),
		],
	)
}
