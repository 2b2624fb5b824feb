//! Namespaces of a test's own, and the wires within them.
//!
//! The test runs again as the first process of new network, mount and process namespaces. Whatever it makes in there
//! (links, mounts, processes) ends with it, however it ends; nothing is left behind on the machine, and two runs do not
//! meet.

use std::{
	future::Future,
	io::{BufRead, BufReader, Write},
	process::{Command, Stdio},
};

/// Tells the test that it runs in namespaces of its own.
const INSIDE: &str = "CREDIO_INSIDE_NAMESPACES";

const HOW: &str = "The fault tests make network, mount and process namespaces (unshare), for which they need to be \
	root or to be allowed user namespaces: run them as root, or set kernel.unprivileged_userns_clone=1 (and \
	kernel.apparmor_restrict_unprivileged_userns=0 where there is such a thing), or give the container --privileged";

/// Runs the body of the test of that name in namespaces of its own.
///
/// # Panics
///
/// If the body does, or if there can be no namespaces.
pub fn isolated(test: &str, body: impl Future<Output = ()>) {
	if std::env::var_os(INSIDE).is_some() {
		set_up();
		return tokio::runtime::Builder::new_multi_thread()
			.enable_all()
			.build()
			.expect("a runtime can be made")
			.block_on(body);
	}
	let flags = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
	let user = ["--user", "--map-root-user"];
	let as_who = [&[][..], &user]
		.into_iter()
		.find(|as_who| {
			let tried = Command::new("unshare").args(*as_who).args(flags).arg("true").output();
			tried.is_ok_and(|output| output.status.success())
		})
		.unwrap_or_else(|| panic!("{HOW}"));
	let mut process = Command::new("unshare")
		.args(as_who)
		.args(flags)
		.arg(std::env::current_exe().expect("a process knows its executable"))
		.args(["--exact", test, "--nocapture"])
		.env(INSIDE, "1")
		.stdin(Stdio::null())
		.stdout(Stdio::piped())
		.spawn()
		.expect("unshare starts");
	let said = process.stdout.take().expect("standard output is piped");
	let mut tests = 0;
	// What the test harness says in there is of no interest.
	for line in BufReader::new(said).lines().map_while(Result::ok) {
		let harness = ["running 1 test", "test ", "failures:", "successes:", "    "];
		tests += usize::from(line == "running 1 test");
		if !line.trim().is_empty() && !harness.iter().any(|prefix| line.starts_with(prefix)) {
			println!("{line}");
		}
	}
	let status = process.wait().expect("it ends");
	assert!(status.success(), "{test} failed");
	assert_eq!(tests, 1, "there is no test {test}");
}

fn set_up() {
	run(Command::new("mount").args(["-t", "tmpfs", "tmpfs", "/run"]));
	// Processes are found there by their numbers in this namespace.
	run(Command::new("mount").args(["-t", "proc", "proc", "/proc"]));
	ip(None, "link set lo up");
}

/// Runs a command that has to succeed.
pub(super) fn run(command: &mut Command) {
	let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
	assert!(
		output.status.success(),
		"{command:?} failed: {}",
		String::from_utf8_lossy(&output.stderr)
	);
}

/// A command in one of the network namespaces.
pub(super) fn within(namespace: &str, program: &str) -> Command {
	let mut command = Command::new("nsenter");
	command.arg(format!("--net=/run/netns/{namespace}")).arg(program);
	command
}

/// Runs commands of `ip`, one a line, in a network namespace or, without one, in the test's own.
pub(super) fn ip(namespace: Option<&str>, commands: &str) {
	let mut command = match namespace {
		Some(namespace) => within(namespace, "ip"),
		None => Command::new("ip"),
	};
	let mut process = command
		.args(["-batch", "-"])
		.stdin(Stdio::piped())
		.spawn()
		.expect("ip, of Debian's package iproute2, is installed: ./scripts/test.sh does that");
	let mut input = process.stdin.take().expect("standard input is piped");
	input.write_all(commands.as_bytes()).expect("ip reads");
	drop(input);
	assert!(process.wait().expect("it ends").success(), "ip failed:\n{commands}");
}
