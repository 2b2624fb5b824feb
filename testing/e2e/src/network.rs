//! A network of four validators, each a process in a network namespace of its own, and what can befall it.
//!
//! Each validator has two wires: one to the other validators, which can be cut, and one by which it answers JSON-RPC,
//! which stays. So a partition parts the validators from each other, while an application reaches all of them.

mod namespaces;
mod observer;
mod rpc;

pub use namespaces::isolated;
pub use observer::{Observer, Told, View};
pub use rpc::Header;
use rpc::Rounds;

use crate::binary;
use credio_client::ConnectOptions;
use jsonrpsee::rpc_params;
use namespaces::{ip, run, within};
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus, Stdio},
	time::{Duration, Instant},
};
use tempfile::TempDir;

/// The validators, by the names that their keys are derived from.
pub const VALIDATORS: [&str; 4] = ["alice", "bob", "charlie", "dave"];

/// Number of the process that runs with the keys of the last validator a second time, where there is one.
pub const TWIN: usize = VALIDATORS.len();

/// All of them.
pub const ALL: [usize; 4] = [0, 1, 2, 3];

/// How long anything may take that is waited for.
pub const LIMIT: Duration = Duration::from_secs(300);

const RPC_PORT: u16 = 9944;
const PEER_PORT: u16 = 30333;

/// The network. It ends when this is dropped.
#[derive(Debug)]
pub struct Network {
	validators: Vec<Validator>,
	observer: Observer,
	folder: Option<TempDir>,
	options: Options,
	started: Instant,
}

/// One validator.
#[derive(Debug)]
struct Validator {
	name: &'static str,
	folder: PathBuf,
	arguments: Vec<String>,
	/// Preloaded library that shifts its clock.
	clock: Option<PathBuf>,
	process: Option<Child>,
}

/// What a network is made with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
	/// Clocks can be shifted, with Debian's libfaketime.
	pub clocks: bool,
	/// Validator whose database is on a disk of its own.
	pub disk: Option<usize>,
	/// The keys of the last validator can be run a second time, as [`TWIN`].
	pub twin: bool,
}

impl Network {
	/// Makes the wires and starts all validators. Answers when each finalizes blocks.
	///
	/// # Panics
	///
	/// If they do not.
	pub async fn start(options: Options) -> Self {
		let folder = tempfile::tempdir().expect("a temporary folder can be made");
		let machines = machines(options);
		make_wires(&machines);
		let peers = (0..machines.len()).map(peer_address).collect::<Vec<_>>();
		let validators = machines
			.iter()
			.enumerate()
			.map(|(n, name)| Validator::new(n, name, &peers, &folder.path().join(name), options))
			.collect::<Vec<_>>();
		let observer = Observer::new(&ALL.map(url));
		let mut network =
			Self { validators, observer, folder: Some(folder), options, started: Instant::now() };
		if let Some(n) = options.disk {
			let disk = network.database(n);
			run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=8G", "tmpfs"]).arg(disk));
		}
		ALL.into_iter().for_each(|n| network.spawn(n));
		network
			.until("four validators finalize blocks", |view| {
				view.nodes.iter().all(|node| node.finalized > 0)
			})
			.await;
		network
	}

	/// Addresses at which a node that joins the validators' own network reaches them.
	pub fn peers(&self) -> Vec<String> {
		ip(None, "address replace 10.77.1.1/24 dev peers0\n");
		ALL.map(peer_address).into()
	}

	/// JSON-RPC addresses of all validators.
	pub fn urls(&self) -> Vec<String> {
		ALL.map(url).into()
	}

	/// Folder for whatever the test wants to keep as long as the network.
	pub fn folder(&self) -> &Path {
		self.folder.as_ref().expect("it is there until the network is dropped").path()
	}

	/// Prints what happens, and when.
	pub fn say(&self, what: &str) {
		println!("{:7.1} s  {what}", self.started.elapsed().as_secs_f32());
	}

	/// Since when the network is being started.
	pub fn elapsed(&self) -> Duration {
		self.started.elapsed()
	}

	/// What the validators have told so far.
	pub fn observer(&self) -> &Observer {
		&self.observer
	}

	/// Waits until `predicate` holds for what the validators tell.
	///
	/// # Panics
	///
	/// If it does not within the limit, or two blocks of one height are final.
	pub async fn until(&self, what: &str, mut predicate: impl FnMut(&View) -> bool) {
		let since = Instant::now();
		let wait = async { while !self.observer.check_or_wait(&mut predicate).await {} };
		if tokio::time::timeout(LIMIT, wait).await.is_err() {
			let told = self
				.observer
				.view()
				.nodes
				.iter()
				.map(|n| (n.best, n.finalized))
				.collect::<Vec<_>>();
			panic!("not within {LIMIT:?}: {what}; best and finalized blocks: {told:?}");
		}
		self.say(&format!("{what} ({:.1} s)", since.elapsed().as_secs_f32()));
	}

	/// Waits until the best block of these validators has grown by `count`.
	pub async fn blocks(&self, nodes: &[usize], count: u32) {
		let goal = self.observer.view().best(nodes).saturating_add(count);
		self.until(&format!("{count} blocks made"), |view| view.best(nodes) >= goal).await;
	}

	/// Waits until each of these validators has finalized `count` blocks beyond what any has now.
	pub async fn finality(&self, nodes: &[usize], count: u32) {
		let goal = self.observer.view().highest_finalized().saturating_add(count);
		let names = nodes.iter().map(|n| VALIDATORS[*n]).collect::<Vec<_>>().join(", ");
		self.until(&format!("{count} more blocks final at {names}"), |view| {
			nodes.iter().all(|n| view.nodes[*n].finalized >= goal)
		})
		.await;
	}

	/// Waits until a validator has seen all four vote in one round of finality. One that was behind takes its time: it
	/// hears of the others' round when that changes, or within two minutes.
	///
	/// # Panics
	///
	/// If that is not within the limit.
	pub async fn all_vote(&self) {
		let since = Instant::now();
		loop {
			for n in ALL {
				let rounds: Option<Rounds> =
					rpc::ask(&url(n), "grandpa_roundState", rpc_params![]).await;
				if rounds.is_some_and(|rounds| rounds.have_all_prevotes()) {
					self.say(&format!("all vote ({:.1} s)", since.elapsed().as_secs_f32()));
					return;
				}
			}
			assert!(since.elapsed() < LIMIT, "one does not vote");
			// Nothing tells when a vote comes in.
			tokio::time::sleep(Duration::from_millis(50)).await;
		}
	}

	/// Starts a validator, with what it had before.
	pub fn spawn(&mut self, n: usize) {
		let validator = &mut self.validators[n];
		validator.process = Some(validator.run());
	}

	/// Kills a validator with SIGKILL.
	pub fn kill(&mut self, n: usize) {
		if let Some(mut process) = self.validators[n].process.take() {
			process.kill().and_then(|()| process.wait()).expect("a child can be killed");
		}
	}

	/// Waits until a validator has ended by itself, and answers how.
	pub async fn end(&mut self, n: usize) -> ExitStatus {
		let since = Instant::now();
		loop {
			let process = self.validators[n].process.as_mut().expect("it was started");
			if let Some(status) = process.try_wait().expect("a child has a status") {
				self.validators[n].process = None;
				return status;
			}
			assert!(since.elapsed() < LIMIT, "{} goes on", VALIDATORS[n]);
			// Nothing tells when a process ends, but its parent's asking.
			tokio::time::sleep(Duration::from_millis(100)).await;
		}
	}

	/// What a validator has logged.
	pub fn log(&self, n: usize) -> String {
		fs::read_to_string(self.validators[n].folder.join("log")).unwrap_or_default()
	}

	/// Folder of a validator's database.
	pub fn database(&self, n: usize) -> PathBuf {
		self.validators[n].folder.join("chain")
	}

	/// Gives the disk of a validator another size, which is not below what it uses.
	pub fn resize_disk(&self, n: usize, bytes: u64) {
		run(&mut self.remount(n, bytes));
	}

	/// Leaves nothing of a validator's disk.
	///
	/// The validator may write between the moment that its use is read and the one that the size is set, which is refused
	/// then. Such a size is tried again.
	pub fn fill_disk(&self, n: usize) {
		const TRIES: usize = 1000;
		let filled = (0..TRIES).any(|_| {
			let mut command = self.remount(n, self.disk_use(n));
			command.output().expect("mount starts").status.success()
		});
		assert!(filled, "the disk of {} grew at each of {TRIES} tries to fill it", VALIDATORS[n]);
	}

	fn remount(&self, n: usize, bytes: u64) -> Command {
		let mut command = Command::new("mount");
		command.args(["-o", &format!("remount,size={bytes}")]).arg(self.database(n));
		command
	}

	/// Bytes that are used on the disk of a validator.
	///
	/// # Panics
	///
	/// If they cannot be counted.
	pub fn disk_use(&self, n: usize) -> u64 {
		self.counted(n, "df", "--output=used")
	}

	/// Bytes that a validator's database takes on its disk.
	///
	/// # Panics
	///
	/// If they cannot be counted.
	pub fn database_size(&self, n: usize) -> u64 {
		self.counted(n, "du", "--summarize")
	}

	/// The number with which the last line begins that a program prints about a validator's database.
	fn counted(&self, n: usize, program: &str, what: &str) -> u64 {
		let mut command = Command::new(program);
		let output = command.args([what, "--block-size=1"]).arg(self.database(n)).output();
		let output = output.expect("the program starts").stdout;
		let text = String::from_utf8_lossy(&output);
		let number = text.lines().last().and_then(|line| line.split_whitespace().next());
		number.and_then(|number| number.parse().ok()).expect("it prints a number")
	}

	/// Bytes of memory that each validator holds of its own, without files that are mapped; 0 for one that does not run.
	pub fn memory(&self) -> Vec<u64> {
		let resident = |validator: &Validator| {
			let pid = validator.process.as_ref()?.id();
			let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
			let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
			Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
		};
		self.validators.iter().map(|validator| resident(validator).unwrap_or_default()).collect()
	}

	/// Shifts the clock of a validator, which it notices within a second.
	pub fn shift_clock(&self, n: usize, seconds: i32) {
		self.validators[n].shift_clock(seconds);
	}

	/// Parts the validators into groups that do not reach each other. Packets vanish without an answer.
	pub fn part(&self, groups: &[&[usize]]) {
		let moves = groups
			.iter()
			.enumerate()
			.flat_map(|(group, nodes)| {
				nodes.iter().map(move |n| format!("link set peer{n} master peers{group}\n"))
			})
			.collect::<String>();
		ip(None, &moves);
	}

	/// Lets all validators reach each other.
	pub fn heal(&self) {
		let all = (0..self.validators.len()).collect::<Vec<_>>();
		self.part(&[&all]);
	}

	/// Compares the chains of all validators: the same finalized blocks at all, which are those that they have told of
	/// before, and the same state. Answers the last block that is final at all.
	///
	/// # Panics
	///
	/// If they differ.
	pub async fn compare(&self) -> u32 {
		let last = {
			let view = self.observer.view();
			assert!(view.conflicts.is_empty(), "two finalized blocks: {:?}", view.conflicts);
			view.nodes.iter().map(|node| node.finalized).min().unwrap_or_default()
		};
		let mut chains = Vec::new();
		for n in ALL {
			let heights = (0..=last).collect::<Vec<_>>();
			let mut hashes = Vec::<Option<String>>::new();
			for heights in heights.chunks(1_000) {
				let answer: Option<Vec<_>> =
					rpc::ask(&url(n), "chain_getBlockHash", rpc_params![heights]).await;
				hashes.extend(answer.expect("the validator answers"));
			}
			let head = hashes.last().expect("there is a genesis block").clone();
			let header: Header = rpc::ask(&url(n), "chain_getHeader", rpc_params![head])
				.await
				.expect("the validator has the block");
			chains.push((hashes, header.state_root));
		}
		assert!(chains.iter().all(|chain| *chain == chains[0]), "the finalized chains differ");
		let view = self.observer.view();
		for (height, (hash, node)) in view.finalized.range(..=last) {
			let kept = chains[0].0[*height as usize].as_ref();
			assert_eq!(kept, Some(hash), "block {height} was final at {}", VALIDATORS[*node]);
		}
		last
	}
}

impl Drop for Network {
	fn drop(&mut self) {
		(0..self.validators.len()).for_each(|n| self.kill(n));
		if let Some(n) = self.options.disk {
			let _ = Command::new("umount").arg(self.database(n)).status();
		}
		if std::thread::panicking() {
			if let Some(folder) = self.folder.take() {
				eprintln!("the validators' logs are in {}", folder.keep().display());
			}
		}
	}
}

impl Validator {
	fn new(
		n: usize,
		name: &'static str,
		peers: &[String],
		folder: &Path,
		options: Options,
	) -> Self {
		let keys = VALIDATORS.get(n).or(VALIDATORS.last()).expect("there are four");
		fs::create_dir_all(folder.join("chain")).expect("writable");
		let mut arguments = vec![
			format!("--{keys}"),
			format!("--node-key={}", node_key(n)),
			format!("--listen-addr=/ip4/{}/tcp/{PEER_PORT}", peer_ip(n)),
			format!("--rpc-port={RPC_PORT}"),
			format!("--base-path={}", folder.join("chain").display()),
		];
		let fixed = "--chain=local --unsafe-rpc-external --rpc-methods=safe --rpc-cors=all --no-mdns --no-prometheus \
			--no-telemetry --reserved-nodes";
		if let Ok(targets) = std::env::var("CREDIO_NODE_LOG") {
			arguments.push(format!("--log={targets}"));
		}
		arguments.extend(fixed.split_whitespace().map(str::to_owned));
		let others = peers.iter().enumerate().filter(|(other, _)| *other != n);
		arguments.extend(others.map(|(_, peer)| peer.clone()));
		let validator = Self {
			name,
			folder: folder.into(),
			arguments,
			clock: options.clocks.then(fake_clock),
			process: None,
		};
		validator.shift_clock(0);
		validator
	}

	fn shift_clock(&self, seconds: i32) {
		// In one step: the library reads the file at any time.
		let (file, new) = (self.folder.join("clock"), self.folder.join("clock.new"));
		fs::write(&new, format!("{seconds:+}s\n")).expect("writable");
		fs::rename(new, file).expect("writable");
	}

	fn run(&self) -> Child {
		let log = File::options()
			.create(true)
			.append(true)
			.open(self.folder.join("log"))
			.expect("the log can be written");
		let mut command = within(self.name, "env");
		if let Some(library) = &self.clock {
			command
				.arg(format!("LD_PRELOAD={}", library.display()))
				.arg(format!("FAKETIME_TIMESTAMP_FILE={}", self.folder.join("clock").display()))
				.args(["FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"]);
		}
		command
			.arg(binary("credio-node"))
			.args(&self.arguments)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(log)
			.spawn()
			.expect("credio-node starts")
	}
}

/// How the validators of a network are connected to: its machines are all this one.
pub fn connect_options() -> ConnectOptions {
	ConnectOptions { insecure: true, ..ConnectOptions::default() }
}

fn url(n: usize) -> String {
	format!("ws://10.77.0.{}:{RPC_PORT}", n + 11)
}

fn peer_ip(n: usize) -> String {
	format!("10.77.1.{}", n + 11)
}

/// The same in each run, so that peers know each other. They protect nothing.
fn node_key(n: usize) -> String {
	format!("{:064x}", n + 1)
}

fn peer_address(n: usize) -> String {
	let key = tempfile::NamedTempFile::new().expect("a temporary file can be made");
	fs::write(key.path(), node_key(n)).expect("writable");
	let output = Command::new(binary("credio-node"))
		.args(["key", "inspect-node-key", "--file"])
		.arg(key.path())
		.output()
		.expect("credio-node starts");
	let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
	format!("/ip4/{}/tcp/{PEER_PORT}/p2p/{id}", peer_ip(n))
}

/// Debian's libfaketime.
fn fake_clock() -> PathBuf {
	let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
	folders
		.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
		.find(|library| library.exists())
		.expect("Debian's package libfaketime is installed: ./scripts/test.sh does that")
}

/// The names of all machines.
fn machines(options: Options) -> Vec<&'static str> {
	VALIDATORS.into_iter().chain(options.twin.then_some("twin")).collect()
}

/// A bridge for RPC, one a machine for the validators' own traffic, of which they share the first, and a namespace for each
/// machine with a wire to either.
fn make_wires(machines: &[&str]) {
	ip(None, "link add rpc type bridge\naddress add 10.77.0.1/24 dev rpc\nlink set rpc up\n");
	for (n, name) in machines.iter().enumerate() {
		run(Command::new("ip").args(["netns", "add", name]));
		ip(
			None,
			&format!(
				"link add peers{n} type bridge\nlink set peers{n} up\n\
				link add rpc{n} type veth peer name rpc netns {name}\nlink set rpc{n} master rpc up\n\
				link add peer{n} type veth peer name peers netns {name}\nlink set peer{n} up\n"
			),
		);
		ip(
			Some(name),
			&format!(
				"link set lo up\nlink set rpc up\nlink set peers up\n\
				address add 10.77.0.{}/24 dev rpc\naddress add {}/24 dev peers\n",
				n + 11,
				peer_ip(n)
			),
		);
	}
	let join = (0..machines.len()).map(|n| format!("link set peer{n} master peers0\n"));
	ip(None, &join.collect::<String>());
}
