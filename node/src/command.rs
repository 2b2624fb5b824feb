//! Runs the commands.

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	consortium, defaults, logging,
	pool::Amount,
	service,
};
use clap::{CommandFactory, FromArgMatches};
use credio_runtime::opaque::Block;
use sc_cli::SubstrateCli;
use sc_service::PartialComponents;
use std::time::Duration;

/// The error without a chain. There is no default, since the keys of the built-in chains are public.
const NO_CHAIN: &str = "no chain is named: give --chain FILE, the specification that `credio-node new-network` has \
	written; or, for development with public keys, --dev for one node or --chain local for four";

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Credio Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn executable_name() -> String {
		"credio-node".into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		env!("CARGO_PKG_AUTHORS").into()
	}

	fn support_url() -> String {
		env!("CARGO_PKG_REPOSITORY").into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(match id {
			"" => return Err(NO_CHAIN.into()),
			"dev" => Box::new(chain_spec::development()?),
			"local" => Box::new(chain_spec::local()?),
			path => Box::new(chain_spec::ChainSpec::from_json_file(path.into())?),
		})
	}
}

/// Runs the command named by the arguments.
///
/// # Errors
///
/// If the command fails.
pub fn run() -> sc_cli::Result<()> {
	let command = defaults::flags(Cli::setup_command(Cli::command()));
	let cli = Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
	match &cli.subcommand {
		None => {
			let runner = logging::runner(&cli)?;
			runner.run_node_until_exit(|mut config| async move {
				defaults::apply(&mut config, cli.run.shared_params.is_dev())
					.map_err(sc_cli::Error::Input)?;
				let pool = &cli.run.pool_config;
				let pool_limit =
					Amount { count: pool.pool_limit, bytes: pool.pool_kbytes.saturating_mul(1024) };
				let ban = pool.tx_ban_seconds.map_or(defaults::BAN, Duration::from_secs);
				config.transaction_pool = pool_limit.options(ban);
				service::new_full(config, cli.storage_monitor, pool_limit, cli.health_listen)
					.map_err(sc_cli::Error::Service)
			})
		},
		Some(Subcommand::Key(cmd)) => cmd.run(&cli),
		Some(Subcommand::NewNetwork(cmd)) => {
			let made = consortium::new_network(&cmd.file)?;
			let json = made.spec.as_json(true).map_err(sc_cli::Error::Input)?;
			std::fs::write(&cmd.output, json)?;
			println!("chain specification  {}", cmd.output.display());
			println!("network_id           \"{:?}\"", made.network_id);
			println!("genesis              {:?}", made.genesis_hash);
			Ok(())
		},
		Some(Subcommand::SessionKeys(cmd)) => {
			let folder = cmd.keystore_path.clone();
			let (keys, proof) = consortium::session_keys(folder, &cmd.account)?;
			println!("account = \"{}\"", cmd.account);
			println!("session_keys = \"{}\"", sp_core::bytes::to_hex(&keys, false));
			println!("proof = \"{}\"", sp_core::bytes::to_hex(&proof, false));
			Ok(())
		},
		#[allow(deprecated)]
		Some(Subcommand::BuildSpec(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.sync_run(|config| cmd.run(config.chain_spec, config.network))
		},
		Some(Subcommand::CheckBlock(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&config, Amount::default())?;
				Ok((cmd.run(client, import_queue), task_manager))
			})
		},
		Some(Subcommand::ExportBlocks(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, .. } =
					service::new_partial(&config, Amount::default())?;
				Ok((cmd.run(client, config.database), task_manager))
			})
		},
		Some(Subcommand::ExportState(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, .. } =
					service::new_partial(&config, Amount::default())?;
				Ok((cmd.run(client, config.chain_spec), task_manager))
			})
		},
		Some(Subcommand::ImportBlocks(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&config, Amount::default())?;
				Ok((cmd.run(client, import_queue), task_manager))
			})
		},
		Some(Subcommand::PurgeChain(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.sync_run(|config| cmd.run(config.database))
		},
		Some(Subcommand::Revert(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, backend, .. } =
					service::new_partial(&config, Amount::default())?;
				let aux_revert = Box::new(|client, _, blocks| {
					sc_consensus_grandpa::revert(client, blocks)?;
					Ok(())
				});
				Ok((cmd.run(client, backend, Some(aux_revert)), task_manager))
			})
		},
		Some(Subcommand::ChainInfo(cmd)) => {
			let runner = cli.create_runner(cmd)?;
			runner.sync_run(|config| cmd.run::<Block>(&config))
		},
	}
}
