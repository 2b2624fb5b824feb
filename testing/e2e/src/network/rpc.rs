//! Calls to a node.

use jsonrpsee::{
	core::{client::ClientT, params::ArrayParams},
	ws_client::{WsClient, WsClientBuilder},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

/// Time limit of a call.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn connect(url: &str) -> Option<WsClient> {
	let client = WsClientBuilder::new().connection_timeout(LIMIT).request_timeout(LIMIT).build(url);
	client.await.ok()
}

/// Makes a call over a new connection. Returns `None` if it fails.
pub(super) async fn ask<T: DeserializeOwned>(
	url: &str,
	method: &str,
	params: ArrayParams,
) -> Option<T> {
	connect(url).await?.request(method, params).await.ok()
}

/// Current rounds of finality.
#[derive(Debug, Deserialize)]
pub(super) struct Rounds {
	best: Round,
	background: Vec<Round>,
}

#[derive(Debug, Deserialize)]
struct Round {
	prevotes: Votes,
}

#[derive(Debug, Deserialize)]
struct Votes {
	missing: Vec<String>,
}

impl Rounds {
	/// Returns whether all validators have voted in one of the rounds.
	pub(super) fn have_all_prevotes(&self) -> bool {
		self.background.iter().chain([&self.best]).any(|round| round.prevotes.missing.is_empty())
	}
}

/// A block header as nodes serialize it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
	pub(super) parent_hash: String,
	number: String,
	pub(super) state_root: String,
	extrinsics_root: String,
	digest: Digest,
}

#[derive(Clone, Debug, Deserialize)]
struct Digest {
	logs: Vec<String>,
}

fn bytes(text: &str) -> Vec<u8> {
	hex::decode(text.trim_start_matches("0x")).expect("nodes send hex")
}

impl Header {
	/// Returns the number of the block.
	pub fn height(&self) -> u32 {
		u32::from_str_radix(self.number.trim_start_matches("0x"), 16).expect("nodes send numbers")
	}

	/// Computes the hash of the block.
	pub fn hash(&self) -> String {
		let mut encoded = bytes(&self.parent_hash);
		encoded.extend(compact(self.height()));
		encoded.extend(bytes(&self.state_root));
		encoded.extend(bytes(&self.extrinsics_root));
		encoded.extend(compact(u32::try_from(self.digest.logs.len()).expect("a few")));
		encoded.extend(self.digest.logs.iter().flat_map(|log| bytes(log)));
		format!("0x{}", hex::encode(sp_crypto_hashing::blake2_256(&encoded)))
	}
}

/// Encodes a number below 2^30 in SCALE's compact form.
fn compact(number: u32) -> Vec<u8> {
	match number {
		0..=0x3f => vec![u8::try_from(number << 2).expect("one byte")],
		0x40..=0x3fff => u16::try_from((number << 2) | 1).expect("two bytes").to_le_bytes().into(),
		_ => ((number << 2) | 2).to_le_bytes().into(),
	}
}
