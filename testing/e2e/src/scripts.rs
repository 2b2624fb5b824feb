//! Scripts in JavaScript, which use a chain by software that knows nothing of Credio.

use std::{
	fs::File,
	path::{Path, PathBuf},
	process::{Command, Output},
};

/// A folder of `scripts` with a `package.json`, whose packages are installed.
pub struct Scripts(PathBuf);

impl Scripts {
	/// Installs what the scripts in a folder need, unless it is there. Tests run at the same time, so one waits for another.
	///
	/// # Panics
	///
	/// If it cannot be installed.
	pub fn install(folder: &str) -> Self {
		let scripts =
			Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts").join(folder));
		let written =
			|path: &str| scripts.0.join(path).metadata().and_then(|file| file.modified()).ok();
		let lock_file =
			File::open(scripts.0.join("package-lock.json")).expect("it is part of the project");
		lock_file.lock().expect("it can be locked");
		// npm writes it when all is there.
		if written("node_modules/.package-lock.json") < written("package-lock.json") {
			let output = scripts.output("npm", &["ci", "--no-audit", "--no-fund"]);
			assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		}
		scripts
	}

	/// Runs a script to its end, whatever that is.
	///
	/// # Panics
	///
	/// If there is no Node.js.
	pub fn run(&self, script: &str, arguments: &[&str]) -> Output {
		self.output("node", &[&[script], arguments].concat())
	}

	/// Runs a script that has to succeed, and returns the line of JSON that it prints.
	///
	/// # Panics
	///
	/// If it fails.
	pub fn json(&self, script: &str, arguments: &[&str]) -> serde_json::Value {
		let output = self.run(script, arguments);
		let said = String::from_utf8_lossy(&output.stdout).into_owned();
		assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
		serde_json::from_str(said.trim()).expect("one line of JSON")
	}

	fn output(&self, program: &str, arguments: &[&str]) -> Output {
		Command::new(program)
			.args(arguments)
			.current_dir(&self.0)
			.output()
			.unwrap_or_else(|_| panic!("{program} is not there: ./scripts/test.sh installs it"))
	}
}
