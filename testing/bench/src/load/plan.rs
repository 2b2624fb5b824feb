//! How a profile is submitted.

use super::Profile;
use std::time::Duration;

// What to submit, and how. No documentation comment: it would stand in the help of every command that has these.
#[derive(Clone, Debug, clap::Args)]
pub struct Plan {
	/// What is submitted: record:SIZE, records:CALLSxSIZE, remark:SIZE, remarks:CALLSxSIZE, grants, merkle:DOCUMENTS,
	/// fetch:SIZE or query
	#[arg(long)]
	pub profile: Profile,
	/// How many: requests, anchors, reads
	#[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
	pub count: u64,
	/// For how many seconds, instead of how many
	#[arg(long, conflicts_with_all = ["count", "sign_ahead"], value_parser = clap::value_parser!(u32).range(1..))]
	pub seconds: Option<u32>,
	/// So many a second, however long those before take. Without it they come as others end
	#[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
	pub rate: Option<u32>,
	/// Without --rate: how many are under way at a time; 2048 transactions, 64 reads, 4 Merkle anchors without it
	#[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
	pub in_flight: Option<u32>,
	/// Sign all transactions before the first is handed over; the time for that is left out
	#[arg(long)]
	pub sign_ahead: bool,
	/// Put requests into so many lanes, in each of which they have to be decided in order
	#[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1024))]
	pub lanes: u32,
}

impl Plan {
	/// So many of a profile, in a closed loop.
	pub fn of(profile: Profile, count: u64) -> Self {
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

	/// A profile for some time, in a closed loop.
	pub fn during(profile: Profile, seconds: u32) -> Self {
		Self { seconds: Some(seconds), ..Self::of(profile, 0) }
	}

	/// How many there are at most.
	pub fn most(&self) -> u64 {
		match self.seconds {
			Some(_) => u64::MAX,
			None => self.count,
		}
	}

	/// For how long, if not for so many.
	pub fn time(&self) -> Option<Duration> {
		self.seconds.map(|seconds| Duration::from_secs(seconds.into()))
	}

	/// How many are due until the end, if time and rate say so.
	pub fn due(&self) -> Option<u64> {
		Some(u64::from(self.seconds?) * u64::from(self.rate?))
	}
}
