//! Measures the cost of verified reads: uploads through the SDK, followed to their outcomes, with and without proofs in
//! turns.

use crate::load::{quantile, since_epoch};
use credio_client::{
	Client, Error, Outcome, SubmitError, Trust, Upload,
	primitives::{Quota, StreamId, limits::MAX_QUOTA},
};
use credio_vault::LocalVault;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use std::{sync::Arc, time::Instant};

/// The organization that uploads, and the council.
const ORGANIZATION: &str = "channel-one";
const COUNCIL: &str = "operator";
/// Name of the stream.
const STREAM: &str = "verified";

/// Arguments of `verified`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
	/// WebSocket address of a node of a development chain
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// Documents in a round
	#[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
	documents: u32,
	/// Bytes of each
	#[arg(long, default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(16..=65_536))]
	size: u32,
	/// Most uploads in flight
	#[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4_096))]
	concurrency: u16,
	/// Rounds with proofs, and as many without
	#[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
	rounds: u32,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// Runs the measurement, and prints the applied uploads a second.
///
/// # Errors
///
/// If the node cannot be reached, or refuses an upload.
pub(crate) async fn run(arguments: Arguments) -> Result<(), String> {
	let [proven, believed] = measure(&arguments).await.map_err(|error| error.to_string())?;
	let ratio = proven / believed;
	if arguments.json {
		let printed =
			json!({ "kind": "verified", "proven": proven, "believed": believed, "ratio": ratio });
		println!("{printed}");
	} else {
		println!("with proofs {proven:.0} a second, without {believed:.0}: {ratio:.2}");
	}
	Ok(())
}

async fn connect(node: &str, name: &str) -> Result<Client, Error> {
	let none = || Error::Argument("no example organization has this name".into());
	let vault = LocalVault::development(name).ok_or_else(none)?;
	Client::connect(node, Arc::new(vault)).await
}

/// Returns the median rates with proofs and without.
async fn measure(arguments: &Arguments) -> Result<[f64; 2], Error> {
	let proven = connect(&arguments.node, ORGANIZATION).await?;
	let quota = Quota { bytes: MAX_QUOTA, ref_time: MAX_QUOTA };
	let council = connect(&arguments.node, COUNCIL).await?;
	council.set_quota(proven.organization_id(), quota).await?;
	let believed = connect(&arguments.node, ORGANIZATION).await?.with_trust(Trust::Node);
	let stream = StreamId::derive(proven.organization_id(), STREAM.as_bytes());
	match proven.create_stream(STREAM).await {
		Ok(_) | Err(Error::Submit(SubmitError::Rejected(_))) => {},
		Err(error) => return Err(error),
	}
	let mut rates = [Vec::new(), Vec::new()];
	for _ in 0..arguments.rounds {
		for (client, rates) in [&proven, &believed].into_iter().zip(&mut rates) {
			rates.push(round(client, stream, arguments).await?);
		}
	}
	Ok(rates.map(|mut rates| {
		rates.sort_by(f64::total_cmp);
		quantile(&rates, 0.5).unwrap_or_default()
	}))
}

/// Uploads the documents of a round. Returns the applied uploads a second.
async fn round(client: &Client, stream: StreamId, arguments: &Arguments) -> Result<f64, Error> {
	let size = arguments.size as usize;
	let run = since_epoch();
	let start = Instant::now();
	stream::iter(0..arguments.documents)
		.map(Ok)
		.try_for_each_concurrent(usize::from(arguments.concurrency), |number| async move {
			let mut document = [run.to_le_bytes(), u64::from(number).to_le_bytes()].concat();
			document.resize(size, 0);
			let (document, media_type) = (document.as_slice(), "text/plain");
			let upload = Upload { stream, key: None, media_type, document, supersedes: None };
			match client.upload(&upload).await? {
				Outcome::Applied(_) => Ok(()),
				Outcome::Rejected(status) => Err(Error::Submit(SubmitError::Rejected(status))),
			}
		})
		.await?;
	Ok(f64::from(arguments.documents) / start.elapsed().as_secs_f64())
}
