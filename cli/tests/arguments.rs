//! Secrets in the arguments of a command.

use std::process::{Command, Output};

/// What the command line ends with if it makes no sense.
const USAGE: i32 = 2;

fn credio(arguments: &[&str]) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_credio"));
	command.args(arguments);
	command
}

fn said(output: &Output) -> String {
	[&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn a_password_of_a_database_in_the_arguments_is_refused_and_not_repeated() {
	let url = "postgres://acme:hunter2@127.0.0.1:1/acme";
	let joined = format!("--outbox={url}");
	for arguments in [
		&["outbox", "run", "--outbox", url][..],
		&["outbox", "run", &joined],
		&["upload", "--stream", "invoices", "--outbox", url, "invoice.json"],
		&["search", "--index", url, "invoices"],
		&["index", "serve", "--index", url, "--listen", "127.0.0.1:0"],
		// An error of the parser would repeat it.
		&["search", "--no-such-option", url],
	] {
		let output = credio(arguments).output().expect("it starts");
		let said = said(&output);
		assert_eq!(output.status.code(), Some(USAGE), "{arguments:?}: {said}");
		assert!(said.contains("PGPASSFILE") && !said.contains("hunter2"), "{said}");
	}
}

#[test]
fn a_password_of_a_database_in_the_environment_is_taken_and_not_repeated() {
	let url = "postgres://acme:hunter2@127.0.0.1:1/acme";
	let mut command = credio(&["search", "invoices"]);
	let output = command.env("CREDIO_INDEX", url).output().expect("it starts");
	let said = said(&output);
	// Nothing listens there.
	assert!(!output.status.success() && !said.contains("PGPASSFILE"), "{said}");
	assert!(!said.contains("hunter2"), "{said}");
}
