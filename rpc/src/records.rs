//! Entries and the records among them.

mod access;
mod api;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::RecordsRpcServer;
pub(crate) use handler::Records;
