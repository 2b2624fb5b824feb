//! Validators, bounds, and the description of the methods.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::NetworkRpcServer;
pub(crate) use handler::Network;
