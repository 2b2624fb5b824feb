//! `credio-bench`: measures a running network.

mod latency;

use clap::{Parser, Subcommand};

/// Measures a running network with load that is made for it. The network has to have the example organizations.
#[derive(Debug, Parser)]
#[command(name = "credio-bench", version)]
struct Arguments {
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Upload at a steady rate, and measure from submitting to finality
	#[command(
		after_help = "Example: credio-bench latency --node ws://127.0.0.1:9944 --rate 50 --seconds 60 --size 1024"
	)]
	Latency(latency::Arguments),
}

#[tokio::main]
async fn main() {
	let outcome = match Arguments::parse().command {
		Command::Latency(arguments) => latency::run(arguments).await,
	};
	if let Err(error) = outcome {
		eprintln!("credio-bench: {error}");
		std::process::exit(1);
	}
}
