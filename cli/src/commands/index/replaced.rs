//! `credio index replaced`.

use crate::{
	commands::search::cell,
	exit::Failure,
	output,
	session::Session,
	table::{Cell, Table, head, wide},
};
use credio_index::{Replaced, ReplacedPage, Store, Version};
use credio_view::Value;
use serde_json::{Map, Value as Json, json};

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// Lists the replaced rows of a view that differ from their replacements.
pub(super) async fn print(session: &Session, store: &Store, view: &str) -> Result<(), Failure> {
	let mut after = None;
	let mut all: Option<ReplacedPage> = None;
	loop {
		let page = store.replaced(view, after.as_deref(), PAGE).await?;
		after = page.next.clone();
		match &mut all {
			Some(all) => all.rows.extend(page.rows),
			None => all = Some(page),
		}
		if after.is_none() {
			break;
		}
	}
	let Some(all) = all else { return Ok(()) };
	match session.json {
		true => all.rows.iter().try_for_each(|row| output::json_line(&line(view, &all, row))),
		false => session.format().table(&table(&all)),
	}
}

/// Returns a replaced row with the names of its values.
fn line(view: &str, page: &ReplacedPage, row: &Replaced) -> Json {
	let named = |names: &[String], values: &[Option<Value>]| {
		let values = values.iter().map(|value| json!(value));
		Json::Object(names.iter().cloned().zip(values).collect::<Map<_, _>>())
	};
	let version = |version: &Version| {
		let mut json = json!(version);
		json["values"] = named(&page.columns, &version.values);
		json
	};
	json!({
		"key": named(&page.key, &row.key),
		"new": version(&row.new),
		"old": version(&row.old),
		"view": view,
	})
}

/// Returns a table with a line for each value that changed.
fn table(page: &ReplacedPage) -> Table {
	let changes = page.rows.iter().flat_map(|row| {
		let values = row.old.values.iter().zip(&row.new.values);
		let changed = page.columns.iter().zip(values).filter(|(_, (old, new))| old != new);
		changed.map(move |(column, (old, new))| (row, column, old, new))
	});
	let changes: Vec<_> = changes.collect();
	let heads = [
		head("key"),
		head("column"),
		head("old"),
		head("new"),
		head("record"),
		head("replaced by"),
		wide("stream"),
		wide("sequence"),
		wide("by sequence"),
	];
	Table::of(heads, &changes, |(row, column, old, new)| {
		let key: Vec<String> = row.key.iter().flatten().map(ToString::to_string).collect();
		[
			Cell::text(key.join(" · ")),
			Cell::text(column),
			cell(old.as_ref()),
			cell(new.as_ref()),
			Cell::id(&row.old.record),
			Cell::id(&row.new.record),
			Cell::id(&row.old.stream),
			Cell::value(row.old.sequence),
			Cell::value(row.new.sequence),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;
	use credio_client::primitives::{RecordId, StreamId};

	fn page(text: &str) -> ReplacedPage {
		let version = |record, value: &str| Version {
			record: RecordId([record; 32]),
			stream: StreamId([1; 32]),
			sequence: u64::MAX,
			author: 1,
			block: u32::MAX,
			line: 0,
			values: vec![Some(Value::Integer(1)), Some(Value::Text(value.into()))],
		};
		let old = version(1, text);
		let new = version(2, "Vega");
		ReplacedPage {
			key: vec!["number".into()],
			columns: vec!["amount".into(), "seller".into()],
			rows: vec![Replaced { key: vec![Some(Value::Text(text.into()))], old, new }],
			next: None,
		}
	}

	#[test]
	fn table_of_replaced_rows_fits() {
		assert_fits(&table(&page(&"long ".repeat(60))));
	}

	#[test]
	fn replaced_rows_have_named_values_and_both_records() {
		let page = page("Hollin");
		let line = line("invoices", &page, &page.rows[0]);
		assert_eq!(line["view"], "invoices");
		assert_eq!(line["key"]["number"], "Hollin");
		assert_eq!(
			(&line["old"]["values"]["amount"], &line["old"]["values"]["seller"]),
			(&json!(1), &json!("Hollin"))
		);
		assert_eq!(line["new"]["values"]["seller"], "Vega");
		assert_ne!(line["old"]["record"], line["new"]["record"]);
	}
}
