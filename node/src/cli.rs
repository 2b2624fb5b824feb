//! The command line.

use sc_cli::RunCmd;
use sp_runtime::AccountId32;
use std::{net::SocketAddr, path::PathBuf};

/// The format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
	/// Lines for people.
	#[default]
	Text,
	/// One JSON object a line: time, level, target, message and all other fields.
	Json,
}

/// A node of a Credio network.
#[derive(Debug, clap::Parser)]
pub(crate) struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[clap(flatten)]
	pub run: RunCmd,

	/// Format of the log
	#[arg(long, value_enum, default_value_t)]
	pub log_format: LogFormat,

	/// Serve `GET /health` and `GET /readiness` at this address, for probes
	///
	/// Plain HTTP for any Host, with public information only. For a probe on another machine, give an address that it can
	/// reach, such as 0.0.0.0:9616.
	#[arg(long, value_name = "ADDRESS:PORT")]
	pub health_listen: Option<SocketAddr>,

	#[clap(flatten)]
	pub storage_monitor: sc_storage_monitor::StorageMonitorParams,
}

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Subcommand {
	/// Key management: generate, inspect, insert into the keystore.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Make the chain specification of a new consortium.
	#[command(after_help = crate::consortium::HELP)]
	NewNetwork(NewNetworkCmd),

	/// Make a validator's session keys on its machine, and print their public part.
	SessionKeys(SessionKeysCmd),

	/// Print the chain specification of `--chain`.
	#[allow(deprecated)]
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Validate blocks.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Print the state of a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole chain.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Revert a number of blocks.
	Revert(sc_cli::RevertCmd),

	/// Show the contents of the database.
	ChainInfo(sc_cli::ChainInfoCmd),
}

/// Makes the chain specification of a new consortium.
#[derive(Debug, clap::Parser)]
pub(crate) struct NewNetworkCmd {
	/// The file that describes it
	pub file: PathBuf,

	/// Where to write the chain specification, which every node then takes as --chain
	#[arg(short, long, value_name = "FILE")]
	pub output: PathBuf,
}

/// Makes a validator's session keys.
#[derive(Debug, clap::Parser)]
#[command(
	after_help = "Example: credio-node session-keys --account 5F…y --keystore-path /var/lib/credio/keystore\n(the node runs with the same --keystore-path)"
)]
pub(crate) struct SessionKeysCmd {
	/// Account of the validator
	#[arg(long, value_name = "SS58")]
	pub account: AccountId32,

	/// Folder of the node's keystore; the private keys stay there
	#[arg(long, value_name = "FOLDER")]
	pub keystore_path: PathBuf,
}
