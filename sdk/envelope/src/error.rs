//! Errors of envelopes and wrapped keys.

use credio_primitives::limits;

/// An error of an envelope or a wrapped key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
	/// The document is larger than the limit of a record.
	TooLarge {
		/// Its size in bytes.
		size: usize,
	},
	/// The document is larger than the limit of an object.
	TooLargeForObject {
		/// Its size in bytes.
		size: u64,
	},
	/// The media type is longer than 255 bytes.
	MediaTypeTooLong,
	/// The envelope has an unknown version.
	UnknownVersion(u8),
	/// The envelope is shorter than its fixed parts.
	Truncated,
	/// The key does not match the envelope's key commitment.
	KeyCommitmentMismatch,
	/// The envelope was changed, or belongs to another record, stream, epoch or chain.
	Corrupted,
	/// The decrypted bytes are not a padded document.
	InvalidPadding,
	/// A wrapped key is not exactly 80 bytes.
	WrappedKeyLength {
		/// Its length in bytes.
		length: usize,
	},
	/// The public key is a point of low order, which cannot share a secret.
	InvalidPoint,
	/// The wrapped key was changed, or is for another organization, key version, resource, epoch or chain.
	UnwrapFailed,
	/// The document does not match the commitment.
	CommitmentMismatch,
}

impl core::fmt::Display for Error {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::TooLarge { size } => write!(
				f,
				"the document has {size} bytes, and a record takes at most {} (64 KiB): upload it as an object",
				limits::MAX_DOCUMENT_SIZE
			),
			Self::TooLargeForObject { size } => write!(
				f,
				"the document has {size} bytes, and an object takes at most {} (1 GiB): split it, or keep it elsewhere and anchor it",
				limits::MAX_OBJECT_DOCUMENT_SIZE
			),
			Self::MediaTypeTooLong => write!(
				f,
				"the media type is longer than {} bytes",
				limits::MAX_MEDIA_TYPE_LENGTH
			),
			Self::UnknownVersion(version) => write!(
				f,
				"the envelope has version {version}, and this software knows versions 1 (records) and 2 (objects): use a newer one"
			),
			Self::Truncated => f.write_str("the envelope is cut short: fetch it again"),
			Self::KeyCommitmentMismatch => {
				f.write_str("the key is not the one that the envelope was sealed with")
			},
			Self::Corrupted => f.write_str(
				"the envelope was changed, or belongs to another record, stream, epoch or chain",
			),
			Self::InvalidPadding => f.write_str("the decrypted bytes are not a padded document"),
			Self::WrappedKeyLength { length } => write!(
				f,
				"a wrapped key is exactly {} bytes, and this one has {length}",
				limits::WRAPPED_KEY_LENGTH
			),
			Self::InvalidPoint => {
				f.write_str("the public key has low order: nothing can be wrapped to it safely")
			},
			Self::UnwrapFailed => f.write_str(
				"the wrapped key was changed, or is for another organization, key version, resource, epoch or chain",
			),
			Self::CommitmentMismatch => {
				f.write_str("the document is not the one that the commitment was made for")
			},
		}
	}
}

impl core::error::Error for Error {}
