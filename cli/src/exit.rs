//! Failures of commands, and their exit codes.

use credio_client::{
	AccessError, Error, ErrorKind,
	evidence::{Part, Refused},
};
use credio_export::ExportError;
use credio_index::{StoreError, ingest::IngestError};
use credio_outbox::OutboxError;
use credio_vault::VaultError;

/// Exit code of a command that worked.
pub(crate) const OK: i32 = 0;

/// The exit codes in `credio --help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  success
  1  any other failure
  2  usage error, or a password in the arguments
  3  the chain or the node rejected the request
  4  no right to read this
  5  the request has expired
  6  verification failed: a document, evidence, checkpoint, export or response of the node
  7  not found
  8  the node cannot be reached, or proves nothing that is recent enough
  9  the vault cannot be opened";

/// Kinds of failures, one for each exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
	/// Any other failure.
	Failed,
	/// Usage error, or a secret in the arguments.
	Usage,
	/// The chain or the node rejected a request.
	Rejected,
	/// No right to read something.
	Denied,
	/// A request has expired.
	Expired,
	/// A document, evidence, a checkpoint, an export or a response of the node does not verify.
	NotVerified,
	/// Not found.
	NotFound,
	/// The node cannot be reached, or proves nothing that is recent enough.
	Unreachable,
	/// The vault cannot be opened.
	Vault,
}

impl Kind {
	/// Returns the exit code.
	pub(crate) const fn code(self) -> i32 {
		match self {
			Self::Failed => 1,
			Self::Usage => 2,
			Self::Rejected => 3,
			Self::Denied => 4,
			Self::Expired => 5,
			Self::NotVerified => 6,
			Self::NotFound => 7,
			Self::Unreachable => 8,
			Self::Vault => 9,
		}
	}
}

/// A failure as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explained {
	/// Its kind, which decides the exit code.
	pub kind: Kind,
	/// What failed.
	pub message: String,
	/// What to do about it.
	pub hint: Option<String>,
}

impl Explained {
	/// Returns the error and the hint as they are printed.
	pub(crate) fn parts(&self) -> impl Iterator<Item = String> + '_ {
		let hint = self.hint.iter().map(|hint| format!("hint: {hint}"));
		std::iter::once(format!("error: {}", self.message)).chain(hint)
	}
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
	/// A call of the client failed.
	#[error(transparent)]
	Sdk(#[from] Error),
	/// The object store cannot be opened.
	#[error(transparent)]
	ObjectStore(#[from] credio_objects::StoreError),
	/// A call of the outbox failed.
	#[error(transparent)]
	Outbox(#[from] OutboxError),
	/// A call of the index failed.
	#[error(transparent)]
	Index(#[from] IngestError),
	/// Evidence does not verify, or the specification or checkpoint that it is checked against is unusable.
	#[error(transparent)]
	Evidence(#[from] Refused),
	/// An export cannot be made or verified.
	#[error(transparent)]
	Export(ExportError),
	/// Something does not verify.
	#[error("{0}")]
	NotVerified(String),
	/// A file cannot be read or written.
	#[error("{path}: {source}")]
	File {
		/// The file.
		path: String,
		/// The error of the system.
		source: std::io::Error,
	},
	/// Some of several uploads failed; each was reported when it did.
	#[error("{failed} of {total} files were not uploaded")]
	Uploads {
		/// Number of failed uploads.
		failed: usize,
		/// Number of uploads.
		total: usize,
		/// Kind of the first failure.
		kind: Kind,
	},
	/// The last consent to a bundle arrived, and a call of the bundle failed.
	#[error("the bundle was aborted, and nothing of it was applied: {0}")]
	Aborted(String),
	/// The reader of the output has closed it, as `head` does. It is not reported.
	#[error("the output was closed")]
	Closed,
	/// A failure with its kind and hint.
	#[error("{message}: {hint}")]
	Hinted {
		/// Its kind.
		kind: Kind,
		/// What failed.
		message: String,
		/// What to do about it.
		hint: String,
	},
	/// Any other failure.
	#[error("{0}")]
	Other(String),
}

impl From<StoreError> for Failure {
	fn from(error: StoreError) -> Self {
		Self::Index(error.into())
	}
}

impl From<ExportError> for Failure {
	fn from(error: ExportError) -> Self {
		match error {
			ExportError::Store(error) => error.into(),
			ExportError::Chain(error) => error.into(),
			error => Self::Export(error),
		}
	}
}

impl From<VaultError> for Failure {
	fn from(error: VaultError) -> Self {
		Self::Sdk(error.into())
	}
}

impl Failure {
	/// Returns the failure to read or write a file.
	pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
		Self::File { path: path.display().to_string(), source }
	}

	/// Returns a failure of the kind [`Kind::Failed`], with a hint.
	pub(crate) fn hinted(message: impl Into<String>, hint: impl Into<String>) -> Self {
		Self::Hinted { kind: Kind::Failed, message: message.into(), hint: hint.into() }
	}

	/// Returns the message and, after a colon, the hint: one line for a list.
	pub(crate) fn with_hint(&self) -> String {
		let Explained { message, hint, .. } = self.explain();
		match hint {
			Some(hint) => format!("{message}: {hint}"),
			None => message,
		}
	}

	/// Explains the failure: its kind, what failed, and what to do about it.
	pub(crate) fn explain(&self) -> Explained {
		let hint = match self {
			Self::Outbox(OutboxError::Vault(error)) => error.hint().map(Into::into),
			Self::Index(error) => error.hint().map(|hint| hint.into_owned()),
			_ => None,
		};
		let plain = |kind| Explained { kind, message: self.to_string(), hint: hint.clone() };
		match self {
			Self::Sdk(error) | Self::Index(IngestError::Node(error)) => explain_client(error),
			Self::Hinted { kind, message, hint } => {
				Explained { kind: *kind, message: message.clone(), hint: Some(hint.clone()) }
			},
			Self::Uploads { kind, .. } => plain(*kind),
			Self::Evidence(Refused { part: Part::Specification, .. }) => plain(Kind::Failed),
			Self::Evidence(_) | Self::NotVerified(_) => plain(Kind::NotVerified),
			Self::Outbox(OutboxError::KeyReused(_)) | Self::Aborted(_) => plain(Kind::Rejected),
			Self::Export(ExportError::UnknownSubject(_))
			| Self::Outbox(OutboxError::NotFound(_))
			| Self::Index(IngestError::Store(StoreError::UnknownView { .. })) => plain(Kind::NotFound),
			Self::Outbox(_)
			| Self::ObjectStore(_)
			| Self::Index(_)
			| Self::Export(_)
			| Self::File { .. }
			| Self::Closed
			| Self::Other(_) => plain(Kind::Failed),
		}
	}
}

/// Explains an error of the client.
fn explain_client(error: &Error) -> Explained {
	Explained {
		kind: kind_of(error),
		message: error.to_string(),
		hint: error.hint().map(|hint| hint.into_owned()),
	}
}

/// Returns the kind of an error of the client.
fn kind_of(error: &Error) -> Kind {
	match error.kind() {
		ErrorKind::Rejected | ErrorKind::Busy => Kind::Rejected,
		ErrorKind::Denied => Kind::Denied,
		ErrorKind::Expired => Kind::Expired,
		ErrorKind::Untrusted => Kind::NotVerified,
		ErrorKind::NotFound => Kind::NotFound,
		ErrorKind::Unavailable | ErrorKind::NotFinal => Kind::Unreachable,
		_ => match error {
			Error::Access(AccessError::RotationDue) => Kind::Rejected,
			Error::Vault(
				VaultError::File { .. }
				| VaultError::Format { .. }
				| VaultError::WrongPassword { .. }
				| VaultError::EmptyPassword
				| VaultError::Locked { .. },
			) => Kind::Vault,
			_ => Kind::Failed,
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::{
		ConnectError, ProofError, Refusal, SignError, SubmitError,
		primitives::{Digest, RequestKey, error_codes as codes},
	};

	#[test]
	fn each_kind_has_its_exit_code() {
		let kinds = [
			Kind::Failed,
			Kind::Usage,
			Kind::Rejected,
			Kind::Denied,
			Kind::Expired,
			Kind::NotVerified,
			Kind::NotFound,
			Kind::Unreachable,
			Kind::Vault,
		];
		for (code, kind) in (1..).zip(kinds) {
			assert_eq!(kind.code(), code, "{kind:?}");
			assert!(HELP.contains(&format!("\n  {code}  ")), "{kind:?}");
		}
	}

	#[test]
	fn hints_are_printed_below_the_error() {
		let error = Error::NotFound {
			what: "stream",
			name: "invoices".into(),
			hint: "`credio stream list` shows all",
		};
		let explained = Failure::from(error).explain();
		assert_eq!(explained.kind, Kind::NotFound);
		let parts = explained.parts().collect::<Vec<_>>();
		assert_eq!(
			parts,
			["error: stream \"invoices\" was not found", "hint: `credio stream list` shows all"]
		);
	}

	#[test]
	fn kinds_of_errors_are_stable() {
		let text = String::new;
		let refused = |part| Refused { part, reason: text() };
		let refusal = |code| Refusal { code, message: text(), remedy: None, reason: None };
		let key = RequestKey([0; 32]);
		let expected: Vec<(Error, Kind)> = vec![
			(ConnectError::Unreachable(text()).into(), Kind::Unreachable),
			(ConnectError::WrongChain(text()).into(), Kind::Failed),
			(ConnectError::Insecure(text()).into(), Kind::Failed),
			(
				SignError::UnknownRuntime { spec_version: 1, metadata_hash: Digest([0; 32]) }
					.into(),
				Kind::Failed,
			),
			(SignError::OtherRuntime { spec_version: 1, reason: text() }.into(), Kind::NotVerified),
			(ProofError::NotFinal(text()).into(), Kind::Unreachable),
			(ProofError::NoProofs(text()).into(), Kind::Unreachable),
			(ProofError::NotProven(refused(Part::Storage)).into(), Kind::NotVerified),
			(ProofError::Contradicted("grant").into(), Kind::NotVerified),
			(ProofError::NotProvable(refused(Part::Finality)).into(), Kind::NotVerified),
			(refused(Part::Checkpoint).into(), Kind::NotVerified),
			(refused(Part::Specification).into(), Kind::Failed),
			(SubmitError::Expired(key).into(), Kind::Expired),
			(SubmitError::KeyReused(key).into(), Kind::Rejected),
			(SubmitError::CallFailed(text()).into(), Kind::Rejected),
			(AccessError::NoKey(1).into(), Kind::Denied),
			(AccessError::NoEpoch.into(), Kind::Failed),
			(AccessError::RotationDue.into(), Kind::Rejected),
			(
				AccessError::EpochNotOpened(Box::new(AccessError::NoEpoch.into())).into(),
				Kind::Failed,
			),
			(AccessError::NotVerified.into(), Kind::NotVerified),
			(refusal(codes::ACCESS_DENIED).into(), Kind::Denied),
			(refusal(codes::NOT_FOUND).into(), Kind::NotFound),
			(refusal(codes::REQUEST_EXPIRED).into(), Kind::Expired),
			(refusal(codes::POOL_FULL).into(), Kind::Rejected),
			(refusal(-32_602).into(), Kind::Rejected),
			(VaultError::EmptyPassword.into(), Kind::Vault),
			(VaultError::NoPendingKey.into(), Kind::Failed),
			(Error::NotFound { what: "stream", name: text(), hint: "" }, Kind::NotFound),
			(Error::Argument(text()), Kind::Failed),
			(Error::UnexpectedResponse(text()), Kind::Failed),
		];
		for (error, expected) in expected {
			assert_eq!(kind_of(&error), expected, "{error:?}");
		}
	}

	#[test]
	fn errors_without_a_hint_are_one_line() {
		let explained = Failure::Other("the two passwords differ".into()).explain();
		assert!(explained.parts().eq(["error: the two passwords differ"]));
		assert_eq!(explained.kind, Kind::Failed);
	}

	#[test]
	fn failed_uploads_have_the_kind_of_the_first_failure() {
		let failure = Failure::Uploads { failed: 1, total: 3, kind: Kind::Expired };
		assert_eq!(failure.explain().kind.code(), 5);
	}
}
