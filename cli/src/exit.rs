//! Exit codes, and the failures behind them.

use credio_client::{
	evidence::{Part, Refused},
	AccessError, Error, ErrorKind,
};
use credio_export::ExportError;
use credio_index::{ingest::IngestError, StoreError};
use credio_outbox::OutboxError;
use credio_vault::VaultError;

/// It worked.
pub const OK: i32 = 0;
/// Something went wrong that has no code of its own.
pub const FAILED: i32 = 1;
/// The command line makes no sense, or has a secret in it.
pub const USAGE: i32 = 2;
/// The chain, or the node, refused a request.
pub const REJECTED: i32 = 3;
/// No right to read this.
pub const DENIED: i32 = 4;
/// The request has expired.
pub const EXPIRED: i32 = 5;
/// The document does not match the chain, an evidence or a checkpoint does not hold, or the node's answer does not.
pub const NOT_VERIFIED: i32 = 6;
/// There is no such thing.
pub const NOT_FOUND: i32 = 7;
/// The node cannot be reached, or proves nothing that is new enough.
pub const UNREACHABLE: i32 = 8;
/// The vault cannot be opened.
pub const NO_VAULT: i32 = 9;

/// What `credio --help` says about exit codes.
pub const HELP: &str = "\
Exit codes:
  0  it worked
  1  something went wrong that has no code of its own
  2  the command line makes no sense, or has a password in it
  3  the chain or the node refused the request
  4  no right to read this
  5  the request has expired
  6  the document does not match the chain, or the evidence, checkpoint or export does not hold, or the node lies
  7  there is no such thing
  8  the node cannot be reached, or proves nothing that is new enough
  9  the vault cannot be opened";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
	/// The SDK says so.
	#[error(transparent)]
	Sdk(#[from] Error),
	/// The outbox says so.
	#[error(transparent)]
	Outbox(#[from] OutboxError),
	/// The index says so.
	#[error(transparent)]
	Index(#[from] IngestError),
	/// An evidence does not hold, or what it is held against cannot be used.
	#[error(transparent)]
	Evidence(#[from] Refused),
	/// An export cannot be made or verified.
	#[error(transparent)]
	Export(ExportError),
	/// What was verified does not hold.
	#[error("{0}")]
	NotVerified(String),
	/// A file cannot be read or written.
	#[error("{path}: {source}")]
	File {
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
	/// Some of several uploads failed; each was told when it did.
	#[error("{failed} of {total} files were not uploaded")]
	Uploads {
		/// How many.
		failed: usize,
		/// Of how many.
		total: usize,
		/// Exit code of the first.
		code: i32,
	},
	/// The last consent to a bundle came, and a call of it failed.
	#[error("the bundle was aborted, and nothing of it was applied: {0}")]
	Aborted(String),
	/// Whoever read the output has closed it, as `head` does. Nothing is said of that.
	#[error("nobody reads the output any more")]
	Closed,
	/// Anything else, in words.
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
	/// A file that cannot be read or written.
	pub fn file(path: &std::path::Path, source: std::io::Error) -> Self {
		Self::File { path: path.display().to_string(), source }
	}

	/// The message and, after a colon, what to do about it.
	pub fn with_hint(&self) -> String {
		let hint = match self {
			Self::Sdk(error) => error.hint(),
			Self::Outbox(OutboxError::Vault(error)) => error.hint().map(Into::into),
			Self::Index(error) => error.hint(),
			_ => None,
		};
		match hint {
			Some(hint) => format!("{self}: {hint}"),
			None => self.to_string(),
		}
	}

	/// The exit code.
	pub fn code(&self) -> i32 {
		match self {
			Self::Sdk(error) => code(error),
			Self::Closed => OK,
			Self::Uploads { code, .. } => *code,
			Self::Evidence(Refused { part: Part::Specification, .. }) => FAILED,
			Self::Evidence(_) | Self::NotVerified(_) => NOT_VERIFIED,
			Self::Export(ExportError::UnknownSubject(_)) => NOT_FOUND,
			Self::Outbox(OutboxError::KeyReused(_)) | Self::Aborted(_) => REJECTED,
			Self::Outbox(OutboxError::NotFound(_)) => NOT_FOUND,
			Self::Index(IngestError::Node(error)) => code(error),
			Self::Index(IngestError::Store(StoreError::UnknownView { .. })) => NOT_FOUND,
			Self::Outbox(_) | Self::Index(_) => FAILED,
			Self::File { .. } | Self::Export(_) | Self::Other(_) => FAILED,
		}
	}
}

/// The exit code of an error of the SDK.
pub fn code(error: &Error) -> i32 {
	match error.kind() {
		ErrorKind::Rejected | ErrorKind::Busy => REJECTED,
		ErrorKind::Denied => DENIED,
		ErrorKind::Expired => EXPIRED,
		ErrorKind::Untrusted => NOT_VERIFIED,
		ErrorKind::NotFound => NOT_FOUND,
		ErrorKind::Unavailable | ErrorKind::NotFinal => UNREACHABLE,
		_ => match error {
			Error::Access(AccessError::RotationDue) => REJECTED,
			Error::Vault(
				VaultError::File { .. }
				| VaultError::Format { .. }
				| VaultError::WrongPassword { .. }
				| VaultError::EmptyPassword
				| VaultError::Locked { .. },
			) => NO_VAULT,
			_ => FAILED,
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::{
		primitives::{error_codes as codes, Digest, RequestKey},
		ConnectError, ProofError, Refusal, SignError, SubmitError,
	};

	#[test]
	fn codes_of_errors_are_stable() {
		let text = String::new;
		let refused = |part| Refused { part, reason: text() };
		let refusal = |code| Refusal { code, message: text(), remedy: None, reason: None };
		let key = RequestKey([0; 32]);
		let expected: Vec<(Error, i32)> = vec![
			(ConnectError::Unreachable(text()).into(), UNREACHABLE),
			(ConnectError::WrongChain(text()).into(), FAILED),
			(ConnectError::Insecure(text()).into(), FAILED),
			(
				SignError::UnknownRuntime { spec_version: 1, metadata_hash: Digest([0; 32]) }
					.into(),
				FAILED,
			),
			(SignError::OtherRuntime { spec_version: 1, reason: text() }.into(), NOT_VERIFIED),
			(ProofError::NotFinal(text()).into(), UNREACHABLE),
			(ProofError::NoProofs(text()).into(), UNREACHABLE),
			(ProofError::NotProven(refused(Part::Storage)).into(), NOT_VERIFIED),
			(ProofError::Contradicted("grant").into(), NOT_VERIFIED),
			(ProofError::NotProvable(refused(Part::Finality)).into(), NOT_VERIFIED),
			(refused(Part::Checkpoint).into(), NOT_VERIFIED),
			(refused(Part::Specification).into(), FAILED),
			(SubmitError::Expired(key).into(), EXPIRED),
			(SubmitError::KeyReused(key).into(), REJECTED),
			(SubmitError::CallFailed(text()).into(), REJECTED),
			(AccessError::NoKey(1).into(), DENIED),
			(AccessError::NoEpoch.into(), FAILED),
			(AccessError::RotationDue.into(), REJECTED),
			(AccessError::EpochNotOpened(Box::new(AccessError::NoEpoch.into())).into(), FAILED),
			(AccessError::NotVerified.into(), NOT_VERIFIED),
			(refusal(codes::ACCESS_DENIED).into(), DENIED),
			(refusal(codes::NOT_FOUND).into(), NOT_FOUND),
			(refusal(codes::REQUEST_EXPIRED).into(), EXPIRED),
			(refusal(codes::POOL_FULL).into(), REJECTED),
			(refusal(-32_602).into(), REJECTED),
			(VaultError::EmptyPassword.into(), NO_VAULT),
			(VaultError::NoPendingKey.into(), FAILED),
			(Error::NotFound { what: "stream", name: text(), hint: "" }, NOT_FOUND),
			(Error::Argument(text()), FAILED),
			(Error::UnexpectedResponse(text()), FAILED),
		];
		for (error, expected) in expected {
			assert_eq!(code(&error), expected, "{error:?}");
		}
	}

	#[test]
	fn hint_follows_message() {
		let failure = Failure::from(Error::from(AccessError::NoKey(3)));
		assert_eq!(
			failure.with_hint(),
			"the organization holds no key for this stream's epoch 3: ask the owner for a grant"
		);
		let failure = Failure::Other("no such file".into());
		assert_eq!(failure.with_hint(), "no such file");
	}
}
