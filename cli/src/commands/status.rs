//! Where a request stands, and whether that is proven.

use crate::{exit::Failure, output, session::Session};
use credio_client::{
	primitives::{
		rpc::{RequestState, RequestStatusJson},
		BlockNumber, Request, RequestKey,
	},
	Client, Trust,
};
use serde::Serialize;

/// A status, as it is shown.
#[derive(Serialize)]
struct Shown {
	#[serde(flatten)]
	status: RequestStatusJson,
	/// Whether it is an outcome that a final block proves. The rest is the node's word.
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

/// The state in words.
fn words(state: RequestState, proven: bool, is_expiry_known: bool) -> String {
	let name = format!("{state:?}").to_lowercase();
	match state {
		RequestState::Unknown if !is_expiry_known => format!(
			"{name}: it may have expired, which is proven by its request key and --expires-at BLOCK only"
		),
		_ if is_outcome(state) && !proven => format!("{name}, as the node says"),
		_ => name,
	}
}

/// Shows where a request stands.
pub async fn run(
	session: &Session,
	key: &str,
	stream: Option<&str>,
	expires_at: Option<BlockNumber>,
) -> Result<(), Failure> {
	let client = session.connect().await?;
	let status = match (key.parse::<RequestKey>(), stream, expires_at) {
		(Ok(key), None, None) => client.status(key).await?,
		(Ok(key), None, Some(expires_at)) => {
			let organization = client.organization_id();
			client.status_of(&Request { organization, key, expires_at, lane: None }).await?
		},
		(_, Some(stream), _) => {
			let stream = client.find_stream(stream, None).await?.id;
			client.status_of_key(stream, key.as_bytes()).await?
		},
		(Err(_), None, _) => {
			return Err(Failure::Other(
				"a business key belongs to a stream: give --stream, or a request key (0x…)".into(),
			));
		},
	};
	let shown = Shown::new(&client, status);
	let Shown { status, proven } = &shown;
	let receipt = status.receipt.as_ref();
	let error = receipt.and_then(|receipt| receipt.error.as_ref());
	output::item(
		session.json,
		&shown,
		&[
			("request key", status.request_key.to_string()),
			("status", words(status.status, *proven, expires_at.is_some())),
			("block", output::or_dash(receipt.map(|receipt| receipt.block))),
			(
				"lane position",
				output::or_dash(
					receipt
						.and_then(|receipt| receipt.lane)
						.map(|lane| format!("{} in lane {}", lane.sequence, lane.lane)),
				),
			),
			("error", output::or_dash(error.map(|error| error.name.clone()))),
		],
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_not_proven_is_said_to_be_the_nodes_word() {
		for state in [RequestState::Applied, RequestState::Rejected, RequestState::Expired] {
			let name = format!("{state:?}").to_lowercase();
			assert_eq!(words(state, true, false), name);
			assert_eq!(words(state, false, false), format!("{name}, as the node says"));
		}
		assert!(words(RequestState::Unknown, false, false).contains("--expires-at"));
		assert_eq!(words(RequestState::Unknown, false, true), "unknown");
		assert_eq!(words(RequestState::Pending, false, false), "pending");
	}
}
