//! Nodes of another chain, lines beyond this machine, and a chain without finality.

use credio_client::{Client, ConnectError, ConnectOptions, Error, Upload, primitives::StreamId};
use credio_e2e::{Cli, Node, index::Index, specification_of_another_chain, uploads::path};
use credio_outbox::{Item, ItemState, Outbox, OutboxError, Settings};
use credio_vault::LocalVault;
use std::{fs, sync::Arc, time::Duration};

/// The exit code of `credio` if a node proves no recent block.
const NOT_FINAL_YET: i32 = 8;

fn channel_one() -> Arc<LocalVault> {
	Arc::new(LocalVault::development("channel-one").expect("an example organization"))
}

/// A node of a chain with the same members, keys and validators as a development chain, and another network id.
fn of_another_chain() -> Node {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let file = specification_of_another_chain("dev", &folder.path().join("other.json"));
	Node::start_on(&file, &["--alice", "--validator", "--force-authoring"])
}

fn upload(document: &[u8]) -> Upload<'_> {
	let stream = StreamId::derive(1, b"invoices");
	Upload { stream, key: None, media_type: "text/plain", document, supersedes: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn outbox_connects_to_its_own_chain_only() {
	let (own, other) = (Node::start(), of_another_chain());
	Cli::new(&own, "channel-one").ok(&["stream", "create", "invoices"]);
	Cli::new(&other, "channel-one").ok(&["stream", "create", "invoices"]);
	let file = own.folder().join("outbox");
	let outbox = Outbox::open(path(&file), channel_one()).await.expect("it opens");
	let first = outbox.enqueue(&Item::upload(upload(b"first"))).await.expect("stored");
	outbox.run_until_decided(Settings::new(vec![own.url()])).await.expect("it is decided");
	let state =
		async |key| outbox.status(key).await.expect("the node responds").expect("is there").state;
	assert_eq!(state(first.request_key).await, ItemState::Applied);

	// With a short life: at the other chain it would expire at once.
	let item = Item { lifetime: Some(1), ..Item::upload(upload(b"second")) };
	let second = outbox.enqueue(&item).await.expect("stored");
	let run = outbox.run_until_decided(Settings::new(vec![other.url()]));
	let refused = tokio::time::timeout(Duration::from_secs(30), run).await.expect("at once");
	assert!(matches!(refused, Err(OutboxError::OtherChain { .. })), "{refused:?}");
	assert_eq!(state(second.request_key).await, ItemState::Waiting);
	// Beside a node of the right chain, it is skipped and named.
	let item = Item::upload(upload(b"third"));
	let third = outbox.enqueue(&item).await.expect("stored");
	let nodes = vec![other.url(), own.url()];
	outbox.run_until_decided(Settings::new(nodes)).await.expect("it is decided");
	assert_eq!(state(third.request_key).await, ItemState::Applied);
	let known = outbox.nodes().borrow().clone();
	assert_eq!(known.working_with, Some(own.url()));
	assert_eq!(known.problems[0].node, other.url());
	assert!(
		known.problems[0].problem.contains("another")
			|| known.problems[0].problem.contains("chain")
	);
	// A given chain is checked before anything is sent.
	let client = Client::connect(&other.url(), channel_one()).await.expect("the node responds");
	let connect = ConnectOptions::default().pinned(*client.chain());
	let settings = Settings { connect, ..Settings::new(vec![other.url()]) };
	let refused = outbox.run_until_decided(settings).await;
	assert!(matches!(refused, Err(OutboxError::OtherChain { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pinned_client_rejects_other_chains() {
	let (own, other) = (Node::start(), of_another_chain());
	let cli = Cli::new(&own, "channel-one");
	let shown = cli.json(&["runtime", "show", "--json"]);
	let chain = shown[0]["chain"].as_str().expect("it is shown").to_owned();
	let options = ConnectOptions::default().pinned(chain.parse().expect("a chain"));
	Client::connect_with(&options, &own.url(), channel_one()).await.expect("it is the one");
	let refused = Client::connect_with(&options, &other.url(), channel_one()).await;
	assert!(
		matches!(refused, Err(Error::Connect(ConnectError::OtherChain(_)))),
		"{:?}",
		refused.err()
	);

	// The same from the configuration file.
	let config = own.folder().join("config.toml");
	fs::write(&config, format!("chain = \"{chain}\"")).expect("writable");
	let pinned = |arguments: &[&str]| {
		let all = [&["--config", path(&config)], arguments].concat();
		(cli.run(&all), cli.at_node(&other).run(&all))
	};
	for command in [&["stream", "list"][..], &["quota"], &["stream", "create", "invoices"]] {
		let (here, there) = pinned(command);
		assert!(here.status.success(), "{command:?}");
		let message = String::from_utf8_lossy(&there.stderr).into_owned();
		assert!(!there.status.success() && message.contains(&chain), "{command:?}: {message}");
	}

	// And from the vault, whatever the configuration says.
	cli.ok(&["vault", "pin", &chain]);
	assert!(cli.run(&["quota"]).status.success());
	let there = cli.at_node(&other).run(&["quota"]);
	let message = String::from_utf8_lossy(&there.stderr).into_owned();
	assert!(!there.status.success() && message.contains(&chain), "{message}");

	// An index continues with the next node.
	let views = own.folder().join("views");
	fs::create_dir(&views).expect("writable");
	let file = own.folder().join("index");
	Index::new(&cli, path(&file), &views).sync();
	let at_other = cli.at_node(&other);
	let sync = ["index", "sync", "--index", path(&file), "--views", path(&views)];
	at_other.refused(&sync);
	at_other.ok(&[&sync[..], &["--or-node", &own.url()]].concat());
}

#[test]
fn plain_remote_connections_need_an_opt_in() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	// The address is refused before any connection.
	let list = ["stream", "list", "--node", "ws://192.0.2.1:9944"];
	let (_, message) = cli.refused(&list);
	assert!(message.contains("wss://") && message.contains("--insecure"), "{message}");
	// An encrypted line does not fall back to a plain one.
	let port = node.url().rsplit(':').next().expect("a port").to_owned();
	cli.refused(&["stream", "list", "--node", &format!("wss://127.0.0.1:{port}")]);
	let file = node.folder().join("document.txt");
	fs::write(&file, "a document").expect("writable");
	let outbox = node.folder().join("outbox");
	let upload = ["upload", "--stream", "invoices", "--outbox", path(&outbox), path(&file)];
	let (_, message) = cli.refused(&[&upload[..], &list[2..]].concat());
	assert!(message.contains("--insecure"), "{message}");
}

#[test]
fn reads_from_a_trusted_node_work_without_finality() {
	// Blocks are made, and none becomes final.
	let node = Node::start_with(&["--no-grandpa"]);
	let cli = Cli::new(&node, "channel-one");
	for command in [
		&["stream", "list"][..],
		&["org", "list"],
		// Verified reads fail until finality resumes; reads from a trusted node succeed.
		&["org", "show", "channel-one", "--trust-node"],
		&["validator", "list"],
		&["council", "members"],
		&["council", "motions"],
		&["runtime", "show"],
		&["quota"],
		&["grants"],
		&["access", "list"],
		&["bundle", "list"],
	] {
		let mut running = cli.command(command);
		let running = running.stdout(std::process::Stdio::null()).spawn().expect("credio starts");
		let ended = within(running, Duration::from_secs(30));
		assert_eq!(ended, Some(true), "{command:?}");
	}
	let (code, message) = cli.refused(&["org", "show", "channel-one"]);
	assert_eq!(code, NOT_FINAL_YET, "{message}");
}

/// Returns whether a process succeeds within a time limit.
fn within(mut process: std::process::Child, time: Duration) -> Option<bool> {
	let start = std::time::Instant::now();
	while start.elapsed() < time {
		if let Some(status) = process.try_wait().expect("a process has a status") {
			return Some(status.success());
		}
		std::thread::sleep(Duration::from_millis(50));
	}
	process.kill().expect("it runs");
	process.wait().expect("it ends");
	None
}
