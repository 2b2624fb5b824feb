//! Exports are made from an index, interrupted, and verified against the chain.

use credio_e2e::{Cli, Node, index::views_of_anybody, repository, uploads::path};
use serde_json::Value;
use sqlx::{Row, SqlitePool};
use std::{
	fs,
	path::{Path, PathBuf},
};

const VIEWS: [&str; 4] = ["invoices-ubl", "invoices-cii", "invoices-json", "repayment-schedules"];

fn samples() -> PathBuf {
	repository().join("samples")
}

fn sync(cli: &Cli, index: &Path) {
	let views = views_of_anybody(index.parent().expect("a folder"));
	cli.ok(&["index", "sync", "--index", path(index), "--views", path(&views)]);
}

fn export(cli: &Cli, index: &Path, folder: &Path, more: &[&str]) -> Value {
	let arguments = [more, &["--index", path(index), "-o", path(folder), "--json"]].concat();
	let arguments = [vec!["export"], arguments].concat();
	cli.json(&arguments).pop().expect("a response")
}

/// Runs `credio export verify`, and returns its findings.
fn verify(cli: &Cli, folder: &Path, more: &[&str]) -> Value {
	let arguments = [&["export", "verify", path(folder), "--json"], more].concat();
	let output = cli.run(&arguments);
	let text = String::from_utf8_lossy(&output.stdout);
	let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| {
		panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
	});
	let code = if told["verified"] == true { 0 } else { 6 };
	assert_eq!(output.status.code(), Some(code), "{told:#}");
	told
}

fn sentences(told: &Value, list: &str) -> Vec<String> {
	let list = told[list].as_array().expect("a list").iter();
	list.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// A channel with two streams that a funder may read, and the funder's index.
fn shared(node: &Node) -> (Cli, Cli, PathBuf) {
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(node, name));
	let files = ["invoice-ubl.xml", "invoice-cii.xml", "invoice.json", "repayment-schedule.csv"];
	let files = files.map(|name| path(&samples().join(name)).to_owned());
	for stream in ["invoices", "others"] {
		channel.ok(&["stream", "create", stream]);
		let purpose = ["--to", "funder-one", "--purpose", "assess"];
		channel.ok(&[&["grant", "--stream", stream], &purpose[..]].concat());
	}
	let mut upload = vec!["upload", "--stream", "invoices"];
	upload.extend(files.iter().map(String::as_str));
	channel.ok(&upload);
	channel.ok(&["upload", "--stream", "others", &files[2]]);
	let proofs = node.folder().join("proofs");
	channel.ok(&["anchor", "--stream", "invoices", "--proofs", path(&proofs), &files[0]]);
	let replaced = node.folder().join("replaced.json");
	let text = fs::read_to_string(&files[2]).expect("a sample").replace("\"EUR\"", "\"SEK\"");
	fs::write(&replaced, text).expect("writable");
	channel.ok(&["upload", "--stream", "invoices", path(&replaced)]);
	let index = node.folder().join("funder.index");
	sync(&funder, &index);
	(channel, funder, index)
}

/// Copies an index and changes an item in it.
async fn tampered(index: &Path, name: &str, statements: &[&str]) -> PathBuf {
	let copy = index.with_file_name(format!("{name}.index"));
	for end in ["", "-wal"] {
		let from = PathBuf::from(format!("{}{end}", index.display()));
		if from.exists() {
			fs::copy(from, format!("{}{end}", copy.display())).expect("copied");
		}
	}
	let pool = SqlitePool::connect(&format!("sqlite://{}", path(&copy))).await.expect("opens");
	let sql = "SELECT generation FROM views WHERE name = 'repayment-schedules'";
	let row = sqlx::query(sql).fetch_one(&pool).await.expect("a view");
	let rows = format!("rows_{}", row.get::<i64, _>(0));
	for statement in statements {
		let sql = statement.replace("ROWS", &rows);
		let changed = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.expect("it runs");
		assert!(changed.rows_affected() > 0, "{statement}");
	}
	pool.close().await;
	copy
}

#[tokio::test]
async fn export_verifies_and_a_tampered_one_does_not() {
	let node = Node::start();
	let (_, funder, index) = shared(&node);
	let folder = |name: &str| node.folder().join(name);
	for format in ["csv", "jsonl", "parquet"] {
		for view in VIEWS {
			let folder = folder(&format!("{view}-{format}"));
			let made = export(&funder, &index, &folder, &[view, "--format", format]);
			assert_eq!(made["counts"]["entries"], 7, "{made}");
			assert!(made["counts"]["rows"].as_u64() > Some(0), "{made}");
			let told = verify(&funder, &folder, &[]);
			assert_eq!(sentences(&told, "checked").len(), 3, "{told:#}");
			assert!(sentences(&told, "notChecked").is_empty(), "{told:#}");
		}
	}
	let current = folder("invoices-json-csv");
	let text = fs::read_to_string(current.join("part-00001.csv")).expect("a file");
	assert!(text.contains("SEK") && text.starts_with("number,issueDate,"), "{text}");
	let history = folder("history");
	let filter = ["invoices-json", "--history", "--where", "currency = 'EUR'"];
	export(&funder, &index, &history, &filter);
	assert_eq!(verify(&funder, &history, &[])["verified"], true);
	let documents = folder("documents");
	let of_stream = ["invoices", "--owner", "channel-one", "--format", "jsonl"];
	let made = export(&funder, &index, &documents, &of_stream);
	assert_eq!(made["counts"]["rows"], 6, "{made}");
	assert_eq!(verify(&funder, &documents, &[])["verified"], true);
	let text = fs::read_to_string(documents.join("part-00001.jsonl")).expect("a file");
	let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
	let name = ["invoice-ubl.xml", "invoice-cii.xml", "invoice.json", "repayment-schedule.csv"]
		.map(|name| fs::read_to_string(samples().join(name)).expect("a sample"));
	assert!(name.iter().any(|document| first["document"] == document.as_str()));

	// Files that were changed.
	let changed = folder("changed");
	export(&funder, &index, &changed, &["repayment-schedules"]);
	let part = changed.join("part-00001.csv");
	let text = fs::read_to_string(&part).expect("a file");
	fs::write(&part, text.replacen("144.00", "145.00", 1)).expect("writable");
	let findings = sentences(&verify(&funder, &changed, &["--offline"]), "findings");
	assert!(findings[0].starts_with("part-00001.csv: it was changed"), "{findings:?}");
	assert!(
		findings[1].contains("(from part-00001.csv, row 1): a row was changed"),
		"{findings:?}"
	);

	// Exports with valid manifests from indexes that differ from the chain.
	let last = "(SELECT MAX(place) FROM entries WHERE stream = (SELECT id FROM streams WHERE name = 'invoices'))";
	let loan = "(SELECT MIN(_place) - MIN(_place) % 16384 FROM ROWS)";
	let remove_last = [
		format!("DELETE FROM documents WHERE place = {last}"),
		format!("DELETE FROM entries WHERE place = {last}"),
	];
	let hide = [
		format!("UPDATE entries SET problem = 'noGrant', media_type = NULL WHERE place = {loan}"),
		format!("DELETE FROM documents WHERE place = {loan}"),
		"DELETE FROM ROWS".into(),
	];
	let other = format!("UPDATE entries SET digest = zeroblob(32) WHERE place = {loan}");
	let tampers: [(&str, Vec<&str>, &str); 8] = [
		(
			"row-changed",
			vec![
				// One unit more or less, in the form in which decimals are stored.
				"UPDATE ROWS SET payment = substr(payment, 1, 27) || CASE substr(payment, 28) WHEN '0' THEN '1' ELSE '0' END \
				WHERE _place = (SELECT MIN(_place) + 2 FROM ROWS)",
			],
			"part-00001.csv, row 1: entry",
		),
		(
			"row-removed",
			vec!["DELETE FROM ROWS WHERE _place = (SELECT MAX(_place) FROM ROWS)"],
			"\"rows\" in the export with 11 rows, and made anew from the chain it is \"rows\" with 12 rows",
		),
		(
			"called-superseded",
			vec!["UPDATE ROWS SET _current = 0 WHERE _place = (SELECT MAX(_place) FROM ROWS)"],
			"made anew from the chain",
		),
		(
			"entry-removed",
			remove_last.iter().map(String::as_str).collect(),
			"is missing in the export",
		),
		(
			"stream-removed",
			vec![
				"DELETE FROM entries WHERE stream = (SELECT id FROM streams WHERE name = 'others')",
				"DELETE FROM streams WHERE name = 'others'",
			],
			"stream others of organization 1",
		),
		(
			"called-unreadable",
			hide.iter().map(String::as_str).collect(),
			"the organization could read it at block",
		),
		("other-header", vec![&other], "is another one on the chain"),
		(
			"other-block",
			vec!["UPDATE chain_cursor SET hash = zeroblob(32)"],
			"has another hash on the chain",
		),
	];
	for (name, statements, message) in tampers {
		let copy = tampered(&index, name, &statements).await;
		let folder = folder(&format!("{name}-export"));
		export(&funder, &copy, &folder, &["repayment-schedules"]);
		assert_eq!(verify(&funder, &folder, &["--offline"])["verified"], true, "{name}");
		let findings = sentences(&verify(&funder, &folder, &[]), "findings");
		assert!(findings.iter().any(|finding| finding.contains(message)), "{name}: {findings:#?}");
	}
	// A filter that is not the one that was applied.
	let filtered = folder("filtered");
	export(&funder, &index, &filtered, &["repayment-schedules", "--where", "instalment > 3"]);
	reseal(&filtered, "instalment > 3", "instalment > 2");
	assert_eq!(verify(&funder, &filtered, &["--offline"])["verified"], true);
	let findings = sentences(&verify(&funder, &filtered, &[]), "findings");
	assert!(findings[0].contains("with 9 rows, and made anew from the chain"), "{findings:?}");
}

/// Changes a text in a manifest, and recomputes its digest.
fn reseal(folder: &Path, from: &str, to: &str) {
	let path = folder.join("manifest.json");
	let text = fs::read_to_string(&path).expect("a manifest").replace(from, to);
	let manifest: Value = serde_json::from_str(&text).expect("JSON");
	let digest = manifest["digest"].as_str().expect("a digest");
	// The digest covers the text without white space; no string of this manifest contains line breaks.
	let compact: String = text
		.replace(digest, "")
		.lines()
		.map(|line| line.trim_start().replacen("\": ", "\":", 1))
		.collect();
	let digest_now = hex::encode(sp_crypto_hashing::sha2_256(compact.as_bytes()));
	fs::write(&path, text.replace(digest, &digest_now)).expect("writable");
}

#[test]
fn export_is_not_changed_by_later_blocks() {
	let node = Node::start();
	let (channel, funder, index) = shared(&node);
	let folder = |name: &str| node.folder().join(name);
	let [before, stream] = ["before", "stream"].map(folder);
	export(&funder, &index, &before, &["invoices-json"]);
	export(&funder, &index, &stream, &["invoices", "--owner", "channel-one"]);
	// A document that replaces one; the export does not change.
	let newer = node.folder().join("newer.json");
	let sample = fs::read_to_string(samples().join("invoice.json")).expect("a sample");
	fs::write(&newer, sample.replace("\"EUR\"", "\"NOK\"")).expect("writable");
	channel.ok(&["upload", "--stream", "invoices", path(&newer)]);
	sync(&funder, &index);
	let told = verify(&funder, &before, &[]);
	assert_eq!(sentences(&told, "checked").len(), 3, "{told:#}");
	let again = export(&funder, &index, &before, &["invoices-json"]);
	assert_eq!(again["wasComplete"], true);
	let (code, message) =
		funder.refused(&["export", "invoices-ubl", "--index", path(&index), "-o", path(&before)]);
	assert!(code == 1 && message.contains("another view or stream"), "{code} {message}");
	// Another organization can verify it, except for documents that only the funder can read.
	let told = verify(&channel, &before, &[]);
	assert!(sentences(&told, "notChecked")[0].contains("the vault is of organization"), "{told:#}");
	assert_eq!(told["verified"], true);
	// Later revocations are reported.
	let grants = channel.json(&["grants", "--from", "channel-one", "--active", "--json"]);
	for grant in &grants {
		channel.ok(&["revoke", grant["grantId"].as_str().expect("a grant")]);
	}
	for folder in [&before, &stream] {
		let told = verify(&funder, folder, &[]);
		let not_checked = sentences(&told, "notChecked").join(" ");
		assert_eq!(told["verified"], true, "{told:#}");
		assert!(not_checked.contains("can no longer read"), "{told:#}");
	}
	// A new export lists them as unreadable, and stays valid when they become readable again.
	sync(&funder, &index);
	let after = folder("after");
	let made = export(&funder, &index, &after, &["invoices-json"]);
	assert_eq!(
		(&made["counts"]["rows"], &made["counts"]["fates"]["unreadable"]),
		(&0.into(), &7.into())
	);
	assert_eq!(verify(&funder, &after, &[])["verified"], true);
	channel.ok(&[
		"grant",
		"--stream",
		"invoices",
		"--to",
		"funder-one",
		"--purpose",
		"again",
		"--from-epoch",
		"0",
	]);
	let told = verify(&funder, &after, &[]);
	assert_eq!(told["verified"], true, "{told:#}");
	assert!(sentences(&told, "notChecked")[0].contains("could be read then"), "{told:#}");
}

#[test]
fn killed_export_resumes() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "loans"]);
	let mut upload = vec!["upload".to_owned(), "--stream".into(), "loans".into()];
	for loan in 0..8 {
		let mut text = String::from(
			"loan,instalment,due date,opening balance,interest,principal,payment,closing balance,currency\r\n",
		);
		for instalment in 1..=700 {
			text.push_str(&format!(
				"RL-{loan},{instalment},2026-09-01,24000.00,144.00,1934.86,2078.86,22065.14,EUR\r\n"
			));
		}
		let file = node.folder().join(format!("loan-{loan}.csv"));
		fs::write(&file, text).expect("writable");
		upload.push(path(&file).into());
	}
	channel.ok(&upload.iter().map(String::as_str).collect::<Vec<_>>());
	let index = node.folder().join("channel.index");
	sync(&channel, &index);
	let [whole, killed] = ["whole", "killed"].map(|name| node.folder().join(name));
	let settings = ["repayment-schedules", "--part-rows", "20"];
	let made = export(&channel, &index, &whole, &settings);
	assert_eq!((&made["counts"]["rows"], &made["files"]), (&5_600.into(), &281.into()));
	let mut kills = 0;
	for part in ["part-00001.csv", "part-00040.csv", "part-00150.csv"] {
		let arguments =
			[vec!["export"], settings.to_vec(), vec!["--index", path(&index), "-o", path(&killed)]];
		let mut process = channel.command(&arguments.concat()).spawn().expect("credio starts");
		while !killed.join(part).exists() && process.try_wait().expect("a process").is_none() {
			std::thread::yield_now();
		}
		process.kill().expect("it is killed");
		process.wait().expect("it ends");
		kills += u32::from(!killed.join("manifest.json").exists());
	}
	assert!(kills > 0, "it was never killed in the middle");
	export(&channel, &index, &killed, &settings);
	let files = fs::read_dir(&whole).expect("a folder").count();
	assert_eq!(fs::read_dir(&killed).expect("a folder").count(), files);
	for file in fs::read_dir(&whole).expect("a folder") {
		let name = file.expect("a file").file_name();
		let same = fs::read(whole.join(&name)).expect("a file")
			== fs::read(killed.join(&name)).expect("a file");
		assert!(same, "{name:?}");
	}
	assert_eq!(sentences(&verify(&channel, &killed, &[]), "checked").len(), 3);
}
