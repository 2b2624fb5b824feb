//! Shared parts of the end-to-end tests: real nodes, and the `credio` command line.
//!
//! The tests run binaries of the workspace's build, so build the workspace first (`./scripts/test.sh` does).

#![allow(
	clippy::must_use_candidate,
	missing_debug_implementations,
	reason = "tests run these for what they do"
)]

mod cli;
pub mod gateway;
pub mod index;
pub mod lies;
pub mod neighbour;
pub mod network;
mod node;
mod process;
pub mod proxy;
pub mod raw;
pub mod scripts;
mod specification;
pub mod uploads;

pub use cli::Cli;
pub use node::{Node, until_active};
pub use process::{Running, binary, moment, number, repository};
pub use specification::{chain_of_release, raw_specification, specification_of_another_chain};
