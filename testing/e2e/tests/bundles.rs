//! Bundles: calls of several organizations apply together or not at all.

use credio_e2e::{Cli, Node, uploads::path};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// Exit codes of `credio`, as its help lists them.
const FAILED: i32 = 1;
const REJECTED: i32 = 3;
const NOT_FOUND: i32 = 7;

/// Writes a file beside the node.
fn write(node: &Node, name: &str, text: &str) -> PathBuf {
	let path = node.folder().join(name);
	fs::write(&path, text).expect("writable");
	path
}

/// A deal of three: the channel uploads its invoice, and each funder creates a stream.
fn deal(node: &Node, head: &str) -> PathBuf {
	let invoice = write(node, "invoice.xml", "<Invoice>4711</Invoice>");
	let text = format!(
		r#"
		{head}

		[[legs]]
		organization = "channel-one"
		[[legs.calls]]
		call = "append-record"
		stream = "invoices"
		file = "{}"
		[[legs.calls]]
		call = "request-access"
		stream = "acceptances"
		owner = "funder-one"
		purpose = "see what was accepted"

		[[legs]]
		organization = "funder-one"
		[[legs.calls]]
		call = "create-stream"
		name = "acceptances"

		[[legs]]
		organization = 4
		[[legs.calls]]
		call = "create-stream"
		name = "guarantees"
		"#,
		path(&invoice)
	);
	write(node, "deal.toml", &text)
}

/// Two streams, one for the channel and one for the funder.
fn two_streams(node: &Node, head: &str) -> PathBuf {
	let text = format!(
		r#"
		{head}
		[[legs]]
		organization = "channel-one"
		calls = [{{ call = "create-stream", name = "ours" }}]
		[[legs]]
		organization = "funder-one"
		calls = [{{ call = "create-stream", name = "theirs" }}]
		"#
	);
	write(node, "streams.toml", &text)
}

fn text(value: &Value) -> &str {
	value.as_str().expect("a string")
}

fn propose(who: &Cli, file: &std::path::Path) -> (String, String) {
	let line = who.json(&["bundle", "propose", path(file), "--json"]).remove(0);
	assert_eq!(line["status"], "open", "{line}");
	(text(&line["bundleId"]).into(), text(&line["digest"]).into())
}

fn show(who: &Cli, bundle: &str) -> Value {
	who.json(&["bundle", "show", bundle, "--json"]).remove(0)
}

fn streams(who: &Cli) -> Vec<String> {
	who.json(&["stream", "list", "--json"])
		.iter()
		.map(|stream| text(&stream["name"]).to_owned())
		.collect()
}

#[test]
fn bundle_of_three_executes_with_the_last_consent() {
	let mut node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	// The channel requests access to the stream that the funder's leg creates, so that leg comes first.
	let file = deal(&node, "for = \"1h\"");
	let reordered = fs::read_to_string(&file).expect("readable");
	let (head, legs) = reordered.split_once("[[legs]]").expect("it has legs");
	let (first, rest) = legs.split_once("[[legs]]").expect("several");
	fs::write(&file, format!("{head}[[legs]]{rest}\n[[legs]]{first}")).expect("writable");

	let proposed = channel.json(&["bundle", "propose", path(&file), "--json"]).remove(0);
	let (id, digest) = (text(&proposed["bundleId"]), text(&proposed["digest"]));
	let record = text(&proposed["recordIds"][0]).to_owned();

	// Every party can read the bundle.
	let shown = funder.ok(&["bundle", "show", id]);
	for line in ["Anchor.create_stream", "name: acceptances", "see what was accepted", digest] {
		assert!(shown.contains(line), "{shown}");
	}
	let shown = show(&funder, id);
	assert_eq!(shown["legs"][0]["calls"][0]["call"], "Anchor.create_stream");
	assert_eq!(shown["legs"][0]["calls"][0]["arguments"]["name"], "acceptances");

	let consented = funder.json(&["bundle", "consent", id, "--digest", digest, "--json"]).remove(0);
	assert_eq!(consented["status"], "open");
	assert_eq!(streams(&channel), ["invoices"], "nothing happens before the last consent");

	// Channel and funder never act again, and the node loses its power.
	node.kill_and_restart();
	let guarantor = Cli::new(&node, "funder-two");
	let executed =
		guarantor.json(&["bundle", "consent", id, "--digest", digest, "--json"]).remove(0);
	assert_eq!(executed["status"], "executed", "{executed}");
	let mut names = streams(&guarantor);
	names.sort();
	assert_eq!(names, ["acceptances", "guarantees", "invoices"]);
	let channel = Cli::new(&node, "channel-one");
	let out = node.folder().join("out.xml");
	channel.ok(&["fetch", &record, "-o", path(&out)]);
	assert_eq!(fs::read(&out).expect("fetched"), b"<Invoice>4711</Invoice>");
	assert_eq!(channel.json(&["access", "list", "--json"]).len(), 1);

	// Later consents and withdrawals have no effect, and it does not run again.
	let again = guarantor.json(&["bundle", "consent", id, "--digest", digest, "--json"]).remove(0);
	assert_eq!(again["status"], "executed", "the same consent again is answered, and does nothing");
	assert_eq!(channel.refused(&["bundle", "withdraw", id]).0, FAILED);
	assert_eq!(channel.json(&["query", "--stream", "invoices", "--json"]).len(), 1);
}

#[test]
fn failing_leg_aborts_the_bundle_and_is_named() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let (id, digest) = propose(&channel, &two_streams(&node, "for = \"1h\""));
	// Meanwhile the funder has a stream of that name.
	funder.ok(&["stream", "create", "theirs"]);
	let (code, message) = funder.refused(&["bundle", "consent", &id, "--digest", &digest]);
	assert_eq!(code, REJECTED, "{message}");
	assert!(message.contains("call 0 of leg 1") && message.contains("Anchor."), "{message}");
	assert_eq!(streams(&channel), ["theirs"]);
	let shown = show(&channel, &id);
	assert_eq!(shown["status"], "aborted");
	assert_eq!(shown["abort"]["organization"], 3);
	assert_eq!(shown["abort"]["callIndex"], 0);
	assert_eq!(shown["legs"], serde_json::json!([]), "its legs are gone");
}

#[test]
fn bundle_expires_at_its_deadline() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let (id, digest) = propose(&channel, &two_streams(&node, "for = \"8s\""));
	// Making a stream waits for finality, so blocks pass.
	for n in 0.. {
		let bundle = show(&channel, &id);
		if bundle["status"] == "expired" {
			assert_eq!(bundle["legs"], serde_json::json!([]));
			break;
		}
		assert!(n < 60, "it does not expire");
		channel.ok(&["stream", "create", &format!("tick {n}")]);
	}
	let (code, message) = funder.refused(&["bundle", "consent", &id, "--digest", &digest]);
	assert_eq!(code, FAILED, "{message}");
	assert!(message.contains("expired"), "{message}");
	assert!(!streams(&channel).contains(&"ours".to_owned()));
	let expired = channel.json(&["bundle", "list", "--status", "expired", "--json"]);
	assert_eq!(expired.len(), 1);
}

#[test]
fn consent_can_be_withdrawn_before_the_last_one() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let (id, digest) = propose(&channel, &two_streams(&node, "for = \"1h\""));
	channel.ok(&["bundle", "withdraw", &id]);
	let (code, message) = channel.refused(&["bundle", "withdraw", &id]);
	assert_eq!(code, REJECTED, "{message}");
	assert!(message.contains("Bundles.NotConsented"), "{message}");
	let consent = ["bundle", "consent", &id, "--digest", &digest, "--json"];
	assert_eq!(funder.json(&consent)[0]["status"], "open");
	assert_eq!(channel.json(&consent)[0]["status"], "executed");
	let (code, message) = funder.refused(&["bundle", "withdraw", &id]);
	assert_eq!(code, FAILED, "{message}");
	assert!(message.contains("was executed"), "{message}");
}

#[test]
fn consent_needs_a_party_and_the_exact_digest() {
	let node = Node::start();
	let [channel, funder, stranger] =
		["channel-one", "funder-one", "channel-two"].map(|name| Cli::new(&node, name));
	let (id, digest) = propose(&channel, &two_streams(&node, "for = \"1h\""));
	let (code, message) = stranger.refused(&["bundle", "consent", &id, "--digest", &digest]);
	assert_eq!(code, REJECTED, "{message}");
	assert!(message.contains("Bundles.NotAParty"), "{message}");
	let other = format!("0x{}", "11".repeat(32));
	let (code, message) = funder.refused(&["bundle", "consent", &id, "--digest", &other]);
	assert_eq!(code, FAILED, "{message}");
	assert!(message.contains(&digest), "it says what the digest is: {message}");
	assert_eq!(funder.refused(&["bundle", "consent", &other, "--digest", &digest]).0, NOT_FOUND);
	// Who has no leg proposes nothing.
	let file = two_streams(&node, "for = \"1h\"");
	let (code, message) = stranger.refused(&["bundle", "propose", path(&file)]);
	assert_eq!(code, REJECTED, "{message}");
	assert!(message.contains("Bundles.NotAParty"), "{message}");
	assert_eq!(show(&channel, &id)["status"], "open");
}

#[test]
fn repeated_proposal_is_the_same_and_other_legs_are_rejected() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	let head = "key = \"deal 4711\"\nfor = \"1h\"";
	let first = propose(&channel, &two_streams(&node, head));
	assert_eq!(propose(&channel, &two_streams(&node, head)), first);
	assert_eq!(channel.json(&["bundle", "list", "--json"]).len(), 1);
	let file = two_streams(&node, head);
	let other = fs::read_to_string(&file).expect("readable").replace("theirs", "others");
	fs::write(&file, other).expect("writable");
	let (code, message) = channel.refused(&["bundle", "propose", path(&file)]);
	assert_eq!(code, REJECTED, "{message}");
	assert!(message.contains("was used before"), "{message}");
}

#[test]
fn prepared_leg_is_proposed_by_another_organization() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let invoice = write(&node, "invoice.txt", "sealed by the channel");
	let leg = write(
		&node,
		"leg.toml",
		&format!(
			"[[legs]]\norganization = \"channel-one\"\n[[legs.calls]]\ncall = \"append-record\"\n\
			 stream = \"invoices\"\nfile = \"{}\"\n",
			path(&invoice)
		),
	);
	// The funder cannot seal for the channel.
	let (code, message) = funder.refused(&["bundle", "prepare", path(&leg)]);
	assert_eq!(code, FAILED, "{message}");
	let prepared = channel.ok(&["bundle", "prepare", path(&leg)]);
	let record = prepared.rsplit("# appends ").next().expect("it names the record").trim();
	let file = write(
		&node,
		"deal.toml",
		&format!(
			"for = \"1h\"\n[[legs]]\norganization = \"funder-one\"\n\
			 calls = [{{ call = \"create-stream\", name = \"acceptances\" }}]\n{prepared}"
		),
	);
	let (id, digest) = propose(&funder, &file);
	let done = channel.json(&["bundle", "consent", &id, "--digest", &digest, "--json"]).remove(0);
	assert_eq!(done["status"], "executed", "{done}");
	let out = node.folder().join("out.txt");
	channel.ok(&["fetch", record, "-o", path(&out)]);
	assert_eq!(fs::read(&out).expect("fetched"), b"sealed by the channel");
}
