//! `credio outbox`.

pub(super) mod upload;
mod worker;

use crate::{
	exit::Failure,
	options::OutboxOptions,
	output, resolve,
	session::Session,
	table::{Cell, ID, Rows, Table, head, wide},
	values::{id::IdArg, time},
};
use clap::{Args, Subcommand};
use credio_client::primitives::RequestKey;
use credio_outbox::{Enqueued, Listed, Outbox};
use serde_json::json;
use std::{
	io::Write,
	path::{Path, PathBuf},
};

/// Outcomes read from the database at once.
const PAGE: u32 = 256;

/// Outboxes: stored requests, and their outcomes
#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
	Run(RunArgs),
	List(ListArgs),
	Retry(RetryArgs),
	Export(ExportArgs),
}

/// Send the stored items, and follow them until they are decided
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio outbox run --outbox acme.outbox\n  credio outbox run --outbox postgres://localhost/acme --more-nodes wss://node.example"
)]
pub(super) struct RunArgs {
	#[command(flatten)]
	outbox: OutboxOptions,
	/// End once all items are decided, instead of waiting for more
	#[arg(long)]
	until_decided: bool,
	/// Further nodes, tried in turn when the first one goes away
	#[arg(long, value_name = "URL")]
	more_nodes: Vec<String>,
}

/// List the stored items, and their outcomes
#[derive(Debug, Args)]
#[command(after_help = "Example: credio outbox list --outbox acme.outbox --state expired")]
pub(super) struct ListArgs {
	#[command(flatten)]
	outbox: OutboxOptions,
	/// Only items in this state: waiting, sending, applied, rejected, expired, undetermined
	#[arg(long)]
	state: Option<String>,
}

/// Retry an item that ended without being applied, under a new key
#[derive(Debug, Args)]
#[command(after_help = "Example: credio outbox retry 0x52c7d8e9…1a9b --outbox acme.outbox")]
pub(super) struct RetryArgs {
	/// Key of the request
	key: IdArg<RequestKey>,
	#[command(flatten)]
	outbox: OutboxOptions,
}

/// Write all outcomes in their order, one JSON object a line
#[derive(Debug, Args)]
#[command(after_help = "Example: credio outbox export --outbox acme.outbox -o outcomes.jsonl")]
pub(super) struct ExportArgs {
	#[command(flatten)]
	outbox: OutboxOptions,
	/// File to write; - for standard output
	#[arg(short, long, value_name = "FILE")]
	output: PathBuf,
	/// Only outcomes after this number
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	after: i64,
}

/// Runs a command on outboxes.
pub(super) async fn run(session: &Session, command: OutboxCommand) -> Result<(), Failure> {
	match command {
		OutboxCommand::Run(args) => send(session, args).await,
		OutboxCommand::List(ListArgs { outbox, state }) => {
			let state = state.map(|name| name.parse()).transpose()?;
			let outbox = worker::open(session, &outbox.outbox).await?;
			let items = resolve::outbox_items(&outbox, state).await?;
			session.format().items(&items, || table(&items))
		},
		OutboxCommand::Retry(RetryArgs { key, outbox }) => {
			let outbox = worker::open(session, &outbox.outbox).await?;
			let key = resolve::request(&outbox, key).await?;
			let Enqueued { request_key, record_id, state, .. } = outbox.retry(key).await?;
			output::item(
				session.json,
				&json!({ "requestKey": request_key, "recordId": record_id, "state": state }),
				&[
					("request key", request_key.to_string()),
					("record", output::or_dash(record_id)),
					("state", state.name().into()),
				],
			)
		},
		OutboxCommand::Export(ExportArgs { outbox, output, after }) => {
			let outbox = worker::open(session, &outbox.outbox).await?;
			export(&outbox, &output, after).await
		},
	}
}

/// Sends the stored items, and prints each outcome.
async fn send(session: &Session, args: RunArgs) -> Result<(), Failure> {
	let outbox = worker::open(session, &args.outbox.outbox).await?;
	let settings = worker::settings(session, args.more_nodes)?;
	let node_count = settings.nodes.len();
	let nodes = outbox.nodes();
	let mut outcomes = outbox.outcomes_from_now().await?;
	if !session.json {
		output::ignore_closed(output::line(&rows(session.format().wide).head()))?;
	}
	let work = async {
		if args.until_decided {
			return outbox.run_until_decided(settings).await;
		}
		let stop = async {
			// Without a handler the system ends the process, which loses nothing either.
			let _ = tokio::signal::ctrl_c().await;
		};
		outbox.run(settings, stop).await
	};
	let printing = async {
		loop {
			print_outcome(session, &outcomes.next().await?.item)?;
		}
	};
	tokio::select! {
		result = work => result?,
		result = printing => return result,
		never = worker::print_nodes(nodes, node_count, output::note) => match never {},
	}
	// The outcomes that were not printed yet when the work ended.
	while let Some(outcome) = outcomes.try_next().await? {
		print_outcome(session, &outcome.item)?;
	}
	Ok(())
}

const fn rows(is_wide: bool) -> Rows<3> {
	Rows::new([("request key", ID), ("state", 12), ("problem", 0)], is_wide)
}

/// Prints how an item ended. Sending continues if nobody reads it.
fn print_outcome(session: &Session, item: &Listed) -> Result<(), Failure> {
	output::ignore_closed(if session.json {
		output::json_line(item)
	} else {
		output::line(&rows(session.format().wide).row(&[
			Cell::id(&item.request_key),
			Cell::value(item.state.name()),
			Cell::text(item.problem.as_deref().unwrap_or_default()),
		]))
	})
}

fn table(items: &[Listed]) -> Table {
	let heads = [
		head("request key"),
		head("state"),
		head("lane"),
		head("position"),
		head("expires at"),
		head("outcome"),
		head("problem"),
		wide("record"),
		wide("stored (UTC)"),
		wide("ended (UTC)"),
	];
	let minute = |moment: Option<i64>| {
		Cell::optional(moment.and_then(|moment| u64::try_from(moment).ok()).map(time::minute))
	};
	Table::of(heads, items, |item| {
		[
			Cell::id(&item.request_key),
			Cell::value(item.state.name()),
			Cell::optional(item.lane),
			Cell::optional(item.position),
			Cell::optional(item.expires_at),
			Cell::optional(item.outcome_number),
			Cell::prose(item.problem.as_deref().unwrap_or("-")),
			Cell::optional_id(item.record_id),
			minute(item.stored_at),
			minute(item.ended_at),
		]
	})
}

async fn export(outbox: &Outbox, to: &Path, after: i64) -> Result<(), Failure> {
	if to.as_os_str() == "-" {
		let mut stdout = std::io::BufWriter::new(output::Stdout);
		return export_to(outbox, &mut stdout, &output::failed, after).await;
	}
	let failed = |error| Failure::file(to, error);
	let mut file = credio_files::Replacement::create(to).map_err(failed)?;
	export_to(outbox, &mut file, &failed, after).await?;
	file.commit().map_err(failed)
}

async fn export_to(
	outbox: &Outbox,
	to: &mut impl Write,
	failed: &impl Fn(std::io::Error) -> Failure,
	mut after: i64,
) -> Result<(), Failure> {
	loop {
		let page = outbox.outcomes_after(after, PAGE).await?;
		let Some(last) = page.last().and_then(|item| item.outcome_number) else { break };
		after = last;
		for item in page {
			let line = output::json(&item)?;
			writeln!(to, "{line}").map_err(failed)?;
		}
	}
	to.flush().map_err(failed)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::{WIDTH, assert_fits};
	use credio_client::primitives::RecordId;
	use credio_outbox::ItemState;

	fn item() -> Listed {
		Listed {
			id: 1,
			request_key: RequestKey([0xab; 32]),
			current_key: RequestKey([0xab; 32]),
			record_id: Some(RecordId([1; 32])),
			state: ItemState::Undetermined,
			lane: Some(1023),
			position: Some(i64::MAX),
			expires_at: Some(i64::from(u32::MAX)),
			outcome_number: Some(i64::from(u32::MAX)),
			outcome: None,
			problem: Some("p".repeat(2_000)),
			decided_at: None,
			stored_at: Some(1_795_771_920_000),
			ended_at: None,
		}
	}

	#[test]
	fn table_fits() {
		assert_fits(&table(&[item()]));
	}

	#[test]
	fn outcomes_fit() {
		let item = item();
		let row = rows(false).row(&[
			Cell::id(&item.request_key),
			Cell::value(item.state.name()),
			Cell::text(item.problem.unwrap_or_default()),
		]);
		assert!(row.chars().count() <= WIDTH, "{row}");
	}
}
