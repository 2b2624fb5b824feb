//! Grants and access requests.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::GrantsRpcServer;
pub(crate) use handler::Grants;
