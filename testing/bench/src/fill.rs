//! Fills a chain with made-up invoices.

use crate::invoices::{Numbers, invoice};
use credio_client::{
	Client, Error, Upload,
	primitives::{
		Quota, Reference, StreamId,
		limits::{MAX_CALLS, MAX_QUOTA},
	},
};
use credio_vault::LocalVault;
use futures::{StreamExt, TryStreamExt, stream};
use std::{
	sync::{
		Arc,
		atomic::{AtomicU64, Ordering},
	},
	time::Instant,
};

/// The example organization that uploads.
const ORGANIZATION: &str = "channel-one";
/// The example organization that is the council.
const COUNCIL: &str = "operator";
/// Most requests in flight.
const CONCURRENCY: usize = 48;

/// Arguments of `fill`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
	/// WebSocket address of a node of a development chain
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// Number of invoices
	#[arg(long, default_value_t = 100_000)]
	records: u64,
	/// Invoices in a request
	#[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CALLS)))]
	per_request: u32,
	/// Stream; it is created if it does not exist
	#[arg(long, default_value = "invoices")]
	stream: String,
}

/// Uploads the invoices. A repetition uploads nothing twice.
///
/// # Errors
///
/// If the node cannot be reached, or refuses an upload.
pub(crate) async fn run(arguments: Arguments) -> Result<(), String> {
	let text = |error: Error| error.to_string();
	lift_quota(&arguments.node).await?;
	let client = connect(&arguments.node, ORGANIZATION).await?;
	let stream = StreamId::derive(client.organization_id(), arguments.stream.as_bytes());
	if client.stream(stream).await.is_err() {
		client.create_stream(&arguments.stream).await.map_err(text)?;
	}
	let started = Instant::now();
	let done = AtomicU64::new(0);
	let per_request = u64::from(arguments.per_request);
	let requests = (0..arguments.records.div_ceil(per_request)).map(|number| {
		let from = number * per_request;
		let invoices = from..(from + per_request).min(arguments.records);
		let (client, done) = (&client, &done);
		async move {
			let count = invoices.end - invoices.start;
			upload(client, stream, invoices).await?;
			let done = done.fetch_add(count, Ordering::Relaxed) + count;
			if done % 10_000 < count {
				eprintln!("{done} invoices, after {:.0} s", started.elapsed().as_secs_f64());
			}
			Ok::<_, Error>(())
		}
	});
	stream::iter(requests).buffer_unordered(CONCURRENCY).try_collect::<()>().await.map_err(text)?;
	let spent = started.elapsed().as_secs_f64();
	println!(
		"{} invoices, {:.0} a second, applied and final",
		arguments.records,
		arguments.records as f64 / spent
	);
	Ok(())
}

async fn connect(node: &str, organization: &str) -> Result<Client, String> {
	let vault =
		LocalVault::development(organization).ok_or("no example organization has this name")?;
	Client::connect(node, Arc::new(vault)).await.map_err(|error| error.to_string())
}

/// Raises the organization's quota.
async fn lift_quota(node: &str) -> Result<(), String> {
	let council = connect(node, COUNCIL).await?;
	let of = connect(node, ORGANIZATION).await?.organization_id();
	let quota = Quota { bytes: MAX_QUOTA, ref_time: MAX_QUOTA };
	council.set_quota(of, quota).await.map(|_| ()).map_err(|error| error.to_string())
}

/// Uploads invoices in one request.
async fn upload(
	client: &Client,
	stream: StreamId,
	invoices: std::ops::Range<u64>,
) -> Result<(), Error> {
	let name = format!("fill {} {}", invoices.start, invoices.end);
	let key = client.key_of(stream, name.as_bytes(), 0).await?;
	let mut calls = Vec::new();
	for (position, number) in (0..).zip(invoices) {
		let document = invoice(number, &mut Numbers(number));
		let upload = Upload {
			stream,
			key: None,
			media_type: "application/xml",
			document: document.as_bytes(),
			supersedes: None,
		};
		calls.push(client.seal_as(&upload, Reference::derive(&key, position)).await?.1);
	}
	client.apply(key, &calls).await.map(|_| ())
}
