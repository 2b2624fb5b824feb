//! Binaries, processes, and parameters of the environment.

use std::{
	fs,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	time::Duration,
};

/// Returns the path of a binary of the workspace.
///
/// # Panics
///
/// If it was not built.
pub fn binary(name: &str) -> PathBuf {
	let test = std::env::current_exe().expect("a process knows its executable");

	test.ancestors()
		.skip(1)
		.map(|folder| folder.join(name))
		.find(|path| path.is_file())
		.unwrap_or_else(|| panic!("{name} is not built; run ./scripts/test.sh"))
}

/// Returns a path as an argument.
///
/// # Panics
///
/// If it is not UTF-8.
pub fn path(path: &Path) -> &str {
	path.to_str().expect("paths are UTF-8")
}

/// Returns the root of the checkout that is tested. Tests run in the folder of their package; the path at which they were
/// compiled may be that of another checkout, since all build into one folder.
///
/// # Panics
///
/// If the current folder is gone.
pub fn repository() -> PathBuf {
	fs::canonicalize("../..").expect("tests run in the folder of their package")
}

/// Returns the output of a program as text.
pub(crate) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// Returns a number from the environment, or the default.
pub fn number(variable: &str, default: usize) -> usize {
	std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Returns a pseudo-random duration between a tenth of a second and `spread` more.
pub fn moment(n: usize, spread: Duration) -> Duration {
	let digest = sp_crypto_hashing::blake2_256(&n.to_le_bytes());
	let number = u64::from(u16::from_le_bytes([digest[0], digest[1]]));
	Duration::from_millis(
		100 + number % u64::try_from(spread.as_millis()).unwrap_or(u64::MAX).max(1),
	)
}

/// A command in the background. It ends on drop.
pub struct Running(Child);

impl Running {
	/// Starts a command without keeping its output.
	///
	/// # Panics
	///
	/// If it does not start.
	pub fn start(command: &mut Command) -> Self {
		Self(command.stdout(Stdio::null()).spawn().expect("it starts"))
	}

	/// Kills the command with SIGKILL.
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
		// An error means that it has already ended.
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}
