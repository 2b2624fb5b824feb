//! `credio status`.

use crate::{
	exit::Failure, names::BlockTimes, output, resolve, session::Session, values::id::IdArg,
};
use clap::Args;
use credio_client::{
	Client, Trust,
	primitives::{
		BlockNumber, Request, RequestKey,
		rpc::{RequestState, RequestStatusJson},
	},
};
use credio_outbox::Outbox;
use serde::Serialize;
use std::sync::Arc;

/// Show the status of a request
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio status INV-4711 --stream invoices\n  credio status 0x52c7d8e9…1a9b --outbox acme.outbox\n  credio status 0x52… --expires-at 48211 --json"
)]
pub(super) struct StatusArgs {
	/// Request key (0x and 64 hex digits), or the business key given to upload
	key: String,
	/// Stream of the business key
	#[arg(long, value_name = "NAME_OR_ID")]
	stream: Option<String>,
	/// Last block that may apply the request, as `credio outbox list` shows it. Without it, nobody can prove that
	/// the request has expired, and its status is unknown
	#[arg(long, value_name = "BLOCK", conflicts_with = "stream")]
	expires_at: Option<BlockNumber>,
	/// Outbox to look up a short request key in: a file, or postgres://…
	#[arg(long, env = "CREDIO_OUTBOX", value_name = "FILE_OR_URL")]
	outbox: Option<String>,
}

/// A status as it is printed.
#[derive(Serialize)]
struct Shown {
	#[serde(flatten)]
	status: RequestStatusJson,
	/// Whether a final block proves the outcome. Anything else is the node's word.
	proven: bool,
}

impl Shown {
	fn new(client: &Client, status: RequestStatusJson) -> Self {
		let is_verified = matches!(client.trust(), Trust::Proofs(_));
		let proven = is_verified && is_outcome(status.status);
		Self { status, proven }
	}
}

fn is_outcome(state: RequestState) -> bool {
	matches!(state, RequestState::Applied | RequestState::Rejected | RequestState::Expired)
}

/// Describes a state.
fn describe(state: RequestState, proven: bool, is_expiry_known: bool) -> String {
	let name = format!("{state:?}").to_lowercase();
	match state {
		RequestState::Unknown if !is_expiry_known => format!(
			"{name}: it may have expired, which only its request key with --expires-at BLOCK can prove"
		),
		_ if is_outcome(state) && !proven => format!("{name}, as the node says"),
		_ => name,
	}
}

/// Prints the status of a request.
pub(super) async fn run(session: &Session, args: StatusArgs) -> Result<(), Failure> {
	let StatusArgs { key, stream, expires_at, outbox } = args;
	let client = session.connect().await?;
	let status = if let Some(stream) = stream {
		let stream = resolve::stream(&client, &stream, None).await?;
		client.status_of_key(stream, key.as_bytes()).await?
	} else {
		let key = request_key(session, &key, outbox.as_deref()).await?;
		match expires_at {
			None => client.status(key).await?,
			Some(expires_at) => {
				let organization = client.organization_id();
				client.status_of(&Request { organization, key, expires_at, lane: None }).await?
			},
		}
	};
	let shown = Shown::new(&client, status);
	if session.json {
		return output::json_line(&shown);
	}
	let Shown { status, proven } = &shown;
	let receipt = status.receipt.as_ref();
	let times = BlockTimes::load(&client, receipt.map(|receipt| receipt.block)).await;
	let lane = receipt
		.and_then(|receipt| receipt.lane)
		.map(|lane| format!("{} in lane {}", lane.sequence, lane.lane));
	let error = receipt.and_then(|receipt| receipt.error.as_ref());
	output::lines(&[
		("request key", status.request_key.to_string()),
		("status", describe(status.status, *proven, expires_at.is_some())),
		("block", output::or_dash(receipt.map(|receipt| times.text(receipt.block)))),
		("lane position", output::or_dash(lane)),
		("error", output::or_dash(error.map(|error| error.name.clone()))),
	])
}

/// Returns the request key: whole, or short and looked up in the outbox.
async fn request_key(
	session: &Session,
	key: &str,
	outbox: Option<&str>,
) -> Result<RequestKey, Failure> {
	match (key.parse::<IdArg<RequestKey>>(), outbox) {
		(Ok(IdArg::Whole(key)), _) => Ok(key),
		(Ok(part), Some(url)) => {
			let vault = session.vault_of_organization().await?;
			resolve::request(&Outbox::open(url, Arc::new(vault)).await?, part).await
		},
		(Ok(IdArg::Part(_)), None) => Err(Failure::hinted(
			"a short request key can be looked up in an outbox only",
			"give --outbox, or the whole request key",
		)),
		(Err(_), _) => Err(Failure::hinted(
			"a business key belongs to a stream",
			"give --stream, or a request key (0x…)",
		)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn unproven_outcomes_are_marked() {
		for state in [RequestState::Applied, RequestState::Rejected, RequestState::Expired] {
			let name = format!("{state:?}").to_lowercase();
			assert_eq!(describe(state, true, false), name);
			assert_eq!(describe(state, false, false), format!("{name}, as the node says"));
		}
		assert!(describe(RequestState::Unknown, false, false).contains("--expires-at"));
		assert_eq!(describe(RequestState::Unknown, false, true), "unknown");
		assert_eq!(describe(RequestState::Pending, false, false), "pending");
	}
}
