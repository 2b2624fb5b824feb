//! Reports: every figure is what was done.

use credio_e2e::{Cli, Node};
use roxmltree::{Document, ParsingOptions};
use std::{
	collections::BTreeMap,
	fs,
	io::{BufRead, BufReader},
	os::unix::fs::PermissionsExt,
	path::Path,
	process::{Child, Command, Stdio},
};

fn path(path: &Path) -> &str {
	path.to_str().expect("paths are UTF-8")
}

fn sample(name: &str) -> String {
	format!("{}/../samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A page, read as XML.
struct Page(String);

impl Page {
	fn read(file: &Path) -> Self {
		assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
		Self(fs::read_to_string(file).expect("readable"))
	}

	fn has(&self, text: &str) -> bool {
		self.0.contains(text)
	}

	/// Cells of a table's body and total.
	fn table(&self, id: &str) -> Vec<Vec<String>> {
		let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
		let document = Document::parse_with_options(&self.0, options).expect("well-formed");
		let is_it = |node: &roxmltree::Node<'_, '_>| {
			node.has_tag_name("table") && node.attribute("id") == Some(id)
		};
		let table = document.descendants().find(is_it);
		let table = table.unwrap_or_else(|| panic!("no table {id} in {}", self.0));
		let text = |cell: roxmltree::Node<'_, '_>| {
			cell.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect()
		};
		table
			.descendants()
			.filter(|node| node.has_tag_name("tr"))
			.filter(|row| row.parent().is_some_and(|parent| !parent.has_tag_name("thead")))
			.map(|row| row.children().filter(|cell| cell.is_element()).map(text).collect())
			.collect()
	}

	/// Rows of a table by their first cell.
	fn rows(&self, id: &str) -> BTreeMap<String, Vec<String>> {
		self.table(id).into_iter().map(|mut row| (row.remove(0), row)).collect()
	}

	fn row(&self, id: &str, name: &str) -> Vec<String> {
		let rows = self.rows(id);
		rows.get(name).unwrap_or_else(|| panic!("no {name} in {rows:?}")).clone()
	}
}

fn report(cli: &Cli, what: &[&str], file: &Path) -> Page {
	cli.ok(&[&["report"], what, &["-o", path(file)]].concat());
	Page::read(file)
}

/// The only access request that waits for an answer of this organization.
fn asked(owner: &Cli, purpose: &str) -> String {
	let pending = owner.json(&["access", "list", "--pending", "--json"]);
	let found = pending.iter().find(|request| request["purpose"] == purpose).expect("asked");
	found["accessRequestId"].as_str().expect("an id").to_owned()
}

fn id_of(line: &serde_json::Value, field: &str) -> String {
	line[field].as_str().unwrap_or_else(|| panic!("no {field} in {line}")).to_owned()
}

#[test]
fn an_activity_report_has_what_was_done_and_nothing_else() {
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
	// Into a stream that takes nothing any more: the outbox hears why.
	channel.ok(&["stream", "create", "old"]);
	channel.ok(&["stream", "seal", "old"]);
	let (_, said) =
		channel.refused(&["upload", "--stream", "old", "--outbox", path(&outbox), &documents[2]]);
	assert!(said.contains("not uploaded"), "{said}");
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
	let (_, said) = channel.refused(&["stream", "create", "invoices"]);
	assert!(said.contains("AlreadyExists"), "{said}");

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
	// Under the key epoch that the revocation opened, so the new grant covers it and none of the others.
	channel.ok(&["upload", "--stream", "invoices", "--outbox", path(&outbox), &schedule]);
	channel.ok(&[
		"grant",
		"--stream",
		contracts,
		"--to",
		"funder-one",
		"--purpose",
		"briefly",
		"--expires-in",
		"10",
	]);
	let holds = || {
		let held = channel.json(&["grants", "--to", "funder-one", "--active", "--json"]);
		held.iter().any(|grant| grant["purpose"] == "briefly")
	};
	while holds() {}
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
	// Three streams, one of them sealed, six uploads, an anchor, an answer each way, a revocation, and four grants that
	// nobody had asked for; one stream of a name that was taken, and one upload into a sealed one.
	assert_eq!(page.row("requests-by-day", "Total"), ["18", "2"]);
	let errors = page.rows("rejected-by-error");
	let expected = ["Anchor.AlreadyExists", "Anchor.StreamSealed"]
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
	let answer = |asked: &str| requests.iter().find(|row| row[2] == asked).expect("listed").clone();
	assert!(answer(purpose)[4].starts_with("approved"));
	let denied = answer("audit");
	assert!(
		denied[4].starts_with("denied") && denied[4].ends_with(": no contract yet"),
		"{denied:?}"
	);
	assert_eq!((answer("look")[4].as_str(), answer("look")[5].as_str()), ("open", "–"));
	let partners = page.rows("partners");
	assert_eq!(partners["funder-one"][..7], ["3", "2", "1", "1", "1", "0", "0"]);
	assert_eq!(partners["funder-two"][..7], ["2", "0", "2", "1", "0", "0", "1"]);
	assert_eq!(partners["operator"][..7], ["0", "0", "0", "1", "0", "1", "0"]);
	// What each may read is what each can fetch.
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

	// Without an outbox it says where these figures would come from; before the chain began nothing happened.
	let page = report(&channel, &["activity"], &html);
	assert!(page.has("No outbox was given.") && !page.has("outbox-by-state"));
	let page = report(
		&channel,
		&["activity", "--from", "2020-02-01", "--to", "2020-02-29", "--outbox", path(&outbox)],
		&html,
	);
	assert!(page.has("Nothing happened in this period.") && !page.has("<svg"));
	assert_eq!(page.row("outbox-by-state", "Total"), ["0"]);
	let (_, said) = channel.refused(&[
		"report",
		"activity",
		"--from",
		"2026-03-02",
		"--to",
		"2026-03-01",
		"-o",
		path(&html),
	]);
	assert!(said.contains("ends before it begins"), "{said}");
	let none = file("none.outbox");
	let (_, said) =
		channel.refused(&["report", "activity", "--outbox", path(&none), "-o", path(&html)]);
	assert!(said.contains("there is no outbox") && !none.exists(), "{said}");

	// The same from the other side.
	let page = report(&other, &["activity"], &html);
	assert_eq!(page.row("grants-summary", "Received from others"), ["2", "0", "0", "0", "2"]);
	let appended = format!("{contracts} of channel-one");
	assert_eq!(page.row("uploads-by-stream", &appended)[..1], ["1"]);
	assert_eq!(page.row("partners-data", "channel-one"), ["0", "0", "0", "1"]);
	assert_eq!(page.row("requests-by-day", "Total"), ["2", "0"]);
}

/// A process that ends with the test.
struct Watch(Child);

impl Watch {
	fn start(mut command: Command) -> (Self, BufReader<std::process::ChildStdout>) {
		let mut process = command.stdout(Stdio::piped()).spawn().expect("credio starts");
		let lines = BufReader::new(process.stdout.take().expect("piped"));
		(Self(process), lines)
	}

	fn interrupt(&mut self) {
		let pid = self.0.id().to_string();
		assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
		assert!(self.0.wait().expect("it is a child").success());
	}
}

impl Drop for Watch {
	fn drop(&mut self) {
		// It may have ended.
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

/// Waits until a page was written.
fn written(lines: &mut impl BufRead) {
	let mut line = String::new();
	lines.read_line(&mut line).expect("readable");
	assert!(line.contains("written"), "{line:?}");
}

#[test]
fn a_watched_page_is_written_anew_when_something_happened_until_it_is_ended() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "invoices"]);
	channel.ok(&["upload", "--stream", "invoices", &sample("invoice.json")]);
	let html = node.folder().join("activity.html");
	let command = channel.command(&["report", "activity", "--watch", "-o", path(&html)]);
	let (mut watch, mut lines) = Watch::start(command);
	written(&mut lines);
	let page = Page::read(&html);
	assert!(page.has("http-equiv=\"refresh\""));
	assert_eq!(page.row("uploads-by-day", "Total")[..2], ["1", "1"]);
	assert_eq!(page.row("requests-by-day", "Total"), ["2", "0"]);
	// Blocks in which nothing happened change nothing: the next page is that of the upload.
	for _ in 0..3 {
		channel.ok(&["grants"]);
	}
	channel.ok(&["upload", "--stream", "invoices", &sample("invoice-ubl.xml")]);
	written(&mut lines);
	let page = Page::read(&html);
	assert_eq!(page.row("uploads-by-day", "Total")[..2], ["2", "2"]);
	assert_eq!(page.row("requests-by-day", "Total"), ["3", "0"]);
	watch.interrupt();
	let page = Page::read(&html);
	assert!(!page.has("http-equiv=\"refresh\""), "nobody keeps it up to date any more");
	assert_eq!(page.row("uploads-by-day", "Total")[..2], ["2", "2"]);
	let left = fs::read_dir(node.folder()).expect("readable").filter_map(Result::ok);
	assert!(!left.into_iter().any(|entry| path(&entry.path()).ends_with(".part")));
}

/// Cents of an amount as documents write it.
fn cents(amount: &str) -> u64 {
	amount.replace('.', "").parse().expect("two fraction digits")
}

fn shown(cents: u64) -> String {
	let whole = (cents / 100).to_string();
	let groups: Vec<&str> = whole
		.as_bytes()
		.rchunks(3)
		.rev()
		.map(|group| std::str::from_utf8(group).unwrap())
		.collect();
	format!("{}.{:02}", groups.join(","), cents % 100)
}

const PAID_VIEW: &str = r#"
name = "loans"
stream = "*"
format = "csv"
when = [{ path = "paid on" }]
key = ["loan", "instalment"]

[[columns]]
name = "loan"
path = "loan"
type = "text"

[[columns]]
name = "instalment"
path = "instalment"
type = "integer"

[[columns]]
name = "due"
path = "due date"
type = "date"

[[columns]]
name = "payment"
path = "payment"
type = "decimal"

[[columns]]
name = "paidOn"
path = "paid on"
type = "date"

[[columns]]
name = "paid"
path = "paid"
type = "decimal"

[[columns]]
name = "isPaid"
path = "is paid"
type = "boolean"

[[columns]]
name = "currency"
path = "currency"
type = "text"
"#;

/// A loan of four instalments, one in another currency, one without a due date.
const LOAN: &str = "loan,instalment,due date,payment,paid on,paid,is paid,currency
L-1,1,2026-09-30,1000.00,2026-10-02,1000.00,true,EUR
L-1,2,2026-10-31,1000.00,,250.50,false,EUR
L-1,3,2026-11-23,1000.00,2026-12-01,,false,EUR
L-1,4,,1000.00,,,false,EUR
L-2,1,2026-08-24,70000.00,,,,SEK
";

#[test]
fn an_assets_report_adds_up_what_documents_say() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", "loans"]);
	let schedule = sample("repayment-schedule.csv");
	let loan = node.folder().join("loan.csv");
	fs::write(&loan, LOAN).expect("writable");
	channel.ok(&[
		"upload",
		"--stream",
		"loans",
		&schedule,
		&sample("invoice-ubl.xml"),
		path(&loan),
	]);
	let view = node.folder().join("loans.toml");
	fs::write(&view, PAID_VIEW).expect("writable");
	let index = node.folder().join("acme.index");
	let sync = || {
		channel.ok(&[
			"index",
			"sync",
			"--index",
			path(&index),
			"--views",
			&sample("views"),
			"--views",
			path(&view),
		])
	};
	sync();
	let html = node.folder().join("assets.html");
	let make = |arguments: &[&str]| {
		let all =
			["assets", "--index", path(&index), "--as-of", "2026-11-23", "--currency", "currency"];
		report(&channel, &[&all, arguments].concat(), &html)
	};

	// The sample, against what its file says when it is read as text.
	let text = fs::read_to_string(&schedule).expect("readable");
	let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
	let sum = |which: &dyn Fn(&str) -> bool| {
		rows.iter().filter(|row| which(row[2])).map(|row| cents(row[6])).sum::<u64>()
	};
	let (due, overdue) = (sum(&|_| true), sum(&|day| day < "2026-11-23"));
	let page = make(&["repayment-schedules", "--due", "dueDate", "--amount", "payment"]);
	assert!(page.has("everything counts as open"));
	let totals = page.row("totals", "EUR");
	assert_eq!(totals[..5], ["12", &shown(due), "0.00", &shown(due), &shown(overdue)]);
	for row in &rows {
		let month = page.row("by-month-0", &row[2][..7]);
		let late = if row[2] < "2026-11-23" { row[6] } else { "0" };
		let late = if late == "0" { "0.00".into() } else { shown(cents(late)) };
		assert_eq!(month, ["1", &shown(cents(row[6])), "0.00", &shown(cents(row[6])), &late]);
	}
	assert_eq!(page.table("largest-0").len(), 3);
	assert_eq!(page.table("largest-0")[0][..3], ["RL-2026-0055 · 1", "2026-09-01", "83"]);

	// What is paid, told by a day, an amount and a flag.
	let loans = ["loans", "--due", "due", "--amount", "payment"];
	let page = make(&[&loans[..], &["--paid", "paidOn"]].concat());
	assert_eq!(
		page.row("totals", "EUR"),
		["3", "3,000.00", "1,000.00", "2,000.00", "1,000.00", "33.3 %"]
	);
	assert_eq!(
		page.row("totals", "SEK")[..5],
		["1", "70,000.00", "0.00", "70,000.00", "70,000.00"]
	);
	assert_eq!(page.row("apart", "EUR"), ["1,000.00 in 1", "1,000.00", "0", "–", "–"]);
	assert_eq!(
		page.row("by-age-0", "not due"),
		["1", "1,000.00", "50.0 %"],
		"due today is not overdue"
	);
	assert_eq!(page.row("by-age-0", "1–30 days"), ["1", "1,000.00", "50.0 %"]);
	assert_eq!(page.row("by-age-1", "over 90 days"), ["1", "70,000.00", "100.0 %"]);
	let page = make(&[&loans[..], &["--paid", "paid"]].concat());
	assert_eq!(page.row("totals", "EUR")[..5], ["3", "3,000.00", "1,250.50", "1,749.50", "749.50"]);
	let page = make(&[&loans[..], &["--paid", "isPaid", "--where", "loan = \"L-1\""]].concat());
	assert_eq!(page.table("totals").len(), 1);
	assert_eq!(
		page.row("totals", "EUR")[..5],
		["3", "3,000.00", "1,000.00", "2,000.00", "1,000.00"]
	);
	let page = make(&["invoices-ubl", "--due", "dueDate", "--amount", "amount"]);
	assert_eq!(page.row("totals", "EUR")[..2], ["1", "2,747.82"]);
	// What cannot be used is refused, with what could be.
	let refused = |arguments: &[&str]| {
		let all = ["report", "assets", "--index", path(&index), "-o", path(&html)];
		channel.refused(&[&all, arguments].concat()).1
	};
	assert!(refused(&["loans", "--due", "loan", "--amount", "payment"])
		.contains("a date or a timestamp"));
	assert!(refused(&["loans", "--due", "due", "--amount", "payments"]).contains("it has"));
	assert!(refused(&["loan", "--due", "due", "--amount", "payment"]).contains("loans"));

	// Watched: paid in a newer document, which replaces the row.
	let all = [
		"report",
		"assets",
		"--index",
		path(&index),
		"--as-of",
		"2026-11-23",
		"--watch",
		"-o",
		path(&html),
	];
	let command = channel
		.command(&[&all, &loans[..], &["--paid", "paidOn", "--currency", "currency"]].concat());
	let (mut watch, mut lines) = Watch::start(command);
	written(&mut lines);
	assert!(Page::read(&html).has("http-equiv=\"refresh\""));
	let header = LOAN.lines().next().expect("a header");
	fs::write(&loan, format!("{header}\nL-1,2,2026-10-31,1000.00,2026-11-20,,,EUR\n"))
		.expect("writable");
	channel.ok(&["upload", "--stream", "loans", path(&loan)]);
	sync();
	written(&mut lines);
	assert_eq!(
		Page::read(&html).row("totals", "EUR")[..5],
		["3", "3,000.00", "2,000.00", "1,000.00", "0.00"]
	);
	watch.interrupt();
}
