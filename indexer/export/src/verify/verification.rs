//! The result of verifying an export.

use serde::Serialize;

/// Most findings that are listed.
pub(super) const MAX_FINDINGS: usize = 100;

/// The result of verifying an export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
	/// Successful checks, in sentences.
	pub checked: Vec<String>,
	/// Checks that were not made, and why.
	pub not_checked: Vec<String>,
	/// Findings: faults of the export.
	pub findings: Vec<String>,
	/// Number of further findings.
	pub more_findings: u64,
}

impl Verification {
	/// Whether there is no finding.
	#[must_use]
	pub fn holds(&self) -> bool {
		self.findings.is_empty()
	}

	pub(super) fn find(&mut self, finding: impl Into<String>) {
		if self.findings.len() < MAX_FINDINGS {
			self.findings.push(finding.into());
		} else {
			self.more_findings = self.more_findings.saturating_add(1);
		}
	}

	/// Returns the number of findings.
	pub(super) fn count(&self) -> u64 {
		self.more_findings.saturating_add(self.findings.len() as u64)
	}
}
