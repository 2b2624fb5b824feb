//! The files of an export against its manifest. Takes no node.

use super::{entries::Entries, verification::Verification};
use crate::{
	error::{ExportError, Result},
	folder::{ENTRIES, MANIFEST, measure},
	manifest::{Counts, EntryLine, ExportFile, Manifest, Tally},
	part::Reader,
	plan,
	request::{OnProgress, Progress},
	table::{Row, Table},
};
use credio_primitives::StreamId;
use sha2::{Digest as _, Sha256};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::Path,
};

/// Entries between two reports of progress.
const TELL_AFTER: u64 = 10_000;

/// Checks the files of an export against its manifest: digests, and the numbers of rows and entries.
///
/// # Errors
///
/// [`ExportError::Unfinished`], [`ExportError::Manifest`], [`ExportError::File`]. Faults of the export are findings of
/// the verification.
pub fn files(
	folder: &Path,
	verification: &mut Verification,
	progress: OnProgress<'_>,
) -> Result<Manifest> {
	let path = folder.join(MANIFEST);
	if !path.is_file() {
		return Err(ExportError::Unfinished(folder.display().to_string()));
	}
	let manifest = plan::read(&path)?;
	let before = verification.count();
	if fs::read(&path).map_err(|cause| ExportError::file(&path, cause))? != manifest.text()? {
		verification.find(format!("{MANIFEST}: it is not as exports write it"));
	}
	if manifest.computed_digest()? != manifest.digest {
		verification.find(format!("{MANIFEST}: it was changed: its digest is another one"));
	}
	list(folder, &manifest, verification)?;
	for file in &manifest.files {
		match measure(&folder.join(&file.name)) {
			Err(error) => verification.find(format!("{}: {error}", file.name)),
			Ok(is) if (is.bytes, hex::encode(is.sha256)) != (file.bytes, file.sha256.clone()) => {
				verification.find(format!(
					"{}: it was changed: its digest is not the manifest's",
					file.name
				));
			},
			Ok(_) => {},
		}
	}
	let table = manifest.subject.table().map_err(ExportError::Manifest)?;
	Check { folder, manifest: &manifest, table, verification, progress }.run()?;
	if verification.count() == before {
		let Counts { entries, rows, .. } = &manifest.counts;
		let (files, digest) = (manifest.files.len(), &manifest.digest);
		verification.checked.push(format!(
			"{files} files are those of the manifest (digest {digest}); their {rows} rows, counted and digested row by \
			row, are those of the {entries} entries in {ENTRIES}"
		));
	}
	Ok(manifest)
}

/// Compares which files there are with which there should be.
fn list(folder: &Path, manifest: &Manifest, verification: &mut Verification) -> Result<()> {
	let failed = |cause| ExportError::file(folder, cause);
	let parts = (1..=manifest.parts()).map(|number| manifest.files_are.part(number));
	// Names that the manifest itself makes up could lead anywhere.
	let wanted = [ENTRIES.to_owned()].into_iter().chain(parts);
	if !manifest.files.iter().map(|file| file.name.clone()).eq(wanted) {
		return Err(ExportError::Manifest("its files are not those that its rows make".into()));
	}
	let known: BTreeSet<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
	for entry in fs::read_dir(folder).map_err(failed)? {
		let name = entry.map_err(failed)?.file_name();
		let name = name.to_string_lossy();
		if name != MANIFEST && !known.contains(&*name) {
			verification.find(format!("{name}: it is none of the export's files"));
		}
	}
	Ok(())
}

struct Check<'a> {
	folder: &'a Path,
	manifest: &'a Manifest,
	table: Table,
	verification: &'a mut Verification,
	progress: OnProgress<'a>,
}

impl Check<'_> {
	/// Goes through entries and rows side by side; both are in the order of the chain.
	fn run(&mut self) -> Result<()> {
		let streams = self.manifest.streams.iter();
		let mut tallies: BTreeMap<StreamId, Tally> = streams
			.map(|stream| (stream.id, Tally::new(stream.id, stream.owner, stream.name.clone())))
			.collect();
		let mut counts = Counts::default();
		let (mut first, mut last) = (None, None);
		let mut entries = match Entries::open(self.folder) {
			Ok(entries) => entries,
			// A missing file is a finding already.
			Err(_) => return Ok(()),
		};
		let files: Vec<_> = self.manifest.files.iter().skip(1).cloned().collect();
		let mut rows = Rows::new(self.folder, self.manifest, &self.table, files);
		let mut before = None;
		loop {
			let entry = match entries.next() {
				Ok(Some(entry)) => entry,
				Ok(None) => break,
				Err(problem) => {
					self.verification.find(problem);
					return Ok(());
				},
			};
			if before.replace(entry.position()).is_some_and(|before| before >= entry.position()) {
				self.verification.find(format!(
					"{ENTRIES}: {} does not stand in the order of the chain",
					entry.name()
				));
			}
			match tallies.get_mut(&entry.stream) {
				None => self
					.verification
					.find(format!("{ENTRIES}: {} is of no stream of the manifest", entry.name())),
				Some(tally) => {
					if !tally.add(&entry) {
						self.verification
							.find(format!("{ENTRIES}: before {} there is a gap", entry.name()));
					}
				},
			}
			counts.add(&entry);
			first.get_or_insert(entry.block);
			last = Some(entry.block);
			rows.compare(&entry, self.verification);
			if counts.entries.is_multiple_of(TELL_AFTER) {
				let total = Some(self.manifest.counts.entries);
				(self.progress)(Progress {
					step: "entries compared with files",
					done: counts.entries,
					total,
				});
			}
		}
		rows.end(self.verification);
		let streams: Vec<_> = tallies.into_values().map(Tally::finish).collect();
		for (is, stream) in streams.iter().zip(&self.manifest.streams) {
			if is != stream {
				self.verification.find(format!(
					"stream {} ({}): {ENTRIES} gives other numbers than {MANIFEST}, or another root",
					stream.name, stream.id
				));
			}
		}
		let is_sorted = self.manifest.streams.is_sorted_by(|one, next| one.id < next.id);
		let is_lines = self.manifest.files.first().map(|file| file.rows) == Some(counts.entries);
		if counts != self.manifest.counts
			|| (first, last) != (self.manifest.first_block, self.manifest.last_block)
			|| !is_sorted
			|| !is_lines
		{
			self.verification.find(format!("{MANIFEST}: its numbers are not those of {ENTRIES}"));
		}
		if self.manifest.last_block.is_some_and(|last| last > self.manifest.at.number) {
			self.verification
				.find(format!("{MANIFEST}: it has entries of later blocks than its own"));
		}
		Ok(())
	}
}

/// The rows of all parts, one after the other.
struct Rows<'a> {
	folder: &'a Path,
	manifest: &'a Manifest,
	table: &'a Table,
	files: std::vec::IntoIter<ExportFile>,
	current: Option<(ExportFile, Reader, u64)>,
	/// Read and not used yet, with the place where it stands.
	next: Option<(Row, String)>,
	is_at_end: bool,
	/// Whether comparing has stopped.
	is_broken: bool,
}

impl<'a> Rows<'a> {
	fn new(
		folder: &'a Path,
		manifest: &'a Manifest,
		table: &'a Table,
		files: Vec<ExportFile>,
	) -> Self {
		Self {
			folder,
			manifest,
			table,
			files: files.into_iter(),
			current: None,
			next: None,
			is_at_end: false,
			is_broken: false,
		}
	}

	/// Reads the next row, and reports a broken file.
	fn fill(&mut self, verification: &mut Verification) {
		while self.next.is_none() && !self.is_at_end && !self.is_broken {
			let Some((file, reader, number)) = &mut self.current else {
				let Some(file) = self.files.next() else {
					self.is_at_end = true;
					return;
				};
				match Reader::open(
					self.manifest.files_are,
					self.table,
					&self.folder.join(&file.name),
				) {
					Ok(reader) => self.current = Some((file, reader, 0)),
					Err(problem) => self.give_up(&file.name, &problem, verification),
				}
				continue;
			};
			match reader.next() {
				Ok(Some(row)) => {
					*number += 1;
					let place = format!("{}, row {number}", file.name);
					self.next = Some((row, place));
				},
				Ok(None) => {
					if *number != file.rows {
						let (name, rows) = (&file.name, file.rows);
						verification.find(format!(
							"{name}: it has {number} rows, and {rows} in the manifest"
						));
					}
					self.current = None;
				},
				Err(problem) => {
					let place = format!("{}, row {}", file.name, *number + 1);
					self.give_up(&place, &problem, verification);
				},
			}
		}
	}

	fn give_up(&mut self, place: &str, problem: &str, verification: &mut Verification) {
		verification.find(format!("{place}: {problem}; rows from there on were not compared"));
		self.is_broken = true;
	}

	/// Takes the rows of an entry, and of none that comes later.
	fn compare(&mut self, entry: &EntryLine, verification: &mut Verification) {
		let (mut count, mut digest) = (0, Sha256::new());
		let mut first = None;
		loop {
			self.fill(verification);
			if self.is_broken {
				return;
			}
			let Some((row, place)) = &self.next else { break };
			let Some(origin) = self.table.origin(row) else {
				verification.find(format!("{place}: it does not say of which record it is"));
				self.next = None;
				continue;
			};
			if entry.is_of(&origin) {
				first.get_or_insert_with(|| place.clone());
				count += 1;
				digest.update(self.table.line(row));
			} else if (origin.block, origin.stream, origin.sequence) <= entry.position() {
				verification.find(format!(
					"{place}: it is of no entry that should have a row there ({})",
					origin.record
				));
			} else {
				break;
			}
			self.next = None;
		}
		let place = first.map(|place| format!(" (from {place})")).unwrap_or_default();
		if count != entry.rows {
			verification.find(format!(
				"{}{place}: {count} rows, and {} in {ENTRIES}",
				entry.name(),
				entry.rows
			));
		} else if (count > 0).then(|| hex::encode(digest.finalize())) != entry.digest {
			verification.find(format!("{}{place}: a row was changed", entry.name()));
		}
	}

	/// Checks that nothing is left.
	fn end(&mut self, verification: &mut Verification) {
		loop {
			self.fill(verification);
			let Some((_, place)) = self.next.take() else { return };
			verification.find(format!("{place}: it is of no entry in {ENTRIES}"));
		}
	}
}
