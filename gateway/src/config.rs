//! The configuration: one TOML file, checked as a whole before anything starts.

use crate::credential::ApiKey;
use credio_client::ConnectOptions;
use credio_vault::ChainPin;
use serde::Deserialize;
use std::{
	collections::BTreeSet,
	fmt, fs,
	net::{IpAddr, Ipv4Addr, SocketAddr},
	path::{Path, PathBuf},
};

/// Where the gateway listens by default.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8480);

/// The configuration of a gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
	/// Address to listen at.
	#[serde(default = "listen")]
	pub listen: SocketAddr,
	/// Whether a proxy on this machine or in front of it ends TLS. Without one, only this machine may be listened on: keys and
	/// documents would cross the network in the clear.
	#[serde(default)]
	pub behind_tls_proxy: bool,
	/// WebSocket addresses of nodes; the first that responds is used.
	pub nodes: Vec<String>,
	/// The chain that every node must match.
	pub chain: Option<ChainPin>,
	/// Whether nodes beyond this machine may be reached without TLS, within a closed network.
	#[serde(default)]
	pub allow_plaintext_nodes: bool,
	/// The tenants.
	#[serde(default)]
	pub tenants: Vec<TenantConfig>,
}

/// The configuration of a tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
	/// Names it in logs and on the command line.
	pub name: String,
	/// Its vault's file.
	pub vault: PathBuf,
	/// File with the vault's password.
	pub password_file: PathBuf,
	/// Its outbox: a file, or `postgres://…`.
	pub outbox: String,
	/// Folder for large documents until they are final; readable by the gateway only.
	pub spool: PathBuf,
	/// Its object store: a folder, or `s3://bucket/prefix`. Without it, documents have at most 64 KiB.
	pub objects: Option<String>,
	/// Its API keys.
	#[serde(default)]
	pub keys: Vec<ApiKey>,
}

fn listen() -> SocketAddr {
	LISTEN
}

/// All faults of a configuration.
#[derive(Debug)]
pub struct Wrong(pub Vec<String>);

impl fmt::Display for Wrong {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0.join("\n"))
	}
}

impl std::error::Error for Wrong {}

impl Config {
	/// Reads and checks a file.
	///
	/// # Errors
	///
	/// [`Wrong`].
	pub fn read(file: &Path) -> Result<Self, Wrong> {
		let one = |error: &dyn fmt::Display| Wrong(vec![format!("{}: {error}", file.display())]);
		let text = fs::read_to_string(file).map_err(|error| one(&error))?;
		let config: Self = toml::from_str(&text).map_err(|error| one(&error))?;
		match config.problems() {
			problems if problems.is_empty() => Ok(config),
			problems => Err(Wrong(problems)),
		}
	}

	/// Returns how nodes are connected to.
	#[must_use]
	pub fn connect_options(&self) -> ConnectOptions {
		ConnectOptions { chain: self.chain, insecure: self.allow_plaintext_nodes }
	}

	/// Returns all that is wrong.
	fn problems(&self) -> Vec<String> {
		let mut problems = Vec::new();
		if !self.listen.ip().is_loopback() && !self.behind_tls_proxy {
			problems.push(format!(
				"listen: {} can be reached from elsewhere, without TLS: listen on 127.0.0.1, or set behind_tls_proxy = true",
				self.listen
			));
		}
		if self.nodes.is_empty() {
			problems.push("nodes: name at least one".into());
		}
		for node in &self.nodes {
			if let Err(error) = self.connect_options().check_address(node) {
				problems.push(format!("nodes: {}", error.with_hint()));
			}
		}
		if self.tenants.is_empty() {
			problems.push("tenants: name at least one".into());
		}
		let (mut names, mut keys, mut outboxes) =
			(BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
		for tenant in &self.tenants {
			let name = &tenant.name;
			let mut wrong = |what: String| problems.push(format!("tenant {name:?}: {what}"));
			if !names.insert(name) {
				wrong("another one has the same name".into());
			}
			if !outboxes.insert(&tenant.outbox) {
				wrong("another one has the same outbox".into());
			}
			for (what, file) in [("vault", &tenant.vault), ("password_file", &tenant.password_file)]
			{
				if let Err(error) = fs::File::open(file) {
					wrong(format!("{what}: {}: {error}", file.display()));
				}
			}
			for key in &tenant.keys {
				if !keys.insert(key.sha256) {
					wrong(format!("key {:?}: it stands twice", key.name));
				}
				if key.scopes.is_empty() {
					wrong(format!("key {:?}: without a scope it may do nothing", key.name));
				}
			}
		}
		problems
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const TENANT: &str = r#"
[[tenants]]
name = "acme"
vault = "/nowhere/acme.vault"
password_file = "/nowhere/password"
outbox = "acme.outbox"
spool = "spool"
"#;

	fn read(text: &str) -> Result<Config, String> {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("gateway.toml");
		fs::write(&file, text).unwrap();
		Config::read(&file).map_err(|wrong| wrong.to_string())
	}

	#[test]
	fn all_that_is_wrong_is_told_at_once() {
		let text = format!("listen = \"0.0.0.0:80\"\nnodes = [\"http://x\"]\n{TENANT}{TENANT}");
		let wrong = read(&text).unwrap_err();
		for expected in
			["listen: ", "nodes: ", "same name", "same outbox", "vault: ", "password_file: "]
		{
			assert!(wrong.contains(expected), "{expected:?} is missing in\n{wrong}");
		}
	}

	#[test]
	fn unknown_settings_are_refused() {
		let wrong = read(&format!("nodes = []\nlisten_at = 1\n{TENANT}")).unwrap_err();
		assert!(wrong.contains("listen_at"), "{wrong}");
		let text = "nodes = []\n[[tenants]]\nname = \"a\"\n[[tenants.keys]]\nname = \"k\"\nscopes = [\"all\"]\n";
		let wrong = read(text).unwrap_err();
		assert!(wrong.contains("all"), "{wrong}");
	}
}
