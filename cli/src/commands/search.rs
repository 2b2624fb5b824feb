//! `credio search`.

use crate::{
	exit::Failure,
	options::ReadIndexOptions,
	output,
	session::Session,
	table::{Cell, Table},
};
use clap::Args;
use credio_index::{Page, Query, store::DEFAULT_LIMIT};
use credio_view::Value;
use serde_json::{Map, json};

/// Search a view of an index
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio search invoices-ubl 'amount > 1000 and currency = \"EUR\"' --sort -issueDate\n  credio search invoices-ubl 'match \"steel\"' --json"
)]
pub(super) struct SearchArgs {
	#[command(flatten)]
	index: ReadIndexOptions,
	/// The view
	view: String,
	/// Filter of the rows; all without it
	filter: Option<String>,
	/// Columns to sort by; with - in front, in descending order
	#[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
	sort: Vec<String>,
	/// Most rows
	#[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "N")]
	limit: u32,
	/// Continue where the page before ended
	#[arg(long, value_name = "CURSOR")]
	after: Option<String>,
	/// Include rows that are not final yet
	#[arg(long)]
	live: bool,
	/// Include rows that later ones have replaced
	#[arg(long)]
	history: bool,
}

/// Searches a view.
pub(super) async fn run(session: &Session, args: SearchArgs) -> Result<(), Failure> {
	let SearchArgs { index, view, filter, sort, limit, after, live, history } = args;
	let store = index.open().await?;
	let sort = sort.iter().flat_map(|keys| keys.split(',')).map(|key| match key.trim().parse() {
		Ok(key) => key,
		Err(never) => match never {},
	});
	let query = Query { filter, sort: sort.collect(), limit, after, live, history };
	let page = store.search(&view, &query).await?;
	if session.json {
		print_json(&page)?;
	} else {
		session.format().table(&table(&page))?;
		output::line(&format!("{} rows", page.rows.len()))?;
	}
	if let Some(next) = page.next {
		output::note(&format!("there is more: --after {next}"));
	}
	Ok(())
}

fn print_json(page: &Page) -> Result<(), Failure> {
	page.rows.iter().try_for_each(|row| {
		let values = row.values.iter().map(|value| json!(value));
		output::json_line(&json!({
			"recordId": row.record,
			"stream": row.stream,
			"owner": row.owner,
			"author": row.author,
			"sequence": row.sequence,
			"block": row.block,
			"isFinal": row.is_final,
			"values": page.columns.iter().cloned().zip(values).collect::<Map<_, _>>(),
		}))
	})
}

fn table(page: &Page) -> Table {
	let of_entry = ["appended by", "record"];
	let mut table = Table::with_names(page.columns.iter().map(String::as_str).chain(of_entry));
	for row in &page.rows {
		let mark = if row.is_final { "" } else { " (not final)" };
		let of_entry = [Cell::value(row.author), Cell::id(&row.record).with(mark)];
		table.push(row.values.iter().map(|value| cell(value.as_ref())).chain(of_entry).collect());
	}
	table
}

/// Returns the cell of a value: only texts may be cut.
pub(super) fn cell(value: Option<&Value>) -> Cell {
	match value {
		None => Cell::value("-"),
		Some(Value::Text(text)) => Cell::text(text),
		Some(value) => Cell::value(value),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::WIDTH;
	use credio_client::primitives::{RecordId, StreamId};
	use credio_index::Row;

	fn page(columns: usize) -> Page {
		let row = Row {
			record: RecordId([0xab; 32]),
			stream: StreamId([1; 32]),
			owner: 1,
			author: u32::MAX,
			sequence: u64::MAX,
			block: u32::MAX,
			line: 0,
			is_final: false,
			values: vec![Some(Value::Text("t".repeat(300))); columns],
		};
		let columns = (0..columns).map(|n| format!("a column with a long name {n}")).collect();
		Page { columns, rows: vec![row], next: None, at: None }
	}

	#[test]
	fn table_fits_with_the_whole_short_id() {
		for columns in [1, 5, 64] {
			let lines = table(&page(columns)).render(false);
			for line in &lines {
				assert!(line.chars().count() <= WIDTH, "{line}");
			}
			assert!(lines[2].ends_with("0xabababab…abab (not final)"), "{}", lines[2]);
		}
	}

	#[test]
	fn amounts_are_never_cut() {
		let mut page = page(3);
		page.rows[0].values[1] = Some(Value::Integer(i64::MAX));
		let lines = table(&page).render(false);
		assert!(lines[2].contains(&i64::MAX.to_string()), "{}", lines[2]);
	}
}
