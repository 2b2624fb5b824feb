//! What can go wrong while an index follows the chain.

use crate::store::StoreError;
use credio_client::{ConnectError, Error};
use credio_primitives::BlockNumber;

/// What can go wrong while an index follows the chain.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
	/// The store fails.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The store is of another chain than the node, or of a fork that did not become final.
	#[error(
		"the index has block {0}, and the node has another one there: rebuild the index (credio index rebuild)"
	)]
	OtherChain(BlockNumber),
	/// No node of the list is of the index's chain.
	#[error("{0}")]
	NoNodeOfChain(String),
	/// There is no node.
	#[error("an index needs the address of a node")]
	NoNode,
	/// The node fails; another one may work.
	#[error(transparent)]
	Node(#[from] Error),
}

impl IngestError {
	/// Returns what to do about it, for people.
	#[must_use]
	pub fn hint(&self) -> Option<std::borrow::Cow<'static, str>> {
		match self {
			Self::Node(error) => error.hint(),
			_ => None,
		}
	}

	/// Whether a node is of another chain than the index. Another node may be of the right one.
	pub(super) fn is_of_another_chain(&self) -> bool {
		matches!(
			self,
			Self::OtherChain(_)
				| Self::Store(StoreError::Foreign { what: "chain", .. })
				| Self::Node(Error::Connect(
					ConnectError::OtherChain(_) | ConnectError::WrongChain(_)
				))
		)
	}
}

/// Success or [`IngestError`].
pub(super) type Result<Value, Problem = IngestError> = std::result::Result<Value, Problem>;
