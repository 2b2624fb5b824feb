//! `credio-bench`: measures a running network, and an index.

mod compare;
mod fill;
mod growth;
mod index;
mod invoices;
mod load;
mod lock;
mod mix;
mod plot;
mod postgres;
mod process;
mod verified;

use clap::{Parser, Subcommand};

/// Measures a running network under generated load. The network must have the example organizations.
#[derive(Debug, Parser)]
#[command(name = "credio-bench", version)]
struct Arguments {
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Submit transactions or reads of a profile, and report outcomes, rates and resource use
	#[command(
		after_help = "Examples:\n  credio-bench load --profile record:1024 --rate 50 --seconds 60\n  credio-bench load --profile records:64x64 --sign-ahead --count 2000"
	)]
	Load(load::Arguments),
	/// Submit different loads of many organizations at once
	#[command(after_help = "Example: credio-bench mix --organizations 20 --seconds 60")]
	Mix(mix::Arguments),
	/// Measure the cost of a record as a chain grows
	#[command(
		after_help = "Example: credio-bench growth --until 10000,100000 --organizations 20 --grants 10000 --database DIR"
	)]
	Growth(growth::Arguments),
	/// Compare records with remarks on the same node and with PostgreSQL, in turns
	Compare(compare::Arguments),
	/// Compare uploads through the SDK with verified reads and with a trusted node, in turns
	#[command(after_help = "Example: credio-bench verified --documents 2000 --concurrency 256")]
	Verified(verified::Arguments),
	/// Draw the --json output of load, mix, growth and compare
	#[command(after_help = "Example: credio-bench plot compare.json growth-*.json -o pictures")]
	Plot(plot::Arguments),
	/// Fill a development chain with made-up invoices
	#[command(
		after_help = "Example: credio-bench fill --node ws://127.0.0.1:9944 --records 100000"
	)]
	Fill(fill::Arguments),
	/// Fill an index with made-up invoices, without a node, and measure inserts and searches
	#[command(after_help = "Example: credio-bench index --rows 100000 --index /tmp/bench.index")]
	Index(index::Arguments),
}

#[tokio::main]
async fn main() {
	let outcome = match Arguments::parse().command {
		Command::Load(arguments) => load::run(arguments).await,
		Command::Mix(arguments) => mix::run(arguments).await,
		Command::Growth(arguments) => growth::run(arguments).await,
		Command::Compare(arguments) => compare::run(arguments).await,
		Command::Verified(arguments) => verified::run(arguments).await,
		Command::Plot(arguments) => plot::run(&arguments),
		Command::Fill(arguments) => fill::run(arguments).await,
		Command::Index(arguments) => index::run(arguments).await.map_err(|error| error.to_string()),
	};
	if let Err(error) = outcome {
		eprintln!("credio-bench: {error}");
		std::process::exit(1);
	}
}
