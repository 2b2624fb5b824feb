//! What the end-to-end tests share: a real node of their own, and the `credio` command line against it.
//!
//! The tests run the binaries that the workspace's build leaves beside them, so build the workspace first
//! (`./scripts/test.sh` does).

use credio_client::Client;
use std::{
	fs::File,
	io::{BufRead, BufReader, Read, Write},
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus, Output, Stdio},
	sync::mpsc,
	time::Duration,
};
use tempfile::TempDir;

pub mod index;
pub mod lies;
pub mod neighbour;
pub mod network;
pub mod proxy;
pub mod raw;
pub mod scripts;
pub mod uploads;

/// How long a node may take until it serves JSON-RPC.
const START_LIMIT: Duration = Duration::from_secs(120);

/// Path of a binary that the workspace's build makes.
///
/// # Panics
///
/// If it was not built.
pub fn binary(name: &str) -> PathBuf {
	let test = std::env::current_exe().expect("a process knows its executable");
	let path = test
		.ancestors()
		.skip(1)
		.map(|folder| folder.join(name))
		.find(|path| path.is_file())
		.unwrap_or_else(|| panic!("{name} is not built: run ./scripts/test.sh"));
	path
}

/// Writes the raw specification of a chain, which the node knows by name or by file, to a file, and answers its path.
///
/// # Panics
///
/// If the node does not make it, or it cannot be written.
pub fn raw_specification(chain: &str, file: &Path) -> String {
	let output = Command::new(binary("credio-node"))
		.args(["build-spec", "--raw", "--chain", chain])
		.output()
		.expect("credio-node starts");
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	std::fs::write(file, output.stdout).expect("writable");
	uploads::path(file).to_owned()
}

/// Writes the specification of a development chain that starts with an earlier release of the runtime into a folder, and
/// returns its path.
///
/// # Panics
///
/// If the node does not make it, or it cannot be written.
pub fn chain_of_release(number: u32, folder: &Path) -> String {
	let output = Command::new(binary("credio-node"))
		.args(["build-spec", "--chain", "dev"])
		.output()
		.expect("credio-node starts");
	let mut spec: serde_json::Value =
		serde_json::from_slice(&output.stdout).expect("a specification");
	let code = Path::new(env!("CARGO_MANIFEST_DIR"))
		.join(format!("../../runtime/solo/releases/{number}.wasm"));
	let code = std::fs::read(code).expect("the release's runtime is kept");
	let genesis = &mut spec["genesis"]["runtimeGenesis"];
	genesis["code"] = serde_json::json!(format!("0x{}", hex::encode(code)));
	let file = folder.join("release.json");
	std::fs::write(&file, spec.to_string()).expect("writable");
	uploads::path(&file).to_owned()
}

/// Writes the raw specification of a chain that has the members, keys and validators of another, and a network id of its own.
///
/// # Panics
///
/// If the node does not make it, or it cannot be written.
pub fn specification_of_another_chain(chain: &str, file: &Path) -> String {
	let path = raw_specification(chain, file);
	let text = std::fs::read_to_string(file).expect("it was written");
	let mut specification: serde_json::Value = serde_json::from_str(&text).expect("JSON");
	let hash = |name: &str| hex::encode(sp_crypto_hashing::twox_128(name.as_bytes()));
	let key = format!("0x{}{}", hash("Governance"), hash("NetworkId"));
	let id = &mut specification["genesis"]["raw"]["top"][&key];
	assert!(id.is_string(), "the network id is in genesis");
	*id = format!("0x{}", "ee".repeat(32)).into();
	std::fs::write(file, specification.to_string()).expect("writable");
	path
}

/// A number that the environment can set.
pub fn number(variable: &str, default: usize) -> usize {
	std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// A development chain of its own: a node with a fresh database, on a port that the system chose.
pub struct Node {
	process: Child,
	folder: TempDir,
	port: u16,
	arguments: Vec<String>,
}

impl Node {
	/// Starts a node and waits until it serves JSON-RPC.
	///
	/// # Panics
	///
	/// If it does not within two minutes.
	pub fn start() -> Self {
		Self::start_with(&[])
	}

	/// As [`Node::start`], with further arguments.
	pub fn start_with(arguments: &[&str]) -> Self {
		Self::start_as(&["--dev"], arguments)
	}

	/// Starts a node of another chain than its own: a specification's file, or a name that the node knows.
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
			panic!("the node did not come up:\n{log}")
		});
		(process, port)
	}

	/// Kills the node as a power cut would, and starts it again on the same database.
	pub fn kill_and_restart(&mut self) {
		self.kill();
		self.restart();
	}

	/// Starts a node that has ended again, on the same database.
	pub fn restart(&mut self) {
		(self.process, self.port) = Self::spawn(self.folder.path(), &self.arguments);
	}

	/// Asks the node to stop, as a service manager does, and waits until it has.
	///
	/// # Panics
	///
	/// If it does not end well.
	pub fn stop(&mut self) {
		self.signal("-TERM");
		let status = self.process.wait().expect("it is a child");
		assert!(status.success(), "the node ended with {status}:\n{}", self.log());
	}

	/// Stops the node where it is, as a process that hangs: its connections stay open, and nothing comes from them.
	pub fn freeze(&self) {
		self.signal("-STOP");
	}

	/// Lets a node go on that was frozen.
	pub fn thaw(&self) {
		self.signal("-CONT");
	}

	fn signal(&self, signal: &str) {
		let pid = self.process.id().to_string();
		let told = Command::new("kill").args([signal, &pid]).status().expect("kill runs");
		assert!(told.success(), "kill {signal}: {told}");
	}

	/// Kills the node with SIGKILL.
	pub fn kill(&mut self) -> Option<ExitStatus> {
		self.process.kill().ok()?;
		self.process.wait().ok()
	}

	/// Its WebSocket address.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}

	/// Folder for whatever the test wants to keep as long as the node.
	pub fn folder(&self) -> &Path {
		self.folder.path()
	}

	/// Folder of the node's database.
	pub fn database(&self) -> PathBuf {
		self.folder.path().join("chain")
	}

	/// The most memory that it has held so far, in KiB; 0 if it does not run.
	pub fn peak_memory(&self) -> u64 {
		let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
		let status = status.unwrap_or_default();
		let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
		line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
	}

	/// What it has logged so far.
	pub fn log(&self) -> String {
		std::fs::read_to_string(self.folder.path().join("node.log")).unwrap_or_default()
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		self.kill();
	}
}

/// Copies the node's log to a file and tells the port once it is in it.
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

/// The `credio` command line of one of the example organizations.
pub struct Cli {
	node: String,
	vaults: PathBuf,
	organization: &'static str,
}

impl Cli {
	/// Writes the example organizations' vaults beside the node, and speaks for `organization`.
	pub fn new(node: &Node, organization: &'static str) -> Self {
		Self::at(node.url(), node.folder(), organization)
	}

	/// As [`Cli::new`], with a node at this address and the vaults in this folder.
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

	/// Makes a vault with new keys, for an organization or member that the chain does not know yet.
	///
	/// # Panics
	///
	/// If it cannot be made.
	pub fn with_new_vault(node: &Node, name: &'static str) -> Self {
		let cli = Self { organization: name, ..Self::new(node, "operator") };
		cli.ok(&["vault", "create"]);
		cli
	}

	/// The same organization, through another node.
	pub fn at_node(&self, node: &Node) -> Self {
		Self { node: node.url(), vaults: self.vaults.clone(), organization: self.organization }
	}

	/// The command with connection and vault set.
	pub fn command(&self, arguments: &[&str]) -> Command {
		let mut command = Command::new(binary("credio"));
		command
			.args(arguments)
			.env("CREDIO_NODE", &self.node)
			.env("CREDIO_VAULT", self.vaults.join(format!("{}.vault", self.organization)))
			.env("CREDIO_VAULT_PASSWORD_FILE", self.vaults.join("password"))
			.env("CREDIO_CONFIG", self.vaults.join("none.toml"))
			// The machines of a test network are all this one.
			.env("CREDIO_INSECURE", (!self.node.contains("//127.0.0.1:")).to_string())
			.stdin(Stdio::null());
		command
	}

	/// Runs a command to its end, whatever that is.
	pub fn run(&self, arguments: &[&str]) -> Output {
		self.command(arguments).output().expect("credio starts")
	}

	/// Runs a command that has to succeed, and answers its standard output.
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

	/// As [`Cli::ok`], for commands that print one JSON object a line.
	pub fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
		self.ok(arguments)
			.lines()
			.filter(|line| !line.trim().is_empty())
			.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
			.collect()
	}

	/// Makes session keys in the keystore of a running node, without its JSON-RPC, and sets them for this vault's
	/// account.
	///
	/// # Panics
	///
	/// If that fails.
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

	/// Runs a command that has to fail, and answers its exit code and what it said.
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

/// Waits until these are the validators.
///
/// # Panics
///
/// If the node cannot tell.
pub async fn until_active(client: &Client, expected: &[&str]) {
	loop {
		let validators = client.validators().await.expect("it answers");
		let active = validators.iter().filter(|one| one.active && one.chosen);
		let active = active.map(|one| one.account.to_string()).collect::<Vec<_>>();
		if active == expected && validators.len() == expected.len() {
			return;
		}
		client.wait_for_finality(0).await.expect("it goes on");
	}
}

/// Moments between a tenth of a second and that and `spread`, in an order without a pattern.
pub fn moment(n: usize, spread: Duration) -> Duration {
	let digest = sp_crypto_hashing::blake2_256(&n.to_le_bytes());
	let number = u64::from(u16::from_le_bytes([digest[0], digest[1]]));
	Duration::from_millis(
		100 + number % u64::try_from(spread.as_millis()).unwrap_or(u64::MAX).max(1),
	)
}

/// A command that runs in the background, and ends with this.
pub struct Running(Child);

impl Running {
	/// Starts it. What it prints is not kept.
	///
	/// # Panics
	///
	/// If it does not start.
	pub fn start(command: &mut Command) -> Self {
		Self(command.stdout(Stdio::null()).spawn().expect("it starts"))
	}

	/// Kills it with SIGKILL.
	///
	/// # Panics
	///
	/// If it has ended by itself.
	pub fn kill(mut self) {
		let ended = self.0.try_wait().expect("a process has a status");
		assert_eq!(ended, None, "it ended by itself");
		self.0.kill().expect("it runs");
		self.0.wait().expect("it ends");
	}
}

impl Drop for Running {
	fn drop(&mut self) {
		// It has ended already otherwise.
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
