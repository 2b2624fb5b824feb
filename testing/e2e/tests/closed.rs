//! JSON-RPC is closed by default: tests as an outsider, with a flood, and through a proxy on the same machine.

use credio_client::{Client, Outcome, Upload, primitives::rpc::AccessToken};
use credio_e2e::{Cli, Node, binary};
use credio_vault::{LocalVault, Vault};
use futures::StreamExt;
use jsonrpsee::{
	core::{
		ClientError,
		client::{ClientT, Subscription, SubscriptionClientT, SubscriptionKind},
	},
	rpc_params,
	ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::{
	io::{Read, Write},
	net::TcpStream,
	process::Command,
	sync::Arc,
	time::Duration,
};
use subxt::ext::codec::Encode;

async fn connect(node: &Node) -> WsClient {
	WsClientBuilder::default()
		.request_timeout(Duration::from_secs(120))
		.build(node.url())
		.await
		.expect("the node responds")
}

/// The code of an error, 0 for success.
async fn code(
	client: &WsClient,
	method: &str,
	params: jsonrpsee::core::params::ArrayParams,
) -> i32 {
	match client.request::<Value, _>(method, params).await {
		Ok(_) => 0,
		Err(ClientError::Call(object)) => object.code(),
		Err(other) => panic!("not a response: {other}"),
	}
}

/// Posts JSON, as a proxy for `client` does.
fn post(node: &Node, body: &Value, client: &str) -> Value {
	post_text(node, &body.to_string(), client)
}

/// Posts a body as it is written.
fn post_text(node: &Node, body: &str, client: &str) -> Value {
	let address = node.url().trim_start_matches("ws://").to_owned();
	let mut stream = TcpStream::connect(&address).expect("it listens");
	write!(
		stream,
		"POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nX-Forwarded-For: {client}\r\n\
		 Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
		body.len()
	)
	.expect("it reads");
	let mut answer = String::new();
	stream.read_to_string(&mut answer).expect("the node responds");
	let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
	serde_json::from_str(body).unwrap_or_else(|_| panic!("not JSON: {answer}"))
}

/// Subscribes to a stream from its beginning.
async fn subscribe(client: &WsClient, stream: &Value) -> Result<Subscription<Value>, ClientError> {
	let (begin, end) = ("credio_v1_subscribeStream", "credio_v1_unsubscribeStream");
	client.subscribe(begin, rpc_params![stream, 0], end).await
}

fn call(method: &str, params: &Value) -> Value {
	json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn lists(count: usize) -> Value {
	let list = call("credio_v1_organizations", &json!([]));
	Value::Array(vec![list; count])
}

#[tokio::test]
async fn unsafe_methods_and_large_batches_are_rejected_by_default() {
	let node = Node::start_on("local", &[]);
	let client = connect(&node).await;
	let peer = "/ip4/192.0.2.1/tcp/30333/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
	for (method, params) in [
		("author_rotateKeys", json!([])),
		("author_insertKey", json!(["aura", "//Alice", "0x00"])),
		("system_addReservedPeer", json!([peer])),
		("system_addLogFilter", json!(["trace"])),
		("offchain_localStorageSet", json!(["PERSISTENT", "0x00", "0x00"])),
		("state_getPairs", json!(["0x"])),
	] {
		// By a proxy on this machine, and directly.
		for answer in [
			post(&node, &call(method, &params), "192.0.2.7"),
			post(&node, &json!([call(method, &params)]), "192.0.2.7")[0].clone(),
		] {
			assert!(answer["error"]["code"].is_number(), "{method}: {answer}");
		}
	}
	assert_eq!(code(&client, "author_rotateKeys", rpc_params![]).await, -32601);
	for (count, expected) in [(2_000, json!(-32010)), (65, json!(-32010))] {
		assert_eq!(post(&node, &lists(count), "")["error"]["code"], expected, "{count}");
	}
	assert_eq!(post(&node, &lists(64), "").as_array().map(Vec::len), Some(64));
	drop(node);
	let node = Node::start_on("local", &["--rpc-methods", "unsafe"]);
	let client = connect(&node).await;
	assert_eq!(
		code(&client, "author_rotateKeys", rpc_params![]).await,
		0,
		"unsafe methods are allowed explicitly"
	);
}

#[tokio::test]
async fn all_connections_of_an_address_share_one_budget() {
	let flags = ["--rpc-rate-limit", "6000", "--rpc-rate-limit-trust-proxy-headers"];
	let node = Node::start_on("local", &flags);
	// In separate connections: 640 calls of 25 units, where 100 a second and 300 at once are allowed.
	let codes: Vec<Value> = std::thread::scope(|scope| {
		let posts: Vec<_> =
			(0..10).map(|_| scope.spawn(|| post(&node, &lists(64), "192.0.2.7"))).collect();
		posts
			.into_iter()
			.flat_map(|post| {
				post.join().expect("the node responds").as_array().cloned().expect("a batch")
			})
			.map(|answer| answer["error"]["code"].clone())
			.collect()
	});
	let refused = codes.iter().filter(|code| **code == -32999).count();
	assert!(refused > 500, "{refused} of {}", codes.len());
	let answer = post(&node, &call("credio_v1_limits", &json!([])), "192.0.2.8");
	assert!(answer["result"].is_object(), "another client is not affected: {answer}");
	// A forged address is followed by the true one, which the proxy adds.
	let responses = post(&node, &lists(64), "192.0.2.99, 192.0.2.7");
	let refused = responses.as_array().expect("a batch").iter();
	assert!(refused.filter(|answer| answer["error"]["code"] == -32999).count() > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_uploads_of_a_rate_limited_client_arrive() {
	const UPLOADS: usize = 400;
	let node = Node::start_with(&["--rpc-rate-limit", "6000"]);
	Cli::new(&node, "channel-one").ok(&["stream", "create", "invoices"]);
	let vault = Arc::new(LocalVault::development("channel-one").expect("an example"));
	let client = Client::connect(&node.url(), vault).await.expect("the node responds");
	let stream = client.find_stream("invoices", None).await.expect("it exists").id;
	let upload = |n: usize| {
		let client = &client;
		async move {
			let document = format!("invoice {n}");
			let upload = Upload {
				stream,
				key: None,
				media_type: "text/plain",
				document: document.as_bytes(),
				supersedes: None,
			};
			client.upload(&upload).await
		}
	};
	let outcomes = futures::stream::iter(0..UPLOADS).map(upload).buffer_unordered(UPLOADS);
	let outcomes: Vec<_> = outcomes.collect().await;
	for outcome in &outcomes {
		assert!(matches!(outcome, Ok(Outcome::Applied(_))), "{outcome:?}");
	}
	let entries = client.stream(stream).await.expect("the node responds").entries;
	assert_eq!(entries, UPLOADS as u64, "nothing lost, nothing doubled");
}

#[tokio::test]
async fn subscriptions_are_bounded_per_connection() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let stream = cli.json(&["stream", "list", "--json"])[0]["id"].clone();
	let client = WsClientBuilder::default()
		.max_buffer_capacity_per_subscription(64)
		.max_concurrent_requests(4_096)
		.build(node.url())
		.await
		.expect("the node responds");
	let mut held: Vec<Subscription<Value>> = Vec::new();
	let refused = loop {
		match subscribe(&client, &stream).await {
			Ok(subscription) => held.push(subscription),
			Err(ClientError::Call(error)) if error.code() == -32999 => {
				tokio::time::sleep(Duration::from_secs(1)).await;
			},
			Err(ClientError::Call(error)) => break error.code(),
			Err(other) => panic!("not a response: {other}"),
		}
		assert!(held.len() <= 1_024);
	};
	assert_eq!((refused, held.len()), (-32006, 1_024));
	// With one more connection, all of them receive the entry.
	let another = connect(&node).await;
	held.push(subscribe(&another, &stream).await.expect("another connection"));
	let file = node.folder().join("invoice");
	std::fs::write(&file, "an invoice").expect("writable");
	cli.ok(&["upload", "--stream", "invoices", file.to_str().expect("UTF-8")]);
	let heard = futures::future::join_all(held.iter_mut().map(|subscription| subscription.next()));
	let heard = tokio::time::timeout(Duration::from_secs(30), heard).await.expect("soon");
	for entry in heard {
		assert_eq!(entry.expect("the subscription continues").expect("JSON")["sequence"], 0);
	}
}

/// All on one node, since they only read.
#[tokio::test]
async fn methods_with_access_tokens_cannot_be_bypassed() {
	let node = Node::start();
	let client = connect(&node).await;
	// First, while the token's expiry is ahead of the chain.
	tokens_are_valid_for_the_signed_parameters_only(&node, &client).await;
	runtime_calls_need_the_token_too(&client).await;
	other_forms_of_a_call_are_guarded_too(&node, &client).await;
}

async fn runtime_calls_need_the_token_too(client: &WsClient) {
	for function in
		["RecordsApi_read", "RecordsApi_payload", "GrantsApi_read_access", "GrantsApi_stream_keys"]
	{
		let params = || rpc_params![function, "0x00"];
		assert_eq!(code(client, "state_call", params()).await, 9104, "{function}");
		assert_eq!(code(client, "state_callAt", params()).await, 9104, "{function}");
		let hash: String =
			client.request("chain_getFinalizedHead", rpc_params![]).await.expect("a hash");
		let params = rpc_params![hash, function, "0x00"];
		assert_eq!(code(client, "archive_v1_call", params).await, 9104, "{function}");
	}
	let version: Result<Value, _> =
		client.request("state_call", rpc_params!["Core_version", "0x"]).await;
	assert!(version.is_ok(), "other functions are there");
}

/// Batches, parameters by name, escapes in names, followed blocks.
async fn other_forms_of_a_call_are_guarded_too(node: &Node, client: &WsClient) {
	let by_name = json!({ "name": "RecordsApi_read", "bytes": "0x00" });
	let batch = json!([
		call("state_call", &json!(["RecordsApi_read", "0x00"])),
		call("state_call", &by_name),
		call("system_chain", &json!([])),
	]);
	let responses = post(node, &batch, "");
	assert_eq!(responses[0]["error"]["code"], 9104, "{responses}");
	assert_eq!(responses[1]["error"]["code"], 9104, "{responses}");
	assert!(responses[2]["result"].is_string(), "{responses}");
	let escaped = r#"{"jsonrpc":"2.0","id":1,"method":"state_call","params":["\u0052ecordsApi_read","0x00"]}"#;
	let answer = post_text(node, escaped, "");
	assert_eq!(answer["error"]["code"], 9104, "{answer}");

	let (begin, end) = ("chainHead_v1_follow", "chainHead_v1_unfollow");
	let mut head: Subscription<Value> =
		client.subscribe(begin, rpc_params![true], end).await.expect("it follows");
	let event = head.next().await.expect("the subscription continues").expect("an event");
	let SubscriptionKind::Subscription(id) = head.kind() else { panic!("it has an id") };
	let (id, hash) = (json!(id), &event["finalizedBlockHashes"][0]);
	for function in ["RecordsApi_payload", "GrantsApi_stream_keys"] {
		let params = rpc_params![&id, hash, function, "0x00"];
		assert_eq!(code(client, "chainHead_v1_call", params).await, 9104, "{function}");
	}
	let params = rpc_params![&id, hash, "Core_version", "0x"];
	assert_eq!(code(client, "chainHead_v1_call", params).await, 0, "other functions are there");
}

async fn tokens_are_valid_for_the_signed_parameters_only(node: &Node, client: &WsClient) {
	let cli = Cli::new(node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let vault = LocalVault::development("channel-one").expect("an example");
	let sdk =
		Client::connect(&node.url(), Arc::new(vault.clone())).await.expect("the node responds");
	let stream = sdk.find_stream("invoices", None).await.expect("it exists").id;
	let method = "credio_v1_fetchStream";
	let expires_at = 100;
	// The stream, from its beginning, with a limit of one, and final entries only.
	let parameters = [&stream.0[..], &[0; 8], &[1, 1, 0, 0, 0], &[0]].concat();
	let genesis = &sdk.limits().genesis_hash;
	let payload = AccessToken::payload(genesis, method, &parameters, expires_at);
	let signature = vault.sign(&sp_crypto_hashing::blake2_256(&payload)).await.expect("it signs");
	let token = json!({
		"account": vault.account(), "expiresAt": expires_at,
		"signature": format!("0x{}", hex::encode(signature.encode())),
	});
	for (params, expected) in [
		(rpc_params![stream, 0, &token, 1], 0),
		(rpc_params![stream, 0, &token, 1, Value::Null], 0),
		(rpc_params![stream, 0, &token, 2], 9101),
		(rpc_params![stream, 0, &token], 9101),
		(rpc_params![stream, 0, &token, 1, true], 9101),
		(rpc_params![stream, 0, &token, 1, false], 9101),
		(rpc_params![stream, 1, &token, 1], 9101),
	] {
		let shown = format!("{params:?}");
		assert_eq!(code(client, method, params).await, expected, "{shown}");
	}
}

#[test]
fn node_without_a_chain_does_not_start() {
	let folder = tempfile::tempdir().expect("a folder");
	let refused = |arguments: &[&str]| {
		let output = Command::new(binary("credio-node"))
			.args(arguments)
			.arg("--base-path")
			.arg(folder.path())
			.output()
			.expect("credio-node starts");
		assert!(!output.status.success());
		String::from_utf8_lossy(&output.stderr).into_owned()
	};
	let message = refused(&["--validator", "--alice"]);
	for named in ["--chain FILE", "--dev", "--chain local"] {
		assert!(message.contains(named), "{message}");
	}
	let message = refused(&["--chain", "local", "--sync", "warp"]);
	assert!(message.contains("--state-pruning 256"), "{message}");
}

#[test]
fn public_data_is_read_without_a_vault() {
	let node = Node::start();
	for arguments in [
		&["validator", "list"][..],
		&["council", "motions"],
		&["council", "members"],
		&["runtime", "show"],
		&["org", "list"],
		&["org", "show", "funder-one"],
		&["stream", "list"],
		&["quota", "funder-one"],
	] {
		let output = Command::new(binary("credio"))
			.args(arguments)
			.env_remove("CREDIO_VAULT")
			.env_remove("CREDIO_VAULT_PASSWORD_FILE")
			.env("CREDIO_NODE", node.url())
			.env("CREDIO_CONFIG", node.folder().join("none.toml"))
			.output()
			.expect("credio starts");
		let message = String::from_utf8_lossy(&output.stderr);
		assert!(output.status.success(), "credio {}: {message}", arguments.join(" "));
	}
}
