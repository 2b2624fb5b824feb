//! The Credio node: service, pool, JSON-RPC and chain specifications.

// The SDK's errors are large, and none of this is a hot path.
#![allow(clippy::result_large_err)]

mod authorship;
mod best;
mod chain_spec;
mod cli;
mod client;
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

pub use command::run;
