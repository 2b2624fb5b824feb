//! The `credio` command line.

use crate::{
	node::Node,
	process::{binary, text},
};
use std::{
	path::{Path, PathBuf},
	process::{Command, Output, Stdio},
};

/// The `credio` command line of an example organization.
pub struct Cli {
	node: String,
	vaults: PathBuf,
	organization: &'static str,
}

impl Cli {
	/// Writes the example organizations' vaults beside the node, and acts for `organization`.
	pub fn new(node: &Node, organization: &'static str) -> Self {
		Self::at(node.url(), node.folder(), organization)
	}

	/// Acts for `organization` at a node's address, with the vaults in a folder.
	pub fn at(node: String, folder: &Path, organization: &'static str) -> Self {
		let vaults = folder.join("vaults");
		if !vaults.exists() {
			let made = Command::new(binary("credio"))
				.arg("dev-vaults")
				.arg(&vaults)
				.output()
				.expect("credio starts");
			assert!(made.status.success(), "{}", text(&made.stderr));
		}
		Self { node, vaults, organization }
	}

	/// Makes a vault with new keys, for a new organization or member.
	///
	/// # Panics
	///
	/// If it cannot be made.
	pub fn with_new_vault(node: &Node, name: &'static str) -> Self {
		let cli = Self { organization: name, ..Self::new(node, "operator") };
		cli.ok(&["vault", "create"]);
		cli
	}

	/// Returns the command line of the same organization at another node.
	#[must_use]
	pub fn at_node(&self, node: &Node) -> Self {
		Self { node: node.url(), vaults: self.vaults.clone(), organization: self.organization }
	}

	/// Returns the command with connection and vault set.
	pub fn command(&self, arguments: &[&str]) -> Command {
		let mut command = Command::new(binary("credio"));
		command
			.args(arguments)
			.env("CREDIO_NODE", &self.node)
			.env("CREDIO_VAULT", self.vaults.join(format!("{}.vault", self.organization)))
			.env("CREDIO_VAULT_PASSWORD_FILE", self.vaults.join("password"))
			.env("CREDIO_CONFIG", self.vaults.join("none.toml"))
			// All machines of a test network are this one.
			.env("CREDIO_INSECURE", (!self.node.contains("//127.0.0.1:")).to_string())
			.stdin(Stdio::null());
		command
	}

	/// Runs a command to its end, and returns its output.
	pub fn run(&self, arguments: &[&str]) -> Output {
		self.command(arguments).output().expect("credio starts")
	}

	/// Runs a command that must succeed, and returns its standard output.
	///
	/// # Panics
	///
	/// If it fails.
	pub fn ok(&self, arguments: &[&str]) -> String {
		let output = self.run(arguments);
		assert!(
			output.status.success(),
			"credio {} ended with {}:\n{}\n{}",
			arguments.join(" "),
			output.status,
			text(&output.stdout),
			text(&output.stderr)
		);
		text(&output.stdout)
	}

	/// Runs a command that must succeed, and returns the JSON objects that it prints, one a line.
	pub fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
		self.ok(arguments)
			.lines()
			.filter(|line| !line.trim().is_empty())
			.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
			.collect()
	}

	/// Makes session keys in the keystore of a running node, and sets them for this vault's account.
	///
	/// # Panics
	///
	/// If a command fails.
	pub fn set_session_keys(&self, node: &Node) {
		let shown = self.json(&["vault", "show", "--json"]).remove(0);
		let account = shown["account"].as_str().expect("SS58");
		let keystore = node.database().join("chains/credio-dev/keystore");
		let output = Command::new(binary("credio-node"))
			.args(["session-keys", "--account", account, "--keystore-path"])
			.arg(keystore)
			.output()
			.expect("credio-node starts");
		assert!(output.status.success(), "{}", text(&output.stderr));
		let printed = text(&output.stdout);
		let value = |name: &str| {
			let line = printed.lines().find_map(|line| line.strip_prefix(name));
			line.and_then(|line| line.split('"').nth(1)).expect("it is printed")
		};
		let (keys, proof) = (value("session_keys"), value("proof"));
		self.ok(&["validator", "set-keys", "--session-keys", keys, "--proof", proof]);
	}

	/// Runs a command that must fail, and returns its exit code and error output.
	///
	/// # Panics
	///
	/// If it succeeds.
	pub fn refused(&self, arguments: &[&str]) -> (i32, String) {
		let output = self.run(arguments);
		assert!(!output.status.success(), "credio {} succeeded", arguments.join(" "));
		(output.status.code().unwrap_or(-1), text(&output.stderr))
	}
}
