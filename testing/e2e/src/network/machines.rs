//! The machines of a network: names, addresses and wires.

use super::namespaces::{ip, run};
use crate::process::binary;
use std::{fs, process::Command};

/// The validators. Their keys are derived from these names.
pub const VALIDATORS: [&str; 4] = ["alice", "bob", "charlie", "dave"];

/// Number of the second process with the keys of the last validator, if there is one.
pub const TWIN: usize = VALIDATORS.len();

/// All validators.
pub const ALL: [usize; 4] = [0, 1, 2, 3];

pub(super) const RPC_PORT: u16 = 9944;
pub(super) const PEER_PORT: u16 = 30333;

/// Options of a network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
	/// Clocks can be shifted, with Debian's libfaketime.
	pub clocks: bool,
	/// A validator that has its database on a separate disk.
	pub disk: Option<usize>,
	/// The keys of the last validator can be run a second time, as [`TWIN`].
	pub twin: bool,
}

pub(super) fn url(n: usize) -> String {
	format!("ws://10.77.0.{}:{RPC_PORT}", n + 11)
}

pub(super) fn peer_ip(n: usize) -> String {
	format!("10.77.1.{}", n + 11)
}

/// Returns a fixed node key, so that peers know each other. It protects nothing.
pub(super) fn node_key(n: usize) -> String {
	format!("{:064x}", n + 1)
}

pub(super) fn peer_address(n: usize) -> String {
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

/// Returns the names of all machines.
pub(super) fn machines(options: Options) -> Vec<&'static str> {
	VALIDATORS.into_iter().chain(options.twin.then_some("twin")).collect()
}

/// Makes a bridge for RPC, a bridge per machine for peers, all of which join the first one, and a namespace for each machine
/// with a wire to both.
pub(super) fn make_wires(machines: &[&str]) {
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
