//! Exports: rows of a view, or entries of a stream, written to files in bulk, with a manifest that can be checked
//! against the chain.
//!
//! An export shows the index at its cursor. It starts with a plan, made in one pass over the index: the fate of each
//! entry, and the places of the rows to write, each with a digest. Parts are written by that plan, each under another
//! name until it is whole. So an interrupted export continues where it was, and ends with the same bytes. Rows are
//! never in memory all at once. `docs/export.md` explains the files.

mod error;
mod folder;
mod format;
mod formula;
mod lines;
mod manifest;
mod part;
mod plan;
mod request;
mod scan;
mod table;
pub mod verify;
mod write;

pub use error::{ExportError, Result};
pub use format::FileFormat;
pub use manifest::{Counts, CoveredStream, EntryLine, ExportFile, FORMAT, Fate, Manifest, Subject};
pub use request::{DEFAULT_PART_ROWS, MAX_PART_ROWS, OnProgress, Progress, Request, Selection};
pub use verify::Verification;

use credio_index::store::Store;
use credio_primitives::{OrganizationId, StreamId};
use folder::{Folder, MANIFEST};
use std::path::Path;

/// An export that is finished.
#[derive(Clone, Debug)]
pub struct Exported {
	/// Its manifest.
	pub manifest: Manifest,
	/// Whether it was finished before.
	pub was_complete: bool,
}

/// Exports from an index to a folder, and continues an interrupted export. Running it again changes nothing.
///
/// # Errors
///
/// [`ExportError::Store`], [`ExportError::File`], [`ExportError::NotEmpty`], [`ExportError::OtherSettings`],
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

/// Returns the stream of an organization by this name, or the one with this id, if the index has it.
///
/// # Errors
///
/// [`ExportError::UnknownSubject`], [`ExportError::Store`].
pub async fn find_stream(store: &Store, name: &str, owner: OrganizationId) -> Result<StreamId> {
	let id = name.parse::<StreamId>().ok().filter(|_| name.len() >= 64);
	let known = store.snapshot().await?.streams().await?;
	let found = known.into_iter().find(|(stream, of, is)| match id {
		Some(id) => *stream == id,
		None => *of == owner && is == name,
	});
	found.map(|(id, ..)| id).ok_or_else(|| ExportError::UnknownSubject(name.into()))
}
