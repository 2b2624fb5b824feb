//! The `credio_v1` JSON-RPC methods of a Credio node.
//!
//! `api` declares them, `error` has the codes, `handler` holds what they share; one module per area answers them.
//! There is no business logic here: every answer comes from a runtime API, or from the state by a
//! documented key.

pub mod api;
mod bundles;
mod contents;
pub mod error;
mod evidence;
pub mod guard;
mod handler;
pub mod openrpc;
mod pool;
mod reads;
mod requests;
mod served;
mod streams;
mod token;
mod watcher;

pub use api::CredioApiServer;
pub use contents::PoolContents;
pub use error::Error;
pub use evidence::FinalityProofs;
pub use handler::Credio;
pub use requests::Submissions;
pub use served::Served;
pub use watcher::Watcher;
