//! Scripts in JavaScript that use a chain through generic Substrate software.

use crate::repository;
use std::{
	fs::File,
	path::PathBuf,
	process::{Command, Output},
};

/// A folder of `scripts` with a `package.json` and its installed packages.
pub struct Scripts(PathBuf);

impl Scripts {
	/// Installs the packages of a folder's scripts, if needed. Concurrent tests wait for each other.
	///
	/// # Panics
	///
	/// If they cannot be installed.
	pub fn install(folder: &str) -> Self {
		let scripts = Self(repository().join("scripts").join(folder));
		let written =
			|path: &str| scripts.0.join(path).metadata().and_then(|file| file.modified()).ok();
		let lock_file =
			File::open(scripts.0.join("package-lock.json")).expect("it is part of the project");
		lock_file.lock().expect("it can be locked");
		// npm writes it last.
		if written("node_modules/.package-lock.json") < written("package-lock.json") {
			let output = scripts.output("npm", &["ci", "--no-audit", "--no-fund"]);
			assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		}
		scripts
	}

	/// Runs a script to its end, and returns its output.
	///
	/// # Panics
	///
	/// If Node.js is missing.
	pub fn run(&self, script: &str, arguments: &[&str]) -> Output {
		self.output("node", &[&[script], arguments].concat())
	}

	/// Runs a script that must succeed, and returns its line of JSON.
	///
	/// # Panics
	///
	/// If it fails.
	pub fn json(&self, script: &str, arguments: &[&str]) -> serde_json::Value {
		let output = self.run(script, arguments);
		let text = String::from_utf8_lossy(&output.stdout).into_owned();
		assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
		serde_json::from_str(text.trim()).expect("one line of JSON")
	}

	fn output(&self, program: &str, arguments: &[&str]) -> Output {
		Command::new(program)
			.args(arguments)
			.current_dir(&self.0)
			.output()
			.unwrap_or_else(|_| panic!("{program} is missing; ./scripts/test.sh installs it"))
	}
}
