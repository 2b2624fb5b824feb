//! Errors of objects.

use crate::error::ErrorKind;
use std::{io, ops::Range};

/// An error of an object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
	/// Neither the own store nor a server has the object.
	#[error("the object is in no store that was asked: {0}")]
	NotFound(String),
	/// The store failed.
	#[error("the object store failed: {0}")]
	Store(String),
	/// No store was given.
	#[error("documents over 64 KiB are objects, and no object store was given")]
	NoStore,
	/// The stored manifest is not the one of the chain.
	#[error("the stored manifest was changed: it does not match the root on the chain")]
	ManifestDamaged,
	/// A stored chunk is not the one of the manifest.
	#[error(
		"the stored object was changed: chunk {chunk}, bytes {} to {} of the sealed chunks, does not match the root on the \
		 chain",
		.bytes.start,
		.bytes.end
	)]
	Damaged {
		/// Number of the chunk.
		chunk: u32,
		/// Its bytes within the sealed chunks.
		bytes: Range<u64>,
	},
	/// The document is larger than it may be.
	#[error("the document has {length} bytes, and at most {limit} are read at once")]
	TooLarge {
		/// Length of the document in bytes.
		length: u64,
		/// Most bytes that are read.
		limit: u64,
	},
	/// The document changed while it was read.
	#[error("the document changed while it was read")]
	SourceChanged,
	/// The document cannot be read, or not written.
	#[error("{what}: {error}")]
	File {
		/// The step that failed.
		what: &'static str,
		/// The error.
		error: io::Error,
	},
	/// The envelope does not open.
	#[error(transparent)]
	Envelope(#[from] credio_envelope::Error),
	/// A worker thread failed.
	#[error("sealing or opening was interrupted")]
	Interrupted,
}

impl ObjectError {
	pub(crate) fn read(error: io::Error) -> Self {
		Self::File { what: "the document cannot be read", error }
	}

	pub(crate) fn write(error: io::Error) -> Self {
		Self::File { what: "the document cannot be written", error }
	}

	/// Returns the kind of failure, for programs.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::NotFound(_) => ErrorKind::NotFound,
			Self::Store(_) | Self::Interrupted => ErrorKind::Unavailable,
			Self::ManifestDamaged | Self::Damaged { .. } | Self::Envelope(_) => {
				ErrorKind::Untrusted
			},
			Self::NoStore | Self::TooLarge { .. } | Self::SourceChanged | Self::File { .. } => {
				ErrorKind::Usage
			},
		}
	}

	/// Returns what to do about it, for people.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::NotFound(_) => Some(
				"name the store that has it, or ask its owner to serve objects and announce where",
			),
			Self::Store(_) => Some("try again; what was stored already is not sent twice"),
			Self::NoStore => Some(
				"name one: a folder, or s3://bucket/prefix (--object-store or CREDIO_OBJECT_STORE)",
			),
			Self::ManifestDamaged | Self::Damaged { .. } => {
				Some("fetch it from another copy, or let its author upload the document again")
			},
			Self::SourceChanged => Some("upload it again once nobody writes to it"),
			Self::TooLarge { .. } | Self::File { .. } | Self::Envelope(_) | Self::Interrupted => {
				None
			},
		}
	}
}
