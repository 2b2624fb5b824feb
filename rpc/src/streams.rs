//! Streams, their secrets, and subscriptions to their entries.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
mod pages;
mod position;
#[cfg(test)]
mod tests;

pub(crate) use api::StreamsRpcServer;
pub(crate) use handler::Streams;
pub(crate) use pages::RecentPages;
