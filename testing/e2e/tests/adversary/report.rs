//! Measurements of the honest organizations.

use std::{fmt, time::Duration};

/// Times and counts of one phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
	/// Seconds from submission to finality of each request.
	pub times: Vec<f64>,
	/// Blocks from the submission of each revocation to the end of the access.
	pub revocations: Vec<u32>,
	/// Blocks from the submission of each governance call to its inclusion.
	pub motions: Vec<u32>,
}

impl Report {
	/// Adds a request that is final.
	pub(super) fn add(&mut self, took: Duration) {
		self.times.push(took.as_secs_f64());
	}

	/// Returns the number of applied requests.
	pub(super) fn applied(&self) -> usize {
		self.times.len()
	}

	/// The 95th percentile of the times, in seconds.
	pub(super) fn p95(&self) -> f64 {
		self.percentile(95)
	}

	/// Returns the most blocks of a revocation.
	pub(super) fn revocation_blocks(&self) -> u32 {
		self.revocations.iter().copied().max().unwrap_or_default()
	}

	/// Returns the most blocks of a governance call.
	pub(super) fn motion_blocks(&self) -> u32 {
		self.motions.iter().copied().max().unwrap_or_default()
	}

	fn percentile(&self, percent: usize) -> f64 {
		let mut times = self.times.clone();
		times.sort_by(f64::total_cmp);
		let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
		times.get(at).copied().unwrap_or_default()
	}
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{} requests, p50 {:.2} s, p95 {:.2} s, max {:.2} s; {} revocations within {} blocks, {} governance calls within {}",
			self.applied(),
			self.percentile(50),
			self.p95(),
			self.percentile(100),
			self.revocations.len(),
			self.revocation_blocks(),
			self.motions.len(),
			self.motion_blocks(),
		)
	}
}
