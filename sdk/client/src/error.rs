//! Errors of the client: one type for each operation, a [kind](ErrorKind) to act on, and a [hint](Error::hint) for people.

mod access;
mod connect;
mod kind;
mod proof;
mod refusal;
mod sign;
mod submit;

pub use access::AccessError;
pub use connect::ConnectError;
pub use kind::ErrorKind;
pub use proof::ProofError;
pub use refusal::Refusal;
pub use sign::{SignError, UnfitCall};
pub use submit::SubmitError;

use crate::objects::ObjectError;
use credio_evidence::Refused;
use credio_primitives::error_codes as codes;
use std::borrow::Cow;
use subxt::rpcs::Error as RpcError;

/// A value or [`Error`].
pub type Result<Value> = std::result::Result<Value, Error>;

/// An error of the client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// Connecting to a node failed, or the connection was lost.
	#[error(transparent)]
	Connect(#[from] ConnectError),
	/// Nothing can be signed for the node's runtime.
	#[error(transparent)]
	Sign(#[from] SignError),
	/// The node refused a call.
	#[error(transparent)]
	Refused(#[from] Refusal),
	/// The node's response is not proven.
	#[error(transparent)]
	Proof(#[from] ProofError),
	/// A request was not applied.
	#[error(transparent)]
	Submit(#[from] SubmitError),
	/// The organization cannot read or write the stream.
	#[error(transparent)]
	Access(#[from] AccessError),
	/// An object cannot be stored, read or opened.
	#[error(transparent)]
	Object(#[from] ObjectError),
	/// The vault failed.
	#[error(transparent)]
	Vault(#[from] credio_vault::VaultError),
	/// A checkpoint cannot be made, or is not valid.
	#[error(transparent)]
	Evidence(#[from] Refused),
	/// Nothing has that name.
	#[error("{what} {name:?} was not found")]
	NotFound {
		/// Kind of item.
		what: &'static str,
		/// The name that was asked for.
		name: String,
		/// What to do about it; empty if there is nothing to say.
		hint: &'static str,
	},
	/// An argument cannot be used.
	#[error("{0}")]
	Argument(String),
	/// The node's response cannot be understood.
	#[error("unexpected response from the node: {0}")]
	UnexpectedResponse(String),
}

impl Error {
	/// Returns the kind of failure, for programs.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::Connect(error) => error.kind(),
			Self::Sign(error) => error.kind(),
			Self::Refused(refusal) => refusal.kind(),
			Self::Proof(error) => error.kind(),
			Self::Submit(error) => error.kind(),
			Self::Access(error) => error.kind(),
			Self::Object(error) => error.kind(),
			Self::Vault(_) => ErrorKind::Vault,
			Self::Evidence(Refused { part: credio_evidence::Part::Specification, .. })
			| Self::Argument(_) => ErrorKind::Usage,
			Self::Evidence(_) => ErrorKind::Untrusted,
			Self::NotFound { .. } => ErrorKind::NotFound,
			Self::UnexpectedResponse(_) => ErrorKind::Internal,
		}
	}

	/// Returns what to do about it, for people.
	pub fn hint(&self) -> Option<Cow<'static, str>> {
		match self {
			Self::Connect(error) => error.hint().map(Cow::Borrowed),
			Self::Sign(error) => error.hint().map(Cow::Borrowed),
			Self::Refused(refusal) => refusal.remedy.clone().map(Cow::Owned),
			Self::Proof(error) => error.hint().map(Cow::Borrowed),
			Self::Submit(error) => error.hint().map(Cow::Borrowed),
			Self::Access(error) => error.hint().map(Cow::Borrowed),
			Self::Object(error) => error.hint().map(Cow::Borrowed),
			Self::Vault(error) => error.hint().map(Cow::Borrowed),
			Self::NotFound { hint, .. } => (!hint.is_empty()).then_some(Cow::Borrowed(hint)),
			Self::Evidence(_) | Self::Argument(_) | Self::UnexpectedResponse(_) => None,
		}
	}

	/// Returns the message and, after a colon, the hint: one line for a log or a list.
	#[must_use]
	pub fn with_hint(&self) -> String {
		match self.hint() {
			Some(hint) => format!("{self}: {hint}"),
			None => self.to_string(),
		}
	}

	/// Whether the error leaves the chain's state open: the node cannot be reached, or does not prove its response.
	#[must_use]
	pub fn is_no_answer(&self) -> bool {
		match self {
			Self::Connect(ConnectError::Unreachable(_))
			| Self::Sign(SignError::OtherRuntime { .. }) => true,
			Self::Proof(error) => !matches!(error, ProofError::NotProvable(_)),
			_ => false,
		}
	}

	/// Whether the item does not exist, by proof or according to the node.
	#[must_use]
	pub fn is_not_found(&self) -> bool {
		match self {
			Self::NotFound { .. } => true,
			Self::Refused(refusal) => refusal.code == codes::NOT_FOUND,
			_ => false,
		}
	}
}

impl From<credio_vault::OtherChain> for Error {
	fn from(error: credio_vault::OtherChain) -> Self {
		ConnectError::from(error).into()
	}
}

impl From<UnfitCall> for Error {
	fn from(error: UnfitCall) -> Self {
		SignError::from(error).into()
	}
}

impl From<RpcError> for Error {
	fn from(error: RpcError) -> Self {
		match error {
			RpcError::User(error) => {
				let data: serde_json::Value = error
					.data
					.as_ref()
					.and_then(|data| serde_json::from_str(data.get()).ok())
					.unwrap_or_default();
				let text = |field: &str| data[field].as_str().map(str::to_owned);
				Self::Refused(Refusal {
					code: error.code,
					message: error.message,
					remedy: text("remedy"),
					reason: text("reason"),
				})
			},
			RpcError::Deserialization(error) => Self::UnexpectedResponse(error.to_string()),
			other => ConnectError::Unreachable(other.to_string()).into(),
		}
	}
}

/// Turns an error of subxt that no caller acts on into [`Error::UnexpectedResponse`].
pub(crate) fn unexpected(error: impl std::fmt::Display) -> Error {
	Error::UnexpectedResponse(error.to_string())
}

#[cfg(test)]
mod tests;
