//! The `credio_v1` JSON-RPC methods of a Credio node.
//!
//! An area of methods is a module: its `api` declares them, its `handler` implements them, and its tests call them on a
//! chain in memory. [`methods`] puts them together. There is no business logic here: every result comes from a runtime API,
//! or from the state by a documented key.

mod bundles;
mod chain;
pub mod error;
mod evidence;
mod grants;
pub mod guard;
mod methods;
#[cfg(test)]
mod mock;
mod network;
pub mod openrpc;
mod organizations;
mod page;
mod pool;
mod records;
#[cfg(test)]
mod reference;
mod requests;
mod served;
mod streams;
mod token;
mod watcher;

pub use chain::{CredioBlock, CredioClient};
pub use error::Error;
pub use evidence::FinalityProofs;
pub use methods::{Deps, methods};
pub use pool::PoolContents;
pub use requests::{Refusal, Statuses, Submissions, TransactionQueue};
pub use served::Served;
pub use watcher::Watcher;
