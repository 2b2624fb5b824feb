//! A gateway for development, and calls to it with curl.

use crate::{Node, binary, process::path};
use serde_json::Value;
use std::{
	collections::HashMap,
	io::{BufRead, BufReader},
	path::Path,
	process::{Child, Command, Stdio},
};

/// Example organizations that it serves.
const TENANTS: usize = 4;

/// A gateway. It ends on drop.
pub struct Gateway {
	process: Child,
	url: String,
	keys: HashMap<String, String>,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
	/// The status.
	pub status: u16,
	/// The headers, with names in lower case.
	pub headers: HashMap<String, String>,
	/// The body.
	pub body: Vec<u8>,
}

impl Answer {
	/// Returns the body as JSON.
	///
	/// # Panics
	///
	/// If it is none.
	pub fn json(&self) -> Value {
		let text = String::from_utf8_lossy(&self.body);
		serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {text}"))
	}
}

impl Gateway {
	/// Starts a gateway in a folder, for a node.
	///
	/// # Panics
	///
	/// If it does not start.
	pub fn start(node: &Node, folder: &Path) -> Self {
		let mut process = Command::new(binary("credio-gateway"))
			.args(["dev", "--node", &node.url(), "--listen", "127.0.0.1:0"])
			.args(["--folder", path(folder)])
			.stdout(Stdio::piped())
			.spawn()
			.expect("credio-gateway starts");
		let stdout = process.stdout.take().expect("it is piped");
		let mut lines = BufReader::new(stdout).lines().map(|line| line.expect("it prints text"));
		let url = lines.next().expect("it prints where it listens");
		let keys = lines.by_ref().take(TENANTS).map(|line| {
			let (tenant, key) = line.split_once(' ').expect("a tenant and its key");
			(tenant.to_owned(), key.trim().to_owned())
		});
		let keys = keys.collect();
		Self { process, url, keys }
	}

	/// Kills it as a crash would.
	pub fn kill(&mut self) {
		let _ = self.process.kill();
		let _ = self.process.wait();
	}

	/// Returns the key of a tenant.
	///
	/// # Panics
	///
	/// If it is no example organization.
	pub fn key(&self, tenant: &str) -> &str {
		self.keys.get(tenant).unwrap_or_else(|| panic!("{tenant} has no key"))
	}

	/// Calls it for a tenant with curl. Content is given as curl takes it.
	///
	/// # Panics
	///
	/// If it does not answer.
	pub fn curl(&self, tenant: &str, method: &str, resource: &str, arguments: &[&str]) -> Answer {
		self.call(Some(self.key(tenant)), method, resource, arguments)
	}

	/// Calls it with a key, or without one.
	///
	/// # Panics
	///
	/// If it does not answer.
	pub fn call(
		&self,
		key: Option<&str>,
		method: &str,
		resource: &str,
		arguments: &[&str],
	) -> Answer {
		let mut curl = Command::new("curl");
		curl.args(["-sS", "-i", "-X", method, "--max-time", "120"]).args(arguments);
		if let Some(key) = key {
			curl.args(["-H", &format!("Authorization: Bearer {key}")]);
		}
		let output = curl.arg(format!("{}{resource}", self.url)).output().expect("curl starts");
		let said = String::from_utf8_lossy(&output.stderr);
		assert!(output.status.success(), "{method} {resource}: {said}");
		answer(&output.stdout)
	}
}

fn answer(mut output: &[u8]) -> Answer {
	loop {
		let end = output.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
		let head = String::from_utf8_lossy(&output[..end]);
		let mut lines = head.lines();
		let status = lines.next().and_then(|line| line.split(' ').nth(1));
		let status = status.and_then(|status| status.parse().ok()).expect("a status");
		let headers = lines.filter_map(|line| line.split_once(": "));
		let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
		let headers = headers.collect();
		output = &output[end + 4..];
		// The server asks for a large body to go on.
		if status != 100 {
			return Answer { status, headers, body: output.to_vec() };
		}
	}
}

impl Drop for Gateway {
	fn drop(&mut self) {
		self.kill();
	}
}
