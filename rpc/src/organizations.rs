//! Organizations, members, keys and quotas.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::OrganizationsRpcServer;
pub(crate) use handler::Organizations;
