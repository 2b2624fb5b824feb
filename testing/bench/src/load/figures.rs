//! The figures of a run.
use super::{plan::Plan, profile::Profile};
use crate::process::Uses;
use serde::Serialize;
use std::{fmt, time::Duration};

/// The figures of a run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
	/// The profile.
	pub profile: String,
	/// Records, remarks, documents or reads in each submission; `None` if they differ.
	pub units: Option<u32>,
	/// Submissions.
	pub submitted: u64,
	/// Submissions that were due and not made before the end, because the generator could not keep up.
	pub behind: u64,
	/// Submissions accepted by the node.
	pub accepted: u64,
	/// Submissions rejected by a busy node. A closed loop submits them again.
	pub busy: u64,
	/// Submissions rejected by the node for another reason.
	pub refused: u64,
	/// The first of those reasons.
	pub reason: Option<String>,
	/// Submissions applied and final.
	pub applied: u64,
	/// Records, remarks, documents or reads in those.
	pub brought: u64,
	/// Submissions rejected by the chain and final.
	pub rejected: u64,
	/// Expired submissions.
	pub expired: u64,
	/// Accepted submissions without an outcome.
	pub lost: u64,
	/// Difference between the stream's entries and those of applied requests.
	pub doubled: u64,
	/// Requests that were decided before a predecessor in their lane.
	pub reordered: u64,
	/// From the first submission to the last final outcome, in seconds.
	pub seconds: f64,
	/// Units applied and final, a second.
	pub per_second: f64,
	/// Blocks with any of the transactions.
	pub blocks: u64,
	/// From submission to the first best block with it, in seconds.
	pub to_in_block: Option<Times>,
	/// From submission to finality, in seconds; for reads, to the response.
	pub to_final: Option<Times>,
	/// Resources used.
	#[serde(flatten)]
	pub uses: Uses,
	/// The single times.
	#[serde(skip)]
	pub samples: Samples,
}

/// The time of each submission, in microseconds. Four bytes each, so that all of a long run fit in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
	in_block: Vec<u32>,
	finals: Vec<u32>,
}

impl Samples {
	/// Adds a transaction.
	pub(crate) fn add(&mut self, in_block: Duration, to_final: Duration) {
		self.in_block.push(micros(in_block));
		self.add_read(to_final);
	}

	/// Adds a read.
	pub(crate) fn add_read(&mut self, time: Duration) {
		self.finals.push(micros(time));
	}

	/// Returns the times to a best block.
	pub(crate) fn to_in_block(&self) -> Option<Times> {
		Times::of(self.in_block.clone())
	}

	/// Returns the times to finality, or to the response.
	pub(crate) fn to_final(&self) -> Option<Times> {
		Times::of(self.finals.clone())
	}

	fn extend(&mut self, other: &Self) {
		self.in_block.extend_from_slice(&other.in_block);
		self.finals.extend_from_slice(&other.finals);
	}
}

/// Returns the microseconds, at most a little more than an hour.
fn micros(time: Duration) -> u32 {
	u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// Quantiles of times, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Times {
	pub p50: f64,
	pub p95: f64,
	pub p99: f64,
	pub max: f64,
}

impl Times {
	/// Returns the quantiles of times in microseconds; `None` without any.
	fn of(mut times: Vec<u32>) -> Option<Self> {
		times.sort_unstable();
		let at = |share| quantile(&times, share).map(|time| f64::from(time) / 1e6);
		Some(Self { p50: at(0.5)?, p95: at(0.95)?, p99: at(0.99)?, max: at(1.0)? })
	}
}

/// Returns the smallest of the sorted values that this share of them does not exceed.
pub(crate) fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
	let rank = (share * sorted.len() as f64).ceil() as usize;
	sorted.get(rank.saturating_sub(1)).copied()
}

impl Figures {
	/// Returns figures with the number of submissions; the caller fills in the rest.
	pub(crate) fn of(plan: &Plan, submitted: u64) -> Self {
		let behind = plan.due().map_or(0, |due| due.saturating_sub(submitted));
		Self { submitted, behind, ..Self::new(plan.profile) }
	}

	fn new(profile: Profile) -> Self {
		Self { profile: profile.to_string(), units: Some(profile.units()), ..Self::default() }
	}

	/// Computes rates and quantiles from the counts, the samples and the duration.
	pub(crate) fn finish(&mut self, time: Duration) {
		self.brought = self.applied * u64::from(self.units.unwrap_or(1));
		self.to_in_block = self.samples.to_in_block();
		self.to_final = self.samples.to_final();
		self.seconds = time.as_secs_f64();
		self.per_second = self.brought as f64 / self.seconds.max(1e-9);
	}

	/// Returns the number of lost, doubled and reordered requests.
	pub(crate) fn broken(&self) -> u64 {
		self.lost + self.doubled + self.reordered
	}

	/// Returns the sum of concurrent figures; `None` without any.
	pub(crate) fn together<'a>(
		profile: &str,
		parts: impl IntoIterator<Item = &'a Self>,
	) -> Option<Self> {
		let mut parts = parts.into_iter();
		let mut sum = parts.next()?.clone();
		sum.profile = profile.into();
		sum.uses = Uses::default();
		for part in parts {
			if sum.units != part.units {
				sum.units = None;
			}
			for (to, from) in [
				(&mut sum.submitted, part.submitted),
				(&mut sum.behind, part.behind),
				(&mut sum.accepted, part.accepted),
				(&mut sum.busy, part.busy),
				(&mut sum.refused, part.refused),
				(&mut sum.applied, part.applied),
				(&mut sum.brought, part.brought),
				(&mut sum.rejected, part.rejected),
				(&mut sum.expired, part.expired),
				(&mut sum.lost, part.lost),
				(&mut sum.doubled, part.doubled),
				(&mut sum.reordered, part.reordered),
			] {
				*to += from;
			}
			sum.reason = sum.reason.or_else(|| part.reason.clone());
			sum.seconds = sum.seconds.max(part.seconds);
			// Concurrent runs share blocks.
			sum.blocks = sum.blocks.max(part.blocks);
			sum.samples.extend(&part.samples);
		}
		sum.to_in_block = sum.samples.to_in_block();
		sum.to_final = sum.samples.to_final();
		sum.per_second = sum.brought as f64 / sum.seconds.max(1e-9);
		Some(sum)
	}
}

impl fmt::Display for Figures {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(
			f,
			"{}: {:.0} a second ({} of {} applied, {:.1} s, {} blocks)",
			self.profile, self.per_second, self.applied, self.submitted, self.seconds, self.blocks
		)?;
		writeln!(
			f,
			"  accepted {}, busy {}, refused {}, rejected {}, expired {}, lost {}, doubled {}, reordered {}",
			self.accepted,
			self.busy,
			self.refused,
			self.rejected,
			self.expired,
			self.lost,
			self.doubled,
			self.reordered
		)?;
		if self.behind > 0 {
			writeln!(f, "  {} more were due, but could not be submitted in time", self.behind)?;
		}
		if let Some(reason) = &self.reason {
			writeln!(f, "  the first refusal: {reason}")?;
		}
		for (name, times) in [("in block", self.to_in_block), ("final", self.to_final)] {
			let Some(Times { p50, p95, p99, max }) = times else { continue };
			writeln!(
				f,
				"  until {name:<8} p50 {p50:.3} s, p95 {p95:.3} s, p99 {p99:.3} s, max {max:.3} s"
			)?;
		}
		self.fmt_uses(f)
	}
}

impl Figures {
	fn fmt_uses(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (uses, units) = (&self.uses, (self.brought as f64).max(1.0));
		for (name, used) in [("node", uses.node), ("client", uses.client)] {
			let Some(used) = used else { continue };
			let each = used.cpu_seconds * 1e6 / units;
			let (now, most) = (used.resident >> 20, used.most >> 20);
			writeln!(
				f,
				"  {name:<6} {:.1} s of processor time, {each:.0} µs each; {now} MiB of memory, {most} MiB at most",
				used.cpu_seconds
			)?;
		}
		if let Some(memory) = &uses.memory {
			let mebibytes = |bytes: u64| bytes as f64 / 1_048_576.0;
			writeln!(
				f,
				"  node's memory {:.0} MiB at the start, {:.0} half way, {:.0} at the end: {:+.0} and {:+.0} MiB",
				mebibytes(memory.start),
				mebibytes(memory.middle),
				mebibytes(memory.end),
				mebibytes(memory.middle) - mebibytes(memory.start),
				mebibytes(memory.end) - mebibytes(memory.middle)
			)?;
		}
		if let Some(growth) = uses.database_growth {
			writeln!(
				f,
				"  database {:.1} MiB more, {:.0} bytes each",
				growth as f64 / 1_048_576.0,
				growth as f64 / units
			)?;
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn quantiles_are_actual_times() {
		let times = (1..=100).map(|seconds| seconds * 1_000_000).collect::<Vec<_>>();
		let expected = Times { p50: 50.0, p95: 95.0, p99: 99.0, max: 100.0 };
		assert_eq!(Times::of(times), Some(expected));
		assert_eq!(Times::of(Vec::new()), None);
		assert_eq!(quantile(&[7], 0.5), Some(7));
	}

	#[test]
	fn concurrent_figures_are_added_up() {
		let part = |profile: Profile, applied: u64, seconds: u64| {
			let mut figures = Figures { submitted: applied + 1, applied, ..Figures::new(profile) };
			figures.samples.add(Duration::from_secs(1), Duration::from_secs(seconds));
			figures.finish(Duration::from_secs(10));
			figures
		};
		let one = part(Profile::Record { size: 64 }, 10, 2);
		let other = part(Profile::Records { calls: 64, size: 64 }, 5, 4);
		let sum = Figures::together("both", [&one, &other]).expect("there are two");
		assert_eq!((sum.submitted, sum.applied, sum.brought, sum.units), (17, 15, 330, None));
		assert_eq!(sum.per_second, 33.0);
		assert_eq!(sum.to_final.map(|times| (times.p50, times.max)), Some((2.0, 4.0)));
		assert!(Figures::together("none", []).is_none());
	}
}
