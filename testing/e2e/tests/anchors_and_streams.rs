//! Anchors, appending to another organization's stream, following a stream, denials and quotas.

use credio_e2e::{Cli, Node, uploads::path};
use std::fs;

const REJECTED: i32 = 3;
const DENIED: i32 = 4;
const NOT_VERIFIED: i32 = 6;

fn text<'a>(line: &'a serde_json::Value, field: &str) -> &'a str {
	line[field].as_str().unwrap_or_else(|| panic!("{line} has no {field}"))
}

#[test]
fn anchored_documents_are_verified_by_their_proofs_alone() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "contracts"]);
	let files = (0..5)
		.map(|n| {
			let file = node.folder().join(format!("contract-{n}.txt"));
			fs::write(&file, format!("contract {n}")).expect("writable");
			file
		})
		.collect::<Vec<_>>();
	let proofs = node.folder().join("proofs");
	for count in [1, files.len()] {
		let mut anchor =
			vec!["anchor", "--stream", "contracts", "--proofs", path(&proofs), "--json"];
		anchor.extend(files[..count].iter().map(|file| path(file)));
		let anchored = channel.json(&anchor);
		assert_eq!(anchored.len(), count);
		for (line, file) in anchored.iter().zip(&files) {
			let (record, proof) = (text(line, "recordId"), text(line, "proof"));
			// Anybody with the document and its proof.
			funder.ok(&["verify", record, path(file), "--proof", proof]);
			let other = node.folder().join("other.txt");
			fs::write(&other, "another contract").expect("writable");
			let verify = ["verify", record, path(&other), "--proof", proof];
			assert_eq!(funder.refused(&verify).0, NOT_VERIFIED);
		}
		let record = text(&anchored[0], "recordId");
		let out = node.folder().join("out");
		assert_eq!(channel.refused(&["fetch", record, "-o", path(&out)]).0, DENIED);
	}
	// A proof of one document does not prove its neighbour's position.
	let proof = proofs.join("contract-1.txt.1.proof.json");
	let moved =
		fs::read_to_string(&proof).expect("written").replace("\"index\": 1", "\"index\": 2");
	let moved_proof = proofs.join("moved.json");
	fs::write(&moved_proof, moved).expect("writable");
	let entries = channel.json(&["query", "--stream", "contracts", "--from", "1", "--json"]);
	let record = text(&entries[0], "recordId");
	let verify = ["verify", record, path(&files[1]), "--proof", path(&moved_proof)];
	assert_eq!(channel.refused(&verify).0, NOT_VERIFIED);
}

#[test]
fn partner_appends_with_a_grant_and_the_stream_is_followed() {
	let node = Node::start();
	let [channel, partner] = ["channel-one", "channel-two"].map(|name| Cli::new(&node, name));
	let stream = channel.json(&["stream", "create", "repayments", "--json"]);
	let id = text(&stream[0], "id").to_owned();
	let file = node.folder().join("repayment.csv");
	fs::write(&file, "2026-12-01,100.00,EUR").expect("writable");
	let upload = ["upload", "--stream", &id, "--json", path(&file)];
	assert_eq!(partner.refused(&upload).0, DENIED);
	channel.ok(&[
		"grant",
		"--stream",
		"repayments",
		"--to",
		"channel-two",
		"--append",
		"--purpose",
		"report repayments",
	]);
	let uploaded = partner.json(&upload);
	assert_eq!(text(&uploaded[0], "outcome"), "applied");
	// The partner reads its own entries, and the owner all.
	let record = text(&uploaded[0], "recordId").to_owned();
	let out = node.folder().join("out");
	for reader in [&partner, &channel] {
		reader.ok(&["fetch", &record, "-o", path(&out)]);
		assert_eq!(fs::read(&out).expect("written"), fs::read(&file).expect("written"));
	}
	let watched = channel.json(&["watch", "--stream", "repayments", "--limit", "1", "--json"]);
	assert_eq!(text(&watched[0], "recordId"), record);
	assert_eq!(watched[0]["organization"], 2);
}

#[test]
fn access_requests_are_denied_with_a_reason() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let ask = [
		"access",
		"request",
		"--stream",
		"invoices",
		"--owner",
		"channel-one",
		"--purpose",
		"look",
		"--json",
	];
	let request = text(&funder.json(&ask)[0], "accessRequestId").to_owned();
	let deny = ["access", "deny", &request, "--reason", "no contract"];
	assert_eq!(funder.refused(&deny).0, REJECTED, "only the owner answers");
	channel.ok(&deny);
	let listed = funder.json(&["access", "list", "--json"]);
	assert_eq!(listed[0]["state"]["answer"], "denied");
	assert_eq!(text(&listed[0]["state"], "reason"), "no contract");
	assert_ne!(channel.refused(&["access", "approve", &request]).0, 0);
}

#[test]
fn council_sets_a_quota_that_is_enforced() {
	let node = Node::start();
	let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let used = channel.json(&["quota", "--json"]);
	assert!(used[0]["used"]["bytes"].as_u64() > Some(0), "{}", used[0]);
	operator.ok(&["quota", "channel-one", "--set-bytes", "1", "--set-ref-time", "1000000000000"]);
	let file = node.folder().join("a.txt");
	fs::write(&file, "a").expect("writable");
	let mut upload = channel
		.command(&["upload", "--stream", "invoices", path(&file)])
		.stdout(std::process::Stdio::null())
		.stderr(std::process::Stdio::null())
		.spawn()
		.expect("credio starts");
	// Blocks become final with the operator's own stream in them, and the upload still waits.
	operator.ok(&["stream", "create", "notices"]);
	assert!(upload.try_wait().expect("a process has a status").is_none());
	assert!(channel.json(&["query", "--stream", "invoices", "--json"]).is_empty());
	// With a quota that fits, it goes in by itself.
	operator.ok(&[
		"quota",
		"channel-one",
		"--set-bytes",
		"1000000",
		"--set-ref-time",
		"1000000000000",
	]);
	assert!(upload.wait().expect("it ends").success());
	assert_eq!(channel.json(&["query", "--stream", "invoices", "--json"]).len(), 1);
}
