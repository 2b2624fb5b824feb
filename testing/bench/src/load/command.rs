//! The command `load`.

use super::{bench::Bench, organizations, plan::Plan, work::measure};
use crate::process::Watched;
use credio_client::Error;
use serde_json::json;

/// Arguments of `load`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
	/// WebSocket address of a node of a development chain
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	#[command(flatten)]
	plan: Plan,
	/// Connections to the node
	#[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
	connections: u32,
	#[command(flatten)]
	watched: Watched,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// Runs a plan, and prints the figures.
///
/// # Errors
///
/// If the node cannot be reached, or a request was lost, doubled or reordered.
pub(crate) async fn run(arguments: Arguments) -> Result<(), String> {
	let text = |error: Error| error.to_string();
	let bench = connect(&arguments.node, arguments.connections).await.map_err(text)?;
	let figures = measure(&bench, arguments.plan, &arguments.watched).await.map_err(text)?;
	if arguments.json {
		let mut printed = json!(figures);
		printed["kind"] = "load".into();
		println!("{printed}");
	} else {
		print!("{figures}");
	}
	match figures.broken() {
		0 => Ok(()),
		broken => Err(format!("{broken} were lost, doubled or reordered")),
	}
}

/// Connects an example organization.
///
/// # Errors
///
/// [`Error::Connect`], or the refusal of a council call if the chain is no development chain.
pub(crate) async fn connect(node: &str, connections: u32) -> Result<Bench, Error> {
	let benches = organizations::connect(node, 1, connections).await?;
	let none = || Error::Argument("there is no example organization".into());
	benches.into_iter().next().ok_or_else(none)
}
