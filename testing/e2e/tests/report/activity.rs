//! The activity of an organization.

use crate::report::page::{path, report, sample};
use credio_e2e::{Cli, Node};
use std::collections::BTreeMap;

/// The only access request that waits for a decision of this organization.
fn asked(owner: &Cli, purpose: &str) -> String {
	let pending = owner.json(&["access", "list", "--pending", "--json"]);
	let found = pending.iter().find(|request| request["purpose"] == purpose).expect("asked");
	found["accessRequestId"].as_str().expect("an id").to_owned()
}

fn id_of(line: &serde_json::Value, field: &str) -> String {
	line[field].as_str().unwrap_or_else(|| panic!("no {field} in {line}")).to_owned()
}

#[test]
fn activity_report_lists_exactly_the_activity() {
	let node = Node::start();
	let [channel, funder, other, operator] =
		["channel-one", "funder-one", "funder-two", "operator"].map(|name| Cli::new(&node, name));
	let file = |name: &str| node.folder().join(name);
	let outbox = file("acme.outbox");
	// Names that would be markup.
	let contracts = "<b>contracts</b> & \"more\"";
	channel.ok(&["stream", "create", "invoices"]);
	channel.ok(&["stream", "create", contracts]);
	let documents =
		["invoice-ubl.xml", "invoice-cii.xml", "invoice.json", "invoice-edifact.edi"].map(sample);
	let mut upload = vec!["upload", "--stream", "invoices", "--outbox", path(&outbox)];
	upload.extend(documents.iter().map(String::as_str));
	channel.ok(&upload);
	// An upload to a sealed stream; the outbox receives the rejection.
	channel.ok(&["stream", "create", "old"]);
	channel.ok(&["stream", "seal", "old"]);
	let (_, message) =
		channel.refused(&["upload", "--stream", "old", "--outbox", path(&outbox), &documents[2]]);
	assert!(message.contains("not uploaded"), "{message}");
	let schedule = sample("repayment-schedule.csv");
	let lines = channel.json(&["upload", "--stream", contracts, "--json", &schedule]);
	let schedule_id = id_of(&lines[0], "recordId");
	let proofs = file("proofs");
	channel.ok(&[
		"anchor",
		"--stream",
		contracts,
		"--proofs",
		path(&proofs),
		&documents[0],
		&documents[1],
	]);
	// An upload that supersedes a missing record.
	let nothing = format!("0x{}", "9".repeat(64));
	let replace = ["upload", "--stream", "invoices", "--supersedes", &nothing, &documents[0]];
	let (_, message) = channel.refused(&replace);
	assert!(message.contains("not uploaded"), "{message}");

	// Access: approved, denied, open.
	let ask = |cli: &Cli, purpose: &str| {
		cli.ok(&[
			"access",
			"request",
			"--stream",
			"invoices",
			"--owner",
			"channel-one",
			"--purpose",
			purpose,
		]);
	};
	let purpose = "<script>alert('assess')</script>";
	ask(&funder, purpose);
	channel.ok(&["access", "approve", &asked(&channel, purpose)]);
	ask(&operator, "audit");
	channel.ok(&["access", "deny", &asked(&channel, "audit"), "--reason", "no contract yet"]);
	ask(&other, "look");
	// Grants: revoked, expired, on a record, to append.
	let grants = channel.json(&["grants", "--from", "channel-one", "--json"]);
	channel.ok(&["revoke", &id_of(&grants[0], "grantId")]);
	channel.ok(&["grant", "--record", &schedule_id, "--to", "funder-two", "--purpose", "one loan"]);
	channel.ok(&[
		"grant",
		"--stream",
		contracts,
		"--to",
		"funder-two",
		"--append",
		"--purpose",
		"send yours",
	]);
	channel.ok(&["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "again"]);
	other.ok(&["upload", "--stream", contracts, "--owner", "channel-one", &documents[2]]);
	// In the key epoch after the revocation, so only the new grant covers it.
	channel.ok(&["upload", "--stream", "invoices", "--outbox", path(&outbox), &schedule]);
	channel.ok(&[
		"grant",
		"--stream",
		contracts,
		"--to",
		"funder-one",
		"--purpose",
		"briefly",
		"--for",
		"10s",
	]);
	let holds = || {
		let held = channel.json(&["grants", "--to", "funder-one", "--active", "--json"]);
		held.iter().any(|grant| grant["purpose"] == "briefly")
	};
	assert!((0..1_000).any(|_| !holds()), "the grant ends with its last block");
	let index = file("acme.index");
	channel.ok(&["index", "sync", "--index", path(&index), "--views", &sample("views")]);

	let html = file("activity.html");
	let all = ["activity", "--outbox", path(&outbox), "--index", path(&index)];
	let page = report(&channel, &all, &html);
	let sizes = |stream: &str, author: u64| {
		let entries = channel.json(&["query", "--stream", stream, "--json"]);
		let ours = entries.iter().filter(|entry| entry["organization"] == author);
		ours.filter_map(|entry| entry["body"]["size"].as_u64()).sum::<u64>()
	};
	let us = channel.json(&["org", "show", "channel-one", "--json"])[0]["id"]
		.as_u64()
		.expect("a number");
	let shown = |bytes: u64| format!("{:.1} KiB", bytes as f64 / 1024.0);
	let (in_invoices, in_contracts) = (sizes("invoices", us), sizes(contracts, us));
	assert_eq!(
		page.row("uploads-by-day", "Total"),
		["7", "6", "1", &shown(in_invoices + in_contracts)]
	);
	assert_eq!(page.row("uploads-by-kind", "Merkle anchors"), ["1", "2", "–"]);
	assert_eq!(page.row("uploads-by-kind", "Anchors of one document"), ["0", "0", "–"]);
	assert_eq!(page.row("uploads-by-stream", "invoices"), ["5", &shown(in_invoices), "0", "5"]);
	assert_eq!(page.row("uploads-by-stream", contracts), ["2", &shown(in_contracts), "1", "3"]);
	// Three streams, one of them sealed; six uploads; an anchor; an approval and a denial; a revocation and its new key
	// epoch; four grants without requests; an upload that supersedes nothing, and one to a sealed stream.
	assert_eq!(page.row("requests-by-day", "Total"), ["19", "2"]);
	let errors = page.rows("rejected-by-error");
	let expected = ["Anchor.StreamSealed", "Records.SupersededNotFound"]
		.map(|error| (error.into(), vec!["1".to_owned()]));
	assert_eq!(errors, BTreeMap::from(expected));
	let outcomes = page.rows("outbox-by-state");
	let outcome = |name: &str| outcomes[name][0].as_str();
	assert_eq!(["Applied", "Rejected", "Expired", "Total"].map(outcome), ["5", "1", "0", "6"]);
	let problems = page.table("outbox-problems");
	assert!(
		problems.len() == 1 && problems[0][0].starts_with("Anchor.StreamSealed"),
		"{problems:?}"
	);
	assert!(
		page.has("0 items wait") && page.has("Of 6 requests"),
		"a time for each that was decided"
	);
	let grants = page.rows("grants-summary");
	assert_eq!(grants["Given by this organization"], ["5", "1", "1", "0", "3"]);
	assert_eq!(grants["Received from others"], ["0"; 5]);
	let listed = page.table("grants-list");
	assert_eq!(listed.len(), 5);
	let briefly = listed.iter().find(|row| row[2] == "briefly").expect("listed");
	assert!(briefly[1] == contracts && briefly[4].starts_with("expired"), "{briefly:?}");
	let revoked = listed.iter().find(|row| row[2] == purpose).expect("listed");
	assert!(
		revoked[0] == "channel-one → funder-one" && revoked[4].starts_with("revoked"),
		"{revoked:?}"
	);
	let requests = page.table("access-requests");
	let response =
		|asked: &str| requests.iter().find(|row| row[2] == asked).expect("listed").clone();
	assert!(response(purpose)[4].starts_with("approved"));
	let denied = response("audit");
	assert!(
		denied[4].starts_with("denied") && denied[4].ends_with(": no contract yet"),
		"{denied:?}"
	);
	assert_eq!((response("look")[4].as_str(), response("look")[5].as_str()), ("open", "–"));
	let partners = page.rows("partners");
	assert_eq!(partners["funder-one"][..7], ["3", "2", "1", "1", "1", "0", "0"]);
	assert_eq!(partners["funder-two"][..7], ["2", "0", "2", "1", "0", "0", "1"]);
	assert_eq!(partners["operator"][..7], ["0", "0", "0", "1", "0", "1", "0"]);
	// Each organization's readable records are those that it can fetch.
	let readable = page.table("readable");
	let readable = |name: &str| -> u64 {
		let rows = readable.iter().filter(|row| row[0] == name);
		rows.map(|row| row[2].parse::<u64>().expect("a number")).sum()
	};
	for (name, cli) in [("funder-one", &funder), ("funder-two", &other), ("operator", &operator)] {
		let mut fetched = 0;
		for stream in ["invoices", contracts] {
			for entry in channel.json(&["query", "--stream", stream, "--json"]) {
				let out = file("out");
				fetched += u64::from(
					cli.run(&["fetch", &id_of(&entry, "recordId"), "-o", path(&out)])
						.status
						.success(),
				);
			}
		}
		assert_eq!(readable(name), fetched, "{name}");
	}
	assert_eq!((readable("funder-one"), readable("funder-two"), readable("operator")), (1, 2, 0));
	assert_eq!(page.row("index-views", "repayment-schedules"), ["24"]);
	assert!(page.has("genesis 0x") && page.has("Last block"));
	assert!(!page.has("<script") && !page.has("<b>contracts"));

	// Without an outbox, the report names the source of the missing figures; a period before the chain is empty.
	let page = report(&channel, &["activity"], &html);
	assert!(page.has("No outbox was given.") && !page.has("outbox-by-state"));
	let page = report(
		&channel,
		&["activity", "--from", "2020-02-01", "--to", "2020-02-29", "--outbox", path(&outbox)],
		&html,
	);
	assert!(page.has("Nothing happened in this period.") && !page.has("<svg"));
	assert_eq!(page.row("outbox-by-state", "Total"), ["0"]);
	let (_, message) = channel.refused(&[
		"report",
		"activity",
		"--from",
		"2026-03-02",
		"--to",
		"2026-03-01",
		"-o",
		path(&html),
	]);
	assert!(message.contains("ends before it begins"), "{message}");
	let none = file("none.outbox");
	let (_, message) =
		channel.refused(&["report", "activity", "--outbox", path(&none), "-o", path(&html)]);
	assert!(message.contains("there is no outbox") && !none.exists(), "{message}");

	// The same from the other side.
	let page = report(&other, &["activity"], &html);
	assert_eq!(page.row("grants-summary", "Received from others"), ["2", "0", "0", "0", "2"]);
	let appended = format!("{contracts} of channel-one");
	assert_eq!(page.row("uploads-by-stream", &appended)[..1], ["1"]);
	assert_eq!(page.row("partners-data", "channel-one"), ["0", "0", "0", "1"]);
	assert_eq!(page.row("requests-by-day", "Total"), ["2", "0"]);
}
