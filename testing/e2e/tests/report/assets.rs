//! The performance of assets.

use crate::report::{
	page::{Page, path, report, sample},
	watch::{Watch, written},
};
use credio_e2e::{Cli, Node};
use std::fs;

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
		.map(|group| std::str::from_utf8(group).expect("digits"))
		.collect();
	format!("{}.{:02}", groups.join(","), cents % 100)
}

const PAID_VIEW: &str = r#"
name = "plain-loans"
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
fn assets_report_adds_up_documents() {
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

	// The sample, against the values in its text.
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

	// Paid assets, by a date, an amount and a flag.
	let loans = ["plain-loans", "--due", "due", "--amount", "payment"];
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
	// Invalid columns are rejected, and valid ones are listed.
	let refused = |arguments: &[&str]| {
		let all = ["report", "assets", "--index", path(&index), "-o", path(&html)];
		channel.refused(&[&all, arguments].concat()).1
	};
	assert!(
		refused(&["plain-loans", "--due", "loan", "--amount", "payment"])
			.contains("a date or a timestamp")
	);
	assert!(refused(&["plain-loans", "--due", "due", "--amount", "payments"]).contains("it has"));
	assert!(refused(&["loan", "--due", "due", "--amount", "payment"]).contains("loans"));

	// With watch: paid in a newer document, which replaces the row.
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
