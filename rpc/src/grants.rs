//! Grants and access requests.

mod api;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::GrantsRpcServer;
pub(crate) use handler::Grants;
