//! `credio-bench`: measures a running network, and an index.

mod fill;
mod index;
mod invoices;
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
	/// Fill a development chain with made-up invoices
	#[command(
		after_help = "Example: credio-bench fill --node ws://127.0.0.1:9944 --records 100000"
	)]
	Fill(fill::Arguments),
	/// Fill an index with made-up invoices, without a node, and measure how fast they go in and are found
	#[command(after_help = "Example: credio-bench index --rows 100000 --index /tmp/bench.index")]
	Index(index::Arguments),
}

#[tokio::main]
async fn main() {
	let outcome = match Arguments::parse().command {
		Command::Latency(arguments) => latency::run(arguments).await,
		Command::Fill(arguments) => fill::run(arguments).await,
		Command::Index(arguments) => index::run(arguments).await.map_err(|error| error.to_string()),
	};
	if let Err(error) = outcome {
		eprintln!("credio-bench: {error}");
		std::process::exit(1);
	}
}
