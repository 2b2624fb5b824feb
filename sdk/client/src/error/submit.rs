//! Errors of submitting a request or a call.

use super::kind::ErrorKind;
use credio_primitives::{RequestKey, rpc::RequestStatusJson};

/// A request was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
	/// The chain rejected the request.
	#[error("the request {} was rejected: {}", .0.request_key, rejection(.0))]
	Rejected(Box<RequestStatusJson>),
	/// The request expired and will never be applied.
	#[error("the request {0} has expired without being applied; nothing was written")]
	Expired(RequestKey),
	/// The key was used for another document or another set of calls.
	#[error("the request key {0} was used before, for something else")]
	KeyReused(RequestKey),
	/// A transaction failed in its block.
	#[error("the call failed: {0}")]
	CallFailed(String),
}

impl SubmitError {
	/// Returns the kind of failure.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::Rejected(_) | Self::KeyReused(_) | Self::CallFailed(_) => ErrorKind::Rejected,
			Self::Expired(_) => ErrorKind::Expired,
		}
	}

	/// Returns what to do about it.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::KeyReused(_) => Some("use a new key"),
			Self::Rejected(_) | Self::Expired(_) | Self::CallFailed(_) => None,
		}
	}
}

fn rejection(status: &RequestStatusJson) -> String {
	match status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref()) {
		Some(error) => format!("{} ({})", error.name, error.description.trim()),
		None => "the chain does not say why".into(),
	}
}
