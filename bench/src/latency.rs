//! Open loop: uploads start at a steady rate, however long those before them take.

use credio_sdk::{
	client::Upload,
	primitives::{limits::MAX_DOCUMENT_SIZE, StreamId},
	vault::LocalVault,
	Client, Error,
};
use futures::future::join_all;
use std::{
	sync::Arc,
	time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::time::MissedTickBehavior;

/// Name of the stream that the load goes to.
const STREAM: &str = "bench";
/// The example organization that uploads.
const ORGANIZATION: &str = "channel-one";

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Arguments {
	/// WebSocket address of a node; several are used in turn
	#[arg(long = "node", value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	nodes: Vec<String>,
	/// Uploads a second
	#[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
	rate: u32,
	/// For how long
	#[arg(long, default_value_t = 60)]
	seconds: u32,
	/// Size of a document in bytes
	#[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(32..=i64::from(MAX_DOCUMENT_SIZE)))]
	size: u32,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// What became of the uploads.
#[derive(Default)]
struct Outcomes {
	applied: Vec<Duration>,
	rejected: usize,
	expired: usize,
	/// Not told to have ended: the node refused it, or the connection was lost.
	failed: Vec<String>,
}

/// Runs it.
///
/// Errors: if a node cannot be reached, or the stream cannot be made.
pub async fn run(arguments: Arguments) -> Result<(), String> {
	let text = |error: Error| error.to_string();
	let vault = LocalVault::development(ORGANIZATION)
		.ok_or("the example organizations have no vault of this name")?;
	let mut clients = Vec::new();
	for node in &arguments.nodes {
		let client = Client::connect(node, Arc::new(vault.clone())).await.map_err(text)?;
		clients.push(Arc::new(client));
	}
	let first = &clients[0];
	let stream = StreamId::derive(first.organization_id(), STREAM.as_bytes());
	if first.stream(stream).await.is_err() {
		first.create_stream(STREAM).await.map_err(text)?;
	}
	let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
	let count = arguments.rate.saturating_mul(arguments.seconds);
	let mut ticks = tokio::time::interval(Duration::from_secs(1) / arguments.rate);
	ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
	let mut uploads = Vec::new();
	for (number, client) in (0..count).zip(clients.iter().cycle()) {
		ticks.tick().await;
		let client = client.clone();
		let size = arguments.size as usize;
		uploads.push(tokio::spawn(async move {
			let mut document = format!("{started} {number} ").into_bytes();
			document.resize(size.max(document.len()), b'x');
			let upload = Upload {
				stream,
				key: None,
				media_type: "text/plain",
				document: &document,
				supersedes: None,
			};
			let at = Instant::now();
			client.upload(&upload).await.map(|_| at.elapsed())
		}));
	}
	let mut outcomes = Outcomes::default();
	for upload in join_all(uploads).await {
		match upload.map_err(|error| error.to_string())? {
			Ok(time) => outcomes.applied.push(time),
			Err(Error::Rejected(_)) => outcomes.rejected += 1,
			Err(Error::Expired(_)) => outcomes.expired += 1,
			Err(error) => outcomes.failed.push(error.to_string()),
		}
	}
	report(&arguments, outcomes);
	Ok(())
}

fn report(arguments: &Arguments, mut outcomes: Outcomes) {
	outcomes.applied.sort_unstable();
	let seconds = |share: f64| quantile(&outcomes.applied, share).map(|time| time.as_secs_f64());
	let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(seconds);
	let (applied, failed) = (outcomes.applied.len(), outcomes.failed.len());
	if arguments.json {
		println!(
			"{}",
			serde_json::json!({
				"rate": arguments.rate, "seconds": arguments.seconds, "size": arguments.size,
				"applied": applied, "rejected": outcomes.rejected, "expired": outcomes.expired,
				"failed": failed,
				"submitToFinal": { "p50": p50, "p95": p95, "p99": p99, "max": max },
			})
		);
	} else {
		println!("applied   {applied}");
		println!("rejected  {}", outcomes.rejected);
		println!("expired   {}", outcomes.expired);
		println!("failed    {failed}");
		for (name, time) in [("p50", p50), ("p95", p95), ("p99", p99), ("max", max)] {
			let time = time.map_or_else(|| "-".into(), |time| format!("{time:.2} s"));
			println!("{name}       {time}");
		}
	}
	for error in outcomes.failed.iter().take(5) {
		eprintln!("failed: {error}");
	}
}

/// The smallest of the sorted times that this share of them does not exceed.
fn quantile(sorted: &[Duration], share: f64) -> Option<Duration> {
	let rank = (share * sorted.len() as f64).ceil() as usize;
	sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn quantiles_are_of_the_times_that_there_are() {
		let times = (1..=100).map(Duration::from_secs).collect::<Vec<_>>();
		assert_eq!(quantile(&times, 0.5), Some(Duration::from_secs(50)));
		assert_eq!(quantile(&times, 0.99), Some(Duration::from_secs(99)));
		assert_eq!(quantile(&times, 1.0), Some(Duration::from_secs(100)));
		assert_eq!(quantile(&[], 0.5), None);
	}
}
