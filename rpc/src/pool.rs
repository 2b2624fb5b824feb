//! The contents of the node's pool.

mod api;
mod contents;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::PoolRpcServer;
pub use contents::PoolContents;
pub(crate) use handler::Pool;
