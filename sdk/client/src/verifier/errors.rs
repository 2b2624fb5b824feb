//! What a verifier says of a node that it does not believe.

use crate::error::{ConnectError, Error, ProofError};
use credio_primitives::{BlockNumber, Digest};

pub(super) fn not_final(cause: &str) -> Error {
	Error::Proof(ProofError::NotFinal(cause.into()))
}

pub(super) fn behind(number: BlockNumber) -> Error {
	not_final(&format!(
		"the node does not have block {number}, which was verified before: it is behind"
	))
}

pub(super) fn other_chain(expected: Digest, found: Digest) -> Error {
	Error::Connect(ConnectError::WrongChain(format!(
		"the node is of the chain {found}, and {expected} is trusted"
	)))
}
