//! Extrinsics outside of requests, as a tool submits them that knows nothing of Credio.

use crate::node::Node;
use credio_client::{Client, Error, calls::Call, primitives::rpc::WeightJson};
use jsonrpsee::{
	core::{ClientError, client::ClientT},
	rpc_params,
	ws_client::{WsClient, WsClientBuilder},
};
use std::time::Duration;
use subxt::{
	Metadata,
	ext::codec::{Compact, Decode, Encode},
};

/// Blocks after which waiting for an extrinsic ends.
const PATIENCE: u32 = 60;
/// Most reads of a node's listening addresses.
const TRIES: usize = 300;

/// The SDK's code of an invalid transaction.
pub const INVALID: i32 = 1010;

/// Returns the result of [`submit`] for a transaction that the runtime rejects with `code`.
pub fn invalid(code: u8) -> Result<(), (i32, String)> {
	Err((INVALID, format!("Custom error: {code}")))
}

/// Connects to a node.
///
/// # Panics
///
/// If it does not respond.
pub async fn connect(node: &Node) -> WsClient {
	WsClientBuilder::default().build(node.url()).await.expect("the node responds")
}

/// Returns the metadata of a node's runtime.
///
/// # Panics
///
/// If the node does not respond.
pub async fn metadata(client: &Client) -> Metadata {
	let hex: String = client.call("state_getMetadata", ()).await.expect("the node responds");
	let bytes = hex::decode(hex.trim_start_matches("0x")).expect("hex");
	Metadata::decode(&mut bytes.as_slice()).expect("metadata")
}

/// Returns the most weight that a motion may have.
///
/// # Panics
///
/// If the node does not respond, or its runtime has no bound.
pub async fn most_weight(client: &Client) -> WeightJson {
	let metadata = metadata(client).await;
	let council = metadata.pallet_by_name("Council").expect("it exists");
	let mut most = council.constant_by_name("MaxProposalWeight").expect("it is bounded").value();
	let most = <(Compact<u64>, Compact<u64>)>::decode(&mut most).expect("a weight");
	WeightJson { ref_time: most.0.0, proof_size: most.1.0 }
}

/// Returns a call of any pallet, with its arguments encoded.
///
/// # Panics
///
/// Never.
pub fn call(pallet: &str, name: &str, arguments: Vec<u8>) -> Call {
	Call::decode(&mut (pallet, name, arguments).encode().as_slice()).expect("its own encoding")
}

/// Signs a call with an account's next nonce.
///
/// # Panics
///
/// If the node does not respond, or its runtime has no such call.
pub async fn sign(client: &Client, call: &Call) -> Vec<u8> {
	let nonce = client.next_nonce().await.expect("the node responds");
	let life = client.life().await.expect("the node responds");
	client.sign_call(call, nonce, life).await.expect("there is such a call")
}

/// Submits an extrinsic.
///
/// # Errors
///
/// If the node refuses it.
///
/// # Panics
///
/// If the node does not respond.
pub async fn submit(node: &WsClient, extrinsic: &[u8]) -> Result<(), (i32, String)> {
	let hex = format!("0x{}", hex::encode(extrinsic));
	match node.request::<String, _>("author_submitExtrinsic", rpc_params![hex]).await {
		Ok(_) => Ok(()),
		Err(ClientError::Call(error)) => {
			let data = error.data().map(|data| data.get().trim_matches('"').to_owned());
			Err((error.code(), data.unwrap_or_default()))
		},
		Err(other) => panic!("not a response: {other}"),
	}
}

/// Submits an extrinsic, and returns how many blocks after the best one of then it is in a block.
///
/// # Panics
///
/// If it is refused, or in no block for long.
pub async fn included(client: &Client, extrinsic: &[u8]) -> u32 {
	try_included(client, extrinsic).await.expect("it is taken")
}

/// Submits an extrinsic as [`included`] does.
///
/// # Errors
///
/// If it is refused.
///
/// # Panics
///
/// If it is in no block for long.
pub async fn try_included(client: &Client, extrinsic: &[u8]) -> Result<u32, Error> {
	let hex = format!("0x{}", hex::encode(extrinsic));
	let from = best_number(client).await;
	let mut heads = client.best_heads().await.expect("the node responds");
	let _: String = client.call("author_submitExtrinsic", (&hex,)).await?;
	let mut looked = from;
	loop {
		let best = heads.next().await.expect("the subscription continues");
		while looked < best {
			looked += 1;
			if block(client, looked).await.contains(&hex) {
				return Ok(looked - from);
			}
		}
		assert!(best - from < PATIENCE, "it is in none of {PATIENCE} blocks");
	}
}

/// Returns the extrinsics of a block of the best chain, as hex.
///
/// # Panics
///
/// If there is no such block.
pub async fn block(client: &Client, number: u32) -> Vec<String> {
	let hash = client.block_hash(number).await.expect("the node responds").expect("it exists");
	let block: serde_json::Value =
		client.call("chain_getBlock", (hash,)).await.expect("the node responds");
	serde_json::from_value(block["block"]["extrinsics"].clone()).expect("extrinsics")
}

/// Returns the number of a node's best block.
///
/// # Panics
///
/// If the node does not respond.
pub async fn best_number(client: &Client) -> u32 {
	let header: serde_json::Value =
		client.call("chain_getHeader", ()).await.expect("the node responds");
	let number = header["number"].as_str().expect("a number").trim_start_matches("0x").to_owned();
	u32::from_str_radix(&number, 16).expect("a number")
}

/// Returns an address of a node for other nodes.
///
/// # Panics
///
/// If it listens at none soon.
pub async fn peer_address(node: &WsClient) -> String {
	for _ in 0..TRIES {
		let addresses: Vec<String> = node
			.request("system_localListenAddresses", rpc_params![])
			.await
			.expect("the node responds");
		if let Some(local) = addresses.iter().find(|one| one.starts_with("/ip4/127.0.0.1/tcp/")) {
			return local.clone();
		}
		// It serves JSON-RPC before it listens to other nodes, and sends no notification when it does.
		tokio::time::sleep(Duration::from_millis(100)).await;
	}
	panic!("it listens nowhere on loopback");
}
