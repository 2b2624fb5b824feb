//! A PostgreSQL server of the test's own, which ends with it.

// Each of the tests that have this module uses a part of it.
#![allow(dead_code)]

use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

pub(super) struct Postgres {
	folder: tempfile::TempDir,
	programs: PathBuf,
}

impl Postgres {
	/// Starts one on a new Unix socket. The server does not run as root, so root's tests use another account.
	pub(super) fn start() -> Self {
		let programs = fs::read_dir("/usr/lib/postgresql")
			.expect("PostgreSQL is installed: ./scripts/test.sh does that")
			.filter_map(|entry| Some(entry.ok()?.path().join("bin")))
			.max()
			.expect("a version of PostgreSQL");
		let server = Self { folder: tempfile::tempdir().expect("a temporary folder"), programs };
		let folder = server.folder.path();
		if is_root() {
			let chown = Command::new("chown").arg("postgres").arg(folder).status();
			assert!(chown.expect("chown runs").success());
		}
		let mut initdb = server.program("initdb");
		run(initdb
			.args(["--auth=trust", "--username=credio", "--no-sync", "-D"])
			.arg(server.data()));
		server.serve("-c fsync=off");
		server
	}

	/// Restarts it as after a crash.
	pub(super) fn restart(&self) {
		let mut stop = self.program("pg_ctl");
		run(stop.args(["stop", "-m", "immediate", "-D"]).arg(self.data()));
		self.serve("-c fsync=off");
	}

	/// A copy of it that follows it, and for which its commits wait from now on.
	pub(super) fn replica(&self) -> Self {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let replica = Self { folder, programs: self.programs.clone() };
		if is_root() {
			let chown = Command::new("chown").arg("postgres").arg(replica.folder.path()).status();
			assert!(chown.expect("chown runs").success());
		}
		let mut copy = self.program("pg_basebackup");
		run(copy
			.args(["--write-recovery-conf", "--checkpoint=fast", "--username=credio", "--host"])
			.arg(self.folder.path())
			.arg("--pgdata")
			.arg(replica.data()));
		replica.serve("-c fsync=off -c hot_standby_feedback=on");
		self.run("ALTER SYSTEM SET synchronous_standby_names = '*'");
		self.run("ALTER SYSTEM SET synchronous_commit = 'remote_apply'");
		self.run("SELECT pg_reload_conf()");
		replica
	}

	/// Runs statements, as the owner of everything.
	pub(super) fn run(&self, sql: &str) {
		let mut psql = self.program("psql");
		run(psql
			.args(["--username=credio", "--dbname=postgres", "--set=ON_ERROR_STOP=1", "--host"])
			.arg(self.folder.path())
			.args(["--command", sql]));
	}

	fn serve(&self, settings: &str) {
		let folder = self.folder.path();
		let options = format!("-c listen_addresses= {settings} -k {}", folder.display());
		let mut start = self.program("pg_ctl");
		let log = self.data().join("log");
		run(start.args(["start", "-w", "-o", &options, "-l"]).arg(log).arg("-D").arg(self.data()));
	}

	pub(super) fn url(&self) -> String {
		let socket = self.folder.path().display().to_string().replace('/', "%2F");
		format!("postgres://credio@{socket}/postgres")
	}

	/// Returns the folder of its files.
	pub(super) fn data(&self) -> PathBuf {
		self.folder.path().join("data")
	}

	fn program(&self, name: &str) -> Command {
		let program = self.programs.join(name);
		let mut command = if is_root() {
			let mut command = Command::new("runuser");
			command.args(["-u", "postgres", "--"]).arg(program);
			command
		} else {
			Command::new(program)
		};
		command.current_dir(Path::new("/"));
		command
	}
}

impl Drop for Postgres {
	fn drop(&mut self) {
		let data = self.data();
		let mut stop = self.program("pg_ctl");
		stop.args(["stop", "-m", "immediate", "-D"]).arg(data).stdout(Stdio::null());
		let _ = stop.status();
	}
}

fn run(command: &mut Command) {
	let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
	assert!(status.expect("it runs").success(), "{command:?}");
}

fn is_root() -> bool {
	let id = Command::new("id").arg("-u").output().expect("id runs");
	id.stdout.starts_with(b"0\n")
}
