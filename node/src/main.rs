//! The Credio node.

// The SDK's errors are large, and none of this is a hot path.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod consortium;
mod defaults;
mod logging;
mod metrics;
mod pool;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
