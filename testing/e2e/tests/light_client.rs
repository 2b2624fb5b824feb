//! A partner's light client: it has a chain's specification and the address of a gateway, and believes neither the gateway
//! nor anybody else.

use credio_client::Client;
use credio_e2e::{
	Cli, Node,
	network::{Network, Options, isolated},
	raw::{best_number, connect, peer_address},
	raw_specification,
	scripts::Scripts,
	specification_of_another_chain, until_active,
	uploads::path,
};
use credio_vault::LocalVault;
use serde_json::{Value, json};
use std::{fs, path::Path, sync::Arc};

/// The exit code of the script if no recent block is proven final.
const NOT_FINAL_YET: i32 = 8;
/// Seconds of waiting for a block that must not arrive. On the right chain it takes two.
const PATIENCE: &str = "15";

/// The script, with a specification that names one node to begin with.
struct LightClient<'a> {
	scripts: &'a Scripts,
	specification: String,
	database: String,
}

impl<'a> LightClient<'a> {
	/// From the specification in `file`, and from `boot_node`.
	fn new(scripts: &'a Scripts, file: &Path, boot_node: &str) -> Self {
		let text = fs::read_to_string(file).expect("it exists");
		let mut specification: Value = serde_json::from_str(&text).expect("JSON");
		specification["bootNodes"] = json!([boot_node]);
		fs::write(file, specification.to_string()).expect("writable");
		let database = path(&file.with_extension("database")).to_owned();
		Self { scripts, specification: path(file).to_owned(), database }
	}

	fn json(&self, arguments: &[&str]) -> Value {
		self.scripts.json("light.mjs", &[&[self.specification.as_str()], arguments].concat())
	}

	/// Runs a command that must fail, and returns its exit code and error output. It must not print any result.
	fn refused(&self, arguments: &[&str]) -> (Option<i32>, String) {
		let arguments = [&[self.specification.as_str()], arguments].concat();
		let output = self.scripts.run("light.mjs", &arguments);
		let message = String::from_utf8_lossy(&output.stderr).into_owned();
		assert!(!output.status.success(), "{arguments:?} succeeded");
		assert!(output.stdout.is_empty(), "{arguments:?} printed {:?}", output.stdout);
		(output.status.code(), message)
	}

	/// Everything that can be asked of it finds no final block.
	fn reads_nothing(&self, secret: &str) {
		let id = format!("0x{}", "11".repeat(32));
		let create = ["create-stream", "nothing", "--secret-file", secret];
		let commands = [&["head"][..], &["grant", &id], &["receipt", "1", &id], &create];
		std::thread::scope(|scope| {
			for command in commands {
				scope.spawn(move || {
					let (code, message) = self.refused(&[command, &["--limit", PATIENCE]].concat());
					assert_eq!(code, Some(NOT_FINAL_YET), "{command:?}: {message}");
					assert!(message.contains("ask the operator"), "{command:?}: {message}");
				});
			}
		});
	}
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
	value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

/// A file with the secret of a development account.
fn secret(folder: &Path, name: &str) -> String {
	let file = folder.join(name);
	fs::write(&file, format!("//{name}\n")).expect("writable");
	path(&file).to_owned()
}

#[test]
fn light_client_follows_four_validators_from_the_specification() {
	// There is no registry within the namespaces.
	let scripts = Scripts::install("light-client");
	isolated("light_client::light_client_follows_four_validators_from_the_specification", async {
		let network = Network::start(Options::default()).await;
		let peers = network.peers();
		let gateway =
			Node::start_on("local", &[&["--reserved-nodes"][..], &arguments(&peers)].concat());
		let folder = gateway.folder();
		let file = folder.join("chain.json");
		raw_specification("local", &file);
		let boot_node = peer_address(&connect(&gateway).await).await;
		let light = LightClient::new(&scripts, &file, &boot_node);

		let head = light.json(&[]);
		let [operator, channel] = ["operator", "channel-one"].map(|name| Cli::new(&gateway, name));
		let shown = channel.json(&["runtime", "show", "--json"]).remove(0);
		assert!(text(&shown, "chain").starts_with(text(&head, "genesis")), "{shown} {head}");

		// A grant, as its owner gave it, and its absence once it is revoked.
		channel.ok(&["stream", "create", "invoices"]);
		let purpose = "assess the receivables";
		let grant = ["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", purpose];
		let given = channel.json(&[&grant[..], &["--json"]].concat()).remove(0);
		let grant = text(&given, "grantId");
		let read = light.json(&["grant", grant]);
		assert_eq!(read["grant"]["grantor"], 1, "{read}");
		assert_eq!(read["grant"]["grantee"], 3, "{read}");
		assert_eq!(read["grant"]["purpose"], format!("0x{}", hex::encode(purpose)), "{read}");
		channel.ok(&["revoke", grant]);
		let read = light.json(&["grant", grant]);
		assert!(read["grant"].is_null() && read["block"]["number"].is_u64(), "{read}");

		// A request, its receipt, and the same request once more.
		let [bob, ferdie] = ["Bob", "Ferdie"].map(|name| secret(folder, name));
		let create = ["create-stream", "by a light client", "--secret-file", &bob];
		let sent = light.json(&[&create[..], &["--database", &light.database]].concat());
		assert_eq!(sent["receipt"]["outcome"]["type"], "Applied", "{sent}");
		let key = text(&sent, "key");
		assert_eq!(channel.json(&["status", key, "--json"])[0]["status"], "applied");
		let read = light.json(&["receipt", "1", key]);
		assert_eq!(read["receipt"], sent["receipt"], "{read}");
		let again = light.json(&[&create[..], &["--key", key]].concat());
		assert_eq!(again["receipt"], sent["receipt"], "{again}");
		let other = ["create-stream", "another name", "--secret-file", &bob, "--key", key];
		let (_, message) = light.refused(&other);
		assert!(message.contains("a new request needs a new key"), "{message}");
		let (_, message) = light.refused(&["create-stream", "of nobody", "--secret-file", &ferdie]);
		assert!(message.contains("is not a member of any organization"), "{message}");

		// The validators change, and both who was there before and who comes from genesis follow.
		let client =
			Client::connect(&gateway.url(), Arc::new(vault())).await.expect("the node responds");
		let validators = client.validators().await.expect("the node responds");
		let mut accounts = validators.iter().map(|one| one.account.to_string()).collect::<Vec<_>>();
		let removed = accounts.pop().expect("there are four");
		operator.ok(&["validator", "remove", &removed]);
		let left = accounts.iter().map(String::as_str).collect::<Vec<_>>();
		until_active(&client, &left).await;
		let changed = client.finalized_number().await.expect("the node responds");
		for database in [&["--database", light.database.as_str()][..], &[]] {
			let head = light.json(database);
			assert!(head["block"]["number"].as_u64() >= Some(changed.into()), "{head}");
		}
		let sent = light.json(&["create-stream", "after the change", "--secret-file", &bob]);
		assert_eq!(sent["receipt"]["outcome"]["type"], "Applied", "{sent}");
	});
}

fn arguments(texts: &[String]) -> Vec<&str> {
	texts.iter().map(String::as_str).collect()
}

fn vault() -> LocalVault {
	LocalVault::development("channel-one").expect("an example organization")
}

#[tokio::test(flavor = "multi_thread")]
async fn light_client_rejects_another_chain() {
	let scripts = Scripts::install("light-client");
	let folder = tempfile::tempdir().expect("a temporary folder");
	let folder = folder.path();
	let files = ["own.json", "other.json"].map(|name| folder.join(name));
	let own = raw_specification("dev", &files[0]);
	let other = specification_of_another_chain("dev", &files[1]);
	let validate = ["--alice", "--validator", "--force-authoring"];
	let nodes = [Node::start_on(&own, &validate), Node::start_on(&other, &validate)];
	let mut boot_nodes = Vec::new();
	for node in &nodes {
		boot_nodes.push(peer_address(&connect(node).await).await);
	}
	let bob = secret(folder, "Bob");

	// Each specification with its own node.
	let lights = [0, 1].map(|n| LightClient::new(&scripts, &files[n], &boot_nodes[n]));
	let heads = lights.each_ref().map(|light| light.json(&["head", "--database", &light.database]));
	assert_ne!(heads[0]["genesis"], heads[1]["genesis"]);

	// Each with the other's: the same members, keys and validators make it no better.
	for n in [0, 1] {
		LightClient::new(&scripts, &files[n], &boot_nodes[1 - n]).reads_nothing(&bob);
	}
	// Nor does a database that was kept of the other chain.
	let mixed = LightClient::new(&scripts, &files[0], &boot_nodes[1]);
	let kept = ["head", "--limit", PATIENCE, "--database", &lights[1].database];
	let (code, message) = mixed.refused(&kept);
	assert_eq!(code, Some(NOT_FINAL_YET), "{message}");
	let right = LightClient::new(&scripts, &files[0], &boot_nodes[0]);
	let head = right.json(&["head", "--database", &lights[1].database]);
	assert_eq!(head["genesis"], heads[0]["genesis"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn light_client_rejects_a_branch_without_finality() {
	let scripts = Scripts::install("light-client");
	// One of four validators, separated from the others, makes blocks that are never finalized.
	let lone = Node::start_on("local", &["--alice", "--force-authoring"]);
	let file = lone.folder().join("chain.json");
	raw_specification("local", &file);
	let boot_node = peer_address(&connect(&lone).await).await;
	let light = LightClient::new(&scripts, &file, &boot_node);
	light.reads_nothing(&secret(lone.folder(), "Bob"));
	let client = Client::connect(&lone.url(), Arc::new(vault())).await.expect("the node responds");
	assert!(best_number(&client).await > 0, "there are blocks");
}

#[test]
fn light_client_reports_an_invalid_specification() {
	let scripts = Scripts::install("light-client");
	let folder = tempfile::tempdir().expect("a temporary folder");
	let file = folder.path().join("chain.json");
	let raw = json!({ "raw": {} });
	for (content, expected) in [
		("not JSON".to_owned(), "is not JSON"),
		("null".into(), "is not raw"),
		(json!({ "genesis": {}, "bootNodes": ["/ip4/127.0.0.1/tcp/1"] }).to_string(), "is not raw"),
		(json!({ "genesis": raw, "bootNodes": [] }).to_string(), "has no boot nodes"),
	] {
		fs::write(&file, content).expect("writable");
		let output = scripts.run("light.mjs", &[path(&file)]);
		let message = String::from_utf8_lossy(&output.stderr).into_owned();
		assert!(!output.status.success() && message.contains(expected), "{message}");
	}
}
