//! Errors of reading or writing a stream's documents.

use super::{Error, kind::ErrorKind};
use credio_primitives::KeyEpoch;

/// The organization cannot read or write the stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
	/// The organization has no secret of that key epoch.
	#[error("the organization holds no key for this stream's epoch {0}")]
	NoKey(KeyEpoch),
	/// The stream has no key epoch yet.
	#[error("the stream has no key epoch yet")]
	NoEpoch,
	/// A grant has ended, and the owner has not opened the next key epoch yet.
	#[error("the stream waits for its owner to open the next key epoch")]
	RotationDue,
	/// A grant is revoked, and opening the next key epoch of its stream failed.
	#[error("the grant is revoked, but the stream's next key epoch could not be opened ({0})")]
	EpochNotOpened(Box<Error>),
	/// The document is not the committed one.
	#[error(
		"the document does not match the chain: it is another one, was changed, or the key is wrong"
	)]
	NotVerified,
}

impl AccessError {
	/// Returns the kind of failure.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::NoKey(_) => ErrorKind::Denied,
			Self::NoEpoch | Self::RotationDue | Self::EpochNotOpened(_) => ErrorKind::NotReady,
			Self::NotVerified => ErrorKind::Untrusted,
		}
	}

	/// Returns what to do about it.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::NoKey(_) => Some("ask the owner for a grant"),
			Self::NoEpoch => Some("its owner has to rotate it once (credio stream rotate)"),
			Self::RotationDue => Some("its owner runs `credio stream rotate`"),
			Self::EpochNotOpened(_) => {
				Some("`credio stream rotate` opens it; until then nothing can be appended")
			},
			Self::NotVerified => None,
		}
	}
}
