//! The Credio node.

// The SDK's errors are large, and none of this is a hot path.
#![allow(clippy::result_large_err)]

mod authorship;
mod best;
mod chain_spec;
mod cli;
mod command;
mod consortium;
mod defaults;
mod health;
mod lock;
mod logging;
mod metrics;
mod offers;
mod pool;
mod rpc;
mod service;
mod signatures;
mod tasks;

// A block makes and drops millions of small values, on several threads. With the allocator of the C library a block of
// small records takes half as long again.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> sc_cli::Result<()> {
	command::run()
}
