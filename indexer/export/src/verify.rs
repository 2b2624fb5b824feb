//! Verifying an export: its files against its manifest, the manifest against the chain, and the rows against what the
//! chain gives when they are made anew.

mod chain;
mod documents;
mod files;

pub use chain::chain;
pub use documents::{documents, Source};
pub use files::files;

use super::{
	folder::ENTRIES,
	lines::Lines,
	manifest::{EntryLine, Manifest},
	ExportError, Result,
};
use serde::Serialize;
use std::{fs::File, path::Path};

/// Most findings that are told one by one.
const MAX_FINDINGS: usize = 100;

/// What was found out about an export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
	/// What was checked and holds, in sentences.
	pub checked: Vec<String>,
	/// What was not checked, and why.
	pub not_checked: Vec<String>,
	/// What is wrong.
	pub findings: Vec<String>,
	/// How many findings more there are.
	pub more_findings: u64,
}

impl Verification {
	/// Whether nothing is wrong.
	pub fn holds(&self) -> bool {
		self.findings.is_empty()
	}

	fn find(&mut self, finding: impl Into<String>) {
		if self.findings.len() < MAX_FINDINGS {
			self.findings.push(finding.into());
		} else {
			self.more_findings = self.more_findings.saturating_add(1);
		}
	}

	/// How many findings there are.
	fn count(&self) -> u64 {
		self.more_findings.saturating_add(self.findings.len() as u64)
	}
}

/// Entries as the export has them.
struct Entries {
	lines: Lines,
	number: u64,
}

impl Entries {
	fn open(folder: &Path) -> Result<Self> {
		let path = folder.join(ENTRIES);
		let file = File::open(&path).map_err(|cause| ExportError::file(&path, cause))?;
		Ok(Self { lines: Lines::new(file), number: 0 })
	}

	/// The next one, or what is wrong with it.
	fn next(&mut self) -> std::result::Result<Option<EntryLine>, String> {
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

/// What an export is, in a sentence.
pub fn describe(manifest: &Manifest) -> String {
	use super::manifest::Subject;
	let what = match &manifest.subject {
		Subject::View { name, digest, filter, history, .. } => {
			let filter =
				filter.as_ref().map_or("all rows".into(), |filter| format!("rows with {filter}"));
			let history = if *history { "replaced ones included" } else { "current ones" };
			format!("view {name} (definition {digest}), {filter}, {history}")
		},
		Subject::Stream { id, owner, name } => {
			format!("stream {name} of organization {owner} ({id}), all entries")
		},
	};
	format!(
		"{what}; as organization {} could read it at block {} ({}) of the chain {}",
		manifest.organization, manifest.at.number, manifest.at.hash, manifest.chain
	)
}
