//! The gateway: an engineer with curl appends, shares and reads documents.

use credio_e2e::{Cli, Node, gateway::Gateway, raw_specification, uploads::path};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
	value[field].as_str().unwrap_or_else(|| panic!("{value} has no {field}"))
}

fn body(value: &Value) -> [String; 4] {
	let json = "Content-Type: application/json".into();
	["-H".into(), json, "-d".into(), value.to_string()]
}

fn strings(arguments: &[String]) -> Vec<&str> {
	arguments.iter().map(String::as_str).collect()
}

/// Appends a file, and returns its request once it is decided.
fn append(gateway: &Gateway, stream: &str, file: &Path, more: &[&str]) -> Value {
	let data = format!("@{}", path(file));
	let mut arguments = vec!["-H", "Prefer: wait=60", "--data-binary", &data];
	arguments.extend(more.iter().flat_map(|header| ["-H", header]));
	let answer =
		gateway.curl("channel-one", "POST", &format!("/v1/streams/{stream}/documents"), &arguments);
	assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
	answer.json()
}

#[test]
fn documents_are_appended_shared_read_and_proven_with_curl_alone() {
	let node = Node::start();
	let gateway = Gateway::start(&node, &node.folder().join("gateway"));
	assert_eq!(gateway.call(None, "GET", "/health/ready", &[]).status, 200);
	let new = body(&json!({ "name": "invoices" }));
	let stream = gateway.curl("channel-one", "POST", "/v1/streams", &strings(&new));
	assert_eq!(stream.status, 201);
	let stream = text(&stream.json(), "id").to_owned();

	// A small document, and a large one; both by the name of the stream.
	let small = node.folder().join("invoice.xml");
	fs::write(&small, "<Invoice>1</Invoice>").expect("writable");
	let large = node.folder().join("contract.pdf");
	let blocks = (0u64..).flat_map(|n| sp_crypto_hashing::blake2_256(&n.to_le_bytes()));
	let content = blocks.take(10_000_000).collect::<Vec<_>>();
	fs::write(&large, &content).expect("writable");
	let xml = ["Content-Type: application/xml", "Idempotency-Key: INV-1", "Credio-Lane: 7"];
	let first = append(&gateway, "invoices", &small, &xml);
	assert_eq!(text(&first, "state"), "applied");
	let pdf = ["Content-Type: application/pdf", "Credio-Lane: 7"];
	let second = append(&gateway, "invoices", &large, &pdf);
	let records = [&first, &second].map(|request| text(request, "recordId").to_owned());

	// The owner reads them; nobody else does before it is allowed.
	for (record, expected, media_type) in [
		(&records[0], &b"<Invoice>1</Invoice>"[..], "application/xml"),
		(&records[1], &content, "application/pdf"),
	] {
		let resource = format!("/v1/documents/{record}/content");
		let read = gateway.curl("channel-one", "GET", &resource, &[]);
		assert_eq!((read.status, read.headers["content-type"].as_str()), (200, media_type));
		assert!(read.body == expected, "the document differs");
		assert_eq!(gateway.curl("funder-one", "GET", &resource, &[]).status, 403);
	}
	let part = ["-H", "Range: bytes=5000000-5000009"];
	let resource = format!("/v1/documents/{}/content", records[1]);
	let read = gateway.curl("channel-one", "GET", &resource, &part);
	assert_eq!((read.status, read.body.as_slice()), (206, &content[5_000_000..5_000_010]));

	let ask = body(&json!({ "stream": stream, "purpose": "credit" }));
	let asked = gateway.curl("funder-one", "POST", "/v1/access-requests", &strings(&ask));
	assert_eq!(asked.status, 201);
	let listed = gateway.curl("channel-one", "GET", "/v1/access-requests?side=owned", &[]).json();
	assert_eq!(listed[0]["accessRequestId"], asked.json()["accessRequestId"]);
	let id = text(&listed[0], "accessRequestId");
	let approve = format!("/v1/access-requests/{id}/approve");
	// Only its owner decides.
	let terms = body(&json!({}));
	let refused = gateway.curl("funder-one", "POST", &approve, &strings(&terms));
	assert!(refused.status >= 400, "{refused:?}");
	let grant = gateway.curl("channel-one", "POST", &approve, &strings(&terms));
	assert_eq!(grant.status, 200, "{grant:?}");
	let read = gateway.curl("funder-one", "GET", &resource, &[]);
	assert!(read.status == 200 && read.body == content, "the grantee reads it");

	let evidence = format!("/v1/documents/{}/evidence?withKey=true", records[0]);
	let evidence = gateway.curl("funder-one", "GET", &evidence, &[]);
	assert_eq!(evidence.status, 200, "{}", String::from_utf8_lossy(&evidence.body));
	let file = node.folder().join("invoice.evidence");
	fs::write(&file, &evidence.body).expect("writable");
	let chain = raw_specification("dev", &node.folder().join("chain.json"));
	let verify = ["evidence", "verify", path(&file), "--chain", &chain, "--document", path(&small)];
	Cli::new(&node, "funder-one").ok(&verify);

	let revoke = format!("/v1/grants/{}", text(&grant.json(), "grantId"));
	assert_eq!(gateway.curl("channel-one", "DELETE", &revoke, &[]).status, 204);
	assert_eq!(gateway.curl("funder-one", "GET", &resource, &[]).status, 403);
}

#[test]
fn repeated_calls_are_one_request_whoever_is_killed() {
	let node = Node::start();
	let folder = node.folder().join("gateway");
	let mut gateway = Gateway::start(&node, &folder);
	let new = body(&json!({ "name": "invoices" }));
	assert_eq!(gateway.curl("channel-one", "POST", "/v1/streams", &strings(&new)).status, 201);
	let documents = "/v1/streams/invoices/documents";
	let invoice = ["-H", "Idempotency-Key: INV-1", "--data-binary", "first"];
	let accepted = gateway.curl("channel-one", "POST", documents, &invoice);
	assert_eq!(accepted.status, 202);
	let location = accepted.headers["location"].clone();
	assert!(!accepted.headers.contains_key("idempotency-replayed"));
	// What was accepted is sent, whatever happens to the process.
	gateway.kill();
	let gateway = Gateway::start(&node, &folder);
	let wait = ["-H", "Prefer: wait=60"];
	let found = gateway.curl("channel-one", "GET", &location, &wait).json();
	assert_eq!(text(&found, "state"), "applied");
	let replayed = gateway.curl("channel-one", "POST", documents, &invoice);
	assert_eq!(replayed.headers["idempotency-replayed"], "true");
	assert_eq!((replayed.status, replayed.headers["location"].as_str()), (200, location.as_str()));
	let other = ["-H", "Idempotency-Key: INV-1", "--data-binary", "second"];
	let refused = gateway.curl("channel-one", "POST", documents, &other);
	assert_eq!(refused.status, 422);
	assert_eq!(refused.headers["content-type"], "application/problem+json");
	let listed = gateway.curl("channel-one", "GET", documents, &[]).json();
	assert_eq!(listed.as_array().map(Vec::len), Some(1));
	// A request belongs to its tenant.
	assert_eq!(gateway.curl("funder-one", "GET", &location, &[]).status, 404);
}

#[test]
fn calls_without_a_key_or_of_another_shape_are_refused_as_problems() {
	let node = Node::start();
	let gateway = Gateway::start(&node, &node.folder().join("gateway"));
	let unknown = format!("credio_{}", "A".repeat(43));
	let document: Value = gateway.call(None, "GET", "/openapi.json", &[]).json();
	let paths = document["paths"].as_object().expect("paths");
	for (path, operations) in paths.iter().filter(|(path, _)| path.starts_with("/v1/")) {
		let resource = path.replace(['{', '}'], "x");
		for method in operations.as_object().expect("operations").keys() {
			for key in [None, Some(unknown.as_str())] {
				let answer = gateway.call(key, &method.to_uppercase(), &resource, &[]);
				assert_eq!(answer.status, 401, "{method} {path}");
				assert_eq!(answer.headers["content-type"], "application/problem+json");
			}
		}
	}
	for (method, resource, arguments, status) in [
		("GET", "/v1/nothing", vec![], 404),
		("PATCH", "/v1/streams", vec![], 405),
		("GET", "/v1/documents/0x12", vec![], 404),
		("GET", "/v1/grants?side=nobody", vec![], 400),
		("GET", "/v1/grants?stream=a&recordId=0x12", vec![], 404),
		("POST", "/v1/streams", vec!["-H", "Content-Type: application/json", "-d", "{"], 400),
		("POST", "/v1/streams", vec!["-d", "{}"], 415),
		("POST", "/v1/streams/s/documents", vec!["-H", "Credio-Lane: 5000", "-d", "x"], 400),
		("POST", "/v1/streams/s/documents", vec!["-H", "Credio-Supersedes: 1", "-d", "x"], 400),
	] {
		let answer = gateway.curl("channel-one", method, resource, &arguments);
		assert_eq!(answer.status, status, "{method} {resource}: {answer:?}");
		assert_eq!(answer.headers["content-type"], "application/problem+json", "{resource}");
		assert_eq!(answer.json()["status"], status);
	}
}
