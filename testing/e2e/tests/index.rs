//! Indexes: documents that an organization may read, searched in plaintext.

use credio_client::{
	Client,
	calls::Call,
	primitives::{
		Permission, Reference, RequestKey, Resource, WrappedKey, grant::GrantTerms, limits,
	},
};
use credio_e2e::{
	Cli, Node,
	index::{Index, views_of_anybody},
	repository,
	uploads::path,
};
use credio_vault::LocalVault;
use jsonrpsee::{
	core::client::{ClientT, Error, Subscription, SubscriptionClientT},
	rpc_params,
	ws_client::{HeaderMap, WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::{
	fs,
	io::{BufRead, BufReader},
	path::Path,
	process::{Child, Stdio},
	sync::Arc,
};

fn samples() -> String {
	path(&repository().join("samples")).to_owned()
}

/// Nothing of a grant changes when keys are added to it, and yet more can be read.
#[tokio::test]
async fn documents_appear_with_a_later_key() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	channel.ok(&["upload", "--stream", "invoices", &format!("{}/invoice.json", samples())]);
	let vault = LocalVault::development("channel-one").expect("an example organization");
	let owner = Client::connect(&node.url(), Arc::new(vault)).await.expect("it connects");
	let stream = owner.find_stream("invoices", None).await.expect("it exists").id;
	// Junk in place of a key.
	let to = owner.find_organization("funder-one").await.expect("the node responds");
	let sealed = vec![7; limits::WRAPPED_KEY_LENGTH as usize];
	let sealed = sealed.try_into().expect("80 bytes");
	let terms = GrantTerms {
		purpose: b"assess".to_vec().try_into().expect("it is short"),
		expires_at: None,
		delegable: false,
		from_epoch: 0,
		keys: vec![WrappedKey { key_version: to.key_version, sealed }].try_into().expect("one"),
	};
	let reference = Reference([1; 32]);
	let call = Call::grant(reference, Resource::Stream(stream), to.id, Permission::Read, &terms);
	owner.apply(RequestKey([1; 32]), &[call]).await.expect("it is granted");
	let views = views_of_anybody(node.folder());
	let index = Index::new(&funder, path(&node.folder().join("funder.index")), &views);
	index.sync();
	assert_eq!(index.search("invoices-json", "").len(), 0);
	let grants = funder.json(&["grants", "--json"]);
	channel.ok(&["add-keys", grants[0]["grantId"].as_str().expect("an id")]);
	index.sync();
	assert!(!index.search("invoices-json", "").is_empty());
}

#[test]
fn funder_finds_shared_documents_only() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let documents =
		["invoice-ubl.xml", "invoice-cii.xml", "invoice.json", "repayment-schedule.csv"]
			.map(|name| format!("{}/{name}", samples()));
	let mut upload = vec!["upload", "--stream", "invoices"];
	upload.extend(documents.iter().map(String::as_str));
	channel.ok(&upload);
	let file = |name: &str| path(&node.folder().join(name)).to_owned();
	let views_folder = views_of_anybody(node.folder());
	let own = Index::new(&channel, &file("channel.index"), &views_folder);
	own.sync();
	let views = channel.json(&["index", "views", "--index", own.url(), "--json"]);
	let counts = |index: &Index<'_>| {
		let count = |view: &Value| {
			let view = view["name"].as_str().expect("a name");
			index.search(view, "").len()
		};
		views.iter().map(count).collect::<Vec<_>>()
	};
	let all = counts(&own);
	assert!(all.iter().sum::<usize>() >= documents.len(), "{all:?}");

	// Without a grant the funder has headers, and no row.
	let index = Index::new(&funder, &file("funder.index"), &views_folder);
	index.sync();
	assert_eq!(counts(&index).iter().sum::<usize>(), 0);
	// With a grant, earlier documents appear.
	channel.ok(&["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "assess"]);
	index.sync();
	assert_eq!(counts(&index), all);
	// A view that does not name the channel includes none of its documents, whatever it grants.
	let of_own = repository().join("samples/views");
	let uninvited = Index::new(&funder, &file("uninvited.index"), &of_own);
	uninvited.sync();
	assert_eq!(counts(&uninvited).iter().sum::<usize>(), 0);
	// Later documents are found while the grant is active; replaced documents only on request.
	let changed = node.folder().join("invoice.json");
	let text = fs::read_to_string(&documents[2]).expect("readable");
	fs::write(&changed, text.replace("\"EUR\"", "\"SEK\"")).expect("writable");
	channel.ok(&["upload", "--stream", "invoices", path(&changed)]);
	index.sync();
	assert_ne!(counts(&index), vec![0; views.len()]);
	let found = views.iter().flat_map(|view| {
		let view = view["name"].as_str().expect("a name");
		let columns = funder.json(&["index", "views", "--index", index.url(), "--json"]);
		let has = columns.iter().any(|known| {
			known["name"] == view
				&& known["columns"]
					.as_array()
					.is_some_and(|names| names.contains(&"currency".into()))
		});
		if has { index.search(view, "currency = \"SEK\"") } else { Vec::new() }
	});
	assert_eq!(found.count(), 1);
	// A new index is the same, byte for byte.
	let again = Index::new(&funder, &file("again.index"), &views_folder);
	again.sync();
	assert_eq!(again.dump(), index.dump());

	// Revoked documents are found by no query, and are not in the index any more.
	let grants = channel.json(&["grants", "--from", "channel-one", "--active", "--json"]);
	channel.ok(&["revoke", grants[0]["grantId"].as_str().expect("a grant")]);
	// Unless it is kept, where that is allowed.
	let before = counts(&index);
	let sync = ["index", "sync", "--index", index.url(), "--views", path(&views_folder)];
	funder.ok(&[&sync[..], &["--keep-revoked"]].concat());
	assert_eq!(counts(&index), before);
	index.sync();
	assert_eq!(counts(&index), vec![0; views.len()]);
	for file in [index.url().to_owned(), format!("{}-wal", index.url())] {
		let bytes = fs::read(&file).unwrap_or_default();
		let text = String::from_utf8_lossy(&bytes).to_lowercase();
		assert!(!text.contains("hollin"), "a word of a document is left in {file}");
	}
	again.sync();
	assert_eq!(again.dump(), index.dump());
	assert_eq!(counts(&own).len(), all.len());
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A process that maintains an index and serves JSON-RPC.
struct Server {
	process: Child,
	url: String,
}

impl Server {
	fn start(cli: &Cli, token: &Path, arguments: &[&str]) -> Self {
		fs::write(token, TOKEN).expect("writable");
		let run = ["index", "run", "--listen", "127.0.0.1:0", "--token-file", path(token)];
		let mut command = cli.command(&[&run[..], arguments].concat());
		let mut process = command.stdout(Stdio::piped()).spawn().expect("credio starts");
		let mut line = String::new();
		let output = process.stdout.take().expect("it is piped");
		BufReader::new(output).read_line(&mut line).expect("it prints its address");
		let url = line.trim().strip_prefix("listens at ").expect("it prints its address");
		Self { process, url: url.into() }
	}

	async fn connect(&self) -> WsClient {
		let mut headers = HeaderMap::new();
		headers.insert("authorization", format!("Bearer {TOKEN}").parse().expect("a value"));
		let client = WsClientBuilder::default().set_headers(headers).build(&self.url);
		client.await.expect("the node responds")
	}
}

impl Drop for Server {
	fn drop(&mut self) {
		let _ = self.process.kill();
		let _ = self.process.wait();
	}
}

/// A copy of a view's rows, as changes make it.
struct Copy {
	changes: Subscription<Value>,
	rows: std::collections::BTreeMap<String, Value>,
	cursor: Value,
}

impl Copy {
	async fn of(client: &WsClient, view: &str, options: Value) -> Self {
		let changes = client
			.subscribe::<Value, _>(
				"credio_v1_subscribeRows",
				rpc_params![view, options],
				"credio_v1_unsubscribeRows",
			)
			.await
			.expect("it is accepted");
		Self { changes, rows: Default::default(), cursor: Value::Null }
	}

	/// Reads changes until it has a number of records.
	async fn until(&mut self, count: usize) {
		loop {
			let message =
				self.changes.next().await.expect("the subscription continues").expect("JSON");
			self.cursor = message["cursor"].clone();
			for change in message["changes"].as_array().expect("a list") {
				let record = change["record"].as_str().expect("a record").to_owned();
				match change["rows"].as_array().expect("a list").is_empty() {
					true => self.rows.remove(&record),
					false => self.rows.insert(record, change["rows"].clone()),
				};
			}
			if self.rows.len() == count {
				return;
			}
		}
	}
}

#[tokio::test]
async fn revoked_documents_are_found_by_no_method() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let upload = |names: &[&str]| {
		let files = names.iter().map(|name| format!("{}/{name}", samples())).collect::<Vec<_>>();
		let arguments = ["upload", "--stream", "invoices"].into_iter();
		channel.ok(&arguments.chain(files.iter().map(String::as_str)).collect::<Vec<_>>());
	};
	upload(&["invoice-ubl.xml", "invoice-cii.xml"]);
	let file = node.folder().join("funder.index");
	let views = path(&views_of_anybody(node.folder())).to_owned();
	// An XML document that does not fit this view.
	let strict = node.folder().join("strict.toml");
	let text = fs::read_to_string(format!("{views}/invoice-ubl.toml")).expect("a view");
	let text = text
		.replace("invoices-ubl", "strict")
		.replace("[namespaces]", "[namespaces]\nno = \"urn:no\"");
	let text = text.replacen("[[columns]]", "[[columns]]\nname = \"missing\"\npath = \"/no:no\"\ntype = \"text\"\nrequired = true\n\n[[columns]]", 1);
	fs::write(&strict, text).expect("writable");
	let server = Server::start(
		&funder,
		&node.folder().join("index.token"),
		&["--index", path(&file), "--views", &views, "--views", path(&strict)],
	);
	let client = server.connect().await;
	let mut copy = Copy::of(&client, "invoices-ubl", json!({})).await;
	let search = |view: &'static str, query: Value| {
		let client = &client;
		async move {
			let page: Value =
				client.request("credio_v1_search", rpc_params![view, query]).await.expect("a page");
			page["rows"].as_array().expect("a list").len()
		}
	};
	let count = || async {
		let functions = json!({ "functions": ["count"] });
		let found: Value = client
			.request("credio_v1_aggregate", rpc_params!["invoices-ubl", functions])
			.await
			.expect("a response");
		found["rows"][0][0].as_i64().expect("a number")
	};
	let unfit = || async {
		let found: Vec<Value> =
			client.request("credio_v1_unfit", rpc_params!["strict"]).await.expect("a list");
		found.len()
	};
	copy.until(0).await;
	assert_eq!((search("invoices-ubl", json!({})).await, count().await, unfit().await), (0, 0, 0));

	let grant = ["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "assess"];
	channel.ok(&grant);
	copy.until(1).await;
	assert_eq!((search("invoices-ubl", json!({})).await, count().await, unfit().await), (1, 1, 1));
	let found = search("invoices-ubl", json!({ "filter": "currency = 'EUR'" })).await;
	assert_eq!(found, 1);
	// A returning reader receives exactly the changes since then.
	let cursor = copy.cursor.clone();
	let changed = node.folder().join("changed.xml");
	let text = fs::read_to_string(format!("{}/invoice-ubl.xml", samples())).expect("a sample");
	fs::write(&changed, text.replace("HJ-2026-0417", "HJ-2026-0418")).expect("writable");
	channel.ok(&["upload", "--stream", "invoices", path(&changed)]);
	copy.until(2).await;
	let mut later = Copy::of(&client, "invoices-ubl", json!({ "after": cursor })).await;
	later.until(1).await;
	assert!(later.rows.values().all(|rows| rows.to_string().contains("HJ-2026-0418")));

	let grants = channel.json(&["grants", "--from", "channel-one", "--active", "--json"]);
	channel.ok(&["revoke", grants[0]["grantId"].as_str().expect("a grant")]);
	copy.until(0).await;
	later.until(0).await;
	assert_eq!((search("invoices-ubl", json!({})).await, count().await, unfit().await), (0, 0, 0));
	for query in [
		json!({ "history": true }),
		json!({ "live": true }),
		json!({ "live": true, "history": true }),
	] {
		assert_eq!(search("invoices-ubl", query.clone()).await, 0, "{query}");
	}
	// Invalid calls are rejected at once.
	let refused = client
		.subscribe::<Value, _>(
			"credio_v1_subscribeRows",
			rpc_params!["nothing"],
			"credio_v1_unsubscribeRows",
		)
		.await;
	let Err(Error::Call(refused)) = refused else { panic!("a view that is not there") };
	assert_eq!(refused.code(), 9404);

	// No other process maintains it at the same time, but every permitted one can search.
	let index = ["--index", path(&file)];
	let (_, said) = funder.refused(&[&["index", "sync"], &index[..]].concat());
	assert!(said.contains("another process keeps this index"), "{said}");
	funder.ok(&[&["search", "invoices-ubl"], &index[..]].concat());
	// The token is required, on this machine too.
	let stranger = WsClientBuilder::default().build(&server.url).await;
	assert!(stranger.is_err(), "somebody without the token was let in");
}

#[test]
fn search_does_not_create_an_index() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	let file = node.folder().join("no.index");
	let (_, said) = cli.refused(&["search", "invoices-ubl", "--index", path(&file)]);
	assert!(said.contains("credio index sync"), "{said}");
	assert!(!file.exists());
	// A new index equals a fresh one.
	let views = repository().join("samples/views");
	let index = Index::new(&cli, path(&file), &views);
	index.sync();
	let before = index.dump();
	cli.ok(&["index", "rebuild", "--index", path(&file), "--views", path(&views)]);
	assert_eq!(index.dump(), before);
}
