//! Separate namespaces for a test.
//!
//! The test runs again as the first process of new network, mount and process namespaces. Links, mounts and processes in
//! them end with it, so nothing is left on the machine, and concurrent runs do not interfere.

use std::{
	future::Future,
	io::{BufRead, BufReader, Write},
	process::{Command, Stdio},
};

/// Set for a test that runs in separate namespaces.
const INSIDE: &str = "CREDIO_INSIDE_NAMESPACES";

const HOW: &str = "the fault tests need network, mount and process namespaces (unshare); run them as root, or set \
	kernel.unprivileged_userns_clone=1 (and kernel.apparmor_restrict_unprivileged_userns=0 where it exists), or give the \
	container --privileged";

/// Runs the body of the test with this name in separate namespaces.
///
/// # Panics
///
/// If the body panics, or namespaces cannot be made.
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
	let output = process.stdout.take().expect("standard output is piped");
	let mut tests = 0;
	// Lines of the inner test harness are left out.
	for line in BufReader::new(output).lines().map_while(Result::ok) {
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
	// Lists the processes of this namespace.
	run(Command::new("mount").args(["-t", "proc", "proc", "/proc"]));
	ip(None, "link set lo up");
}

/// Runs a command that must succeed.
pub(super) fn run(command: &mut Command) {
	let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
	assert!(
		output.status.success(),
		"{command:?} failed: {}",
		String::from_utf8_lossy(&output.stderr)
	);
}

/// Returns a command that runs in a network namespace.
pub(super) fn within(namespace: &str, program: &str) -> Command {
	let mut command = Command::new("nsenter");
	command.arg(format!("--net=/run/netns/{namespace}")).arg(program);
	command
}

/// Runs commands of `ip`, one a line, in a network namespace; `None` is the test's.
pub(super) fn ip(namespace: Option<&str>, commands: &str) {
	let mut command = match namespace {
		Some(namespace) => within(namespace, "ip"),
		None => Command::new("ip"),
	};
	let mut process =
		command.args(["-batch", "-"]).stdin(Stdio::piped()).spawn().expect(
			"ip, of Debian's package iproute2, is installed; ./scripts/test.sh installs it",
		);
	let mut input = process.stdin.take().expect("standard input is piped");
	input.write_all(commands.as_bytes()).expect("ip reads");
	drop(input);
	assert!(process.wait().expect("it ends").success(), "ip failed:\n{commands}");
}
