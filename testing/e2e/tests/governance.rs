//! The network is governed by its members: motions, validators, upgrades of the runtime, and the chain of a new
//! consortium, while uploads run through an outbox.

use credio_client::{Client, Upload, primitives::StreamId};
use credio_e2e::{
	Cli, Node, binary, chain_of_release, raw_specification, until_active, uploads::path,
};
use credio_outbox::{Item, ItemState, Outbox, Settings};
use credio_vault::LocalVault;
use serde_json::Value;
use std::{fs, path::Path, process::Command, sync::Arc};
use tokio::sync::oneshot;

/// Continuous uploads through an outbox.
struct Uploads {
	outbox: Outbox,
	stored: usize,
	stop: oneshot::Sender<()>,
	worker: tokio::task::JoinHandle<Result<(), credio_outbox::OutboxError>>,
}

impl Uploads {
	async fn start(folder: &Path, nodes: Vec<String>) -> Self {
		let vault = LocalVault::development("channel-one").expect("an example organization");
		let file = folder.join("uploads.sqlite");
		let outbox = Outbox::open(path(&file), Arc::new(vault)).await.expect("it opens");
		let (stop, stopped) = oneshot::channel();
		let running = outbox.clone();
		let worker = tokio::spawn(async move {
			running.run(Settings::new(nodes), async { drop(stopped.await) }).await
		});
		Self { outbox, stored: 0, stop, worker }
	}

	/// The vault that it uploads with.
	fn vault() -> Arc<LocalVault> {
		Arc::new(LocalVault::development("channel-one").expect("an example organization"))
	}

	/// Stores some more.
	async fn some(&mut self, count: usize) {
		for _ in 0..count {
			let document = format!("document {}", self.stored);
			let upload = Upload {
				stream: StreamId::derive(1, b"invoices"),
				key: None,
				media_type: "text/plain",
				document: document.as_bytes(),
				supersedes: None,
			};
			let item = Item::upload(upload).in_lane(u32::try_from(self.stored % 3).expect("small"));
			self.outbox.enqueue(&item).await.expect("stored");
			self.stored += 1;
		}
	}

	/// Waits until all are applied.
	async fn applied(self, cli: &Cli) {
		let mut outcomes = self.outbox.outcomes("test").await.expect("it opens");
		for _ in 0..self.stored {
			let outcome = outcomes.next().await.expect("the next event arrives");
			assert_eq!(outcome.item.state, ItemState::Applied, "{:?}", outcome.item.problem);
		}
		self.stop.send(()).expect("the worker still works");
		self.worker.await.expect("no panic").expect("it stops");
		let limit = (2 * self.stored).to_string();
		let query = ["query", "--stream", "invoices", "--limit", &limit, "--json"];
		assert_eq!(cli.json(&query).len(), self.stored, "nothing lost, nothing doubled");
	}
}

fn account(cli: &Cli) -> String {
	cli.json(&["vault", "show", "--json"])[0]["account"].as_str().expect("SS58").to_owned()
}

#[test]
fn council_of_several_seats_votes() {
	let node = Node::start();
	let [operator, channel, funder] =
		["operator", "channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let motions = || operator.json(&["council", "motions", "--json"]);
	// Alone, it carries out at once. Then two of two are needed.
	operator.ok(&["council", "members", "--join", &account(&channel)]);
	assert_eq!(operator.json(&["council", "members", "--json"]).len(), 2);
	operator.ok(&["org", "suspend", "funder-two"]);
	let pending = motions();
	assert_eq!(pending[0]["call"]["call"], "Organizations.suspend", "{pending:?}");
	assert_eq!(pending[0]["ayes"].as_array().map(Vec::len), Some(1), "who proposes agrees");
	let motion = pending[0]["hash"].as_str().expect("a hash").to_owned();
	let status = |name: &str| operator.json(&["org", "show", name, "--json"])[0]["status"].clone();
	assert_eq!(status("funder-two"), "active");
	// Who is not of the council has no vote.
	let (_, message) = funder.refused(&["council", "vote", &motion]);
	assert!(message.contains("only seats of the council govern"), "{message}");
	let voted = channel.json(&["council", "vote", &motion, "--json"]);
	assert_eq!(voted[0]["outcome"], "carriedOut");
	assert_eq!(status("funder-two"), "suspended");
	assert!(motions().is_empty());
	// A failing execution is reported.
	operator.ok(&["org", "suspend", "funder-two"]);
	let motion = motions()[0]["hash"].as_str().expect("a hash").to_owned();
	let (_, message) = channel.refused(&["council", "vote", &motion]);
	assert!(message.contains("AlreadySuspended"), "{message}");
	// A motion with too many votes against it is removed.
	operator.ok(&["org", "suspend", "funder-one"]);
	let motion = motions()[0]["hash"].as_str().expect("a hash").to_owned();
	let voted = channel.json(&["council", "vote", &motion, "--nay", "--json"]);
	assert_eq!(voted[0]["outcome"], "disapproved");
	assert_eq!(status("funder-one"), "active");
	// A root motion is shown with its effect.
	operator.ok(&["runtime", "propose", path(&binary("credio"))]);
	assert_eq!(
		motions()[0]["call"]["call"],
		"Governance.dispatch_as_root: System.authorize_upgrade"
	);
}

/// Returns a free port.
fn free_port() -> u16 {
	let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
	listener.local_addr().expect("it has an address").port()
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_come_and_go_while_uploads_run() {
	let port = free_port();
	let address = format!("/ip4/127.0.0.1/tcp/{port}");
	let key = "0000000000000000000000000000000000000000000000000000000000000001";
	let mut first = Node::start_with(&["--node-key", key, "--listen-addr", &address]);
	let peer = format!(
		"{address}/p2p/{}",
		first
			.log()
			.split("Local node identity is: ")
			.nth(1)
			.and_then(|rest| rest.split_whitespace().next())
			.expect("the node tells who it is")
	);
	let second = Node::start_on("dev", &["--validator", "--bootnodes", &peer]);
	let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&second, name));
	channel.ok(&["stream", "create", "invoices"]);
	let mut uploads = Uploads::start(second.folder(), vec![second.url()]).await;
	uploads.some(100).await;

	// Without session keys it cannot be one.
	let new = account(&channel);
	let (_, message) = operator.refused(&["validator", "add", &new]);
	assert!(message.contains("NoSessionKeys"), "{message}");
	channel.set_session_keys(&second);
	operator.ok(&["validator", "add", &new]);
	let client = Client::connect(&second.url(), Uploads::vault()).await.expect("the node responds");
	let old = account(&operator);
	until_active(&client, &[&old, &new]).await;
	uploads.some(100).await;
	operator.ok(&["validator", "remove", &old]);
	until_active(&client, &[&new]).await;
	// The first node is not needed any more.
	first.kill();
	uploads.some(100).await;
	let (_, message) = operator.refused(&["validator", "remove", &new]);
	assert!(message.contains("LastValidator"), "{message}");
	uploads.applied(&channel).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runtime_is_upgraded_while_uploads_run() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let chain = chain_of_release(6, folder.path());
	let node = Node::start_on(&chain, &["--alice", "--validator", "--force-authoring"]);
	let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&node, name));
	let version = || operator.json(&["runtime", "show", "--json"])[0]["specVersion"].clone();
	assert_eq!(version(), 6);
	channel.ok(&["stream", "create", "invoices"]);
	let mut uploads = Uploads::start(node.folder(), vec![node.url()]).await;
	uploads.some(100).await;

	let code = binary("wbuild/credio-runtime/credio_runtime.compact.compressed.wasm");
	// A release that the council has not authorized or not been asked about is rejected.
	operator.refused(&["runtime", "apply", path(&code)]);
	operator.ok(&["runtime", "propose", path(&code)]);
	let other = folder.path().join("other.wasm");
	fs::write(&other, b"something else").expect("writable");
	channel.refused(&["runtime", "apply", path(&other)]);
	uploads.some(100).await;
	// That takes room reserved for the council.
	channel.refused(&["runtime", "apply", path(&code)]);
	operator.ok(&["runtime", "apply", path(&code)]);
	uploads.some(100).await;
	assert_eq!(version(), 7);
	// Its validators continue, and the council now decides about them.
	let client = Client::connect(&node.url(), Uploads::vault()).await.expect("the node responds");
	client.wait_for_finality(5).await.expect("the subscription continues");
	let validators = client.validators().await.expect("the node responds");
	assert_eq!(validators.len(), 1);
	assert!(validators[0].active && validators[0].chosen && validators[0].has_keys);
	// The same upgrade again is none.
	operator.ok(&["runtime", "propose", path(&code)]);
	operator.refused(&["runtime", "apply", path(&code)]);
	uploads.applied(&channel).await;
	// Records from before and after the upgrade are read and proven.
	let raw = raw_specification(&chain, &folder.path().join("raw.json"));
	let entries = channel.json(&["query", "--stream", "invoices", "--limit", "1000", "--json"]);
	for entry in entries.first().into_iter().chain(entries.last()) {
		let record = entry["recordId"].as_str().expect("an id");
		let evidence = folder.path().join(format!("{record}.evidence"));
		channel.ok(&["evidence", record, "-o", path(&evidence), "--with-key"]);
		channel.ok(&["evidence", "verify", path(&evidence), "--chain", &raw]);
	}
}

#[test]
fn new_consortium_starts_from_its_file() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let vault = folder.path().join("founder.vault");
	let credio = |arguments: &[&str]| {
		let output = Command::new(binary("credio"))
			.args(arguments)
			.env("CREDIO_VAULT", &vault)
			.env("CREDIO_VAULT_PASSWORD", "of no importance")
			.env("CREDIO_CONFIG", folder.path().join("none.toml"))
			.output()
			.expect("credio starts");
		let message = String::from_utf8_lossy(&output.stderr).into_owned();
		assert!(output.status.success(), "{message}");
		String::from_utf8_lossy(&output.stdout).into_owned()
	};
	credio(&["vault", "create"]);
	let public: Value = serde_json::from_str(&credio(&["vault", "show", "--json"])).expect("JSON");
	let account = public["account"].as_str().expect("SS58");
	let keystore = folder.path().join("keystore");
	let node = |arguments: &[&str]| {
		let output = Command::new(binary("credio-node")).args(arguments).output();
		let output = output.expect("credio-node starts");
		let message = String::from_utf8_lossy(&output.stderr).into_owned();
		(output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned(), message)
	};
	let keys = node(&["session-keys", "--account", account, "--keystore-path", path(&keystore)]).1;
	let file = folder.path().join("consortium.toml");
	let text = format!(
		"name = \"Founders\"\nid = \"founders\"\ncouncil = [\"{account}\"]\n\
		 [[organizations]]\nname = \"founder\"\nencryption_key = {}\n\
		 members = [{{ account = \"{account}\", roles = [\"admin\", \"submitter\", \"grantor\"] }}]\n\
		 [[validators]]\n{keys}",
		public["encryptionKeys"][0]["public"]
	);
	fs::write(&file, &text).expect("writable");
	let chain = folder.path().join("chain.json");
	let (made, message, errors) = node(&["new-network", path(&file), "-o", path(&chain)]);
	assert!(made, "{errors}");
	let genesis = message.lines().last().and_then(|line| line.split_whitespace().nth(1));
	let genesis = genesis.expect("the genesis hash is printed").to_owned();

	// All errors are reported at once.
	let stranger = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	let wrong = text
		.replace("id = \"founders\"", "id = \"the founders\"")
		.replace("\"admin\", ", "")
		.replace(&format!("council = [\"{account}\"]"), &format!("council = [\"{stranger}\"]"))
		.replace("proof = \"0x", "proof = \"0x00");
	let file = folder.path().join("wrong.toml");
	fs::write(&file, wrong).expect("writable");
	let (made, _, errors) = node(&["new-network", path(&file), "-o", path(&chain)]);
	assert!(!made);
	for expected in ["id:", "no member is an admin", "member of no organization", "proof"] {
		assert!(errors.contains(expected), "{expected} in {errors}");
	}

	let node = Node::start_on(
		path(&chain),
		&["--validator", "--force-authoring", "--keystore-path", path(&keystore)],
	);
	let credio = |arguments: &[&str]| credio(&[&["--node", &node.url()], arguments].concat());
	credio(&["stream", "create", "invoices"]);
	let file = folder.path().join("invoice.txt");
	fs::write(&file, "an invoice").expect("writable");
	assert!(credio(&["upload", "--stream", "invoices", path(&file)]).contains("applied"));
	let shown = credio(&["validator", "list", "--json"]);
	let validator: Value = serde_json::from_str(&shown).expect("one");
	assert_eq!(validator["account"], account);
	assert!(node.log().contains(&genesis[..10]) || node.log().contains("founders"));
}

#[test]
fn node_restored_from_a_backup_catches_up() {
	let port = free_port();
	let address = format!("/ip4/127.0.0.1/tcp/{port}");
	let key = "0000000000000000000000000000000000000000000000000000000000000002";
	let first = Node::start_with(&["--node-key", key, "--listen-addr", &address]);
	let peer = first.log();
	let peer = peer.split("Local node identity is: ").nth(1).expect("it tells who it is");
	let peer = format!("{address}/p2p/{}", peer.split_whitespace().next().expect("a name"));
	let mut second = Node::start_on("dev", &["--bootnodes", &peer]);
	let channel = Cli::new(&first, "channel-one");
	channel.ok(&["stream", "create", "invoices"]);
	let upload = |number: usize| {
		let file = first.folder().join(format!("{number}.txt"));
		fs::write(&file, format!("document {number}")).expect("writable");
		channel.ok(&["upload", "--stream", "invoices", path(&file)]);
	};
	upload(0);
	// The database of the stopped node is copied, and the node continues.
	second.stop();
	let backup = first.folder().join("backup");
	let copy = |from: &Path, to: &Path| {
		let status = Command::new("cp").arg("-a").args([from, to]).status().expect("cp runs");
		assert!(status.success());
	};
	copy(&second.database(), &backup);
	upload(1);
	// Its disk is lost.
	fs::remove_dir_all(second.database()).expect("it can be removed");
	copy(&backup, &second.database());
	second.restart();
	let reader = channel.at_node(&second);
	upload(2);
	// It catches up, and returns the same as the other.
	let all = |cli: &Cli| cli.json(&["query", "--stream", "invoices", "--json"]);
	let expected = all(&channel);
	assert_eq!(expected.len(), 3);
	let mut watch = reader.command(&["watch", "--stream", "invoices", "--limit", "3", "--json"]);
	let seen = watch.output().expect("credio starts");
	assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stderr));
	assert_eq!(all(&reader), expected);
}
