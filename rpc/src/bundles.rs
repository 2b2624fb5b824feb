//! Bundles.

mod api;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::BundlesRpcServer;
pub(crate) use handler::Bundles;
