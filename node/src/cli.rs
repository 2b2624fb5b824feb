//! The command line.

use crate::logging::LogFormat;
use sc_cli::RunCmd;
use sp_runtime::AccountId32;
use std::{net::SocketAddr, path::PathBuf};

/// A node of a Credio network.
#[derive(Debug, clap::Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[clap(flatten)]
	pub run: RunCmd,

	/// How the log is written
	#[arg(long, value_enum, default_value_t)]
	pub log_format: LogFormat,

	/// Serve `GET /health` and `GET /readiness` at this address, for probes, and nothing else
	///
	/// Plain HTTP, whatever Host it is asked by, and nothing that is not public. For a probe on another machine, give an
	/// address that it reaches, as 0.0.0.0:9616.
	#[arg(long, value_name = "ADDRESS:PORT")]
	pub health_listen: Option<SocketAddr>,

	#[clap(flatten)]
	pub storage_monitor: sc_storage_monitor::StorageMonitorParams,
}

/// What the node does instead of running.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Key management: generate, inspect, insert into the keystore.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Make the chain specification of a new consortium.
	#[command(after_help = crate::consortium::HELP)]
	NewNetwork(NewNetworkCmd),

	/// Make a validator's session keys on its machine, and print what is public about them.
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

	/// Go back by a number of blocks.
	Revert(sc_cli::RevertCmd),

	/// Show what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),
}

/// Makes the chain specification of a new consortium.
#[derive(Debug, clap::Parser)]
pub struct NewNetworkCmd {
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
pub struct SessionKeysCmd {
	/// Account of the validator
	#[arg(long, value_name = "SS58")]
	pub account: AccountId32,

	/// Folder of the node's keystore, in which the private keys stay
	#[arg(long, value_name = "FOLDER")]
	pub keystore_path: PathBuf,
}
