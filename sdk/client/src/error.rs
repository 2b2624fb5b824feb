//! What can go wrong between an application and the chain.

use credio_primitives::{error_codes as codes, rpc::RequestStatusJson, RequestKey};
use subxt::rpcs::Error as RpcError;

/// Answer or [`Error`].
pub type Result<Answer> = std::result::Result<Answer, Error>;

/// What can go wrong between an application and the chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// The node cannot be reached, or the connection was lost.
	#[error("the node cannot be reached: {0}. Check that it runs and that its address is right")]
	Connection(String),
	/// The node is of another chain than this software is for.
	#[error("{0}")]
	WrongChain(String),
	/// The node is of another chain than the one that is pinned.
	#[error(transparent)]
	OtherChain(#[from] credio_vault::OtherChain),
	/// The chain has a runtime that this software does not know, so nothing is signed for it.
	#[error("the chain has runtime {spec_version}, which this software does not know, so it signs nothing for it: install the release for it, or, with the metadata hash that the council names, `credio trust runtime` (the node says {metadata_hash})")]
	UnknownRuntime {
		/// Its version.
		spec_version: u32,
		/// Hash of the metadata that the node has.
		metadata_hash: credio_primitives::Digest,
	},
	/// The node's runtime is not what the runtime of that version is known to be, so nothing is signed for it.
	#[error("this node's runtime is not runtime {spec_version}, which it says it is: {reason}. Do not work with this node")]
	OtherRuntime {
		/// The version that the node names.
		spec_version: u32,
		/// What is wrong.
		reason: String,
	},
	/// The runtime takes no such call.
	#[error(transparent)]
	UnfitCall(#[from] crate::calls::UnfitCall),
	/// The line to a node is not encrypted, and leads beyond this machine.
	#[error("the line to {0} is not encrypted and leads beyond this machine, so anybody on it could read what is asked and answer in the node's place: use wss://, or allow it by name (--insecure)")]
	Insecure(String),
	/// The node refused a call.
	#[error(transparent)]
	Refused(#[from] Refusal),
	/// The chain decided the request, and did not apply it.
	#[error("the request {} was rejected: {}", .0.request_key, rejection(.0))]
	Rejected(Box<RequestStatusJson>),
	/// The request can never be applied: its expiry has passed.
	#[error("the request {0} has expired without being applied; nothing was written")]
	Expired(RequestKey),
	/// The key was used for another document or another set of calls.
	#[error("the request key {0} was used before, for something else: use a new key")]
	KeyReused(RequestKey),
	/// The vault could not do its part.
	#[error(transparent)]
	Vault(#[from] credio_vault::VaultError),
	/// There is no such thing, by that name.
	#[error("{what} {name:?} was not found{hint}")]
	NotFound {
		/// Kind of thing.
		what: &'static str,
		/// The name that was asked for.
		name: String,
		/// What to do about it.
		hint: &'static str,
	},
	/// The vault's organization holds no secret for this.
	#[error(
		"the organization holds no key for this stream's epoch {0}: ask the owner for a grant"
	)]
	NoKey(u32),
	/// The stream has no key epoch yet.
	#[error("the stream has no key epoch yet: its owner has to rotate it once")]
	NoEpoch,
	/// A grant has ended, and the owner has not opened the next key epoch yet.
	#[error("the stream waits for its owner to open the next key epoch (credio stream rotate)")]
	RotationDue,
	/// A grant is revoked, and the next key epoch of its stream could not be opened.
	#[error("the grant is revoked, but the stream's next key epoch could not be opened ({0}): `credio stream rotate` opens it, and until then nothing can be appended")]
	EpochNotOpened(Box<Error>),
	/// The document is not the one that was committed to.
	#[error("the document does not match the chain: it is another one, was changed, or the key is wrong")]
	NotVerified,
	/// What is asked for cannot be proven yet, since no block is final that is new enough.
	#[error("not final yet: {0}")]
	NotFinalYet(String),
	/// What the node answered is not proven to be so.
	#[error("the node's answer does not hold: {}: {}. Do not work with this node{}", .0.part, .0.reason, after_force(.0))]
	NotProven(credio_evidence::Refused),
	/// A final block proves something else than the node says.
	#[error(
		"the node tells a wrong {0}: a final block proves another one. Do not work with this node"
	)]
	Contradicted(&'static str),
	/// The node cannot prove what it says.
	#[error("the node has no proof ({0}): work with another one, or start from the chain's specification; whoever runs the node can believe it without proofs (--trust-node)")]
	NoProofs(String),
	/// A verifier would refuse the evidence that was made.
	#[error("a verifier would refuse this evidence: {}: {}{}", .0.part, .0.reason, without_proof(.0))]
	NotProvable(credio_evidence::Refused),
	/// A checkpoint cannot be made, or does not hold.
	#[error(transparent)]
	Evidence(#[from] credio_evidence::Refused),
	/// An argument cannot be used.
	#[error("{0}")]
	Argument(String),
	/// The node answered something that this software does not understand.
	#[error("the node's answer makes no sense here: {0}")]
	Answer(String),
	/// A transaction was decided in a block without success.
	#[error("the call failed: {0}")]
	CallFailed(String),
}

impl Error {
	/// Whether this says nothing of what is on the chain: the node cannot be reached, or does not prove what it says.
	pub fn is_no_answer(&self) -> bool {
		matches!(
			self,
			Self::Connection(_)
				| Self::NotFinalYet(_)
				| Self::NotProven(_)
				| Self::Contradicted(_)
				| Self::NoProofs(_)
				| Self::OtherRuntime { .. }
		)
	}

	/// Whether there is no such thing, by proof or as the node says.
	pub fn is_not_found(&self) -> bool {
		match self {
			Self::NotFound { .. } => true,
			Self::Refused(refusal) => refusal.code == codes::NOT_FOUND,
			_ => false,
		}
	}
}

/// When an answer of an honest node would not hold.
fn after_force(refused: &credio_evidence::Refused) -> &'static str {
	match refused.part {
		credio_evidence::Part::Finality => {
			"; but if the validators were changed by force, as after a stall of finality, ask the council for a checkpoint, \
			 and start from it (credio checkpoint trust)"
		},
		_ => "",
	}
}

/// What to do about evidence that would be refused.
fn without_proof(refused: &credio_evidence::Refused) -> &'static str {
	match refused.part {
		credio_evidence::Part::Finality => {
			". The validators were changed by force since the block from which it starts, as after a stall of finality: ask \
			 the council for a checkpoint, and start from it with --checkpoint"
		},
		_ => "",
	}
}

fn rejection(status: &RequestStatusJson) -> String {
	match status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref()) {
		Some(error) => format!("{} ({})", error.name, error.description.trim()),
		None => "the chain does not say why".into(),
	}
}

/// A refusal of the node, with its stable code.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{}", remedy_text(.remedy))]
pub struct Refusal {
	/// The code, one of [`credio_primitives::error_codes`] or a standard JSON-RPC one.
	pub code: i32,
	/// What was wrong.
	pub message: String,
	/// What to do about it.
	pub remedy: Option<String>,
	/// Why a transaction was refused, in one word.
	pub reason: Option<String>,
}

fn remedy_text(remedy: &Option<String>) -> String {
	remedy.as_ref().map(|remedy| format!(": {remedy}")).unwrap_or_default()
}

impl Refusal {
	/// Whether the same transaction may be taken later.
	pub fn is_busy(&self) -> bool {
		let is_full =
			matches!(self.code, codes::POOL_FULL | codes::QUOTA_EXCEEDED | codes::POSITION_TOO_FAR);
		is_full || self.is_rate_limited() || self.reason.as_deref() == Some("banned")
	}

	/// Whether the node has too much to do with this client, or with all: the same call may be taken in a moment.
	pub fn is_rate_limited(&self) -> bool {
		matches!(
			self.code,
			codes::RATE_LIMITED
				| codes::SERVER_BUSY
				| codes::TOO_MANY_SUBSCRIPTIONS
				| codes::TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION
		)
	}
}

impl Refusal {
	/// Whether the signature is not good for the node's present runtime.
	pub fn is_bad_proof(&self) -> bool {
		self.reason.as_deref() == Some("badProof")
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
			RpcError::Deserialization(error) => Self::Answer(error.to_string()),
			other => Self::Connection(other.to_string()),
		}
	}
}

/// Errors of the transaction library that are not worth telling apart.
pub(crate) fn chain(error: impl std::fmt::Display) -> Error {
	Error::Answer(error.to_string())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_passes_by_itself_is_busy() {
		let is_busy =
			|code| Refusal { code, message: String::new(), remedy: None, reason: None }.is_busy();
		for code in [
			codes::POOL_FULL,
			codes::QUOTA_EXCEEDED,
			codes::POSITION_TOO_FAR,
			codes::RATE_LIMITED,
			codes::SERVER_BUSY,
			codes::TOO_MANY_SUBSCRIPTIONS,
			codes::TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION,
		] {
			assert!(is_busy(code), "{code}");
		}
		for code in [codes::KEY_REUSED, codes::ACCESS_DENIED, codes::NOT_FOUND, -32602] {
			assert!(!is_busy(code), "{code}");
		}
	}
}
