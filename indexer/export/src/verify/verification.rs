//! What was found out about an export.

use serde::Serialize;

/// Most findings that are told one by one.
pub(super) const MAX_FINDINGS: usize = 100;

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

	pub(super) fn find(&mut self, finding: impl Into<String>) {
		if self.findings.len() < MAX_FINDINGS {
			self.findings.push(finding.into());
		} else {
			self.more_findings = self.more_findings.saturating_add(1);
		}
	}

	/// How many findings there are.
	pub(super) fn count(&self) -> u64 {
		self.more_findings.saturating_add(self.findings.len() as u64)
	}
}
