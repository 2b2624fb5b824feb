//! Prints every rule of the source tree that is broken, and fails if there is one.

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
	let root = std::env::args().nth(1);
	let root = root.map_or_else(|| PathBuf::from("."), PathBuf::from);
	match credio_tidy::check(&root) {
		Ok(findings) => {
			findings.iter().for_each(|finding| println!("{finding}"));
			if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
		},
		Err(error) => {
			eprintln!("error: {}: {error}", root.display());
			ExitCode::FAILURE
		},
	}
}
