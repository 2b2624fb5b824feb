//! Failures of commands, and their exit codes.

use credio_client::{
	evidence::{Part, Refused},
	AccessError, Error, ErrorKind,
};
use credio_export::ExportError;
use credio_index::{ingest::IngestError, StoreError};
use credio_outbox::OutboxError;
use credio_vault::VaultError;

/// Exit code of a command that worked.
pub const OK: i32 = 0;

/// The exit codes in `credio --help`.
pub const HELP: &str = "\
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
pub enum Kind {
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
	pub const fn code(self) -> i32 {
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
pub struct Explained {
	/// Its kind, which decides the exit code.
	pub kind: Kind,
	/// What failed.
	pub message: String,
	/// What to do about it.
	pub hint: Option<String>,
}

impl Explained {
	/// Returns the error and the hint as they are printed.
	pub fn parts(&self) -> impl Iterator<Item = String> + '_ {
		let hint = self.hint.iter().map(|hint| format!("hint: {hint}"));
		std::iter::once(format!("error: {}", self.message)).chain(hint)
	}
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
	/// A call of the client failed.
	#[error(transparent)]
	Sdk(#[from] Error),
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
	pub fn file(path: &std::path::Path, source: std::io::Error) -> Self {
		Self::File { path: path.display().to_string(), source }
	}

	/// Returns a failure of the kind [`Kind::Failed`], with a hint.
	pub fn hinted(message: impl Into<String>, hint: impl Into<String>) -> Self {
		Self::Hinted { kind: Kind::Failed, message: message.into(), hint: hint.into() }
	}

	/// Explains the failure: its kind, what failed, and what to do about it.
	pub fn explain(&self) -> Explained {
		let plain = |kind| Explained { kind, message: self.to_string(), hint: None };
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
	let (message, hint) = match error {
		Error::NotFound { what, name, hint } => (
			format!("{what} {name:?} was not found"),
			Some(hint.trim_start_matches([':', ' ']).to_owned()).filter(|hint| !hint.is_empty()),
		),
		Error::Refused(refusal) => (refusal.message.clone(), refusal.remedy.clone()),
		error => (error.to_string(), None),
	};
	Explained { kind: kind_of(error), message, hint }
}

/// Returns the kind of an error of the client.
fn kind_of(error: &Error) -> Kind {
	match error {
		Error::Refused(refusal) => match refusal.code {
			codes::ACCESS_DENIED | codes::ACCESS_TOKEN_INVALID | codes::ACCESS_TOKEN_EXPIRED => {
				Kind::Denied
			},
			codes::NOT_FOUND => Kind::NotFound,
			codes::REQUEST_EXPIRED => Kind::Expired,
			_ => Kind::Rejected,
		},
		Error::Rejected(_) | Error::KeyReused(_) | Error::CallFailed(_) | Error::RotationDue => {
			Kind::Rejected
		},
		Error::NoKey(_) => Kind::Denied,
		Error::Expired(_) => Kind::Expired,
		Error::Evidence(Refused { part: Part::Specification, .. }) => Kind::Failed,
		Error::NotVerified
		| Error::NotProvable(_)
		| Error::Evidence(_)
		| Error::NotProven(_)
		| Error::Contradicted(_)
		| Error::OtherRuntime { .. } => Kind::NotVerified,
		Error::NotFound { .. } => Kind::NotFound,
		Error::Connection(_) | Error::NotFinalYet(_) | Error::NoProofs(_) => Kind::Unreachable,
		Error::Vault(
			VaultError::File { .. }
			| VaultError::Format { .. }
			| VaultError::WrongPassword { .. }
			| VaultError::EmptyPassword
			| VaultError::Locked { .. },
		) => Kind::Vault,
		_ => Kind::Failed,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

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
			hint: ": `credio stream list` shows all",
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
