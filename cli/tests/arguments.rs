//! Secrets in the arguments of a command.

use std::process::{Command, Output};

/// Exit code of a usage error.
const USAGE: i32 = 2;

fn credio(arguments: &[&str]) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_credio"));
	command.args(arguments);
	command
}

fn printed(output: &Output) -> String {
	[&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn database_password_in_arguments_is_rejected_and_not_repeated() {
	let url = "postgres://acme:hunter2@127.0.0.1:1/acme";
	let joined = format!("--outbox={url}");
	for arguments in [
		&["outbox", "run", "--outbox", url][..],
		&["outbox", "run", &joined],
		&["upload", "--stream", "invoices", "--outbox", url, "invoice.json"],
		&["search", "--index", url, "invoices"],
		&["index", "serve", "--index", url, "--listen", "127.0.0.1:0"],
		// An error of the parser would repeat the argument.
		&["search", "--no-such-option", url],
	] {
		let output = credio(arguments).output().expect("it starts");
		let text = printed(&output);
		assert_eq!(output.status.code(), Some(USAGE), "{arguments:?}: {text}");
		assert!(text.contains("PGPASSFILE") && !text.contains("hunter2"), "{text}");
	}
}

#[test]
fn database_password_in_environment_is_accepted_and_not_repeated() {
	let url = "postgres://acme:hunter2@127.0.0.1:1/acme";
	let mut command = credio(&["search", "invoices"]);
	let output = command.env("CREDIO_INDEX", url).output().expect("it starts");
	let text = printed(&output);
	// Nothing listens there.
	assert!(!output.status.success() && !text.contains("PGPASSFILE"), "{text}");
	assert!(!text.contains("hunter2"), "{text}");
}
