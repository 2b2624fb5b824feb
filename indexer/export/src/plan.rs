//! The plan of an export, made in one pass over the index and followed from then on.

use super::{
	error::{ExportError, Result},
	folder::{ENTRIES, Folder, Output},
	manifest::{
		Counts, EntryLine, ExportFile, FORMAT, MAX_MANIFEST_LENGTH, Manifest, Subject, Tally,
	},
	request::{OnProgress, Progress, Request, Selection},
	scan::{Scope, Visitor},
};
use credio_index::store::{Store, export::Snapshot};
use credio_primitives::{BlockNumber, StreamId};
use sha2::{Digest as _, Sha256};
use std::{
	collections::{BTreeMap, HashSet},
	fs::File,
	io::{Read, Write},
	path::Path,
};

/// The manifest as far as it is known before any row is written. It exists only when the plan is whole.
pub(crate) const PLAN: &str = "plan.json";
/// The rows in writing order: place, and the beginning of the digest of the line of JSON.
pub(crate) const ROWS: &str = "rows";
/// Bytes of a row in [`ROWS`].
pub(crate) const ROW_LENGTH: usize = 16;
/// Entries between two reports of progress.
const TELL_AFTER: u64 = 10_000;

/// Returns a row of the plan.
pub(crate) fn planned(place: i64, line: &[u8]) -> [u8; ROW_LENGTH] {
	let mut planned = [0; ROW_LENGTH];
	planned[..8].copy_from_slice(&place.to_le_bytes());
	planned[8..].copy_from_slice(&Sha256::digest(line)[..8]);
	planned
}

/// Reads a manifest, or a plan.
pub(crate) fn read(path: &Path) -> Result<Manifest> {
	let failed = |cause| ExportError::file(path, cause);
	let mut text = Vec::new();
	File::open(path)
		.map_err(failed)?
		.take(MAX_MANIFEST_LENGTH)
		.read_to_end(&mut text)
		.map_err(failed)?;
	let manifest: Manifest = serde_json::from_slice(&text).map_err(ExportError::json)?;
	if manifest.format != FORMAT {
		let format: String = manifest.format.chars().take(64).collect();
		return Err(ExportError::Manifest(format!(
			"it has the format {format:?}, and this software knows {FORMAT}"
		)));
	}
	Ok(manifest)
}

/// Checks that a started or finished export is the requested one.
pub(crate) async fn check(begun: &Manifest, store: &Store, request: &Request) -> Result<()> {
	let mut snapshot = store.snapshot().await?;
	let is = match (&begun.subject, &request.selection) {
		(Subject::Stream { id, .. }, Selection::Stream(wanted)) => id == wanted,
		(Subject::View { name, .. }, Selection::View { name: wanted, .. }) => name == wanted,
		_ => false,
	};
	if !is {
		return Err(ExportError::OtherSettings("view or stream"));
	}
	if let (
		Subject::View { filter, history, .. },
		Selection::View { filter: wanted, history: wants_history, .. },
	) = (&begun.subject, &request.selection)
	{
		if filter != wanted {
			return Err(ExportError::OtherSettings("filter"));
		}
		if history != wants_history {
			return Err(ExportError::OtherSettings("choice of history"));
		}
	}
	let others = [
		("format", begun.files_are != request.format),
		("number of rows in a part", begun.rows_per_part != request.part_rows),
		("organization", begun.organization != snapshot.organization().await?),
		("chain", Some(begun.chain) != snapshot.chain().await?),
	];
	match others.into_iter().find(|(_, is_other)| *is_other) {
		Some((what, _)) => Err(ExportError::OtherSettings(what)),
		None => Ok(()),
	}
}

/// Returns the scope of a request.
pub(crate) async fn scope(
	store: &Store,
	snapshot: &mut Snapshot,
	selection: &Selection,
) -> Result<Scope> {
	match selection {
		Selection::View { name, filter, history } => {
			let table = snapshot.view(store, name).await?;
			let own = snapshot.organization().await?;
			Scope::of_view(table, filter.clone(), *history, own)
		},
		Selection::Stream(wanted) => {
			let found = snapshot.streams().await?.into_iter().find(|(id, ..)| id == wanted);
			let (id, owner, name) =
				found.ok_or_else(|| ExportError::UnknownSubject(wanted.to_string()))?;
			Ok(Scope::Stream { id, owner, name })
		},
	}
}

/// Makes the plan.
pub(crate) async fn make(
	store: &Store,
	request: &Request,
	folder: &Folder,
	progress: OnProgress<'_>,
) -> Result<Manifest> {
	let mut snapshot = store.snapshot().await?;
	let at = snapshot.cursor().await?.ok_or(ExportError::EmptyIndex)?;
	let chain = snapshot.chain().await?.ok_or(ExportError::EmptyIndex)?;
	let organization = snapshot.organization().await?;
	let scope = scope(store, &mut snapshot, &request.selection).await?;
	folder.begin()?;
	let mut streams = BTreeMap::new();
	for (id, owner, name) in snapshot.streams().await? {
		if scope.covers(id, owner, &name) {
			streams.insert(id, Tally::new(id, owner, name));
		}
	}
	let mut plan = Plan {
		streams,
		counts: Counts::default(),
		first_block: None,
		last_block: None,
		rows: folder.create(ROWS, folder.unfinished(ROWS))?,
		entries: folder.create(ENTRIES, folder.path(ENTRIES))?,
		progress,
	};
	let covered: HashSet<StreamId> = plan.streams.keys().copied().collect();
	scope.scan(&mut snapshot, &covered, &mut plan).await?;
	drop(snapshot);
	plan.rows.commit()?;
	let entries = plan.entries.commit()?;
	let draft = Manifest {
		format: FORMAT.into(),
		chain,
		organization,
		subject: scope.subject(),
		files_are: request.format,
		rows_per_part: request.part_rows,
		at,
		first_block: plan.first_block,
		last_block: plan.last_block,
		streams: plan.streams.into_values().map(Tally::finish).collect(),
		files: vec![ExportFile::new(ENTRIES.into(), plan.counts.entries, entries)],
		counts: plan.counts,
		digest: String::new(),
	};
	folder.write(PLAN, &folder.unfinished(PLAN), &draft.text()?)?;
	Ok(draft)
}

/// A plan that is being made.
struct Plan<'a> {
	streams: BTreeMap<StreamId, Tally>,
	counts: Counts,
	first_block: Option<BlockNumber>,
	last_block: Option<BlockNumber>,
	rows: Output,
	entries: Output,
	progress: OnProgress<'a>,
}

impl Visitor for Plan<'_> {
	fn row(&mut self, place: i64, line: &[u8]) -> Result<()> {
		let written = self.rows.write_all(&planned(place, line));
		written.map_err(|cause| ExportError::file(Path::new(ROWS), cause))
	}

	fn entry(&mut self, entry: &EntryLine) -> Result<()> {
		let is_next = self.streams.get_mut(&entry.stream).is_some_and(|tally| tally.add(entry));
		if !is_next {
			let error = format!("entry {} of stream {} is missing", entry.sequence, entry.stream);
			return Err(credio_index::store::StoreError::Corrupted(error).into());
		}
		self.counts.add(entry);
		self.first_block.get_or_insert(entry.block);
		self.last_block = Some(entry.block);
		let mut line = serde_json::to_vec(entry).map_err(ExportError::json)?;
		line.push(b'\n');
		let written = self.entries.write_all(&line);
		written.map_err(|cause| ExportError::file(Path::new(ENTRIES), cause))?;
		if self.counts.entries.is_multiple_of(TELL_AFTER) {
			let done = self.counts.entries;
			(self.progress)(Progress { step: "entries planned", done, total: None });
		}
		Ok(())
	}
}
