//! Evidence: made with a node, verified on a machine that has none.

use credio_client::{Client, evidence::Evidence};
use credio_e2e::{
	Cli, Node, binary, raw_specification, specification_of_another_chain, until_active,
	uploads::path,
};
use credio_vault::LocalVault;
use serde_json::Value;
use std::{
	fs,
	path::PathBuf,
	process::{Command, Output},
	sync::Arc,
};

const NOT_VERIFIED: i32 = 6;
const NOT_FOUND: i32 = 7;

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
	line[field].as_str().unwrap_or_else(|| panic!("{line} has no {field}"))
}

/// A machine without a node and without a vault: the command line, and files that were sent to it.
struct Verifier {
	folder: tempfile::TempDir,
}

impl Verifier {
	fn new() -> Self {
		Self { folder: tempfile::tempdir().expect("a temporary folder") }
	}

	/// Path of a file there.
	fn file(&self, name: &str) -> PathBuf {
		self.folder.path().join(name)
	}

	/// Writes a file there.
	fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
		let file = self.file(name);
		fs::write(&file, content).expect("writable");
		path(&file).to_owned()
	}

	/// The raw specification of a chain that the node knows by name.
	fn specification(&self, chain: &str) -> String {
		raw_specification(chain, &self.file(&format!("{chain}.json")))
	}

	fn run(&self, evidence: &str, chain: &str, more: &[&str]) -> Output {
		Command::new(binary("credio"))
			.args(["evidence", "verify", evidence, "--chain", chain])
			.args(more)
			.env("CREDIO_NODE", "ws://127.0.0.1:1")
			.env("CREDIO_CONFIG", self.file("none.toml"))
			.output()
			.expect("credio starts")
	}

	/// Runs a verification that must succeed, and returns its output.
	fn verified(&self, evidence: &str, chain: &str, more: &[&str]) -> String {
		let output = self.run(evidence, chain, more);
		let message = String::from_utf8_lossy(&output.stdout).into_owned();
		assert!(output.status.success(), "{message}\n{}", String::from_utf8_lossy(&output.stderr));
		message
	}

	/// Runs a verification that must fail, and returns the exit code and the error output.
	fn refused(&self, evidence: &str, chain: &str, more: &[&str]) -> (Option<i32>, String) {
		let output = self.run(evidence, chain, more);
		assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
		(output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
	}
}

#[test]
fn evidence_is_bound_to_its_chain() {
	let verifier = Verifier::new();
	let own = verifier.specification("dev");
	let other = specification_of_another_chain("dev", &verifier.file("other.json"));
	let document = verifier.write("invoice.txt", "an invoice over 100.00 EUR");
	let validator = ["--alice", "--validator", "--force-authoring"];
	let [genesis, foreign] = [&own, &other].map(|chain| {
		let node = Node::start_on(chain, &validator);
		let channel = Cli::new(&node, "channel-one");
		channel.ok(&["stream", "create", "invoices"]);
		let uploaded = channel.json(&["upload", "--stream", "invoices", "--json", &document]);
		let to = format!("{chain}.evidence");
		channel.ok(&["evidence", text(&uploaded[0], "recordId"), "-o", &to]);
		verifier.verified(&to, chain, &[]);
		Evidence::parse(&fs::read(&to).expect("it was written")).expect("it was just verified")
	});
	assert_ne!(genesis.genesis, foreign.genesis);
	// The evidence itself, and a copy that claims the chain it is checked against.
	let forged = Evidence { genesis: genesis.genesis, from: genesis.from, ..foreign.clone() };
	for evidence in [foreign, forged] {
		let file = verifier.write("foreign.evidence", evidence.to_text().expect("it is written"));
		let (code, message) = verifier.refused(&file, &own, &[]);
		assert_eq!(code, Some(NOT_VERIFIED), "{message}");
	}
}

#[test]
fn record_is_proven_without_a_node() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let verifier = Verifier::new();
	let document = verifier.write("invoice.txt", "an invoice over 100.00 EUR");
	let other = verifier.write("other.txt", "an invoice over 900.00 EUR");
	channel.ok(&["stream", "create", "invoices"]);
	let uploaded = channel.json(&["upload", "--stream", "invoices", "--json", &document]);
	let record = text(&uploaded[0], "recordId");
	let request = text(&uploaded[0], "requestKey");

	// One grant that was asked for, and one that is revoked again.
	let ask =
		["--stream", "invoices", "--owner", "channel-one", "--purpose", "assess the receivables"];
	let asked = funder.json(&[&["access", "request", "--json"], &ask[..]].concat());
	channel.ok(&["access", "approve", text(&asked[0], "accessRequestId")]);
	let to =
		["grant", "--stream", "invoices", "--to", "funder-two", "--purpose", "a mistake", "--json"];
	let mistake = channel.json(&to);
	let mistake = text(&mistake[0], "grantId");
	channel.ok(&["revoke", mistake]);

	let evidence = verifier.file("invoice.evidence");
	let evidence = path(&evidence);
	channel.ok(&[
		"evidence",
		record,
		"-o",
		evidence,
		"--with-key",
		"--request",
		request,
		"--grant",
		mistake,
	]);
	// Without a key and a grant, and with the document in it.
	let bare = verifier.file("bare.evidence");
	let bare = path(&bare);
	funder.ok(&["evidence", record, "-o", bare]);
	let whole = verifier.file("whole.evidence");
	let whole = path(&whole);
	funder.ok(&["evidence", record, "-o", whole, "--with-document", &document]);
	// Evidence that cannot be made.
	let to = verifier.file("never");
	let to = path(&to);
	let (code, _) = channel.refused(&["evidence", record, "-o", to, "--with-document", &other]);
	assert_eq!(code, NOT_VERIFIED);
	let nothing = format!("0x{}", "11".repeat(32));
	assert_eq!(channel.refused(&["evidence", &nothing, "-o", to]).0, NOT_FOUND);
	channel.refused(&["evidence", record, "-o", to, "--request", &nothing]);
	assert!(!verifier.file("never").exists());
	drop(node);

	let chain = verifier.specification("dev");
	let message = verifier.verified(evidence, &chain, &["--document", &document]);
	for expected in [
		"Proven:",
		"1 of 1 validators",
		"position 0 of the stream \"invoices\"",
		"organization 1 (\"channel-one\")",
		"26 bytes, is the one that it commits to",
		"call 0 of the request",
		"lets organization 3 (\"funder-one\") read the stream",
		"the purpose \"assess the receivables\"",
		"It was approved with the grant",
		"There is no other grant",
		&format!("Grant {mistake} is not there"),
		"Not proven:",
		"is true",
	] {
		assert!(message.contains(expected), "{expected} in:\n{message}");
	}
	let message = verifier.verified(bare, &chain, &[]);
	assert!(message.contains("Which document it is"), "{message}");
	assert!(!message.contains("byte for byte"), "{message}");
	let message = verifier.verified(whole, &chain, &[]);
	assert!(message.contains("byte for byte"), "{message}");
	let json = verifier.verified(whole, &chain, &["--json"]);
	let json: Value = serde_json::from_str(&json).expect("one object");
	assert_eq!((&json["verified"], &json["documentVerified"]), (&true.into(), &true.into()));
	assert_eq!(json["recordId"], record);

	// Another document, a document without its key, another chain, and a specification that is not raw.
	let is_refused = |evidence: &str, chain: &str, more: &[&str], part: &str| {
		let (code, message) = verifier.refused(evidence, chain, more);
		assert_eq!(code, Some(NOT_VERIFIED), "{message}");
		assert!(message.contains(&format!("refused: {part}:")), "{part} in {message}");
	};
	is_refused(evidence, &chain, &["--document", &other], "document");
	is_refused(bare, &chain, &["--document", &document], "document");
	is_refused(evidence, &verifier.specification("local"), &[], "genesis");
	let output = Command::new(binary("credio-node"))
		.args(["build-spec", "--chain", "dev"])
		.output()
		.expect("credio-node starts");
	let plain = verifier.write("plain.json", output.stdout);
	let (_, message) = verifier.refused(evidence, &plain, &[]);
	assert!(message.contains("build-spec --raw"), "{message}");

	// A bit here and there, in each line.
	let good = fs::read(whole).expect("written");
	let parts = ["format", "genesis", "subject", "from", "finality", "storage", "document"];
	let mut start = 0;
	for (line, part) in good.split(|byte| *byte == b'\n').zip(parts) {
		for position in (line.len() / 2..line.len() - 2).step_by(1 + line.len() / 6) {
			let mut changed = good.clone();
			changed[start + position] ^= 1;
			let changed = verifier.write("changed.evidence", changed);
			is_refused(&changed, &chain, &[], part);
		}
		start += line.len() + 1;
	}
}

#[test]
fn document_under_a_merkle_anchor_is_proven_without_a_node() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	let verifier = Verifier::new();
	channel.ok(&["stream", "create", "contracts"]);
	let files = (0..5)
		.map(|n| verifier.write(&format!("contract-{n}.txt"), format!("contract {n}")))
		.collect::<Vec<_>>();
	let proofs = verifier.file("proofs");
	let mut anchor = vec!["anchor", "--stream", "contracts", "--proofs", path(&proofs), "--json"];
	anchor.extend(files.iter().map(String::as_str));
	let anchored = channel.json(&anchor);
	let record = text(&anchored[0], "recordId");
	let evidence = verifier.file("contract.evidence");
	let evidence = path(&evidence);
	let proof = text(&anchored[3], "proof");
	channel.ok(&["evidence", record, "-o", evidence, "--proof", proof, "--with-key"]);
	drop(node);
	let chain = verifier.specification("dev");
	let message = verifier.verified(evidence, &chain, &["--document", &files[3]]);
	assert!(message.contains("document 3 under the anchor's Merkle root"), "{message}");
	assert!(message.contains("byte for byte"), "{message}");
	let (code, message) = verifier.refused(evidence, &chain, &["--document", &files[2]]);
	assert_eq!(code, Some(NOT_VERIFIED));
	assert!(message.contains("document"), "{message}");
}

/// Two nodes of the development chain: the first makes it, and the second takes over.
fn two_nodes(key: u8) -> [Node; 2] {
	let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
	let port = listener.local_addr().expect("it has an address").port();
	drop(listener);
	let address = format!("/ip4/127.0.0.1/tcp/{port}");
	let first = Node::start_with(&["--node-key", &format!("{key:064}"), "--listen-addr", &address]);
	let log = first.log();
	let peer = log.split("Local node identity is: ").nth(1).expect("the node tells who it is");
	let peer = format!("{address}/p2p/{}", peer.split_whitespace().next().expect("a name"));
	let second = Node::start_on("dev", &["--validator", "--force-authoring", "--bootnodes", &peer]);
	[first, second]
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_validators_are_followed_from_genesis_and_from_a_checkpoint() {
	let [first, second] = two_nodes(3);
	let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&second, name));
	let verifier = Verifier::new();
	channel.ok(&["stream", "create", "invoices"]);
	let upload = |content: &str| {
		let file = verifier.write("document.txt", content);
		let uploaded = channel.json(&["upload", "--stream", "invoices", "--json", &file]);
		text(&uploaded[0], "recordId").to_owned()
	};
	let evidence_of = |name: &str, record: &str, more: &[&str]| {
		let file = verifier.file(name);
		channel.ok(&[&["evidence", record, "-o", path(&file)], more].concat());
		path(&file).to_owned()
	};
	let account =
		|cli: &Cli| text(&cli.json(&["vault", "show", "--json"])[0], "account").to_owned();
	let (old, new) = (account(&operator), account(&channel));
	let vault = LocalVault::development("channel-one").expect("an example organization");
	let client = Client::connect(&second.url(), Arc::new(vault)).await.expect("the node responds");
	let chain = verifier.specification("dev");

	// A checkpoint from the time of one validator.
	let early = upload("before any change");
	let before = evidence_of("before", &early, &[]);
	let checkpoint = verifier.file("checkpoint.json");
	let checkpoint = path(&checkpoint);
	let message = verifier.verified(&before, &chain, &["--write-checkpoint", checkpoint]);
	assert!(message.contains("the validators have not changed"), "{message}");

	channel.set_session_keys(&second);
	operator.ok(&["validator", "add", &new]);
	until_active(&client, &[&old, &new]).await;
	let middle = upload("with two validators");
	let two = evidence_of("two", &middle, &[]);
	let later = verifier.file("later.json");
	let later = path(&later);
	let message = verifier.verified(&two, &chain, &["--write-checkpoint", later]);
	assert!(message.contains("2 of 2 validators"), "{message}");
	assert!(message.contains("the validators have changed once"), "{message}");

	operator.ok(&["validator", "remove", &old]);
	until_active(&client, &[&new]).await;
	let late = upload("with another validator");
	let from_genesis = evidence_of("from-genesis", &late, &[]);
	let from_checkpoint =
		evidence_of("from-checkpoint", &late, &["--trusted-checkpoint", checkpoint]);
	let from_later = evidence_of("from-later", &late, &["--trusted-checkpoint", later]);
	drop((first, second));

	let message = verifier.verified(&from_genesis, &chain, &[]);
	assert!(message.contains("1 of 1 validators"), "{message}");
	assert!(
		message.contains("Since genesis, which you trust, the validators have changed 2 times"),
		"{message}"
	);
	let message =
		verifier.verified(&from_checkpoint, &chain, &["--trusted-checkpoint", checkpoint]);
	assert!(message.contains("the checkpoint at block"), "{message}");
	assert!(message.contains("the validators have changed 2 times"), "{message}");
	let message = verifier.verified(&from_later, &chain, &["--trusted-checkpoint", later]);
	assert!(message.contains("the validators have changed once"), "{message}");

	// A proof with another start, and one without a change.
	for (evidence, more) in [
		(&from_genesis, vec!["--trusted-checkpoint", checkpoint]),
		(&from_checkpoint, vec![]),
		(&from_checkpoint, vec!["--trusted-checkpoint", later]),
	] {
		let (code, message) = verifier.refused(evidence, &chain, &more);
		assert_eq!(code, Some(NOT_VERIFIED), "{message}");
		assert!(message.contains("refused: from:"), "{message}");
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_continues_from_a_checkpoint_after_a_handover() {
	let [mut first, second] = two_nodes(4);
	let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&second, name));
	let verifier = Verifier::new();
	channel.ok(&["stream", "create", "invoices"]);
	let account =
		|cli: &Cli| text(&cli.json(&["vault", "show", "--json"])[0], "account").to_owned();
	let (lost, left) = (account(&operator), account(&channel));
	let vault = LocalVault::development("channel-one").expect("an example organization");
	let client = Client::connect(&second.url(), Arc::new(vault)).await.expect("the node responds");
	channel.set_session_keys(&second);
	operator.ok(&["validator", "add", &left]);
	until_active(&client, &[&lost, &left]).await;

	// One of two is lost, so nothing becomes final. The council decides nevertheless.
	first.kill();
	while !client.is_stalled().await.expect("the node responds") {
		tokio::time::sleep(std::time::Duration::from_secs(1)).await;
	}
	operator.ok(&["validator", "resume-finality", "--lost", &lost, "--delay", "3"]);
	until_active(&client, &[&left]).await;
	let document = verifier.write("document.txt", "after the change by force");
	let upload = ["upload", "--stream", "invoices", "--json", &document];

	// The change cannot be proven, and a client does not trust the node instead.
	let (code, message) = channel.refused(&upload);
	assert_eq!(code, NOT_VERIFIED, "{message}");
	assert!(message.contains("credio checkpoint trust"), "{message}");
	let checkpoint = verifier.file("of-the-council.json");
	let checkpoint = path(&checkpoint);
	// Nor does a seat, unless it opts in.
	let make = ["checkpoint", "make", "-o", checkpoint];
	let (code, message) = operator.refused(&make);
	assert_eq!(code, NOT_VERIFIED, "{message}");
	assert!(message.contains("--trust-node"), "{message}");
	channel.ok(&[&make[..], &["--trust-node"]].concat());
	let (_, message) = channel.refused(&["checkpoint", "trust", checkpoint]);
	assert!(message.contains("0 of 1 seats"), "{message}");
	let (code, message) = operator.refused(&["checkpoint", "sign", checkpoint]);
	assert_eq!(code, NOT_VERIFIED, "{message}");
	operator.ok(&["checkpoint", "sign", checkpoint, "--trust-node"]);
	channel.ok(&["checkpoint", "trust", checkpoint]);
	let chain = verifier.specification("dev");
	operator.ok(&["checkpoint", "trust", checkpoint, "--chain", &chain]);
	let uploaded = channel.json(&upload);
	let record = text(&uploaded[0], "recordId");

	// The change cannot be proven from genesis, and no invalid evidence is written.
	let file = verifier.file("late.evidence");
	let evidence = ["evidence", record, "-o", path(&file)];
	let (code, message) = channel.refused(&evidence);
	assert_eq!(code, NOT_VERIFIED, "{message}");
	assert!(message.contains("ask the council for a checkpoint"), "{message}");
	assert!(!file.exists());

	let checkpoint = verifier.file("signed.json");
	let checkpoint = path(&checkpoint);
	channel.ok(&["checkpoint", "make", "-o", checkpoint]);
	let from_there = [&evidence[..], &["--checkpoint", checkpoint]].concat();
	let (_, message) = channel.refused(&from_there);
	assert!(message.contains("0 of 1 seats of the council have signed it"), "{message}");
	channel.ok(&["checkpoint", "sign", checkpoint]);
	let (_, message) = channel.refused(&from_there);
	assert!(message.contains("0 of 1 seats"), "channel-one has no seat: {message}");
	operator.ok(&["checkpoint", "sign", checkpoint]);
	channel.ok(&from_there);
	drop((first, second));

	let message = verifier.verified(path(&file), &chain, &["--checkpoint", checkpoint]);
	assert!(message.contains("1 of 1 seats of the council signed"), "{message}");
	let (_, message) = verifier.refused(path(&file), &chain, &[]);
	assert!(message.contains("refused: from:"), "{message}");
	let content = fs::read_to_string(checkpoint).expect("written");
	let forged = verifier.write("forged.json", content.replace("\"weight\": 1", "\"weight\": 2"));
	let (code, said) = verifier.refused(path(&file), &chain, &["--checkpoint", &forged]);
	assert_eq!(code, Some(NOT_VERIFIED), "{said}");
	assert!(said.contains("is not valid"), "{said}");
}
