//! Evidence: proofs of an entry and of finality.

mod api;
#[cfg(test)]
pub(crate) mod docs;
mod handler;
#[cfg(test)]
mod tests;

pub(crate) use api::EvidenceRpcServer;
pub(crate) use handler::Evidence;
pub use handler::FinalityProofs;
