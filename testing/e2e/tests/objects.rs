//! Objects: large documents in an object store, served to those whom the chain allows, and erased.

mod copies;

use credio_e2e::{Cli, Node, Running, moment, number, uploads::path};
use serde_json::Value;
use std::{
	fs,
	io::{BufRead, BufReader, Read, Write},
	net::TcpStream,
	path::{Path, PathBuf},
	process::{Child, Stdio},
	thread,
	time::Duration,
};

const DENIED: i32 = 4;
const NOT_VERIFIED: i32 = 6;
const NOT_FOUND: i32 = 7;

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
	line[field].as_str().unwrap_or_else(|| panic!("{line} has no {field}"))
}

/// Returns a document without repetitions, so that no two chunks are the same.
fn document(length: usize) -> Vec<u8> {
	let blocks = (0u64..).flat_map(|n| sp_crypto_hashing::blake2_256(&n.to_le_bytes()));
	blocks.take(length).collect()
}

/// Files under a folder, at any depth, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
	let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
	let mut found = Vec::new();
	for entry in entries {
		let path = entry.expect("readable").path();
		if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
	}
	found.sort();
	found
}

/// Returns how many files of a store are whole.
fn whole(store: &Path) -> usize {
	files(store).iter().filter(|file| !path(file).contains('#')).count()
}

/// An organization with a store.
struct Party {
	cli: Cli,
	store: PathBuf,
}

impl Party {
	fn new(node: &Node, name: &'static str) -> Self {
		Self { cli: Cli::new(node, name), store: node.folder().join(format!("store-{name}")) }
	}

	fn with_store<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
		let mut all = arguments.to_vec();
		all.extend(["--object-store", path(&self.store)]);
		all
	}

	fn upload(&self, stream: &str, file: &Path) -> Value {
		let upload = self.with_store(&["upload", "--stream", stream, "--json", path(file)]);
		let line = self.cli.json(&upload).remove(0);
		assert_eq!(line["outcome"], "applied", "{line}");
		line
	}

	fn fetch(&self, record: &str, to: &Path) {
		self.cli.ok(&self.with_store(&["fetch", record, "-o", path(to)]));
	}
}

/// A server of objects.
struct Server {
	process: Child,
	address: String,
}

impl Server {
	fn start(party: &Party) -> Self {
		let serve = party.with_store(&["objects", "serve", "--listen", "127.0.0.1:0"]);
		let mut process =
			party.cli.command(&serve).stdout(Stdio::piped()).spawn().expect("credio starts");
		let mut line = String::new();
		let stdout = process.stdout.take().expect("it is piped");
		BufReader::new(stdout).read_line(&mut line).expect("it prints where");
		let address = line.trim().rsplit("http://").next().expect("a URL").to_owned();
		assert!(address.starts_with("127.0.0.1:"), "{line}");
		Self { process, address }
	}

	fn url(&self) -> String {
		format!("http://{}", self.address)
	}

	/// Sends a request without TLS, and returns the response.
	fn get(&self, resource: &str, headers: &str) -> String {
		let mut line = TcpStream::connect(&self.address).expect("it listens");
		let request =
			format!("GET {resource} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n");
		line.write_all(request.as_bytes()).expect("it reads");
		let mut response = Vec::new();
		line.read_to_end(&mut response).expect("it responds");
		String::from_utf8_lossy(&response).into_owned()
	}
}

impl Drop for Server {
	fn drop(&mut self) {
		let _ = self.process.kill();
		let _ = self.process.wait();
	}
}

#[test]
fn object_is_granted_served_and_fetched() {
	let node = Node::start();
	let [channel, funder, stranger] =
		["channel-one", "funder-one", "funder-two"].map(|name| Party::new(&node, name));
	channel.cli.ok(&["stream", "create", "contracts"]);
	let content = document(20_000_000);
	let file = node.folder().join("contract.pdf");
	fs::write(&file, &content).expect("writable");
	// There has to be a store.
	let upload = ["upload", "--stream", "contracts", path(&file)];
	let (_, message) = channel.cli.refused(&upload);
	assert!(message.contains("--object-store"), "{message}");

	let uploaded = channel.upload("contracts", &file);
	let record = text(&uploaded, "recordId");
	let stored = files(&channel.store);
	assert_eq!(stored.len(), 4, "three parts and a manifest: {stored:?}");
	// Again is the same.
	assert_eq!(text(&channel.upload("contracts", &file), "recordId"), record);
	assert_eq!(files(&channel.store), stored);
	let marker = &content[1_000..1_040];
	for file in &stored {
		let bytes = fs::read(file).expect("readable");
		assert!(!bytes.windows(marker.len()).any(|window| window == marker), "plaintext is stored");
	}

	// Others read by a grant, from the server that is announced.
	let to = node.folder().join("fetched.pdf");
	let fetch = ["fetch", record, "-o", path(&to)];
	assert_eq!(funder.cli.refused(&fetch).0, DENIED);
	channel.cli.ok(&[
		"grant",
		"--stream",
		"contracts",
		"--to",
		"funder-one",
		"--purpose",
		"finance",
	]);
	let (code, message) = funder.cli.refused(&fetch);
	assert_eq!(code, NOT_FOUND, "{message}");
	assert!(message.contains("announces"), "{message}");
	let server = Server::start(&channel);
	channel.cli.ok(&["objects", "announce", &server.url()]);
	funder.cli.ok(&fetch);
	assert!(fs::read(&to).expect("written") == content, "the document differs");
	assert_eq!(stranger.cli.refused(&fetch).0, DENIED);

	// By a grant on the record alone, and then no more.
	let mut grant = channel.with_store(&["grant", "--record", record, "--to", "funder-two"]);
	grant.extend(["--purpose", "audit", "--json"]);
	let granted = channel.cli.json(&grant);
	fs::remove_file(&to).expect("it is there");
	stranger.cli.ok(&fetch);
	assert!(fs::read(&to).expect("written") == content, "the document differs");
	channel.cli.ok(&["revoke", text(&granted[0], "grantId")]);
	assert_eq!(stranger.cli.refused(&fetch).0, DENIED);

	// A range is read and checked by itself.
	let part = node.folder().join("part");
	funder.cli.ok(&["fetch", record, "-o", path(&part), "--range", "9000000-9000099"]);
	assert_eq!(fs::read(&part).expect("written"), &content[9_000_000..9_000_100]);
	funder.cli.refused(&["fetch", record, "-o", path(&part), "--range", "20000000-20000001"]);

	// The server believes nobody.
	let resource = format!("/v1/objects/{record}/chunks");
	assert!(server.get(&resource, "").starts_with("HTTP/1.1 401 "));
	let forged = "Authorization: Credio eyJhY2NvdW50IjoiIn0\r\n";
	assert!(server.get(&resource, forged).starts_with("HTTP/1.1 401 "));
	assert!(server.get("/v1/objects/../../etc/passwd/chunks", "").starts_with("HTTP/1.1 404 "));
	assert!(server.get("/health", "").starts_with("HTTP/1.1 200 "));
}

#[test]
fn changed_object_is_told_with_its_place_and_restored() {
	let node = Node::start();
	let channel = Party::new(&node, "channel-one");
	channel.cli.ok(&["stream", "create", "contracts"]);
	let content = document(9_000_000);
	let file = node.folder().join("contract.pdf");
	fs::write(&file, &content).expect("writable");
	let uploaded = channel.upload("contracts", &file);
	let record = text(&uploaded, "recordId");
	let [first, _, manifest] = files(&channel.store).try_into().expect("two parts and a manifest");
	let to = node.folder().join("fetched.pdf");
	let fetch = channel.with_store(&["fetch", record, "-o", path(&to)]);

	// The second chunk.
	let good = fs::read(&first).expect("readable");
	let mut bad = good.clone();
	bad[70_000] ^= 1;
	fs::write(&first, &bad).expect("writable");
	let (code, message) = channel.cli.refused(&fetch);
	assert_eq!(code, NOT_VERIFIED, "{message}");
	assert!(message.contains("chunk 1, bytes 65552 to 131104"), "{message}");
	assert!(!to.exists());
	// Ranges elsewhere are read.
	let part = node.folder().join("part");
	let range = ["fetch", record, "-o", path(&part), "--range", "200000-200009"];
	channel.cli.ok(&channel.with_store(&range));
	// A manifest that fits the changed part does not fit the chain.
	let whole = fs::read(&manifest).expect("readable");
	let mut forged = whole.clone();
	forged[65 + 32..65 + 64].copy_from_slice(&sp_crypto_hashing::blake2_256(&bad[65_552..131_104]));
	fs::write(&manifest, &forged).expect("writable");
	let (code, message) = channel.cli.refused(&fetch);
	assert_eq!(code, NOT_VERIFIED, "{message}");
	assert!(message.contains("manifest"), "{message}");
	fs::write(&manifest, &whole[..100]).expect("writable");
	assert_eq!(channel.cli.refused(&fetch).0, NOT_VERIFIED);

	// Uploading the document again restores all of it, and appends nothing.
	fs::remove_file(&manifest).expect("it is there");
	assert_eq!(channel.cli.refused(&fetch).0, NOT_FOUND);
	assert_eq!(text(&channel.upload("contracts", &file), "recordId"), record);
	assert_eq!(fs::read(&first).expect("readable"), good);
	channel.fetch(record, &to);
	assert!(fs::read(&to).expect("written") == content, "the document differs");
	assert_eq!(channel.cli.json(&["query", "--stream", "contracts", "--json"]).len(), 1);
}

#[test]
fn killed_upload_and_fetch_go_on() {
	let node = Node::start();
	let channel = Party::new(&node, "channel-one");
	channel.cli.ok(&["stream", "create", "contracts"]);
	let content = document(number("CREDIO_OBJECT_MEGABYTES", 60) * 1_000_000);
	let file = node.folder().join("contract.pdf");
	fs::write(&file, &content).expect("writable");
	let kills = number("CREDIO_OBJECT_KILLS", 5);
	let upload = channel.with_store(&["upload", "--stream", "contracts", "--json", path(&file)]);
	let mut parts = 0;
	for n in 0..kills {
		let mut running =
			channel.cli.command(&upload).stdout(Stdio::null()).spawn().expect("starts");
		thread::sleep(moment(n, Duration::from_secs(2)));
		let _ = running.kill();
		let _ = running.wait();
		let found = whole(&channel.store);
		assert!(found >= parts, "what was stored stays");
		parts = found;
	}
	let uploaded = channel.upload("contracts", &file);
	let record = text(&uploaded, "recordId");
	assert_eq!(channel.cli.json(&["query", "--stream", "contracts", "--json"]).len(), 1);
	let stored = files(&channel.store);
	let expected = content.len().div_ceil(128 * 65_536);
	assert_eq!(stored.len(), expected + 1, "each part once, and a manifest: {stored:?}");

	let to = node.folder().join("fetched.pdf");
	let fetch = channel.with_store(&["fetch", record, "-o", path(&to)]);
	for n in 0..kills {
		let running = Running::start(&mut channel.cli.command(&fetch));
		thread::sleep(moment(n, Duration::from_millis(500)));
		drop(running);
	}
	channel.fetch(record, &to);
	assert!(fs::read(&to).expect("written") == content, "the document differs");
	let left = files(node.folder()).into_iter().filter(|file| path(file).ends_with(".part"));
	assert_eq!(left.count(), 0);
}

#[test]
fn erased_object_is_gone_and_its_erasure_proven() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Party::new(&node, name));
	channel.cli.ok(&["stream", "create", "persons"]);
	channel.cli.ok(&["grant", "--stream", "persons", "--to", "funder-one", "--purpose", "credit"]);
	let file = node.folder().join("person.json");
	fs::write(&file, r#"{ "name": "Marker Person" }"#).expect("writable");
	let inline = channel.upload("persons", &file);
	assert!(files(&channel.store).is_empty(), "it is a record");
	let (_, message) = channel.cli.refused(&["erase", text(&inline, "recordId")]);
	assert!(message.contains("NotAnObject"), "{message}");

	let demanded = channel.cli.json(&["stream", "demand-objects", "persons", "--json"]);
	assert_eq!(demanded[0]["demandsObjects"], true);
	fs::write(&file, r#"{ "name": "Marker Person", "born": "1980-01-01" }"#).expect("writable");
	let uploaded = channel.upload("persons", &file);
	let record = text(&uploaded, "recordId");
	assert_eq!(files(&channel.store).len(), 2);
	let server = Server::start(&channel);
	channel.cli.ok(&["objects", "announce", &server.url()]);
	let to = node.folder().join("fetched.json");
	let fetch = ["fetch", record, "-o", path(&to)];
	funder.cli.ok(&fetch);

	// Nobody else erases, and nothing is acknowledged before.
	let (_, message) = funder.cli.refused(&["erase", record]);
	assert!(message.contains("NotTheOwner"), "{message}");
	funder.cli.refused(&["erase", record, "--acknowledge"]);
	// What a writer left that was killed goes, too.
	let part = files(&channel.store).remove(0);
	fs::copy(&part, part.with_extension("#1")).expect("writable");
	let erased = channel.cli.json(&channel.with_store(&["erase", record, "--json"]));
	assert_eq!((text(&erased[0], "recordId"), &erased[0]["number"]), (record, &Value::from(0)));
	assert!(files(&channel.store).is_empty());
	for party in [&channel, &funder] {
		let (code, message) = party.cli.refused(&fetch);
		assert_eq!(code, DENIED, "{message}");
		assert!(message.contains("erased"), "{message}");
	}
	// Repeating it is the same.
	channel.cli.ok(&channel.with_store(&["erase", record]));
	funder.cli.ok(&["erase", record, "--acknowledge"]);
	let listed = channel.cli.json(&["erasures", "--json"]);
	assert_eq!(listed.len(), 1);
	assert_eq!(listed[0]["acknowledgements"].as_array().map(Vec::len), Some(1));

	// Its existence, its position and its erasure are proven for good.
	let evidence = node.folder().join("erased.evidence");
	channel.cli.ok(&["evidence", record, "-o", path(&evidence)]);
	let specification = credio_e2e::raw_specification("dev", &node.folder().join("chain.json"));
	let verify = ["evidence", "verify", path(&evidence), "--chain", &specification];
	let proven = channel.cli.ok(&verify);
	for expected in ["It is an object", "It was erased in block", "acknowledged: organization"] {
		assert!(proven.contains(expected), "{expected:?} is missing in\n{proven}");
	}
}

#[test]
fn uploads_of_objects_and_records_keep_their_order() {
	let node = Node::start();
	let channel = Party::new(&node, "channel-one");
	channel.cli.ok(&["stream", "create", "invoices"]);
	let sizes = [100, 200, 100_000, 300, 200_000, 300_000, 400];
	let paths = sizes
		.iter()
		.map(|size| {
			let file = node.folder().join(format!("{size}.bin"));
			fs::write(&file, document(*size)).expect("writable");
			file
		})
		.collect::<Vec<_>>();
	let mut upload = channel.with_store(&["upload", "--stream", "invoices", "--json"]);
	upload.extend(paths.iter().map(|file| path(file)));
	let uploaded = channel.cli.json(&upload);
	let sequences = uploaded.iter().map(|line| line["sequence"].as_u64()).collect::<Vec<_>>();
	assert_eq!(sequences, (0..7).map(Some).collect::<Vec<_>>());
	for (line, size) in uploaded.iter().zip(sizes) {
		assert!(text(line, "file").ends_with(&format!("/{size}.bin")), "{line}");
	}
}

#[test]
fn outbox_sends_objects_in_their_lane_whoever_is_killed() {
	let node = Node::start();
	let channel = Party::new(&node, "channel-one");
	channel.cli.ok(&["stream", "create", "contracts"]);
	let megabytes = number("CREDIO_OBJECT_MEGABYTES", 60);
	let files_of = [("first", 100), ("second", megabytes * 1_000_000), ("third", 200)];
	let paths = files_of.map(|(name, length)| {
		let file = node.folder().join(name);
		fs::write(&file, document(length)).expect("writable");
		file
	});
	let outbox = node.folder().join("outbox");
	let mut upload = vec!["upload", "--stream", "contracts", "--lane", "3", "--no-wait", "--json"];
	upload.extend(["--outbox", path(&outbox)]);
	upload.extend(paths.iter().map(|file| path(file)));
	// No store is needed to accept it, and a path of this folder is as good as a whole one.
	let stored = channel.cli.json(&upload);
	assert!(stored.iter().all(|line| line["outcome"] == "waiting"), "{stored:?}");
	assert!(fs::metadata(&outbox).expect("it is there").len() < 1_000_000, "it names the file");

	let run = channel.with_store(&["outbox", "run", "--outbox", path(&outbox), "--until-decided"]);
	for n in 0..number("CREDIO_OBJECT_KILLS", 5) {
		let running = Running::start(&mut channel.cli.command(&run));
		thread::sleep(moment(n, Duration::from_secs(2)));
		drop(running);
	}
	channel.cli.ok(&run);
	let entries = channel.cli.json(&["query", "--stream", "contracts", "--json"]);
	let records = entries.iter().map(|entry| text(entry, "recordId")).collect::<Vec<_>>();
	let expected = stored.iter().map(|line| text(line, "recordId")).collect::<Vec<_>>();
	assert_eq!(records, expected, "each once, in their order");
	let to = node.folder().join("fetched");
	channel.fetch(records[1], &to);
	assert!(fs::read(&to).expect("written") == fs::read(&paths[1]).expect("it is there"));
	// Stored again, by the outbox or not, it is the same upload.
	assert_eq!(channel.cli.json(&upload)[1]["outcome"], "applied");
	let again = channel.upload("contracts", &paths[1]);
	assert_eq!(text(&again, "recordId"), records[1]);
	let expected = (megabytes * 1_000_000).div_ceil(128 * 65_536) + 1;
	assert_eq!(files(&channel.store).len(), expected);
}

#[test]
fn object_whose_file_is_gone_says_so_in_the_outbox() {
	let node = Node::start();
	let channel = Party::new(&node, "channel-one");
	channel.cli.ok(&["stream", "create", "contracts"]);
	let file = node.folder().join("contract");
	fs::write(&file, document(100_000)).expect("writable");
	let outbox = node.folder().join("outbox");
	let with = ["--outbox", path(&outbox)];
	let upload = ["upload", "--stream", "contracts", path(&file)];
	channel.cli.ok(&[&upload[..], &with, &["--no-wait"]].concat());
	fs::write(&file, document(200_000).split_off(100_000)).expect("writable");
	let run = [&["outbox", "run"][..], &with].concat();
	let problem = |expected: &str| {
		let list = [&["outbox", "list", "--json"][..], &with].concat();
		loop {
			let item = channel.cli.json(&list).remove(0);
			match item["problem"].as_str() {
				Some(problem) if problem.contains(expected) => return,
				_ => thread::sleep(Duration::from_millis(200)),
			}
		}
	};
	let running = Running::start(&mut channel.cli.command(&run));
	problem("--object-store");
	drop(running);
	let _running = Running::start(&mut channel.cli.command(&channel.with_store(&run)));
	problem("changed while it was read");
	assert!(channel.cli.json(&["query", "--stream", "contracts", "--json"]).is_empty());
}
