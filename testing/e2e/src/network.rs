//! A network of four validators, each in a separate network namespace, and the faults that tests cause in it.
//!
//! Each validator has two wires: one to the other validators, which can be cut, and one for JSON-RPC, which stays. So a
//! partition separates the validators from each other, while an application reaches all of them.

mod machines;
mod namespaces;
mod observer;
mod rpc;
mod validator;

pub use machines::{ALL, Options, TWIN, VALIDATORS};
pub use namespaces::isolated;
pub use observer::{NodeView, Observer, View};
pub use rpc::Header;

use credio_client::ConnectOptions;
use jsonrpsee::rpc_params;
use machines::{machines, make_wires, peer_address, url};
use namespaces::{ip, run};
use rpc::Rounds;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, ExitStatus},
	time::{Duration, Instant},
};
use tempfile::TempDir;
use validator::Validator;

/// Time limit of every wait.
pub const LIMIT: Duration = Duration::from_secs(300);

/// The network. It ends on drop.
#[derive(Debug)]
pub struct Network {
	validators: Vec<Validator>,
	observer: Observer,
	folder: Option<TempDir>,
	options: Options,
	started: Instant,
}

impl Network {
	/// Makes the wires, starts all validators, and waits until each finalizes blocks.
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

	/// Returns the addresses of the validators for a node that joins their network.
	pub fn peers(&self) -> Vec<String> {
		ip(None, "address replace 10.77.1.1/24 dev peers0\n");
		ALL.map(peer_address).into()
	}

	/// Returns the JSON-RPC addresses of all validators.
	pub fn urls(&self) -> Vec<String> {
		ALL.map(url).into()
	}

	/// Returns a folder that is kept as long as the network.
	pub fn folder(&self) -> &Path {
		self.folder.as_ref().expect("the folder exists until the network is dropped").path()
	}

	/// Prints a message with the time.
	pub fn print(&self, what: &str) {
		println!("{:7.1} s  {what}", self.started.elapsed().as_secs_f32());
	}

	/// Returns the time since the start of the network.
	pub fn elapsed(&self) -> Duration {
		self.started.elapsed()
	}

	/// Returns the observer of the validators.
	pub fn observer(&self) -> &Observer {
		&self.observer
	}

	/// Waits until `predicate` holds for the validators' blocks.
	///
	/// # Panics
	///
	/// If it does not hold within the limit, or two blocks of one height are final.
	pub async fn until(&self, what: &str, mut predicate: impl FnMut(&View) -> bool) {
		let since = Instant::now();
		let wait = async { while !self.observer.check_or_wait(&mut predicate).await {} };
		if tokio::time::timeout(LIMIT, wait).await.is_err() {
			let blocks = self
				.observer
				.view()
				.nodes
				.iter()
				.map(|n| (n.best, n.finalized))
				.collect::<Vec<_>>();
			panic!("not within {LIMIT:?}: {what}; best and finalized blocks: {blocks:?}");
		}
		self.print(&format!("{what} ({:.1} s)", since.elapsed().as_secs_f32()));
	}

	/// Waits until the best block of these validators has grown by `count`.
	pub async fn blocks(&self, nodes: &[usize], count: u32) {
		let goal = self.observer.view().best(nodes).saturating_add(count);
		self.until(&format!("{count} blocks made"), |view| view.best(nodes) >= goal).await;
	}

	/// Waits until each of these validators has finalized `count` blocks beyond the highest finalized one.
	pub async fn finality(&self, nodes: &[usize], count: u32) {
		let goal = self.observer.view().highest_finalized().saturating_add(count);
		let names = nodes.iter().map(|n| VALIDATORS[*n]).collect::<Vec<_>>().join(", ");
		self.until(&format!("{count} more blocks final at {names}"), |view| {
			nodes.iter().all(|n| view.nodes[*n].finalized >= goal)
		})
		.await;
	}

	/// Waits until a validator has seen all four vote in one round of finality. A validator that was behind learns the
	/// others' round when it changes, or within two minutes.
	///
	/// # Panics
	///
	/// If the limit is exceeded.
	pub async fn all_vote(&self) {
		let since = Instant::now();
		loop {
			for n in ALL {
				let rounds: Option<Rounds> =
					rpc::ask(&url(n), "grandpa_roundState", rpc_params![]).await;
				if rounds.is_some_and(|rounds| rounds.have_all_prevotes()) {
					self.print(&format!("all vote ({:.1} s)", since.elapsed().as_secs_f32()));
					return;
				}
			}
			assert!(since.elapsed() < LIMIT, "a validator does not vote");
			// There is no notification of votes.
			tokio::time::sleep(Duration::from_millis(50)).await;
		}
	}

	/// Starts a validator on its existing data.
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

	/// Waits until a validator has ended by itself, and returns its exit status.
	pub async fn end(&mut self, n: usize) -> ExitStatus {
		let since = Instant::now();
		loop {
			let process = self.validators[n].process.as_mut().expect("it was started");
			if let Some(status) = process.try_wait().expect("a child has a status") {
				self.validators[n].process = None;
				return status;
			}
			assert!(since.elapsed() < LIMIT, "{} does not end", VALIDATORS[n]);
			// There is no notification when a process ends.
			tokio::time::sleep(Duration::from_millis(100)).await;
		}
	}

	/// Returns the log of a validator.
	pub fn log(&self, n: usize) -> String {
		fs::read_to_string(self.validators[n].folder.join("log")).unwrap_or_default()
	}

	/// Returns the folder of a validator's database.
	pub fn database(&self, n: usize) -> PathBuf {
		self.validators[n].folder.join("chain")
	}

	/// Resizes the disk of a validator. The size must not be below its use.
	pub fn resize_disk(&self, n: usize, bytes: u64) {
		run(&mut self.remount(n, bytes));
	}

	/// Leaves no free space on a validator's disk.
	///
	/// If the validator writes between the reading of its use and the resizing, the resizing fails and is tried again.
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

	/// Returns the bytes used on the disk of a validator.
	///
	/// # Panics
	///
	/// If they cannot be counted.
	pub fn disk_use(&self, n: usize) -> u64 {
		self.counted(n, "df", "--output=used")
	}

	/// Returns the bytes of a validator's database on its disk.
	///
	/// # Panics
	///
	/// If they cannot be counted.
	pub fn database_size(&self, n: usize) -> u64 {
		self.counted(n, "du", "--summarize")
	}

	/// Runs a program on a validator's database, and returns the first number of its last line.
	fn counted(&self, n: usize, program: &str, what: &str) -> u64 {
		let mut command = Command::new(program);
		let output = command.args([what, "--block-size=1"]).arg(self.database(n)).output();
		let output = output.expect("the program starts").stdout;
		let text = String::from_utf8_lossy(&output);
		let number = text.lines().last().and_then(|line| line.split_whitespace().next());
		number.and_then(|number| number.parse().ok()).expect("it prints a number")
	}

	/// Returns the bytes of memory of each validator, without mapped files; 0 for one that does not run.
	pub fn memory(&self) -> Vec<u64> {
		let resident = |validator: &Validator| {
			let pid = validator.process.as_ref()?.id();
			let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
			let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
			Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
		};
		self.validators.iter().map(|validator| resident(validator).unwrap_or_default()).collect()
	}

	/// Shifts the clock of a validator. It takes effect within a second.
	pub fn shift_clock(&self, n: usize, seconds: i32) {
		self.validators[n].shift_clock(seconds);
	}

	/// Partitions the validators into groups that cannot reach each other. Packets are dropped silently.
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

	/// Ends a partition.
	pub fn heal(&self) {
		let all = (0..self.validators.len()).collect::<Vec<_>>();
		self.part(&[&all]);
	}

	/// Compares the chains of all validators: all must have the same finalized blocks, as announced before, and the same
	/// state. Returns the last block that is final at all validators.
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
				let response: Option<Vec<_>> =
					rpc::ask(&url(n), "chain_getBlockHash", rpc_params![heights]).await;
				hashes.extend(response.expect("the validator responds"));
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
		if std::thread::panicking()
			&& let Some(folder) = self.folder.take()
		{
			eprintln!("the validators' logs are in {}", folder.keep().display());
		}
	}
}

/// Returns options for connections to validators. Plain connections are allowed, since all machines are this one.
pub fn connect_options() -> ConnectOptions {
	ConnectOptions { insecure: true, ..ConnectOptions::default() }
}
