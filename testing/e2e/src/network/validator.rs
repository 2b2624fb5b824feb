//! A validator of a network.

use super::{
	machines::{Options, PEER_PORT, RPC_PORT, VALIDATORS, node_key, peer_ip},
	namespaces::within,
};
use crate::process::binary;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	process::{Child, Stdio},
};

/// A validator.
#[derive(Debug)]
pub(super) struct Validator {
	name: &'static str,
	pub(super) folder: PathBuf,
	arguments: Vec<String>,
	/// Preloaded library that shifts its clock.
	clock: Option<PathBuf>,
	pub(super) process: Option<Child>,
}

impl Validator {
	pub(super) fn new(
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

	pub(super) fn shift_clock(&self, seconds: i32) {
		// By renaming, since the library may read the file at any time.
		let (file, new) = (self.folder.join("clock"), self.folder.join("clock.new"));
		fs::write(&new, format!("{seconds:+}s\n")).expect("writable");
		fs::rename(new, file).expect("writable");
	}

	pub(super) fn run(&self) -> Child {
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

/// Returns the path of Debian's libfaketime.
fn fake_clock() -> PathBuf {
	let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
	folders
		.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
		.find(|library| library.exists())
		.expect("Debian's package libfaketime is installed; ./scripts/test.sh installs it")
}
