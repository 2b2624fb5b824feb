//! Rejections from outside: roles, organizations, streams, grants, keys.

use credio_client::{Client, Error, SubmitError, calls::Call, primitives::StreamName};
use credio_e2e::{Cli, Node, uploads::path};
use credio_vault::LocalVault;
use std::{fs, path::Path, sync::Arc};

const REJECTED: i32 = 3;
const DENIED: i32 = 4;
const NOT_FOUND: i32 = 7;

fn text<'a>(line: &'a serde_json::Value, field: &str) -> &'a str {
	line[field].as_str().unwrap_or_else(|| panic!("{line} has no {field}"))
}

#[test]
fn foreign_sealed_and_missing_streams_are_rejected() {
	let node = Node::start();
	let [channel, other] = ["channel-one", "channel-two"].map(|name| Cli::new(&node, name));
	let stream = channel.json(&["stream", "create", "invoices", "--json"]);
	let id = text(&stream[0], "id").to_owned();
	let file = node.folder().join("a.txt");
	fs::write(&file, "a").unwrap();
	// A foreign stream: the other channel holds no key of it, so it cannot even encrypt.
	let (code, message) = other.refused(&["upload", "--stream", &id, path(&file)]);
	assert_eq!(code, DENIED, "{message}");
	assert_eq!(other.refused(&["stream", "seal", &id]).0, REJECTED);
	assert_eq!(other.refused(&["stream", "rotate", &id]).0, REJECTED);
	assert_eq!(channel.refused(&["upload", "--stream", "none", path(&file)]).0, NOT_FOUND);
	let again = channel.json(&["stream", "create", "invoices", "--json"]);
	assert_eq!(text(&again[0], "id"), id, "the same again is the same");
	channel.ok(&["stream", "seal", "invoices"]);
	let (code, message) =
		channel.refused(&["upload", "--stream", "invoices", "--json", path(&file)]);
	assert_eq!(code, REJECTED, "{message}");
	let entries = channel.json(&["query", "--stream", "invoices", "--json"]);
	assert!(entries.is_empty(), "{entries:?}");
}

#[test]
fn business_key_names_one_document() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "invoices"]);
	let [first, second] = ["first", "second"].map(|name| {
		let file = node.folder().join(name);
		fs::write(&file, name).unwrap();
		file
	});
	let upload = |file: &Path| {
		["upload", "--stream", "invoices", "--key", "INV-1", "--json"]
			.map(str::to_owned)
			.into_iter()
			.chain([path(file).to_owned()])
			.collect::<Vec<_>>()
	};
	let run = |arguments: &[String]| {
		channel.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
	};
	assert!(run(&upload(&first)).status.success());
	assert!(run(&upload(&first)).status.success(), "the same again is the same");
	let reused = run(&upload(&second));
	assert_eq!(reused.status.code(), Some(REJECTED));
	assert!(String::from_utf8_lossy(&reused.stderr).contains("used before"));
	let status = channel.json(&["status", "INV-1", "--stream", "invoices", "--json"]);
	assert_eq!(text(&status[0], "status"), "applied");
	assert_eq!(channel.json(&["query", "--stream", "invoices", "--json"]).len(), 1);
}

#[test]
fn grants_end_by_expiry_revocation_and_with_their_parent() {
	let node = Node::start();
	let [channel, funder, partner] =
		["channel-one", "funder-one", "funder-two"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let file = node.folder().join("a.txt");
	fs::write(&file, "a").unwrap();
	let uploaded = channel.json(&["upload", "--stream", "invoices", "--json", path(&file)]);
	let record = text(&uploaded[0], "recordId").to_owned();
	let out = node.folder().join("out");
	let fetch = ["fetch", &record, "-o", path(&out)];

	// On one record, and given on.
	let granted = channel.json(&[
		"grant",
		"--record",
		&record,
		"--to",
		"funder-one",
		"--purpose",
		"one invoice",
		"--delegable",
		"--json",
	]);
	let grant = text(&granted[0], "grantId").to_owned();
	funder.ok(&fetch);
	assert_eq!(partner.refused(&fetch).0, DENIED);
	funder.ok(&["grant", "--under", &grant, "--to", "funder-two", "--purpose", "second opinion"]);
	partner.ok(&fetch);
	assert_eq!(partner.refused(&["revoke", &grant]).0, REJECTED, "it did not give it");
	channel.ok(&["revoke", &grant]);
	assert_eq!(funder.refused(&fetch).0, DENIED);
	assert_eq!(partner.refused(&fetch).0, DENIED, "it ended with the one it was given under");

	// On the stream, for a few blocks.
	channel.ok(&[
		"grant",
		"--stream",
		"invoices",
		"--to",
		"funder-one",
		"--purpose",
		"for a moment",
		"--for",
		"12s",
	]);
	funder.ok(&fetch);
	// Blocks pass while the channel appends; the grant ends by itself.
	let mut blocks = 0;
	while funder.run(&fetch).status.success() {
		blocks += 1;
		assert!(blocks < 40, "the grant does not end");
		fs::write(&file, format!("document {blocks}")).unwrap();
		channel.ok(&["upload", "--stream", "invoices", "--json", path(&file)]);
	}
	assert_eq!(funder.refused(&fetch).0, DENIED);
	// The channel continues to write in a new key epoch.
	fs::write(&file, "afterwards").unwrap();
	channel.ok(&["upload", "--stream", "invoices", "--json", path(&file)]);
	let streams = channel.json(&["stream", "list", "--json"]);
	assert!(streams[0]["epoch"]["current"].as_u64() >= Some(1), "{}", streams[0]);
}

#[test]
fn suspended_organization_can_neither_write_nor_fetch() {
	let node = Node::start();
	let [operator, channel, funder] =
		["operator", "channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let file = node.folder().join("a.txt");
	fs::write(&file, "a").unwrap();
	let uploaded = channel.json(&["upload", "--stream", "invoices", "--json", path(&file)]);
	let record = text(&uploaded[0], "recordId").to_owned();
	channel.ok(&["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "test"]);
	let out = node.folder().join("out");
	let fetch = ["fetch", &record, "-o", path(&out)];

	assert_ne!(funder.refused(&["org", "suspend", "channel-one"]).0, 0, "not of the council");
	operator.ok(&["org", "suspend", "channel-one"]);
	assert_eq!(channel.refused(&fetch).0, DENIED);
	fs::write(&file, "b").unwrap();
	assert!(!channel.run(&["upload", "--stream", "invoices", path(&file)]).status.success());
	funder.ok(&fetch);
	operator.ok(&["org", "suspend", "channel-one", "--end"]);
	channel.ok(&fetch);
	channel.ok(&["upload", "--stream", "invoices", path(&file)]);
}

#[test]
fn members_act_within_their_roles() {
	let node = Node::start();
	let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&node, name));
	// A new organization: its keys are made in its own vault, the council admits it.
	let newcomer = Cli::with_new_vault(&node, "acme");
	let shown = newcomer.json(&["vault", "show", "--json"]);
	let account = text(&shown[0], "account").to_owned();
	let key = shown[0]["encryptionKeys"][0]["public"].as_str().expect("a key").to_owned();
	let create = ["stream", "create", "orders"];
	assert_eq!(newcomer.refused(&create).0, NOT_FOUND, "no member yet");
	newcomer.ok(&["org", "list"]);
	operator.ok(&["org", "register", "acme", "--account", &account, "--encryption-key", &key]);
	newcomer.ok(&create);

	// The last admin stays.
	assert_eq!(newcomer.refused(&["org", "members", "--remove", &account]).0, REJECTED);
	// A second member without the role to append.
	let clerk = Cli::with_new_vault(&node, "clerk");
	let clerk_account = text(&clerk.json(&["vault", "show", "--json"])[0], "account").to_owned();
	newcomer.ok(&["org", "members", "--set", &clerk_account, "--roles", "grantor"]);
	assert_eq!(clerk.refused(&["stream", "create", "more"]).0, REJECTED);
	assert_eq!(channel.refused(&["org", "members", "--remove", &clerk_account]).0, REJECTED);
	newcomer.ok(&["vault", "rotate"]);
	let keys = newcomer.json(&["org", "keys", "--json"]);
	assert_eq!(keys[0]["keyVersion"], 1);
	// Keys wrapped to the old version still open.
	let file = node.folder().join("order.txt");
	fs::write(&file, "order").unwrap();
	newcomer.ok(&["upload", "--stream", "orders", "--json", path(&file)]);
}

/// Texts that hide characters, move a terminal's cursor, or reverse the direction.
const DECEPTIVE: [&str; 5] =
	["invoices\u{202e}fdp", "invoices\u{1b}[2J", "invoices\n", "invoi\u{200b}ces", " invoices"];

#[test]
fn deceptive_names_and_purposes_are_rejected() {
	let node = Node::start();
	let [operator, channel, funder] =
		["operator", "channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let newcomer = Cli::with_new_vault(&node, "acme");
	let shown = newcomer.json(&["vault", "show", "--json"]);
	let account = text(&shown[0], "account").to_owned();
	let key = shown[0]["encryptionKeys"][0]["public"].as_str().expect("a key").to_owned();
	let created = channel.json(&["stream", "create", "invoices", "--json"]);
	let stream = text(&created[0], "id").to_owned();
	for name in DECEPTIVE {
		let register = ["org", "register", name, "--account", &account, "--encryption-key", &key];
		let (_, message) = operator.refused(&register);
		assert!(message.contains("InvalidName"), "{name:?}: {message}");
		let (_, message) = channel.refused(&["stream", "create", name]);
		assert!(message.contains("invisible and control characters"), "{name:?}: {message}");
		let ask = ["access", "request", "--stream", &stream, "--purpose", name];
		let (code, message) = funder.refused(&ask);
		assert_eq!(code, REJECTED, "{name:?}: {message}");
		assert!(message.contains("InvalidPurpose"), "{name:?}: {message}");
	}
	assert_eq!(channel.json(&["stream", "list", "--json"]).len(), 1);
	assert_eq!(operator.json(&["org", "list", "--json"]).len(), 5);
	// Names in any script are allowed.
	channel.ok(&["stream", "create", "发票 Łódź"]);
}

/// As a client sends them that checks nothing.
#[tokio::test]
async fn chain_rejects_deceptive_names() {
	let node = Node::start();
	let vault = LocalVault::development("channel-one").expect("an example");
	let client = Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds");
	for name in DECEPTIVE.map(str::as_bytes).into_iter().chain([&b"\0"[..], b"\xff", b""]) {
		let bytes: StreamName = name.to_vec().try_into().expect("it is short");
		let key = credio_client::primitives::RequestKey(sp_crypto_hashing::blake2_256(name));
		match client.apply(key, &[Call::create_stream(&bytes)]).await {
			Err(Error::Submit(SubmitError::Rejected(status))) => {
				let error = status.receipt.and_then(|receipt| receipt.error).expect("it says why");
				assert_eq!(error.name, "Anchor.InvalidName");
			},
			other => panic!("{name:?}: {other:?}"),
		}
	}
	assert!(client.streams(None).await.expect("the node responds").is_empty());
}
