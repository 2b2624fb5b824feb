//! `credio`: the command line of Credio.

// All output goes through `output`, which filters texts of others.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod document;
mod exit;
mod names;
mod options;
mod output;
mod proposal;
mod resolve;
mod secrets;
mod session;
mod stall;
mod table;
mod trusted;
mod values;

use clap::Parser;

#[tokio::main]
async fn main() {
	let given = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
	if let Err(refused) = secrets::check(given) {
		refused.parts().for_each(|part| output::note(&part));
		std::process::exit(refused.kind.code());
	}
	let code = match commands::run(commands::Cli::parse()).await {
		Ok(()) | Err(exit::Failure::Closed) => exit::OK,
		Err(failure) => {
			let explained = failure.explain();
			explained.parts().for_each(|part| output::note(&part));
			explained.kind.code()
		},
	};
	std::process::exit(code);
}
