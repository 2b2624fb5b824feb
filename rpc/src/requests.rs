//! Requests: uploading them and following them to their outcome.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod follow;
mod handler;
mod queue;
mod refusal;
mod seen;
mod status;
#[cfg(test)]
mod tests;

pub(crate) use api::RequestsRpcServer;
pub(crate) use handler::Requests;
pub use handler::Submissions;
pub use queue::{Statuses, TransactionQueue};
pub use refusal::Refusal;
pub(crate) use seen::SeenRequests;
