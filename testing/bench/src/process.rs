//! Resource use of processes, from `/proc`.

use crate::lock::lock;
use serde::Serialize;
use std::{
	fs,
	path::{Path, PathBuf},
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::MissedTickBehavior};

/// Clock ticks a second in `/proc`, the same on all platforms.
const TICKS: f64 = 100.0;
/// Time between two samples of memory.
const INTERVAL: Duration = Duration::from_secs(2);

/// The resource use of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Use {
	/// Processor time.
	pub cpu: Duration,
	/// Resident memory, in bytes.
	pub resident: u64,
	/// The most resident memory so far, in bytes.
	pub most: u64,
}

/// Returns the resource use of a process; `None` if it does not exist.
pub(crate) fn usage(process: u32) -> Option<Use> {
	let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
	// The name before the last bracket can contain any characters.
	let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
	let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
	let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
	let kibibytes = |name: &str| {
		let line = status.lines().find_map(|line| line.strip_prefix(name))?;
		line.trim().trim_end_matches(" kB").parse::<u64>().ok()
	};
	Some(Use {
		cpu: Duration::from_secs_f64(ticks as f64 / TICKS),
		resident: kibibytes("VmRSS:")? * 1024,
		most: kibibytes("VmHWM:")? * 1024,
	})
}

/// Returns the bytes on disk of a folder's files.
pub(crate) fn size_of(folder: &Path) -> u64 {
	use std::os::unix::fs::MetadataExt;
	let entries = fs::read_dir(folder).into_iter().flatten().flatten();
	let sizes = entries.map(|entry| match entry.metadata() {
		Ok(is) if is.is_dir() => size_of(&entry.path()),
		Ok(is) => is.blocks() * 512,
		Err(_) => 0,
	});
	sizes.sum()
}

// No documentation comment: it would replace the description in the help of every command that flattens this.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Watched {
	/// Process id of the node, to report its resource use
	#[arg(long, value_name = "PID")]
	pub node_pid: Option<u32>,
	/// Folder of the node's database, to report its growth
	#[arg(long, value_name = "DIR")]
	pub database: Option<PathBuf>,
}

impl Watched {
	/// Returns the current bytes of the node's database.
	pub(crate) fn size(&self) -> Option<u64> {
		self.database.as_deref().map(size_of)
	}

	fn usage(&self) -> Option<Use> {
		self.node_pid.and_then(usage)
	}

	/// Starts to watch.
	pub(crate) fn begin(&self) -> Watch {
		let memory = Arc::new(Mutex::new(Vec::new()));
		let mut task = JoinSet::new();
		if let Some(node) = self.node_pid {
			task.spawn(sample(node, memory.clone()));
		}
		Watch {
			of: self.clone(),
			node: self.usage(),
			client: usage(std::process::id()),
			size: self.size(),
			memory,
			_task: task,
		}
	}
}

/// The resource use at the start of a run, and the memory since then.
pub(crate) struct Watch {
	of: Watched,
	node: Option<Use>,
	client: Option<Use>,
	size: Option<u64>,
	memory: Arc<Mutex<Vec<Sample>>>,
	_task: JoinSet<()>,
}

impl Watch {
	/// Returns the resource use since the start.
	pub(crate) fn end(self) -> Uses {
		let since = |before: Option<Use>, after: Option<Use>| Some(Used::of(before?, after?));
		let samples = std::mem::take(&mut *lock(&self.memory));
		Uses {
			node: since(self.node, self.of.usage()),
			client: since(self.client, usage(std::process::id())),
			database_growth: self
				.size
				.zip(self.of.size())
				.map(|(before, after)| after.saturating_sub(before)),
			memory: self.node.zip(self.of.usage()).map(|(before, after)| {
				let middle = samples.get(samples.len() / 2).map_or(after.resident, |one| one.node);
				Memory { start: before.resident, middle, end: after.resident, samples }
			}),
		}
	}
}

/// The resource use of a run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Uses {
	/// Use of the node.
	pub node: Option<Used>,
	/// Use of the load generator.
	pub client: Option<Used>,
	/// Growth of the node's database, in bytes.
	pub database_growth: Option<u64>,
	/// The node's memory over time.
	pub memory: Option<Memory>,
}

/// The resource use of a process in a run.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Used {
	/// Processor time in seconds.
	pub cpu_seconds: f64,
	/// Memory at the end, in bytes.
	pub resident: u64,
	/// The most memory so far, in bytes.
	pub most: u64,
}

impl Used {
	fn of(before: Use, after: Use) -> Self {
		let cpu_seconds = after.cpu.saturating_sub(before.cpu).as_secs_f64();
		Self { cpu_seconds, resident: after.resident, most: after.most }
	}
}

/// Resident memory of the node over a run, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Memory {
	/// At the start.
	pub start: u64,
	/// Half way.
	pub middle: u64,
	/// At the end.
	pub end: u64,
	/// In between, every two seconds.
	pub samples: Vec<Sample>,
}

/// Resident memory at a time, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sample {
	/// Seconds since the run began.
	pub seconds: f64,
	/// Of the node.
	pub node: u64,
	/// Of the load generator.
	pub client: u64,
}

/// Samples the memory of the node and of this process, until the node ends.
async fn sample(node: u32, to: Arc<Mutex<Vec<Sample>>>) {
	let started = Instant::now();
	let mut ticks = tokio::time::interval(INTERVAL);
	ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
	loop {
		ticks.tick().await;
		let (Some(node), Some(own)) = (usage(node), usage(std::process::id())) else { return };
		let seconds = started.elapsed().as_secs_f64();
		let sample = Sample { seconds, node: node.resident, client: own.resident };
		lock(&to).push(sample);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn usage_of_this_process_grows() {
		let before = usage(std::process::id()).expect("this process exists");
		let ballast = vec![1u8; 64 << 20];
		let mut sum = 0u64;
		loop {
			sum = ballast.iter().fold(sum, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
			if usage(std::process::id()).expect("still there").cpu > before.cpu {
				break;
			}
		}
		let after = usage(std::process::id()).expect("still there");
		assert!(sum > 0 && after.most >= before.resident + (60 << 20), "{before:?} {after:?}");
		assert_eq!(usage(u32::MAX), None);
	}

	#[tokio::test]
	async fn watch_reports_the_processes_that_exist() {
		let own = Watched { node_pid: Some(std::process::id()), database: None };
		let uses = own.begin().end();
		let memory = uses.memory.expect("this process has memory");
		assert!(memory.start > 0 && memory.middle > 0 && memory.end > 0);
		assert!(uses.node.is_some() && uses.client.is_some() && uses.database_growth.is_none());
		let nobody = Watched::default().begin().end();
		assert!(nobody.node.is_none() && nobody.memory.is_none());
	}
}
