//! Commands on an index with hostile or long documents. They need neither vault nor node.

use credio_index::{Block, Content, Document, Entry, EntryKind, Store, Stream};
use credio_primitives::{Digest, RecordId, StreamId};
use credio_view::View;
use std::{
	io::Read,
	path::Path,
	process::{Command, Output, Stdio},
};

const VIEW: &str = r#"
name = "invoices"
stream = "*"
format = "json"

[[columns]]
name = "seller"
path = "$.seller"
type = "text"

[[columns]]
name = "amount"
path = "$.amount"
type = "decimal"
required = true
"#;

const STREAM: StreamId = StreamId([1; 32]);

/// Makes an index with these documents.
async fn index(file: &Path, documents: &[String]) {
	let store = Store::open(file.to_str().expect("a path"), 1).await.expect("it opens");
	store.set_views(&[View::parse(VIEW).expect("a view")]).await.expect("views");
	let entries = (0..).zip(documents).map(|(sequence, text)| {
		let mut record = [0; 32];
		record[..8].copy_from_slice(&u64::to_be_bytes(sequence));
		Entry {
			record: RecordId(record),
			stream: STREAM,
			sequence,
			owner: 1,
			author: 1,
			kind: EntryKind::Record,
			supersedes: None,
			digest: Digest([0; 32]),
			content: Content::Document(Document {
				media_type: "application/json".into(),
				bytes: text.as_bytes().into(),
			}),
		}
	});
	let stream = Stream { id: STREAM, owner: 1, name: "invoices".into() };
	let block = Block::new(1, Digest([0; 32]));
	let block = Block { streams: vec![stream], entries: entries.collect(), ..block };
	store.apply(&[block]).await.expect("applied");
	store.close().await;
}

fn credio(file: &Path, arguments: &[&str]) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_credio"));
	command.args(arguments).arg("--index").arg(file);
	// The environment of the test run must not matter.
	command.env_clear().env("HOME", file.parent().expect("a folder"));
	command
}

fn text(output: &Output) -> String {
	let error = String::from_utf8_lossy(&output.stderr);
	assert!(output.status.success(), "{error}");
	String::from_utf8(output.stdout.clone()).expect("text")
}

#[tokio::test]
async fn texts_of_others_steer_no_terminal() {
	let folder = tempfile::tempdir().expect("a folder");
	let file = folder.path().join("acme.index");
	let hostile = [
		"\\u001b[2J\\u001b[1;1Happroved",
		"\\u009b31m",
		"Hollin\\nVega  1,000,000.00",
		"abc\\u202egnp",
		"\\u200bHollin\\u2066",
		"\\u001b]52;c;aGk=\\u0007",
	];
	let documents = hostile.map(|text| format!("{{\"seller\":\"{text}\",\"amount\":1}}"));
	index(&file, &documents).await;
	for arguments in [
		&["search", "invoices"][..],
		&["search", "invoices", "--wide"],
		&["search", "invoices", "--json"],
		&["aggregate", "invoices", "count", "--by", "seller"],
		&["aggregate", "invoices", "count", "--by", "seller", "--json"],
		&["index", "views"],
		&["index", "unfit", "invoices"],
		&["index", "dump", "-o", "-"],
	] {
		let shown = text(&credio(&file, arguments).output().expect("it runs"));
		let is_shown = |c: char| c == '\n' || credio_primitives::text::is_visible(c);
		assert!(shown.chars().all(is_shown), "{arguments:?}: {shown:?}");
	}
	let shown = text(&credio(&file, &["search", "invoices"]).output().expect("it runs"));
	assert!(shown.contains("Hollin Vega  1,000,000.00"), "{shown}");
	assert!(shown.contains("abc\\u{202e}gnp"), "{shown}");
	// JSON has the values unchanged.
	let json = text(&credio(&file, &["search", "invoices", "--json"]).output().expect("it runs"));
	let first: serde_json::Value =
		serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
	assert_eq!(first["values"]["seller"], "\u{1b}[2J\u{1b}[1;1Happroved");
	assert_eq!(first["author"], 1);
}

#[tokio::test]
async fn closed_output_ends_a_command_quietly() {
	let folder = tempfile::tempdir().expect("a folder");
	let file = folder.path().join("acme.index");
	let name = "x".repeat(2_000);
	let documents: Vec<_> =
		(0..500).map(|n| format!("{{\"seller\":\"{n} {name}\",\"amount\":1}}")).collect();
	index(&file, &documents).await;
	for arguments in [
		&["search", "invoices", "--limit", "500", "--json"][..],
		&["search", "invoices", "--limit", "500", "--wide"],
		&["index", "dump", "-o", "-"],
	] {
		let mut command = credio(&file, arguments);
		let mut process =
			command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
		let mut output = process.stdout.take().expect("it is piped");
		output.read_exact(&mut [0; 100]).expect("it prints");
		drop(output);
		let mut said = String::new();
		process.stderr.take().expect("it is piped").read_to_string(&mut said).expect("text");
		let status = process.wait().expect("it ends");
		assert!(status.success() && said.is_empty(), "{arguments:?}: {status} {said}");
	}
}
