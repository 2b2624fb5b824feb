//! What can go wrong with an export.

use super::request::MAX_PART_ROWS;
use credio_index::store::StoreError;
use std::path::Path;

/// Why an export cannot be made or verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
	/// The index cannot be read.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// A file cannot be read or written.
	#[error("{path}: {cause}")]
	File {
		/// The file.
		path: String,
		/// Why.
		cause: std::io::Error,
	},
	/// The index has no block yet.
	#[error("the index has no block yet: bring it up to date first (credio index sync)")]
	EmptyIndex,
	/// The index lacks the digests that bind its entries to the chain.
	#[error(
		"the index was made by older software, and lacks digests of its entries: make a new one from the chain (credio index sync with another --index)"
	)]
	OldIndex,
	/// The index has no such stream.
	#[error(
		"the index has neither a view nor a stream {0}: `credio index views` and `credio stream list` show what there is; another organization's stream needs its id or --owner"
	)]
	UnknownSubject(String),
	/// A part cannot have this number of rows.
	#[error("a part has 1 to {MAX_PART_ROWS} rows")]
	PartRows,
	/// A stream is exported whole.
	#[error("a stream is exported whole: a filter and the history are for views")]
	StreamIsWhole,
	/// The folder has other files.
	#[error("{0} has other files: choose another folder, which need not be there yet")]
	NotEmpty(String),
	/// Another process writes into the folder.
	#[error("another export is being written to {0}")]
	Busy(String),
	/// The folder has another export.
	#[error(
		"the folder has an export with another {0}: repeat that one's settings, or choose another folder"
	)]
	OtherSettings(&'static str),
	/// A planned row cannot be written any more.
	#[error("{0} since the export was started: start again, in another folder")]
	Changed(&'static str),
	/// The folder has no finished export.
	#[error(
		"{0} is no finished export: it has no manifest.json. Run the export again to finish it"
	)]
	Unfinished(String),
	/// The manifest cannot be read.
	#[error("manifest.json cannot be read: {0}")]
	Manifest(String),
	/// The chain cannot be read.
	#[error(transparent)]
	Chain(#[from] credio_index::ingest::IngestError),
}

impl ExportError {
	pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
		Self::File { path: path.display().to_string(), cause }
	}

	#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
	pub(crate) fn json(error: serde_json::Error) -> Self {
		Self::Manifest(error.to_string())
	}
}

impl From<credio_client::Error> for ExportError {
	fn from(error: credio_client::Error) -> Self {
		Self::Chain(error.into())
	}
}

/// Success or [`ExportError`].
pub type Result<Answer> = std::result::Result<Answer, ExportError>;
