//! Two gateways of one organization, with separate vaults, and two processes on each.

use credio_e2e::{Cli, Node};
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Child, Output, Stdio},
	thread,
	time::Duration,
};

const PASSWORD: &str = "of the second gateway";
/// Documents that each process uploads.
const DOCUMENTS: usize = 8;

/// The command line with the vault of one gateway.
struct Gateway<'a> {
	cli: &'a Cli,
	vault: PathBuf,
	password: PathBuf,
}

impl Gateway<'_> {
	fn start(&self, arguments: &[&str]) -> Child {
		let mut command = self.cli.command(arguments);
		command.env("CREDIO_VAULT", &self.vault).env("CREDIO_VAULT_PASSWORD_FILE", &self.password);
		command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("credio starts")
	}

	fn run(&self, arguments: &[&str]) -> Output {
		self.start(arguments).wait_with_output().expect("it ends")
	}

	fn ok(&self, arguments: &[&str]) -> Vec<Value> {
		let output = self.run(arguments);
		let message = String::from_utf8_lossy(&output.stderr);
		assert!(output.status.success(), "credio {}: {message}", arguments.join(" "));
		let lines = String::from_utf8(output.stdout).expect("UTF-8");
		lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
	}

	fn shown(&self, field: &str) -> String {
		text(&self.ok(&["vault", "show", "--json"])[0], field)
	}

	fn grant(&self, to: &str, purpose: &str) -> String {
		let given =
			self.ok(&["grant", "--stream", "invoices", "--to", to, "--purpose", purpose, "--json"]);
		text(&given[0], "grantId")
	}

	/// Hands its keys to another gateway.
	fn hand_keys_to(&self, other: &Gateway<'_>, file: &Path) {
		let file = path(file);
		self.ok(&[
			"vault",
			"export-keys",
			"--to",
			&other.shown("transferKey"),
			"-o",
			file,
			"--json",
		]);
		other.ok(&["vault", "import-keys", file, "--from", &self.shown("account"), "--json"]);
	}
}

fn text(value: &Value, field: &str) -> String {
	value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

fn path(path: &Path) -> &str {
	path.to_str().expect("UTF-8")
}

/// Files uploaded by this process only.
fn documents(folder: &Path, name: &str) -> Vec<String> {
	let one = |n| {
		let file = folder.join(format!("{name}-{n}.txt"));
		fs::write(&file, format!("document {n} of {name}")).expect("writable");
		path(&file).to_owned()
	};
	(0..DOCUMENTS).map(one).collect()
}

fn upload(files: &[String]) -> Vec<&str> {
	let files = files.iter().map(String::as_str);
	["upload", "--stream", "invoices", "--json"].into_iter().chain(files).collect()
}

#[test]
fn two_gateways_rotate_and_revoke_during_uploads() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	let folder = node.folder().to_owned();
	cli.ok(&["stream", "create", "invoices"]);
	let vaults = PathBuf::from(
		cli.command(&[]).get_envs().find(|(name, _)| *name == "CREDIO_VAULT").unwrap().1.unwrap(),
	);
	let one = Gateway { cli: &cli, password: vaults.with_file_name("password"), vault: vaults };
	let password = folder.join("second.password");
	fs::write(&password, PASSWORD).expect("writable");
	let two = Gateway { cli: &cli, vault: folder.join("second.vault"), password };

	// The second gateway makes a separate account on its machine, and receives the keys.
	two.ok(&["vault", "create", "--for-import", "--scheme", "ed25519", "--json"]);
	let account = two.shown("account");
	let roles = "admin,submitter,grantor";
	one.ok(&["org", "members", "--set", &account, "--roles", roles, "--json"]);
	let refused = two.run(&upload(&documents(&folder, "too-early")));
	assert!(!refused.status.success(), "without the organization's keys nothing is uploaded");
	one.hand_keys_to(&two, &folder.join("first.keys"));

	let grants = [one.grant("funder-one", "assess"), two.grant("funder-two", "assess")];

	// All at once: two processes on each upload, both rotate, twice on the same vault, and both revoke.
	let names = ["one-a", "one-b", "two-a", "two-b"];
	let files = names.map(|name| documents(&folder, name));
	let uploads = [(&one, 0), (&one, 1), (&two, 2), (&two, 3)]
		.map(|(gateway, number)| (gateway, number, gateway.start(&upload(&files[number]))));
	let rotate = ["vault", "rotate", "--json"];
	let rotations = [one.start(&rotate), two.start(&rotate), one.start(&rotate)];
	let revocations = [one.start(&["revoke", &grants[0]]), two.start(&["revoke", &grants[1]])];
	for rotation in rotations {
		let output = rotation.wait_with_output().expect("it ends");
		assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	}
	for revocation in revocations {
		// The grant ends at once; the next epoch may have to wait for the keys.
		let output = revocation.wait_with_output().expect("it ends");
		let message = String::from_utf8_lossy(&output.stderr);
		assert!(output.status.success() || message.contains("the grant is revoked"), "{message}");
	}
	// Both vaults hold keys of the chain, and each lacks those that the other has made.
	let current = one.ok(&["org", "keys", "--json"])[0]["keyVersion"].as_u64().expect("a number");
	assert_eq!(current, 3);
	one.hand_keys_to(&two, &folder.join("one.keys"));
	two.hand_keys_to(&one, &folder.join("two.keys"));
	for gateway in [&one, &two] {
		let shown = gateway.ok(&["vault", "show", "--json"]).remove(0);
		let versions = shown["encryptionKeys"].as_array().expect("keys");
		assert_eq!(versions.len(), 4, "{shown}");
		assert!(shown["pendingKey"].is_null(), "{shown}");
	}

	// Uploads at an epoch that their vault could not open yet are repeated, without duplicates.
	for (gateway, number, child) in uploads {
		let mut output = child.wait_with_output().expect("it ends");
		for _ in 0..5 {
			if output.status.success() {
				break;
			}
			thread::sleep(Duration::from_secs(1));
			output = gateway.run(&upload(&files[number]));
		}
		let message = String::from_utf8_lossy(&output.stderr);
		assert!(output.status.success(), "{}: {message}", names[number]);
	}

	// Both do everything: rotate, grant, revoke, upload, and read all that either has written.
	for (gateway, name) in [(&one, "one-last"), (&two, "two-last")] {
		gateway.ok(&["stream", "rotate", "invoices", "--json"]);
		let grant = gateway.grant("funder-one", name);
		gateway.ok(&upload(&documents(&folder, name)));
		gateway.ok(&["revoke", &grant, "--json"]);
	}
	let entries = one.ok(&["query", "--stream", "invoices", "--limit", "1000", "--json"]);
	assert_eq!(entries.len(), 6 * DOCUMENTS);
	for gateway in [&one, &two] {
		let mut texts = Vec::new();
		for entry in &entries {
			let output = folder.join("fetched");
			gateway.ok(&["fetch", &text(entry, "recordId"), "-o", path(&output), "--json"]);
			texts.push(fs::read_to_string(&output).expect("it was written"));
		}
		texts.sort();
		texts.dedup();
		assert_eq!(texts.len(), 6 * DOCUMENTS, "each document once");
	}
}
