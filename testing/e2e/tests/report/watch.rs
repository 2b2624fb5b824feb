//! Pages that are kept up to date.

use crate::report::page::{Page, path, sample};
use credio_e2e::{Cli, Node};
use std::{
	fs,
	io::{BufRead, BufReader},
	process::{Child, Command, Stdio},
};

/// A process that ends with the test.
pub(super) struct Watch(Child);

impl Watch {
	pub(super) fn start(mut command: Command) -> (Self, BufReader<std::process::ChildStdout>) {
		let mut process = command.stdout(Stdio::piped()).spawn().expect("credio starts");
		let lines = BufReader::new(process.stdout.take().expect("piped"));
		(Self(process), lines)
	}

	pub(super) fn interrupt(&mut self) {
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
pub(super) fn written(lines: &mut impl BufRead) {
	let mut line = String::new();
	lines.read_line(&mut line).expect("readable");
	assert!(line.contains("written"), "{line:?}");
}

#[test]
fn watched_page_is_rewritten_on_changes() {
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
	// Blocks without changes cause no new page: the next page is that of the upload.
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
	assert!(!page.has("http-equiv=\"refresh\""), "the page is final");
	assert_eq!(page.row("uploads-by-day", "Total")[..2], ["2", "2"]);
	let left = fs::read_dir(node.folder()).expect("readable").filter_map(Result::ok);
	assert!(!left.into_iter().any(|entry| path(&entry.path()).ends_with(".part")));
}
