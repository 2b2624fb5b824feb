//! `credio aggregate`.

use super::search::cell;
use crate::{exit::Failure, options::ReadIndexOptions, output, session::Session, table::Table};
use clap::Args;
use credio_index::Aggregate;
use serde_json::{Map, json};

/// Count, sum and average over a view of an index
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio aggregate invoices-ubl count 'sum(amount)' --by 'month(dueDate)'"
)]
pub(super) struct AggregateArgs {
	#[command(flatten)]
	index: ReadIndexOptions,
	/// The view
	view: String,
	/// count, or count, sum, avg, min or max of a column
	#[arg(required = true, value_name = "FUNCTION")]
	functions: Vec<String>,
	/// Filter of the rows; all without it
	#[arg(long = "where", alias = "filter", value_name = "FILTER")]
	filter: Option<String>,
	/// Columns to group by, or year or month of one; amounts are grouped by currency in any case
	#[arg(long, value_name = "COLUMN")]
	by: Vec<String>,
	/// Do not keep amounts of different currencies apart
	#[arg(long)]
	across_currencies: bool,
	/// Include rows that are not final yet
	#[arg(long)]
	live: bool,
	/// Include rows that later ones have replaced
	#[arg(long)]
	history: bool,
}

/// Computes aggregates over a view.
pub(super) async fn run(session: &Session, args: AggregateArgs) -> Result<(), Failure> {
	let AggregateArgs { index, view, functions, filter, by, across_currencies, live, history } =
		args;
	let store = index.open().await?;
	let aggregate = Aggregate { filter, functions, by, across_currencies, live, history };
	let found = store.aggregate(&view, &aggregate).await?;
	if session.json {
		return found.rows.iter().try_for_each(|row| {
			let values = row.iter().map(|value| json!(value));
			output::json_line(&found.columns.iter().cloned().zip(values).collect::<Map<_, _>>())
		});
	}
	let mut table = Table::with_names(found.columns.iter().map(String::as_str));
	for row in &found.rows {
		table.push(row.iter().map(|value| cell(value.as_ref())).collect());
	}
	session.format().table(&table)?;
	if found.is_cut {
		output::note("there are more groups than these");
	}
	Ok(())
}
