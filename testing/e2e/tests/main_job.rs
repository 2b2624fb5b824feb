//! The main job: a business document goes in, and only those allowed get it back.

use credio_client::{
	Client, End, Outcome, StreamPart, Terms, Unread, Upload, Uploaded,
	primitives::{Denial, Permission, Resource},
};
use credio_e2e::{Cli, Node, repository, uploads::path};
use credio_vault::LocalVault;
use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc};

/// Exit codes of `credio`, as its help lists them.
const DENIED: i32 = 4;
const NOT_VERIFIED: i32 = 6;

/// Documents of every supported kind and size: the project's samples, an empty file, and the largest.
fn documents(node: &Node) -> Vec<PathBuf> {
	let samples = repository().join("samples");
	let mut documents = fs::read_dir(samples)
		.expect("the samples are there")
		.map(|entry| entry.expect("readable").path())
		.filter(|path| path.is_file())
		.collect::<Vec<_>>();
	documents.sort();
	let empty = node.folder().join("empty.txt");
	fs::write(&empty, b"").expect("writable");
	let largest = node.folder().join("largest.bin");
	// Bytes of a linear congruential generator (Knuth's MMIX constants): nothing compresses, and runs repeat.
	let mut state = 1u64;
	let random = (0..64 * 1024)
		.map(|_| {
			state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
			(state >> 56) as u8
		})
		.collect::<Vec<_>>();
	fs::write(&largest, random).expect("writable");
	documents.extend([empty, largest]);
	documents
}

#[test]
fn documents_are_returned_to_permitted_organizations_only() {
	let node = Node::start();
	let [channel, funder, operator] =
		["channel-one", "funder-one", "operator"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);

	let documents = documents(&node);
	let mut upload = vec!["upload", "--stream", "invoices", "--json"];
	upload.extend(documents.iter().map(|document| path(document)));
	let uploaded = channel.json(&upload);
	assert_eq!(uploaded.len(), documents.len());
	let mut sequences = BTreeSet::new();
	for line in &uploaded {
		assert_eq!(line["outcome"], "applied", "{line}");
		assert!(line["block"].as_u64().is_some_and(|block| block > 0), "{line}");
		assert!(sequences.insert(line["sequence"].as_u64().expect("a number")), "{line}");
	}
	assert_eq!(sequences, (0..documents.len() as u64).collect(), "no gaps");
	let record = |document: &PathBuf| {
		uploaded
			.iter()
			.find(|line| line["file"].as_str() == Some(path(document)))
			.and_then(|line| line["recordId"].as_str())
			.expect("every file has its line")
			.to_owned()
	};

	// Refused before there is a grant.
	let out = node.folder().join("out");
	let first = record(&documents[0]);
	let (code, message) = funder.refused(&["fetch", &first, "-o", path(&out)]);
	assert_eq!(code, DENIED, "{message}");
	assert!(!out.exists());

	// Asked for, approved, and fetched byte for byte.
	let asked = funder.json(&[
		"access",
		"request",
		"--stream",
		"invoices",
		"--owner",
		"channel-one",
		"--purpose",
		"assess invoices for funding",
		"--json",
	]);
	let request = asked[0]["accessRequestId"].as_str().expect("an id").to_owned();
	let approved = channel.json(&["access", "approve", &request, "--json"]);
	let grant = approved[0]["grantId"].as_str().expect("an id").to_owned();
	for document in &documents {
		let _ = fs::remove_file(&out);
		funder.ok(&["fetch", &record(document), "-o", path(&out)]);
		assert_eq!(fs::read(&out).unwrap(), fs::read(document).unwrap(), "{document:?}");
		funder.ok(&["verify", &record(document), path(document)]);
	}

	// An organization without a grant verifies with the commitment key alone, and only the exact document.
	let key = channel.ok(&["commitment-key", &first]);
	let key = key.split_whitespace().last().expect("a key").to_owned();
	operator.ok(&["verify", &first, path(&documents[0]), "--commitment-key", &key]);
	let changed = node.folder().join("changed");
	let mut bytes = fs::read(&documents[0]).unwrap();
	bytes.push(b' ');
	fs::write(&changed, bytes).unwrap();
	let (code, message) =
		operator.refused(&["verify", &first, path(&changed), "--commitment-key", &key]);
	assert_eq!(code, NOT_VERIFIED, "{message}");

	// Repeated, and nothing is doubled.
	let again = channel.json(&upload);
	let ids = |lines: &[serde_json::Value]| {
		lines.iter().map(|line| line["recordId"].to_string()).collect::<BTreeSet<_>>()
	};
	assert_eq!(ids(&again), ids(&uploaded));
	let listed = channel.json(&["query", "--stream", "invoices", "--json"]);
	assert_eq!(listed.len(), documents.len());

	// After the revocation: neither old nor new documents.
	channel.ok(&["revoke", &grant]);
	let _ = fs::remove_file(&out);
	assert_eq!(funder.refused(&["fetch", &first, "-o", path(&out)]).0, DENIED);
	let later = node.folder().join("later.txt");
	fs::write(&later, "uploaded after the revocation").unwrap();
	let line = channel.json(&["upload", "--stream", "invoices", "--json", path(&later)]);
	let later_id = line[0]["recordId"].as_str().expect("an id").to_owned();
	assert_eq!(funder.refused(&["fetch", &later_id, "-o", path(&out)]).0, DENIED);
	assert!(!out.exists());
	let listed = channel.json(&["query", "--stream", "invoices", "--json"]);
	let epoch = |id: &str| {
		let entry = listed.iter().find(|entry| entry["recordId"].as_str() == Some(id));
		entry.expect("listed")["body"]["epoch"].as_u64().expect("a record has an epoch")
	};
	assert_eq!(epoch(&later_id), epoch(&first) + 1, "a new secret encrypts what comes afterwards");
	channel.ok(&["fetch", &later_id, "-o", path(&out)]);
}

#[test]
fn file_over_the_limit_is_rejected_without_traces() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "invoices"]);
	let large = node.folder().join("large.bin");
	fs::write(&large, vec![7u8; 64 * 1024 + 1]).unwrap();
	let small = node.folder().join("small.txt");
	fs::write(&small, "fits").unwrap();
	let (code, message) =
		channel.refused(&["upload", "--stream", "invoices", "--json", path(&large), path(&small)]);
	assert_ne!(code, 0);
	assert!(message.contains("64 KiB"), "{message}");
	assert!(message.contains("--object-store"), "names the way out: {message}");
	let listed = channel.json(&["query", "--stream", "invoices", "--json"]);
	assert_eq!(listed.len(), 1, "the other file went in, and nothing of the large one");
}

#[test]
fn plaintext_media_type_and_secrets_stay_hidden() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let marker = "MARKER-4f1c9d-plaintext-of-an-invoice";
	let document = node.folder().join("invoice.xml");
	fs::write(&document, format!("<?xml version=\"1.0\"?><Invoice>{marker}</Invoice>")).unwrap();
	let lines = channel.json(&["upload", "--stream", "invoices", "--json", path(&document)]);
	let id = lines[0]["recordId"].as_str().expect("an id").to_owned();
	let out = node.folder().join("out.xml");
	let (_, refusal) = funder.refused(&["fetch", &id, "-o", path(&out)]);
	channel.ok(&["fetch", &id, "-o", path(&out)]);

	// The channel's encryption key is derived from its name, so the test can look for it.
	let name = b"channel-one";
	let secrets = [
		&b"credio/development/encryption-key/v1"[..],
		&b"credio/development/organization-secret/v1"[..],
	]
	.map(|domain| sp_crypto_hashing::blake2_256(&[domain, name].concat()));
	let mut needles: Vec<Vec<u8>> =
		vec![marker.into(), b"application/xml".to_vec(), b"text/xml".to_vec()];
	needles.extend(secrets.iter().map(|secret| secret.to_vec()));
	needles.extend(secrets.iter().map(|secret| hex::encode(secret).into_bytes()));

	let contains = |hay: &[u8], needle: &[u8]| hay.windows(needle.len()).any(|part| part == needle);
	let mut searched = vec![
		("log".into(), node.log().into_bytes()),
		("refusal".into(), refusal.into_bytes()),
		("query".into(), channel.ok(&["query", "--stream", "invoices", "--json"]).into_bytes()),
	];
	let mut folders = vec![node.database()];
	while let Some(folder) = folders.pop() {
		for entry in fs::read_dir(folder).expect("readable") {
			let path = entry.expect("readable").path();
			if path.is_dir() {
				folders.push(path);
			} else if let Ok(bytes) = fs::read(&path) {
				searched.push((path.display().to_string(), bytes));
			}
		}
	}
	assert!(searched.len() > 5, "the database has files");
	for (place, bytes) in searched {
		for needle in &needles {
			assert!(!contains(&bytes, needle), "{place} shows {}", String::from_utf8_lossy(needle));
		}
	}
}

#[test]
fn killed_client_resumes_without_duplicates_or_gaps() {
	const FILES: usize = 60;
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "invoices"]);
	let files = (0..FILES)
		.map(|n| {
			let file = node.folder().join(format!("{n}.txt"));
			fs::write(&file, format!("document {n}")).unwrap();
			file
		})
		.collect::<Vec<_>>();
	let mut upload = vec!["upload", "--stream", "invoices", "--json"];
	upload.extend(files.iter().map(|file| path(file)));

	// Killed when the first outcome is printed: the rest is under way.
	let mut process = channel
		.command(&upload)
		.stdout(std::process::Stdio::piped())
		.stderr(std::process::Stdio::null())
		.spawn()
		.expect("credio starts");
	let mut first = String::new();
	let mut output = std::io::BufReader::new(process.stdout.take().expect("piped"));
	std::io::BufRead::read_line(&mut output, &mut first).expect("a first outcome");
	process.kill().expect("killed");
	process.wait().expect("ended");

	let lines = channel.json(&upload);
	assert_eq!(lines.len(), FILES);
	assert!(lines.iter().all(|line| line["outcome"] == "applied"));
	let sequences = lines
		.iter()
		.map(|line| line["sequence"].as_u64().expect("a number"))
		.collect::<BTreeSet<_>>();
	assert_eq!(sequences, (0..FILES as u64).collect());
	let entries = channel.json(&["query", "--stream", "invoices", "--json", "--limit", "256"]);
	assert_eq!(entries.len(), FILES);
}

#[test]
fn documents_of_one_command_keep_their_order() {
	const FILES: u64 = 30;
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "invoices"]);
	let files = (0..2 * FILES)
		.map(|n| {
			let file = node.folder().join(format!("{n}.txt"));
			fs::write(&file, format!("document {n}")).unwrap();
			path(&file).to_owned()
		})
		.collect::<Vec<_>>();
	let upload = |files: &[&String]| {
		let mut arguments = vec!["upload", "--stream", "invoices", "--json"];
		arguments.extend(files.iter().map(|file| file.as_str()));
		let lines = channel.json(&arguments);
		let sequences = lines.iter().map(|line| line["sequence"].as_u64().expect("a number"));
		sequences.collect::<Vec<_>>()
	};
	// The last name first: neither names nor sizes decide.
	let (first, second) = files.split_at(files.len() / 2);
	let first = first.iter().rev().collect::<Vec<_>>();
	assert_eq!(upload(&first), (0..FILES).collect::<Vec<_>>());
	// Documents that are there already, between new ones, leave no gap that the others would wait for.
	let mixed = second.iter().zip(&first).flat_map(|(new, old)| [new, *old]).collect::<Vec<_>>();
	let expected = (0..FILES).flat_map(|n| [FILES + n, n]).collect::<Vec<_>>();
	assert_eq!(upload(&mixed), expected);
}

#[tokio::test]
async fn stream_is_fetched_in_parts_as_far_as_readable() {
	let node = Node::start();
	let connect = |name| {
		let vault = Arc::new(LocalVault::development(name).expect("an example organization"));
		let url = node.url();
		async move { Client::connect(&url, vault).await.expect("the node responds") }
	};
	let (channel, funder) = (connect("channel-one").await, connect("funder-one").await);
	let stream = channel.create_stream("invoices").await.expect("it is created").id;
	// More than fits into one reply.
	let documents = (0..40).map(|n| vec![n; 60_000]).collect::<Vec<_>>();
	let channel = &channel;
	let uploads = documents.iter().map(|document| {
		let media_type = "application/octet-stream";
		async move {
			let upload = Upload { stream, key: None, media_type, document, supersedes: None };
			channel.upload(&upload).await
		}
	});
	let uploaded = futures::future::try_join_all(uploads).await.expect("they are applied");
	let Some(Outcome::Applied(Uploaded { record_id: last, .. })) = uploaded.last() else {
		panic!("not applied: {uploaded:?}");
	};

	let read = |part: &StreamPart| {
		let read =
			part.entries.iter().filter_map(|(_, read)| Some(read.as_ref().ok()?.bytes.to_vec()));
		read.collect::<Vec<_>>()
	};
	let (mut found, mut from, mut parts) = (Vec::new(), Some(0), 0);
	while let Some(sequence) = from {
		let part = channel.fetch_stream(stream, sequence).await.expect("the node responds");
		found.extend(read(&part));
		(from, parts) = (part.next_sequence, parts + 1);
	}
	found.sort();
	assert!(found == documents, "all documents, as they were");
	assert_eq!(parts, 3, "an answer ends after a megabyte");

	// Without a grant: the entries, and why they cannot be read. With a grant on one record: that record.
	let part = funder.fetch_stream(stream, 0).await.expect("the node responds");
	assert_eq!(part.entries.len(), documents.len());
	let denied = |(_, read): &(_, _)| matches!(read, Err(Unread::Denied(Denial::NoGrant)));
	assert!(part.entries.iter().all(denied));
	let terms = Terms {
		purpose: "assess one receivable".into(),
		end: End::Never,
		delegable: false,
		from_epoch: None,
	};
	let granted =
		channel.grant(Resource::Record(*last), funder.organization_id(), Permission::Read, &terms);
	granted.await.expect("it is given");
	let part = funder.fetch_stream(stream, 0).await.expect("the node responds");
	assert_eq!(read(&part), documents[39..]);
}
