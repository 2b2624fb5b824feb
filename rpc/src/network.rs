//! Validators, bounds, and the description of the methods.

mod api;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::NetworkRpcServer;
pub(crate) use handler::Network;
