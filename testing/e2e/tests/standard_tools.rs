//! Software that knows nothing of Credio signs requests as it signs for any chain of its kind.

use credio_e2e::{Cli, Node, scripts::Scripts};
use subxt::{
	OnlineClient, PolkadotConfig,
	dynamic::{self, Value},
};
use subxt_signer::sr25519::dev;

/// Runs a script of a folder in `scripts` against a node, and returns its line of JSON.
fn run_script(folder: &str, script: &str, node: &Node) -> serde_json::Value {
	Scripts::install(folder).json(script, &[&node.url()])
}

#[test]
fn polkadot_js_decodes_the_chain_and_signs_a_request() {
	let node = Node::start();
	let line = run_script("polkadot-js", "submit.mjs", &node);
	assert_eq!(line["applied"], true);
	let key = line["key"].as_str().expect("a key");
	let status = Cli::new(&node, "channel-one").json(&["status", key, "--json"]);
	assert_eq!(status[0]["status"], "applied");
	let line = run_script("polkadot-js", "understand.mjs", &node);
	for part in ["methods", "blocks", "types", "calls", "events", "errors", "items"] {
		assert!(line[part].as_u64() > Some(0), "{part}");
	}
	// Every part of the metadata has documentation.
	let line = run_script("polkadot-js", "explain.mjs", &node);
	for kind in ["call", "argument", "event", "field", "error", "storage item", "constant"] {
		assert!(line[kind].as_u64() > Some(0), "{kind}");
	}
}

#[test]
fn papi_signs_a_request() {
	let node = Node::start();
	let line = run_script("papi", "submit.mjs", &node);
	assert_eq!(line["applied"], true);
	assert_eq!(line["rejected"], "AlreadyExists");
	let key = line["key"].as_str().expect("a key");
	let status = Cli::new(&node, "channel-one").json(&["status", key, "--json"]);
	assert_eq!(status[0]["status"], "applied");
}

#[tokio::test]
async fn subxt_signs_a_request() {
	let node = Node::start();
	let api = OnlineClient::<PolkadotConfig>::from_insecure_url(node.url())
		.await
		.expect("the node responds");
	let key = [7; 32];
	let create = Value::unnamed_variant(
		"Anchor",
		[Value::named_variant("create_stream", [("name", Value::from_bytes("by subxt"))])],
	);
	let request = Value::named_composite([
		("organization", Value::u128(1)),
		("key", Value::from_bytes(key)),
		("expires_at", Value::u128(500)),
		("lane", Value::unnamed_variant("None", [])),
	]);
	let submit = dynamic::transaction(
		"Idempotency",
		"submit",
		vec![request, Value::unnamed_composite([create])],
	);
	let at = api.at_current_block().await.expect("the node responds");
	at.transactions()
		.sign_and_submit_then_watch_default(&submit, &dev::bob())
		.await
		.expect("the node takes it")
		.wait_for_finalized_success()
		.await
		.expect("it is applied");
	let key = format!("0x{}", hex::encode(key));
	let status = Cli::new(&node, "channel-one").json(&["status", &key, "--json"]);
	assert_eq!(status[0]["status"], "applied");
}
