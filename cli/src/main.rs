//! `credio`: the command line of Credio.

// Texts of others are filtered in `output`, through which everything is printed.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod bundle_file;
mod commands;
mod exit;
mod output;
mod secrets;
mod session;
mod standstill;
mod time;

use clap::Parser;

#[tokio::main]
async fn main() {
	let given = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
	if let Err(refused) = secrets::check(given) {
		output::note(refused);
		std::process::exit(exit::USAGE);
	}
	let arguments = arguments::Arguments::parse();
	let code = match commands::run(arguments).await {
		Ok(()) => exit::OK,
		Err(failure) => {
			if !matches!(failure, exit::Failure::Closed) {
				output::note(&format!("credio: {}", failure.with_hint()));
			}
			failure.code()
		},
	};
	std::process::exit(code);
}
