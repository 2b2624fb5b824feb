//! Unproven statements of a node: no council seat makes or signs a checkpoint from them, and no request expires by
//! them. Each lie is also tried on a client that trusts its node, where it works.

use credio_client::{
	Client, Error, ProofError, Trust, Upload,
	evidence::Checkpoint,
	primitives::{Digest, Request, RequestKey, rpc::RequestState},
};
use credio_e2e::{
	Cli, Node,
	proxy::{LyingProxy, Reply},
};
use credio_outbox::{Item, ItemState, Outbox, Settings};
use credio_vault::LocalVault;
use serde_json::{Value, json};
use std::sync::Arc;

/// The public key of an intruder.
const INTRUDER: [u8; 32] = [0x42; 32];

async fn connect(url: &str, name: &str) -> Client {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Client::connect(url, Arc::new(vault)).await.expect("the node responds")
}

/// A seat of the council, through this address.
async fn seat(url: &str) -> Client {
	connect(url, "operator").await
}

/// Key of a value in the state.
fn key(pallet: &str, item: &str) -> String {
	let hash = |name: &str| hex::encode(sp_crypto_hashing::twox_128(name.as_bytes()));
	format!("0x{}{}", hash(pallet), hash(item))
}

/// A checkpoint with other contents.
fn changed(checkpoint: &Checkpoint, change: impl FnOnce(&mut Value)) -> Checkpoint {
	let mut json = serde_json::to_value(checkpoint).expect("it is written as JSON");
	change(&mut json);
	Checkpoint::parse(json.to_string().as_bytes()).expect("it has the form of one")
}

/// Replies that name an intruder: the item, its value, and whether the resulting checkpoint differs.
fn lies(validator: &str) -> [([&'static str; 2], String, bool); 3] {
	let (validator, intruder) = (validator.trim_start_matches("0x"), hex::encode(INTRUDER));
	let weight = |weight: u64| hex::encode(weight.to_le_bytes());
	// The validator has three of four votes, so that its own is enough to make a block final.
	let voters = format!("0x08{validator}{}{intruder}{}", weight(3), weight(1));
	[
		(["Grandpa", "Authorities"], voters, true),
		// The votes name their set, even to a client that trusts the node.
		(["Grandpa", "CurrentSetId"], format!("0x{}", weight(7)), false),
		(["Council", "Members"], format!("0x04{intruder}"), true),
	]
}

#[tokio::test]
async fn forged_validators_and_council_are_not_signed() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let made = seat(&node.url()).await.checkpoint().await.expect("it is proven");
	let json = serde_json::to_value(&made).expect("it is written as JSON");
	let validator = json["authorities"][0]["key"].as_str().expect("hex");
	let careful = seat(&proxy.url()).await;
	let credulous = seat(&proxy.url()).await.with_trust(Trust::Node);
	for ([pallet, item], lie, works) in lies(validator) {
		let key = key(pallet, item);
		proxy
			.tell(move |message| {
				let lies =
					message.method == "state_getStorage" && message.params[0] == key.as_str();
				if lies {
					*message.result = json!(lie);
				}
				lies
			})
			.await;
		let believed = credulous.checkpoint().await.expect("the node is believed");
		credulous.check_checkpoint(&believed).await.expect("the node is believed");
		assert_ne!(believed.has_the_same_voters(&made), works, "{item}");

		let own = careful.checkpoint().await.expect("it is proven");
		assert!(own.has_the_same_voters(&made), "{item}: {own:?}");
		let checked = careful.check_checkpoint(&believed).await;
		match works {
			true => assert!(matches!(checked, Err(Error::Evidence(_))), "{item}: {checked:?}"),
			false => checked.expect("nothing in it is wrong"),
		}
		assert!(proxy.clear_lie().await > 0, "{item}");
	}
}

#[tokio::test]
async fn forged_block_is_not_signed() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let careful = seat(&proxy.url()).await;
	let made = careful.checkpoint().await.expect("it is proven");
	let credulous = seat(&proxy.url()).await.with_trust(Trust::Node);
	let other = Digest([7; 32]);
	let block = changed(&made, |json| json["block"]["hash"] = json!(other));
	proxy
		.tell(move |message| {
			let lies = message.method == "chain_getBlockHash";
			if lies {
				*message.result = json!(other);
			}
			lies
		})
		.await;
	credulous.check_checkpoint(&block).await.expect("the node is believed");
	assert!(proxy.clear_lie().await > 0);
	// Also while its block is the newest one, and later.
	for _ in 0..2 {
		let refused = careful.check_checkpoint(&block).await.unwrap_err();
		assert!(matches!(refused, Error::Evidence(_)), "{refused}");
		careful.check_checkpoint(&made).await.expect("it is as it was made");
		careful.wait_for_finality(1).await.expect("the subscription continues");
	}
	let set = changed(&made, |json| json["setId"] = json!(7));
	let refused = careful.check_checkpoint(&set).await.unwrap_err();
	assert!(matches!(refused, Error::Evidence(_)), "{refused}");
}

/// Reports a request as expired.
fn says_expired(message: &mut Reply<'_>) -> bool {
	let lies = message.method == "credio_v1_status";
	if lies {
		message.result["status"] = json!("expired");
	}
	lies
}

/// A node that reports all requests as expired, behind a proxy, and a request that was never sent and can be applied
/// for ten minutes.
async fn expired_says_the_node() -> (Node, LyingProxy, Request) {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let owner = connect(&node.url(), "channel-one").await;
	let expires_at = owner.expiry().await.expect("the node responds");
	let organization = owner.organization_id();
	let request = Request { organization, key: RequestKey([9; 32]), expires_at, lane: None };
	owner.wait_for_finality(2).await.expect("the subscription continues");
	proxy.tell(says_expired).await;
	(node, proxy, request)
}

#[tokio::test]
async fn requests_expire_only_with_proof() {
	let (_node, proxy, request) = expired_says_the_node().await;
	let owner = connect(&proxy.url(), "channel-one").await;
	let reported = owner.status(request.key).await.expect("the node responds");
	assert_eq!(reported.status, RequestState::Unknown, "by its key alone, nothing proves it");
	let early = owner.status_of(&request).await.unwrap_err();
	assert!(
		matches!(early, Error::Proof(ProofError::NotFinal(_))),
		"it can still be applied: {early}"
	);
	let past = Request { expires_at: 1, ..request };
	let reported = owner.status_of(&past).await.expect("it is proven");
	assert_eq!(reported.status, RequestState::Expired);
	let credulous = connect(&proxy.url(), "channel-one").await.with_trust(Trust::Node);
	let believed = credulous.status(request.key).await.expect("the node responds");
	assert_eq!(believed.status, RequestState::Expired);

	// Once a receipt may be gone, nothing proves it either.
	proxy
		.tell(|message| {
			let lies = message.method == "credio_v1_limits";
			if lies {
				message.result["receiptRetention"] = json!(1);
			}
			lies | says_expired(message)
		})
		.await;
	let late = connect(&proxy.url(), "channel-one").await;
	let refused = late.status_of(&past).await.unwrap_err();
	assert!(matches!(refused, Error::Proof(ProofError::Contradicted(_))), "{refused}");
}

#[tokio::test]
async fn outbox_keeps_items_at_an_unproven_block() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let owner = connect(&node.url(), "channel-one").await;
	let stream = owner.create_stream("invoices").await.expect("it is created").id;
	// The request is unknown, and its last block has passed long ago.
	proxy
		.tell(|message| {
			let lies = message.method == "credio_v1_status";
			if lies {
				message.result["at"]["number"] = json!(4_000_000_000u32);
				message.result["status"] = json!("unknown");
				message.result["receipt"] = Value::Null;
			}
			lies
		})
		.await;
	let vault = Arc::new(LocalVault::development("channel-one").expect("an example organization"));
	let outbox = Outbox::open("sqlite::memory:", vault).await.expect("it opens");
	let (media_type, document) = ("text/plain", &b"an invoice"[..]);
	let upload = Upload { stream, key: None, media_type, document, supersedes: None };
	let item = outbox.enqueue(&Item::upload(upload)).await.expect("it is stored");
	let applied = async {
		let mut heads = owner.finalized_heads().await.expect("the node responds");
		while owner.record(item.record_id.expect("it is an upload")).await.is_err() {
			heads.next().await.expect("the subscription continues");
		}
		owner.wait_for_finality(3).await.expect("the subscription continues");
	};
	tokio::select! {
		ended = outbox.run(Settings::new(vec![proxy.url()]), std::future::pending()) => {
			panic!("the worker ended: {ended:?}")
		},
		() = applied => {},
	}
	let listed =
		outbox.status(item.request_key).await.expect("the node responds").expect("it exists");
	assert!(!listed.state.has_ended(), "{listed:?}");
	outbox.run_until_decided(Settings::new(vec![node.url()])).await.expect("it is decided");
	let listed =
		outbox.status(item.request_key).await.expect("the node responds").expect("it exists");
	assert_eq!(listed.state, ItemState::Applied);
}

#[tokio::test]
async fn command_line_marks_unproven_statuses() {
	let (node, proxy, request) = expired_says_the_node().await;
	let key = request.key.to_string();
	tokio::task::spawn_blocking(move || {
		let cli = Cli::at(proxy.url(), node.folder(), "channel-one");
		for (more, status, proven) in [
			(&[][..], "unknown", false),
			(&["--expires-at", "1"][..], "expired", true),
			(&["--trust-node"][..], "expired", false),
		] {
			let status_of = ["status", key.as_str(), "--json"];
			let reported = cli.json(&[&status_of[..], more].concat()).remove(0);
			assert_eq!(
				(&reported["status"], &reported["proven"]),
				(&json!(status), &json!(proven))
			);
		}
		let message = cli.ok(&["status", &key]);
		assert!(message.contains("--expires-at BLOCK"), "{message}");
		let message = cli.ok(&["status", &key, "--trust-node"]);
		assert!(message.contains("expired, as the node says"), "{message}");
	})
	.await
	.expect("no panic");
}
