//! Refusals of a node.

use super::kind::ErrorKind;
use credio_primitives::error_codes as codes;

/// A node's refusal of a call, with its stable code.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
	/// One of [`credio_primitives::error_codes`], or a standard JSON-RPC code.
	pub code: i32,
	/// The message.
	pub message: String,
	/// What to do about it.
	pub remedy: Option<String>,
	/// Why a transaction was refused, in one word.
	pub reason: Option<String>,
}

impl Refusal {
	/// Returns the kind of failure.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self.code {
			codes::ACCESS_DENIED | codes::ACCESS_TOKEN_INVALID | codes::ACCESS_TOKEN_EXPIRED => {
				ErrorKind::Denied
			},
			codes::NOT_FOUND => ErrorKind::NotFound,
			codes::REQUEST_EXPIRED => ErrorKind::Expired,
			_ if self.is_busy() => ErrorKind::Busy,
			_ => ErrorKind::Rejected,
		}
	}

	/// Whether the node may accept the same transaction later.
	#[must_use]
	pub fn is_busy(&self) -> bool {
		let is_full =
			matches!(self.code, codes::POOL_FULL | codes::QUOTA_EXCEEDED | codes::POSITION_TOO_FAR);
		is_full || self.is_rate_limited() || self.reason.as_deref() == Some("banned")
	}

	/// Whether the node limits the calls of this client or of all: it may accept the same call in a moment.
	#[must_use]
	pub fn is_rate_limited(&self) -> bool {
		matches!(
			self.code,
			codes::RATE_LIMITED
				| codes::SERVER_BUSY
				| codes::TOO_MANY_SUBSCRIPTIONS
				| codes::TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION
		)
	}

	/// Whether the signature is not valid for the node's present runtime.
	#[must_use]
	pub fn is_bad_proof(&self) -> bool {
		self.reason.as_deref() == Some("badProof")
	}
}
