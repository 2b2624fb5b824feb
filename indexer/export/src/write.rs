//! Writes the parts of an export by its plan.

use super::{
	error::{ExportError, Result},
	folder::{Folder, MANIFEST},
	manifest::{ExportFile, Manifest},
	part::Writer,
	plan::{ROW_LENGTH, ROWS, planned},
	request::{OnProgress, Progress},
	table::{Row, Table},
};
use credio_index::store::{
	Store,
	export::{PLACES_AT_ONCE, Reader},
};
use credio_view::view::View;
use std::{
	fs::{self, File},
	io::{self, BufReader, Read, Seek, SeekFrom},
};

/// Entries that are read at once, with their documents.
const DOCUMENTS_AT_ONCE: usize = 100;

/// Writes the missing parts and the manifest.
pub(crate) async fn write(
	store: &Store,
	folder: &Folder,
	mut manifest: Manifest,
	progress: OnProgress<'_>,
) -> Result<Manifest> {
	let mut parts = Parts {
		reader: store.reader().await?,
		folder,
		view: manifest.subject.view().map_err(ExportError::Manifest)?,
		table: manifest.subject.table().map_err(ExportError::Manifest)?,
		manifest: &manifest,
	};
	let mut files = Vec::new();
	for number in 0..manifest.parts() {
		let file = match parts.known(number)? {
			Some(file) => file,
			None => parts.part(number, progress).await?,
		};
		files.push(file);
		let done = (number + 1).saturating_mul(manifest.rows_per_part).min(manifest.counts.rows);
		progress(Progress { step: "rows written", done, total: Some(manifest.counts.rows) });
	}
	manifest.files.extend(files);
	manifest.digest = manifest.computed_digest()?;
	folder.write(MANIFEST, &folder.path(MANIFEST), &manifest.text()?)?;
	folder.end()?;
	Ok(manifest)
}

struct Parts<'a> {
	reader: Reader<'a>,
	folder: &'a Folder,
	view: Option<View>,
	table: Table,
	manifest: &'a Manifest,
}

impl Parts<'_> {
	/// Returns the name of the file that describes a part.
	fn note(name: &str) -> String {
		format!("{name}.json")
	}

	/// Returns a part that was written before.
	fn known(&self, number: u64) -> Result<Option<ExportFile>> {
		let name = self.manifest.files_are.part(number + 1);
		let path = self.folder.unfinished(&Self::note(&name));
		let text = match fs::read(&path) {
			Ok(text) => text,
			Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(cause) => return Err(ExportError::file(&path, cause)),
		};
		let file: ExportFile = serde_json::from_slice(&text).map_err(ExportError::json)?;
		let is_there = fs::metadata(self.folder.path(&name)).is_ok_and(|is| is.len() == file.bytes);
		Ok(is_there.then_some(file))
	}

	/// Writes a part.
	async fn part(&mut self, number: u64, progress: OnProgress<'_>) -> Result<ExportFile> {
		let name = self.manifest.files_are.part(number + 1);
		let path = self.folder.path(&name);
		let failed = |cause| ExportError::file(&path, cause);
		let output = self.folder.create(&name, path.clone())?;
		let mut writer =
			Writer::new(self.manifest.files_are, &self.table, output).map_err(failed)?;
		let first = number.saturating_mul(self.manifest.rows_per_part);
		let rows = self.manifest.rows_per_part.min(self.manifest.counts.rows.saturating_sub(first));
		let mut planned = self.planned(first)?;
		let mut left = rows;
		while left > 0 {
			let at_once = if self.view.is_some() { PLACES_AT_ONCE } else { DOCUMENTS_AT_ONCE };
			let at_once = left.min(at_once as u64);
			let mut wanted = vec![[0; ROW_LENGTH]; usize::try_from(at_once).unwrap_or(usize::MAX)];
			for row in &mut wanted {
				planned.read_exact(row).map_err(failed)?;
			}
			let mut wanted = &wanted[..];
			while !wanted.is_empty() {
				let (portion, rest) = wanted.split_at(self.portion(wanted).await?);
				for (row, line) in self.rows(portion).await? {
					writer.row(&row, &line).map_err(failed)?;
				}
				wanted = rest;
			}
			left -= at_once;
			let done = first + rows - left;
			let total = Some(self.manifest.counts.rows);
			progress(Progress { step: "rows written", done, total });
		}
		let output = writer.finish().map_err(failed)?;
		let file = ExportFile::new(name.clone(), rows, output.commit()?);
		let note = Self::note(&name);
		let text = serde_json::to_vec(&file).map_err(ExportError::json)?;
		self.folder.write(&note, &self.folder.unfinished(&note), &text)?;
		Ok(file)
	}

	/// Opens the plan at a row.
	fn planned(&self, first: u64) -> Result<BufReader<File>> {
		let path = self.folder.unfinished(ROWS);
		let open = || {
			let mut file = File::open(&path)?;
			file.seek(SeekFrom::Start(first.saturating_mul(ROW_LENGTH as u64)))?;
			Ok(BufReader::new(file))
		};
		open().map_err(|cause| ExportError::file(&path, cause))
	}

	/// Returns how many of the planned rows are read into memory at once: documents may be large.
	async fn portion(&mut self, wanted: &[[u8; ROW_LENGTH]]) -> Result<usize> {
		if self.view.is_some() {
			return Ok(wanted.len());
		}
		let places = places(wanted);
		let portions = self.reader.portions(&places).await?;
		Ok(portions.first().map_or(wanted.len(), |first| first.len()))
	}

	/// Returns the planned rows, with their lines of JSON.
	async fn rows(&mut self, wanted: &[[u8; ROW_LENGTH]]) -> Result<Vec<(Row, Vec<u8>)>> {
		let places = places(wanted);
		let rows: Vec<(i64, Row)> = if let Some(view) = &self.view {
			let rows = self.reader.rows_at(view, &places).await?;
			let rows = rows.ok_or(ExportError::Changed("the view was changed"))?;
			let row = |(place, origin, values): (i64, _, Vec<_>)| {
				(place, Table::view_row(place, &origin, &values))
			};
			rows.into_iter().map(row).collect()
		} else {
			let entries = self.reader.entries_at(&places).await?;
			entries.iter().map(|entry| (entry.place, Table::entry_row(entry))).collect()
		};
		let gone = "what may be read has changed (a grant has come or gone)";
		if rows.len() != wanted.len() {
			return Err(ExportError::Changed(gone));
		}
		let mut lines = Vec::with_capacity(rows.len());
		for ((place, row), wanted) in rows.into_iter().zip(wanted) {
			let line = self.table.line(&row);
			if planned(place, &line) != *wanted {
				return Err(ExportError::Changed(gone));
			}
			lines.push((row, line));
		}
		Ok(lines)
	}
}

/// Returns the places of planned rows.
fn places(wanted: &[[u8; ROW_LENGTH]]) -> Vec<i64> {
	let place = |row: &[u8; ROW_LENGTH]| {
		let mut place = [0; 8];
		place.copy_from_slice(&row[..8]);
		i64::from_le_bytes(place)
	};
	wanted.iter().map(place).collect()
}
