//! Entries and the records among them.

mod access;
mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::RecordsRpcServer;
pub(crate) use handler::Records;
