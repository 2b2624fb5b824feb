//! The Credio node.

mod chain_spec;
mod cli;
mod command;
mod defaults;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
