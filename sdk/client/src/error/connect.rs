//! Errors of connecting to a node.

use super::kind::ErrorKind;

/// Connecting to a node failed, or the connection was lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
	/// The node cannot be reached, or the connection was lost.
	#[error("the node cannot be reached: {0}")]
	Unreachable(String),
	/// The connection is not encrypted and leads beyond this machine.
	#[error("the connection to {0} is not encrypted and leads beyond this machine")]
	Insecure(String),
	/// The node's chain is not a Credio chain, or not of this version.
	#[error("{0}")]
	WrongChain(String),
	/// The node's chain is not the pinned one.
	#[error(transparent)]
	OtherChain(#[from] credio_vault::OtherChain),
}

impl ConnectError {
	/// Returns the kind of failure.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::Unreachable(_) => ErrorKind::Unavailable,
			Self::Insecure(_) | Self::WrongChain(_) | Self::OtherChain(_) => ErrorKind::Usage,
		}
	}

	/// Returns what to do about it.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::Unreachable(_) => Some("check that it runs and that its address is right"),
			Self::Insecure(_) => Some(
				"use wss://, or allow it with --insecure; anybody on the line can read what is sent and change the responses",
			),
			Self::WrongChain(_) => None,
			Self::OtherChain(error) => Some(error.hint()),
		}
	}
}
