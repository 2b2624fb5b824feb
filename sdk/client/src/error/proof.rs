//! Errors of reading by proof.

use super::kind::ErrorKind;
use credio_evidence::{Part, Refused};

/// The node's response is not proven.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
	/// No block that is new enough is final.
	#[error("not final yet: {0}")]
	NotFinal(String),
	/// The proof is not valid.
	#[error("the node's response is not proven: {}: {}", .0.part, .0.reason)]
	NotProven(Refused),
	/// A final block proves something else.
	#[error("the node reports a wrong {0}: a final block proves another one")]
	Contradicted(&'static str),
	/// The node has no proof.
	#[error("the node has no proof: {0}")]
	NoProofs(String),
	/// A verifier would refuse the evidence that was made.
	#[error("a verifier would refuse this evidence: {}: {}", .0.part, .0.reason)]
	NotProvable(Refused),
}

impl ProofError {
	/// Returns the kind of failure.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::NotFinal(_) => ErrorKind::NotFinal,
			Self::NoProofs(_) => ErrorKind::Unavailable,
			Self::NotProven(_) | Self::Contradicted(_) | Self::NotProvable(_) => {
				ErrorKind::Untrusted
			},
		}
	}

	/// Returns what to do about it.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::NotProven(Refused { part: Part::Finality, .. }) => Some(
				"do not work with this node; but if the validators were changed by force, as after a stall of finality, ask \
				 the council for a checkpoint, and start from it (credio checkpoint trust)",
			),
			Self::NotProven(_) | Self::Contradicted(_) => Some("do not work with this node"),
			Self::NoProofs(_) => Some(
				"use another node, or start from the chain's specification; if you run the node yourself, you can trust it \
				 without proofs (--trust-node)",
			),
			Self::NotProvable(Refused { part: Part::Finality, .. }) => Some(
				"the validators were changed by force since the block from which it starts, as after a stall of finality: ask \
				 the council for a checkpoint, and start from it with --checkpoint",
			),
			Self::NotFinal(_) | Self::NotProvable(_) => None,
		}
	}
}
