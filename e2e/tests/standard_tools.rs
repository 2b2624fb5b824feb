//! Software that knows nothing of Credio signs requests as it signs for any chain of its kind.

use credio_e2e::{Cli, Node};
use std::{path::Path, process::Command};
use subxt::{
	dynamic::{self, Value},
	OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::dev;

#[test]
fn polkadot_js_signs_a_request() {
	let node = Node::start();
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/polkadot-js");
	let run = |program: &str, arguments: &[&str]| {
		let output =
			Command::new(program).args(arguments).current_dir(&folder).output().unwrap_or_else(
				|_| panic!("{program} is not there: ./scripts/test.sh installs it"),
			);
		let said = String::from_utf8_lossy(&output.stdout).into_owned();
		assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
		said
	};
	run("npm", &["ci", "--no-audit", "--no-fund"]);
	let said = run("node", &["submit.mjs", &node.url()]);
	let line: serde_json::Value = serde_json::from_str(said.trim()).expect("one line of JSON");
	assert_eq!(line["applied"], true);
	let key = line["key"].as_str().expect("a key");
	let status = Cli::new(&node, "channel-one").json(&["status", key, "--json"]);
	assert_eq!(status[0]["status"], "applied");
}

#[tokio::test]
async fn subxt_signs_a_request() {
	let node = Node::start();
	let api = OnlineClient::<PolkadotConfig>::from_insecure_url(node.url())
		.await
		.expect("the node answers");
	let key = [7; 32];
	let create = Value::unnamed_variant(
		"Anchor",
		[Value::named_variant("create_stream", [("name", Value::from_bytes("by subxt"))])],
	);
	let request = Value::named_composite([
		("key", Value::from_bytes(key)),
		("expires_at", Value::u128(500)),
		("lane", Value::unnamed_variant("None", [])),
	]);
	let submit = dynamic::transaction(
		"Idempotency",
		"submit",
		vec![request, Value::unnamed_composite([create])],
	);
	let at = api.at_current_block().await.expect("the node answers");
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
