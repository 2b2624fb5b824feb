//! The plan of a run.

use super::profile::Profile;
use std::time::Duration;

// No documentation comment: it would replace the description in the help of every command that flattens this.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Plan {
	/// Kind of submission: record:SIZE, records:CALLSxSIZE, remark:SIZE, remarks:CALLSxSIZE, grants, merkle:DOCUMENTS,
	/// fetch:SIZE or query
	#[arg(long)]
	pub profile: Profile,
	/// Number of submissions: requests, anchors or reads
	#[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
	pub count: u64,
	/// Duration in seconds, instead of --count
	#[arg(long, conflicts_with_all = ["count", "sign_ahead"], value_parser = clap::value_parser!(u32).range(1..))]
	pub seconds: Option<u32>,
	/// Submissions a second, independent of earlier ones. Without it, each starts as another one ends
	#[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
	pub rate: Option<u32>,
	/// Without --rate: most submissions in flight; by default 2048 transactions, 64 reads or 4 Merkle anchors
	#[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
	pub in_flight: Option<u32>,
	/// Sign all transactions before the first is submitted; the time for signing is not measured
	#[arg(long)]
	pub sign_ahead: bool,
	/// Number of lanes for the requests; the order within each lane is checked
	#[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1024))]
	pub lanes: u32,
}

impl Plan {
	/// Returns a closed loop with a number of submissions.
	pub(crate) fn of(profile: Profile, count: u64) -> Self {
		Self {
			profile,
			count,
			seconds: None,
			rate: None,
			in_flight: None,
			sign_ahead: false,
			lanes: 0,
		}
	}

	/// Returns a closed loop for some time.
	pub(crate) fn during(profile: Profile, seconds: u32) -> Self {
		Self { seconds: Some(seconds), ..Self::of(profile, 0) }
	}

	/// Returns the most submissions.
	pub(crate) fn most(&self) -> u64 {
		match self.seconds {
			Some(_) => u64::MAX,
			None => self.count,
		}
	}

	/// Returns the duration, if it is given.
	pub(crate) fn time(&self) -> Option<Duration> {
		self.seconds.map(|seconds| Duration::from_secs(seconds.into()))
	}

	/// Returns the submissions due until the end, if duration and rate are given.
	pub(crate) fn due(&self) -> Option<u64> {
		Some(u64::from(self.seconds?) * u64::from(self.rate?))
	}
}
