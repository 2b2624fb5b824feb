//! The commands. Each file has a command's arguments, what it does, and what it prints.

mod access;
mod add_keys;
mod aggregate;
mod anchor;
mod bundle;
mod checkpoint;
mod commitment_key;
mod council;
mod dev_vaults;
mod erase;
mod erasures;
mod evidence;
mod export;
mod fetch;
mod grant;
mod grants;
mod index;
mod lane;
mod objects;
mod org;
mod outbox;
mod query;
mod quota;
mod renounce;
mod report;
mod revoke;
mod runtime;
mod search;
mod status;
mod stream;
mod trust;
mod upload;
mod validator;
mod vault;
mod verify;
mod watch;

use crate::{
	exit::{self, Failure},
	options::Global,
	session::Session,
	stall,
};
use clap::{Parser, Subcommand};

/// The part of `credio --help` about ids.
const IDS: &str = "\
Ids are 0x and 64 hex digits. Wherever the help does not ask for a whole id, the first 8 digits or
more are enough (0x62bb6f97), or the short form of tables (0x62bb6f97…a36e).";

/// Business documents on a ledger that nobody can read without permission.
#[derive(Debug, Parser)]
#[command(name = "credio", version, after_help = format!("{IDS}\n\n{}", exit::HELP))]
pub(crate) struct Cli {
	#[command(subcommand)]
	command: Command,

	#[command(flatten)]
	global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
	#[command(subcommand)]
	Vault(vault::VaultCommand),
	#[command(subcommand)]
	Org(org::OrgCommand),
	#[command(subcommand)]
	Stream(stream::StreamCommand),
	Upload(upload::UploadArgs),
	#[command(subcommand)]
	Outbox(outbox::OutboxCommand),
	#[command(subcommand)]
	Lane(lane::LaneCommand),
	Status(status::StatusArgs),
	Anchor(anchor::AnchorArgs),
	Verify(verify::VerifyArgs),
	Evidence(Box<evidence::EvidenceArgs>),
	#[command(subcommand)]
	Checkpoint(checkpoint::CheckpointCommand),
	CommitmentKey(commitment_key::CommitmentKeyArgs),
	Grant(grant::GrantArgs),
	Revoke(revoke::RevokeArgs),
	Renounce(renounce::RenounceArgs),
	AddKeys(add_keys::AddKeysArgs),
	Grants(grants::GrantsArgs),
	#[command(subcommand)]
	Access(access::AccessCommand),
	#[command(subcommand)]
	Bundle(bundle::BundleCommand),
	Query(query::QueryArgs),
	Watch(watch::WatchArgs),
	Fetch(fetch::FetchArgs),
	#[command(subcommand)]
	Objects(objects::ObjectsCommand),
	Erase(erase::EraseArgs),
	Erasures(erasures::ErasuresArgs),
	Quota(quota::QuotaArgs),
	#[command(subcommand)]
	Council(council::CouncilCommand),
	#[command(subcommand)]
	Validator(validator::ValidatorCommand),
	#[command(subcommand)]
	Runtime(runtime::RuntimeCommand),
	#[command(subcommand)]
	Trust(trust::TrustCommand),
	#[command(subcommand)]
	Index(index::IndexCommand),
	Search(search::SearchArgs),
	Aggregate(aggregate::AggregateArgs),
	#[command(subcommand)]
	Report(Box<report::ReportCommand>),
	Export(Box<export::ExportArgs>),
	DevVaults(dev_vaults::DevVaultsArgs),
}

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
	let session = Session::new(cli.global)?;
	tokio::select! {
		result = dispatch(&session, cli.command) => result,
		never = stall::watch(&session) => match never {},
	}
}

async fn dispatch(session: &Session, command: Command) -> Result<(), Failure> {
	match command {
		Command::Vault(command) => vault::run(session, command).await,
		Command::Org(command) => org::run(session, command).await,
		Command::Stream(command) => stream::run(session, command).await,
		Command::Upload(args) if args.uses_outbox() => outbox::upload::run(session, args).await,
		Command::Upload(args) => upload::run(session, args).await,
		Command::Outbox(command) => outbox::run(session, command).await,
		Command::Lane(command) => lane::run(session, command).await,
		Command::Status(args) => status::run(session, args).await,
		Command::Anchor(args) => anchor::run(session, args).await,
		Command::Verify(args) => verify::run(session, args).await,
		Command::Evidence(args) => evidence::run(session, *args).await,
		Command::Checkpoint(command) => checkpoint::run(session, command).await,
		Command::CommitmentKey(args) => commitment_key::run(session, args).await,
		Command::Grant(args) => grant::run(session, args).await,
		Command::Revoke(args) => revoke::run(session, args).await,
		Command::Renounce(args) => renounce::run(session, args).await,
		Command::AddKeys(args) => add_keys::run(session, args).await,
		Command::Grants(args) => grants::run(session, args).await,
		Command::Access(command) => access::run(session, command).await,
		Command::Bundle(command) => bundle::run(session, command).await,
		Command::Query(args) => query::run(session, args).await,
		Command::Watch(args) => watch::run(session, args).await,
		Command::Fetch(args) => fetch::run(session, args).await,
		Command::Objects(command) => objects::run(session, command).await,
		Command::Erase(args) => erase::run(session, args).await,
		Command::Erasures(args) => erasures::run(session, args).await,
		Command::Quota(args) => quota::run(session, args).await,
		Command::Council(command) => council::run(session, command).await,
		Command::Validator(command) => validator::run(session, command).await,
		Command::Runtime(command) => runtime::run(session, command).await,
		Command::Trust(command) => trust::run(session, command).await,
		Command::Index(command) => index::run(session, command).await,
		Command::Search(args) => search::run(session, args).await,
		Command::Aggregate(args) => aggregate::run(session, args).await,
		Command::Report(command) => report::run(session, *command).await,
		Command::Export(args) => export::run(session, *args).await,
		Command::DevVaults(args) => dev_vaults::run(session, &args),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;
	use std::{env, fs};

	/// Committed help of all commands.
	const REFERENCE: &str = "tests/cli-reference.md";
	/// Set to write the reference instead of comparing it.
	const WRITE: &str = "CREDIO_WRITE_VECTORS";

	/// Renders the help of a command and of those below it. Only the first has the global options.
	fn render(mut command: clap::Command, name: &str, reference: &mut String) {
		let is_root = !name.contains(' ');
		let hide = |argument: clap::Arg| {
			let is_hidden = argument.is_global_set() && !is_root;
			argument.hide_env_values(true).hide(is_hidden)
		};
		command = command.mut_args(hide).term_width(100).bin_name(name);
		let help = command.render_long_help().to_string();
		let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
		reference.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.trim_end()));
		for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
			render(below.clone(), &format!("{name} {}", below.get_name()), reference);
		}
	}

	#[test]
	fn reference_is_up_to_date() {
		let mut command = Cli::command();
		command.build();
		let mut reference =
			"# Command reference\n\nThe help of every command, with the global options once. \
			`CREDIO_WRITE_VECTORS=1 cargo nextest run -p credio-cli`\nrewrites it.\n"
				.to_owned();
		render(command, "credio", &mut reference);
		if env::var_os(WRITE).is_some() {
			fs::write(REFERENCE, &reference).unwrap();
		}
		let committed = fs::read_to_string(REFERENCE).unwrap();
		assert!(committed == reference, "run with {WRITE}=1 and check the difference");
	}

	#[test]
	fn arguments_are_consistent() {
		Cli::command().debug_assert();
	}
}
