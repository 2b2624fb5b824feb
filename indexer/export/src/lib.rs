//! Exports: rows of a view, or entries of a stream, written to files in bulk, with a manifest that can be held against
//! the chain.
//!
//! An export is of the index as of its cursor. It begins with a plan, made in one look at the index: what became of each
//! entry, and which rows are to be written, by their places, each with a digest. Parts are written by that plan, each
//! under another name until it is whole; so an export that was interrupted goes on where it was, and ends with the same
//! bytes. Rows are never in memory all at once. `docs/export.md` explains the files.

mod folder;
mod formula;
mod lines;
mod manifest;
mod part;
mod plan;
mod scan;
mod table;
pub mod verify;
mod write;

pub use manifest::{
	Counts, CoveredStream, EntryLine, ExportFile, Fate, FileFormat, Manifest, Subject, FORMAT,
};
pub use verify::Verification;

use credio_index::store::{Store, StoreError};
use credio_primitives::{OrganizationId, StreamId};
use folder::{Folder, MANIFEST};
use std::path::Path;

/// Rows of a part, unless somebody says otherwise.
pub const DEFAULT_PART_ROWS: u64 = 100_000;
/// Most rows of a part.
pub const MAX_PART_ROWS: u64 = 10_000_000;

/// What keeps an export from being made or verified.
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
	/// The index knows nothing of the chain yet.
	#[error("the index has no block yet: bring it up to date first (credio index sync)")]
	EmptyIndex,
	/// The index lacks what binds its entries to the chain.
	#[error("the index was made by older software, and does not say what the chain has of its entries: make a new one from the chain (credio index sync with another --index)")]
	OldIndex,
	/// The index has no such stream.
	#[error("the index has neither a view nor a stream {0}: `credio index views` and `credio stream list` show what there is; another organization's stream needs its id or --owner")]
	UnknownSubject(String),
	/// A part cannot have so many rows.
	#[error("a part has 1 to {MAX_PART_ROWS} rows")]
	PartRows,
	/// A stream is exported as it is.
	#[error("a stream is exported whole: a filter and the history are for views")]
	StreamIsWhole,
	/// The folder has other files.
	#[error("{0} has other files: choose another folder, which need not be there yet")]
	NotEmpty(String),
	/// Another process writes into the folder.
	#[error("another export is being written to {0}")]
	Busy(String),
	/// The folder has another export.
	#[error("the folder has an export with another {0}: repeat that one's settings, or choose another folder")]
	OtherSettings(&'static str),
	/// What was planned cannot be written any more.
	#[error("{0} since the export was begun: begin anew, in another folder")]
	Changed(&'static str),
	/// The folder has no finished export.
	#[error(
		"{0} is no finished export: it has no manifest.json. Run the export again to finish it"
	)]
	Unfinished(String),
	/// The manifest cannot be read.
	#[error("manifest.json cannot be read: {0}")]
	Manifest(String),
	/// The chain cannot be asked.
	#[error(transparent)]
	Chain(#[from] credio_index::ingest::IngestError),
}

impl ExportError {
	pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
		Self::File { path: path.display().to_string(), cause }
	}

	pub(crate) fn json(error: serde_json::Error) -> Self {
		Self::Manifest(error.to_string())
	}
}

impl From<credio_client::Error> for ExportError {
	fn from(error: credio_client::Error) -> Self {
		Self::Chain(error.into())
	}
}

/// Answer or [`ExportError`].
pub type Result<Answer> = std::result::Result<Answer, ExportError>;

/// What to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
	/// Rows of a view.
	View {
		/// The view.
		name: String,
		/// Which rows; all without a filter.
		filter: Option<String>,
		/// Whether rows that later ones have replaced are wanted, too.
		history: bool,
	},
	/// All entries of a stream.
	Stream(StreamId),
}

/// An export to make.
#[derive(Clone, Debug)]
pub struct Request {
	/// What to export.
	pub selection: Selection,
	/// Format of the parts.
	pub format: FileFormat,
	/// Rows of each part but the last one.
	pub part_rows: u64,
}

/// How far an export, or its verification, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
	/// What is being done.
	pub step: &'static str,
	/// How much of it is done.
	pub done: u64,
	/// Of how much, where that is known.
	pub total: Option<u64>,
}

/// Is told of progress.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// An export that is finished.
#[derive(Clone, Debug)]
pub struct Exported {
	/// What it is.
	pub manifest: Manifest,
	/// Whether it was finished before.
	pub was_complete: bool,
}

/// Exports from an index to a folder, and goes on with what is there already. Run again it changes nothing.
///
/// Errors: [`ExportError::Store`], [`ExportError::File`], [`ExportError::NotEmpty`], [`ExportError::OtherSettings`],
/// [`ExportError::Changed`] and others.
pub async fn run(
	store: &Store,
	request: &Request,
	folder: &Path,
	progress: OnProgress<'_>,
) -> Result<Exported> {
	if request.part_rows == 0 || request.part_rows > MAX_PART_ROWS {
		return Err(ExportError::PartRows);
	}
	let folder = Folder::open(folder)?;
	if folder.has(MANIFEST) {
		let manifest = plan::read(&folder.path(MANIFEST))?;
		plan::check(&manifest, store, request).await?;
		folder.end()?;
		return Ok(Exported { manifest, was_complete: true });
	}
	let path = folder.unfinished(plan::PLAN);
	let draft = if path.exists() {
		let draft = plan::read(&path)?;
		plan::check(&draft, store, request).await?;
		draft
	} else {
		match plan::make(store, request, &folder, progress).await {
			Ok(draft) => draft,
			Err(error) => {
				folder.abandon()?;
				return Err(error);
			},
		}
	};
	let manifest = write::write(store, &folder, draft, progress).await?;
	Ok(Exported { manifest, was_complete: false })
}

/// The stream of an organization by this name, or the one with this id, if the index has it.
///
/// Errors: [`ExportError::UnknownSubject`], [`ExportError::Store`].
pub async fn find_stream(store: &Store, name: &str, owner: OrganizationId) -> Result<StreamId> {
	let id = name.parse::<StreamId>().ok().filter(|_| name.len() >= 64);
	let known = store.snapshot().await?.streams().await?;
	let found = known.into_iter().find(|(stream, of, is)| match id {
		Some(id) => *stream == id,
		None => *of == owner && is == name,
	});
	found.map(|(id, ..)| id).ok_or_else(|| ExportError::UnknownSubject(name.into()))
}
