//! Bundles.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::BundlesRpcServer;
pub(crate) use handler::Bundles;
