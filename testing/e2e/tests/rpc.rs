//! The JSON-RPC methods, against the OpenRPC document and with invalid input.

use credio_e2e::{Cli, Node};
use jsonrpsee::{
	core::{ClientError, client::ClientT},
	rpc_params,
	ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn connect(node: &Node) -> WsClient {
	WsClientBuilder::default().build(node.url()).await.expect("the node responds")
}

async fn discover(client: &WsClient) -> Value {
	client.request("rpc.discover", rpc_params![]).await.expect("the document is served")
}

fn code(error: ClientError) -> i32 {
	match error {
		ClientError::Call(object) => object.code(),
		other => panic!("not a response: {other}"),
	}
}

/// All on one node: most checks only read, and the others write different objects.
#[tokio::test]
async fn methods_match_the_openrpc_document() {
	let node = Node::start();
	let client = connect(&node).await;
	let document = discover(&client).await;
	lists_exactly_the_served_methods(&client, &document).await;
	malformed_parameters_are_rejected(&client, &document).await;
	missing_objects_are_not_found(&client).await;
	responses_match_their_schemas(&client, &document).await;
	bundles_match_their_schemas(&node, &client, &document).await;
	evidence_matches_its_schema(&node, &client, &document).await;
}

async fn lists_exactly_the_served_methods(client: &WsClient, document: &Value) {
	let served: Value =
		client.request("rpc_methods", rpc_params![]).await.expect("methods are listed");
	let served = served["methods"]
		.as_array()
		.expect("a list")
		.iter()
		.filter_map(|name| name.as_str())
		.filter(|name| name.starts_with("credio_") || *name == "rpc.discover")
		.map(str::to_owned)
		.collect::<BTreeSet<_>>();
	let documented = document["methods"]
		.as_array()
		.expect("a list")
		.iter()
		.filter_map(|method| method["name"].as_str())
		.map(str::to_owned)
		.collect::<BTreeSet<_>>();
	assert_eq!(documented, served);
}

async fn malformed_parameters_are_rejected(client: &WsClient, document: &Value) {
	for method in document["methods"].as_array().expect("a list") {
		let name = method["name"].as_str().expect("a name");
		let wanted = method["params"].as_array().expect("a list").len();
		if wanted == 0 || name.contains("unwatch") || name.contains("unsubscribe") {
			continue;
		}
		for nonsense in [json!({"no": "such"}), json!(-1), json!("0xzz"), json!([[]])] {
			let params = vec![nonsense.clone(); wanted];
			let mut array = jsonrpsee::core::params::ArrayParams::new();
			for value in &params {
				array.insert(value).expect("JSON serializes");
			}
			let answer: Result<Value, _> = client.request(name, array).await;
			let code = code(answer.expect_err(name));
			assert!(code == -32602 || (9001..=9500).contains(&code), "{name}({nonsense}): {code}");
		}
	}
	let _: Value = client.request("credio_v1_limits", rpc_params![]).await.expect("still there");
}

async fn missing_objects_are_not_found(client: &WsClient) {
	let id = format!("0x{}", "11".repeat(32));
	for (method, params) in [
		("credio_v1_record", rpc_params![&id]),
		("credio_v1_stream", rpc_params![&id]),
		("credio_v1_grant", rpc_params![&id]),
		("credio_v1_accessRequest", rpc_params![&id]),
		("credio_v1_bundle", rpc_params![&id]),
		("credio_v1_evidence", rpc_params![&id]),
		("credio_v1_organization", rpc_params![99]),
		("credio_v1_quota", rpc_params![99]),
		("credio_v1_encryptionKey", rpc_params![0, 99]),
		("credio_v1_subscribeStream", rpc_params![&id, 0]),
	] {
		let answer: Result<Value, _> = client.request(method, params).await;
		assert_eq!(code(answer.expect_err(method)), 9404, "{method}");
	}
	let answer: Result<Value, _> =
		client.request("credio_v1_query", rpc_params![json!({}), json!({"limit": 257})]).await;
	assert_eq!(code(answer.expect_err("too many")), 9201);
}

async fn responses_match_their_schemas(client: &WsClient, document: &Value) {
	let id = format!("0x{}", "11".repeat(32));
	for (method, params) in [
		("credio_v1_limits", rpc_params![]),
		("credio_v1_organization", rpc_params![1]),
		("credio_v1_organizations", rpc_params![]),
		("credio_v1_quota", rpc_params![1]),
		("credio_v1_encryptionKey", rpc_params![1, 0]),
		("credio_v1_streams", rpc_params![]),
		("credio_v1_query", rpc_params![json!({})]),
		("credio_v1_grants", rpc_params![json!({})]),
		("credio_v1_accessRequests", rpc_params![json!({})]),
		("credio_v1_bundles", rpc_params![json!({})]),
		("credio_v1_validators", rpc_params![]),
		("credio_v1_finality", rpc_params![]),
		("credio_v1_status", rpc_params![1, &id]),
		("credio_v1_member", rpc_params!["5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"]),
	] {
		let answer: Value = client.request(method, params).await.expect(method);
		let schema = &document["methods"]
			.as_array()
			.expect("a list")
			.iter()
			.find(|documented| documented["name"] == method)
			.expect("documented")["result"]["schema"];
		check(document, schema, &answer, method);
	}
}

async fn bundles_match_their_schemas(node: &Node, client: &WsClient, document: &Value) {
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(node, name));
	let file = node.folder().join("bundle.toml");
	let leg = |organization: &str| {
		format!(
			"[[legs]]\norganization = \"{organization}\"\n\
			 calls = [{{ call = \"create-stream\", name = \"same\" }}]\n"
		)
	};
	let text = format!("for = \"1h\"\n{}{}", leg("channel-one"), leg("funder-one"));
	std::fs::write(&file, text).expect("writable");
	let file = file.to_str().expect("UTF-8");
	let proposed = channel.json(&["bundle", "propose", file, "--json"]).remove(0);
	let id = proposed["bundleId"].as_str().expect("an id");
	let digest = proposed["digest"].as_str().expect("a digest");
	let schema = |method: &str| {
		let methods = document["methods"].as_array().expect("a list");
		let documented = methods.iter().find(|documented| documented["name"] == method);
		&documented.expect("documented")["result"]["schema"]
	};
	// Open with a consent and without one; then aborted, since the funder makes a stream of that name before.
	for status in ["open", "aborted"] {
		let answer: Value =
			client.request("credio_v1_bundle", rpc_params![id]).await.expect("a response");
		assert_eq!(answer["status"], status);
		check(document, schema("credio_v1_bundle"), &answer, "credio_v1_bundle");
		let answer: Value = client
			.request("credio_v1_bundles", rpc_params![json!({"status": status})])
			.await
			.expect("a response");
		assert_eq!(answer["items"].as_array().map(Vec::len), Some(1));
		check(document, schema("credio_v1_bundles"), &answer, "credio_v1_bundles");
		if status == "open" {
			funder.ok(&["stream", "create", "same"]);
			funder.refused(&["bundle", "consent", id, "--digest", digest]);
		}
	}
}

async fn evidence_matches_its_schema(node: &Node, client: &WsClient, document: &Value) {
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let file = node.folder().join("invoice.txt");
	std::fs::write(&file, "an invoice").expect("writable");
	let file = file.to_str().expect("UTF-8");
	let uploaded = channel.json(&["upload", "--stream", "invoices", "--json", file]).remove(0);
	let ask = ["--stream", "invoices", "--owner", "channel-one", "--purpose", "look"];
	funder.ok(&[&["access", "request"], &ask[..]].concat());
	let id = format!("0x{}", "11".repeat(32));
	let options = json!({
		"origin": { "requestKey": uploaded["requestKey"], "position": 0 }, "grants": [id],
	});
	let method = "credio_v1_evidence";
	let schema = &document["methods"]
		.as_array()
		.expect("a list")
		.iter()
		.find(|documented| documented["name"] == method)
		.expect("documented")["result"]["schema"];
	let record = &uploaded["recordId"];
	for params in [rpc_params![record], rpc_params![record, options]] {
		let answer: Value = client.request(method, params).await.expect("a response");
		assert_eq!(answer["subject"]["accessRequests"].as_array().map(Vec::len), Some(1));
		check(document, schema, &answer, method);
	}
	// Options of another entry or chain, too many, or unknown.
	for options in [
		json!({ "origin": { "requestKey": id, "position": 0 } }),
		json!({ "origin": { "requestKey": uploaded["requestKey"], "position": 1 } }),
		json!({ "from": id }),
		json!({ "grants": (0..65).map(|n| format!("0x{n:064x}")).collect::<Vec<_>>() }),
	] {
		let answer: Result<Value, _> = client.request(method, rpc_params![record, &options]).await;
		assert_eq!(code(answer.expect_err("it is refused")), 9201, "{options}");
	}
	let answer: Result<Value, _> =
		client.request(method, rpc_params![record, json!({ "more": 1 })]).await;
	assert_eq!(code(answer.expect_err("it is refused")), -32602);
}

/// Checks a value against a schema: it has every required field and no other, and types agree.
fn check(document: &Value, schema: &Value, answer: &Value, path: &str) {
	if let Some(reference) = schema["$ref"].as_str() {
		let name = reference.rsplit('/').next().expect("a reference names a schema");
		return check(document, &document["components"]["schemas"][name], answer, path);
	}
	if let Some(choices) = schema["oneOf"].as_array() {
		let fits = |choice: &Value| match choice["type"].as_str() {
			Some("null") => answer.is_null(),
			_ => !answer.is_null(),
		};
		let choice = choices.iter().find(|choice| fits(choice));
		return check(document, choice.unwrap_or_else(|| panic!("{path}: {answer}")), answer, path);
	}
	let types = match &schema["type"] {
		Value::String(one) => vec![one.as_str()],
		Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
		_ => vec![],
	};
	let actual = match answer {
		Value::Null => "null",
		Value::Bool(_) => "boolean",
		Value::Number(_) => "integer",
		Value::String(_) => "string",
		Value::Array(_) => "array",
		Value::Object(_) => "object",
	};
	assert!(types.contains(&actual), "{path}: {answer} is not one of {types:?}");
	if let (Some(fields), Some(properties)) = (answer.as_object(), schema["properties"].as_object())
	{
		for required in schema["required"].as_array().into_iter().flatten() {
			let name = required.as_str().expect("a name");
			assert!(fields.contains_key(name), "{path} lacks {name}");
		}
		for (name, value) in fields {
			let property =
				properties.get(name).unwrap_or_else(|| panic!("{path}.{name} is not documented"));
			check(document, property, value, &format!("{path}.{name}"));
		}
	}
	for item in answer.as_array().into_iter().flatten() {
		check(document, &schema["items"], item, &format!("{path}[]"));
	}
}
