//! A node on a fresh chain.

use crate::process::binary;
use credio_client::Client;
use std::{
	fs::File,
	io::{BufRead, BufReader, Read, Write},
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus, Stdio},
	sync::mpsc,
	time::Duration,
};
use tempfile::TempDir;

/// Time limit for a node to serve JSON-RPC.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A node with a fresh database and a free port; by default on a development chain.
pub struct Node {
	process: Child,
	folder: TempDir,
	port: u16,
	arguments: Vec<String>,
}

impl Node {
	/// Starts a node, and waits until it serves JSON-RPC.
	///
	/// # Panics
	///
	/// If it does not within two minutes.
	pub fn start() -> Self {
		Self::start_with(&[])
	}

	/// Starts a node with further arguments.
	pub fn start_with(arguments: &[&str]) -> Self {
		Self::start_as(&["--dev"], arguments)
	}

	/// Starts a node of a chain given by name or by a specification's file.
	pub fn start_on(chain: &str, arguments: &[&str]) -> Self {
		Self::start_as(&["--chain", chain], arguments)
	}

	fn start_as(chain: &[&str], arguments: &[&str]) -> Self {
		let folder = tempfile::tempdir().expect("a temporary folder can be made");
		let arguments =
			chain.iter().chain(arguments).map(|one| (*one).to_owned()).collect::<Vec<_>>();
		let (process, port) = Self::spawn(folder.path(), &arguments);
		Self { process, folder, port, arguments }
	}

	fn spawn(folder: &Path, arguments: &[String]) -> (Child, u16) {
		let is_given = |argument: &str| arguments.iter().any(|one| one == argument);
		let port = if is_given("--listen-addr") { vec![] } else { vec!["--port", "0"] };
		let serves_metrics = is_given("--prometheus-port");
		let mut process = Command::new(binary("credio-node"))
			.args(["--no-telemetry", "--unsafe-force-node-key-generation"])
			.args(if is_given("--rpc-port") { &[][..] } else { &["--rpc-port", "0"][..] })
			.args(port)
			.args((!serves_metrics).then_some("--no-prometheus"))
			.args(["--no-mdns", "--base-path"])
			.arg(folder.join("chain"))
			.args(arguments)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(Stdio::piped())
			.spawn()
			.expect("credio-node starts");
		let errors = process.stderr.take().expect("standard error is piped");
		let log = File::options()
			.create(true)
			.append(true)
			.open(folder.join("node.log"))
			.expect("the log can be written");
		let (sender, receiver) = mpsc::channel();
		std::thread::spawn(move || copy_log(errors, log, &sender));
		let port = receiver.recv_timeout(START_LIMIT).unwrap_or_else(|_| {
			let log = std::fs::read_to_string(folder.join("node.log")).unwrap_or_default();
			panic!("the node did not start:\n{log}")
		});
		(process, port)
	}

	/// Kills the node with SIGKILL, and starts it again on the same database.
	pub fn kill_and_restart(&mut self) {
		self.kill();
		self.restart();
	}

	/// Starts an ended node again on the same database.
	pub fn restart(&mut self) {
		(self.process, self.port) = Self::spawn(self.folder.path(), &self.arguments);
	}

	/// Stops the node with SIGTERM, and waits for its end.
	///
	/// # Panics
	///
	/// If it fails.
	pub fn stop(&mut self) {
		self.signal("-TERM");
		let status = self.process.wait().expect("it is a child");
		assert!(status.success(), "the node ended with {status}:\n{}", self.log());
	}

	/// Suspends the node. Its connections stay open, but it sends nothing.
	pub fn freeze(&self) {
		self.signal("-STOP");
	}

	/// Resumes a suspended node.
	pub fn thaw(&self) {
		self.signal("-CONT");
	}

	fn signal(&self, signal: &str) {
		let pid = self.process.id().to_string();
		let status = Command::new("kill").args([signal, &pid]).status().expect("kill runs");
		assert!(status.success(), "kill {signal}: {status}");
	}

	/// Kills the node with SIGKILL.
	pub fn kill(&mut self) -> Option<ExitStatus> {
		self.process.kill().ok()?;
		self.process.wait().ok()
	}

	/// Returns its WebSocket address.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}

	/// Returns a folder that is kept as long as the node.
	pub fn folder(&self) -> &Path {
		self.folder.path()
	}

	/// Returns the folder of the node's database.
	pub fn database(&self) -> PathBuf {
		self.folder.path().join("chain")
	}

	/// Returns its peak memory in KiB; 0 if it does not run.
	pub fn peak_memory(&self) -> u64 {
		let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
		let status = status.unwrap_or_default();
		let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
		line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
	}

	/// Returns its log.
	pub fn log(&self) -> String {
		std::fs::read_to_string(self.folder.path().join("node.log")).unwrap_or_default()
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		self.kill();
	}
}

/// Copies the node's log to a file, and sends the port once the log contains it.
fn copy_log(errors: impl Read, mut log: File, port: &mpsc::Sender<u16>) {
	for line in BufReader::new(errors).lines() {
		let Ok(line) = line else { return };
		if writeln!(log, "{line}").is_err() {
			return;
		}
		if let Some(address) = line.split("Running JSON-RPC server: addr=").nth(1) {
			let number = address
				.split(',')
				.find_map(|address| address.trim().rsplit(':').next()?.parse().ok());
			if let Some(number) = number {
				let _ = port.send(number);
			}
		}
	}
}

/// Waits until these are the active validators.
///
/// # Panics
///
/// If the node does not respond.
pub async fn until_active(client: &Client, expected: &[&str]) {
	loop {
		let validators = client.validators().await.expect("the node responds");
		let active = validators.iter().filter(|one| one.active && one.chosen);
		let active = active.map(|one| one.account.to_string()).collect::<Vec<_>>();
		if active == expected && validators.len() == expected.len() {
			return;
		}
		client.wait_for_finality(0).await.expect("the subscription continues");
	}
}
