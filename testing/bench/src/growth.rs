//! Measures the cost of a record as a chain grows.

use crate::{
	load::{self, Bench, Done, Figures, Plan, Profile, Times, Work, grants, organizations},
	process::Watched,
};
use credio_client::Error;
use futures::future::try_join_all;
use serde::Serialize;
use serde_json::json;

/// Records of a request, and their size.
const CALLS: u32 = 64;
const SIZE: u32 = 64;
/// Records of the measured stretch before a checkpoint: at least this number, and this part of all.
const STRETCH: u64 = 10_000;
const PART: u64 = 10;
/// Size of documents in timed uploads and fetches, and uploads a second.
const TIMED: u32 = 1_024;
const TIMED_RATE: u32 = 10;

/// Arguments of `growth`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
	/// WebSocket address of a node of a development chain, preferably a new one
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// Numbers of records at which to measure
	#[arg(long, value_name = "RECORDS", value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
	until: Vec<u64>,
	/// Organizations that share the records equally
	#[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
	organizations: u32,
	/// Grants made before the start, on the streams and on their records
	#[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
	grants: u64,
	/// Most requests in flight, of all organizations together
	#[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
	in_flight: u32,
	/// Timed uploads, fetches and queries at each checkpoint
	#[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
	samples: u64,
	#[command(flatten)]
	watched: Watched,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// The figures of a checkpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checkpoint {
	/// Entries of the streams.
	records: u64,
	/// Records a second over the last stretch, without its start and end.
	per_second: f64,
	/// Microseconds for each record.
	micros_each: f64,
	/// Processor time of the node for each record, in microseconds.
	node_micros_each: Option<f64>,
	/// Bytes of the node's database.
	database: Option<u64>,
	/// Its growth for each record since the previous checkpoint.
	database_each: Option<f64>,
	/// Resident memory of the node, in bytes.
	node_memory: Option<u64>,
	/// Times of single uploads to a best block.
	upload_in_block: Option<Times>,
	/// Times of single uploads to finality.
	upload: Option<Times>,
	/// Fetches.
	fetch: Option<Times>,
	/// Queries of a page of headers.
	query: Option<Times>,
}

/// Runs the measurement, and prints it.
///
/// # Errors
///
/// If the node cannot be reached, or a request is not applied exactly once.
pub(crate) async fn run(arguments: Arguments) -> Result<(), String> {
	let mut until = arguments.until.clone();
	until.sort_unstable();
	let growth = Growth::start(&arguments).await.map_err(|error| error.to_string())?;
	let mut size = arguments.watched.size();
	let mut records = growth.records().await.map_err(|error| error.to_string())?;
	let mut checkpoints = Vec::new();
	for at in until {
		let mut checkpoint = growth.grow(at).await?;
		checkpoint.database = arguments.watched.size();
		let more = checkpoint.records.saturating_sub(records).max(1);
		checkpoint.database_each = checkpoint
			.database
			.zip(size)
			.map(|(after, before)| after.saturating_sub(before) as f64 / more as f64);
		growth.time(&mut checkpoint).await?;
		// The timed uploads are not part of the next difference.
		size = arguments.watched.size();
		records = growth.records().await.map_err(|error| error.to_string())?;
		eprintln!("{} records: {:.0} a second", checkpoint.records, checkpoint.per_second);
		checkpoints.push(checkpoint);
	}
	if arguments.json {
		println!(
			"{}",
			json!({
				"kind": "growth",
				"organizations": arguments.organizations,
				"grants": arguments.grants,
				"checkpoints": checkpoints
			})
		);
	} else {
		print(&checkpoints);
	}
	Ok(())
}

struct Growth<'a> {
	benches: Vec<Bench>,
	arguments: &'a Arguments,
}

impl<'a> Growth<'a> {
	/// Connects, and makes the grants.
	async fn start(arguments: &'a Arguments) -> Result<Self, Error> {
		let count = arguments.organizations;
		// One organization has two connections, like a partner's back end; many have enough together.
		let connections = if count == 1 { 2 } else { 1 };
		let benches = organizations::connect(&arguments.node, count, connections).await?;
		let shares = shares(arguments.grants, count);
		try_join_all(benches.iter().zip(shares).map(|(bench, share)| grants::place(bench, share)))
			.await?;
		Ok(Self { benches, arguments })
	}

	/// Returns the number of entries in the streams.
	async fn records(&self) -> Result<u64, Error> {
		let entries = try_join_all(self.benches.iter().map(Bench::entries)).await?;
		Ok(entries.into_iter().sum())
	}

	/// Adds records up to a number, and measures over the last of them.
	async fn grow(&self, until: u64) -> Result<Checkpoint, String> {
		let text = |error: Error| error.to_string();
		let missing = until.saturating_sub(self.records().await.map_err(text)?);
		let stretch = missing.min(STRETCH.max(until / PART));
		if stretch == 0 {
			return Err(format!(
				"the chain already has more than {until} records; use a new chain, or a later checkpoint"
			));
		}
		if missing > stretch {
			self.add(missing - stretch, false).await?;
		}
		let Done { works, uses, steady } = self.add(stretch, true).await?;
		let all = Figures::together("all", works.iter().flatten()).unwrap_or_default();
		// A stretch of a few blocks has no middle, so its whole duration counts.
		let per_second = steady.map_or(all.per_second, |requests| requests * f64::from(CALLS));
		Ok(Checkpoint {
			records: self.records().await.map_err(text)?,
			per_second,
			micros_each: 1e6 / per_second.max(1e-9),
			node_micros_each: uses
				.node
				.map(|used| used.cpu_seconds * 1e6 / all.brought.max(1) as f64),
			database: None,
			database_each: None,
			node_memory: uses.node.map(|used| used.resident),
			upload_in_block: None,
			upload: None,
			fetch: None,
			query: None,
		})
	}

	/// Adds records in all organizations at once, signed before the clock starts if `sign_ahead`.
	async fn add(&self, records: u64, sign_ahead: bool) -> Result<Done, String> {
		let count = self.arguments.organizations;
		let in_flight = (self.arguments.in_flight / count).max(1);
		let requests = shares(records.div_ceil(CALLS.into()), count);
		let works = self.benches.iter().zip(requests).filter(|(_, requests)| *requests > 0);
		let works: Vec<Work<'_>> = works
			.map(|(bench, requests)| {
				let plan = Plan::of(Profile::Records { calls: CALLS, size: SIZE }, requests);
				let plan = Plan { in_flight: Some(in_flight), sign_ahead, ..plan };
				Work { bench, plans: vec![plan] }
			})
			.collect();
		let done = load::together(&works, &self.arguments.watched)
			.await
			.map_err(|error| error.to_string())?;
		done.works.iter().flatten().try_for_each(all_applied)?;
		Ok(done)
	}

	/// Times single uploads, fetches and queries of the first organization, without other load.
	async fn time(&self, checkpoint: &mut Checkpoint) -> Result<(), String> {
		let Some(bench) = self.benches.first() else { return Ok(()) };
		let samples = self.arguments.samples;
		let upload =
			Plan { rate: Some(TIMED_RATE), ..Plan::of(Profile::Record { size: TIMED }, samples) };
		let one = |profile| Plan { in_flight: Some(1), ..Plan::of(profile, samples) };
		for plan in [upload, one(Profile::Fetch { size: TIMED }), one(Profile::Query)] {
			let profile = plan.profile;
			let figures = load::measure(bench, plan, &Watched::default()).await;
			let figures = figures.map_err(|error| error.to_string())?;
			all_applied(&figures)?;
			match profile {
				Profile::Fetch { .. } => checkpoint.fetch = figures.to_final,
				Profile::Query => checkpoint.query = figures.to_final,
				_ => {
					checkpoint.upload_in_block = figures.to_in_block;
					checkpoint.upload = figures.to_final;
				},
			}
		}
		Ok(())
	}
}

/// Divides a number among organizations. The first ones get the remainder.
fn shares(of: u64, over: u32) -> Vec<u64> {
	let over = u64::from(over.max(1));
	(0..over).map(|at| of / over + u64::from(at < of % over)).collect()
}

fn all_applied(figures: &Figures) -> Result<(), String> {
	match figures.broken() == 0 && figures.applied == figures.submitted {
		true => Ok(()),
		false => Err(format!("some requests were not applied exactly once:\n{figures}")),
	}
}

fn print(checkpoints: &[Checkpoint]) {
	println!(
		"{:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} {:>13} {:>13} {:>13} {:>13}",
		"",
		"",
		"µs each",
		"node's",
		"database",
		"bytes",
		"node's",
		"upload s",
		"final s",
		"fetch ms",
		"query ms"
	);
	println!(
		"{:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} {:>13} {:>13} {:>13} {:>13}",
		"records",
		"a second",
		"",
		"µs each",
		"MiB",
		"each",
		"MiB",
		"p50 / p95",
		"p50 / p95",
		"p50 / p95",
		"p50 / p95"
	);
	let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.0}"));
	let mebibytes = |bytes: Option<u64>| number(bytes.map(|bytes| bytes as f64 / 1_048_576.0));
	let times = |times: Option<Times>, factor: f64| {
		times.map_or("-".into(), |times| {
			format!("{:.2} / {:.2}", times.p50 * factor, times.p95 * factor)
		})
	};
	for at in checkpoints {
		println!(
			"{:>9} {:>8.0} {:>8.0} {:>8} {:>9} {:>9} {:>8} {:>13} {:>13} {:>13} {:>13}",
			at.records,
			at.per_second,
			at.micros_each,
			number(at.node_micros_each),
			mebibytes(at.database),
			number(at.database_each),
			mebibytes(at.node_memory),
			times(at.upload_in_block, 1.0),
			times(at.upload, 1.0),
			times(at.fetch, 1e3),
			times(at.query, 1e3)
		);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn shares_add_up() {
		assert_eq!(shares(10, 3), [4, 3, 3]);
		assert_eq!(shares(2, 3), [1, 1, 0]);
		assert_eq!(shares(7, 1), [7]);
	}
}
