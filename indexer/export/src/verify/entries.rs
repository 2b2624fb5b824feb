//! Reads the entries of an export.

use crate::{
	error::{ExportError, Result},
	folder::ENTRIES,
	lines::Lines,
	manifest::EntryLine,
};
use std::{fs::File, path::Path};

/// The entries of an export.
pub(super) struct Entries {
	lines: Lines,
	number: u64,
}

impl Entries {
	pub(super) fn open(folder: &Path) -> Result<Self> {
		let path = folder.join(ENTRIES);
		let file = File::open(&path).map_err(|cause| ExportError::file(&path, cause))?;
		Ok(Self { lines: Lines::new(file), number: 0 })
	}

	/// Returns the next entry, or why it is broken.
	pub(super) fn next(&mut self) -> std::result::Result<Option<EntryLine>, String> {
		self.number += 1;
		let wrong = |what: &str| format!("{ENTRIES}, line {}: {what}", self.number);
		let line = self.lines.next().map_err(|error| wrong(&error.to_string()))?;
		let Some(line) = line else { return Ok(None) };
		let entry: EntryLine =
			serde_json::from_slice(line).map_err(|_| wrong("it is not as exports write it"))?;
		let again = serde_json::to_vec(&entry).map_err(|error| wrong(&error.to_string()))?;
		if line.strip_suffix(b"\n") != Some(&again) {
			return Err(wrong("it is not as exports write it"));
		}
		Ok(Some(entry))
	}
}
