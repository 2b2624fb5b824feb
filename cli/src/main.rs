//! `credio`: the command line of Credio.

mod arguments;
mod bundle_file;
mod commands;
mod exit;
mod output;
mod session;
mod standstill;
mod time;

use clap::Parser;

#[tokio::main]
async fn main() {
	let arguments = arguments::Arguments::parse();
	let code = match commands::run(arguments).await {
		Ok(()) => exit::OK,
		Err(failure) => {
			eprintln!("credio: {failure}");
			failure.code()
		},
	};
	std::process::exit(code);
}
