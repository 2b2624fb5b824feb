//! Replaced rows whose amount, currency, seller or buyer changed.

use crate::support::*;
use credio_index::{Entry, Replaced, Store, StoreError};

async fn replaced(store: &Store) -> Vec<Replaced> {
	let (mut all, mut after) = (Vec::new(), None);
	loop {
		let page = store.replaced("invoices", after.as_deref(), 2).await.expect("a page");
		assert_eq!(page.key, ["number"]);
		assert_eq!(page.columns, ["amount", "currency", "seller"]);
		all.extend(page.rows);
		match page.next {
			Some(next) => after = Some(next),
			None => return all,
		}
	}
}

fn line(replaced: &Replaced) -> String {
	let texts = |values: &[Option<credio_view::Value>]| {
		values.iter().map(|value| shown(value.as_ref())).collect::<Vec<_>>().join(" ")
	};
	let (old, new) = (&replaced.old, &replaced.new);
	format!(
		"{}: {}/{} {} -> {}/{} {}",
		texts(&replaced.key),
		old.sequence,
		old.line,
		texts(&old.values),
		new.sequence,
		new.line,
		texts(&new.values)
	)
}

on_both!(replaced_rows_that_differ_are_listed, database, {
	let store = database.open().await;
	store.set_views(&[view_with_roles()]).await.expect("views");
	let entries = invoices(
		0,
		&[
			r#"{"number":"A","amount":"100","seller":"Hollin"}"#,
			r#"{"number":"B","amount":"200","seller":"Hollin","note":"first"}"#,
			// The amount goes up, and back.
			r#"{"number":"A","amount":"1000","seller":"Hollin"}"#,
			r#"{"number":"A","amount":"100","seller":"Hollin"}"#,
			// Nothing that money depends on.
			r#"{"number":"B","amount":"200.00","seller":"Hollin","note":"second"}"#,
			r#"{"number":"C","amount":"5"}"#,
			r#"{"number":"C","amount":"5","seller":"Vega"}"#,
			r#"{"number":"D","amount":"7"}"#,
			r#"{"number":"D","amount":"7","currency":"NOK"}"#,
		],
	);
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	let all = replaced(&store).await;
	assert_eq!(
		all.iter().map(line).collect::<Vec<_>>(),
		[
			"A: 0/0 100.00 EUR Hollin -> 2/0 1000.00 EUR Hollin",
			"A: 2/0 1000.00 EUR Hollin -> 3/0 100.00 EUR Hollin",
			"C: 5/0 5.00 EUR - -> 6/0 5.00 EUR Vega",
			"D: 7/0 7.00 EUR - -> 8/0 7.00 NOK -",
		]
	);
	assert_eq!(all[0].old.record, record(INVOICES, 0));
	assert_eq!(all[0].new.record, record(INVOICES, 2));
	assert_eq!((all[0].new.stream, all[0].new.author, all[0].new.block), (INVOICES, 1, 2));
	// What may no longer be read is in no list.
	let removed = vec![(record(INVOICES, 2), "the grant has ended".to_owned())];
	store.apply(&[credio_index::Block { removed, ..block(3, Vec::new()) }]).await.expect("applied");
	assert_eq!(replaced(&store).await.len(), 2);
});

on_both!(superseding_record_with_another_key_is_compared, database, {
	let store = database.open().await;
	store.set_views(&[view_with_roles()]).await.expect("views");
	let supersedes = |sequence, old, text: &str| Entry {
		supersedes: Some(record(INVOICES, old)),
		..entry(INVOICES, sequence, json(text))
	};
	let mut entries = invoices(
		0,
		&[
			r#"{"number":"A","amount":"100","seller":"Hollin"}"#,
			r#"{"number":"B","amount":"200","seller":"Hollin"}"#,
			r#"{"number":"C","amount":"300","seller":"Hollin"}"#,
		],
	);
	entries.push(supersedes(3, 0, r#"{"number":"A-1","amount":"100","seller":"Vega"}"#));
	entries.push(supersedes(4, 1, r#"{"number":"B-1","amount":"200","seller":"Hollin"}"#));
	// It makes no row that could be compared.
	entries.push(supersedes(5, 2, "{}"));
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	assert_eq!(
		replaced(&store).await.iter().map(line).collect::<Vec<_>>(),
		["A: 0/0 100.00 EUR Hollin -> 3/0 100.00 EUR Vega"]
	);
});

on_both!(rows_that_are_not_final_are_no_replacement, database, {
	let store = database.open().await;
	store.set_views(&[view_with_roles()]).await.expect("views");
	let entries = invoices(0, &[r#"{"number":"A","amount":"100"}"#]);
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	let live = block(3, invoices(1, &[r#"{"number":"A","amount":"1"}"#]));
	store.set_live(std::slice::from_ref(&live)).await.expect("written");
	assert!(replaced(&store).await.is_empty());
	store.apply(&[live]).await.expect("applied");
	assert_eq!(replaced(&store).await.len(), 1);
});

on_both!(view_without_roles_has_nothing_to_compare, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let refused = store.replaced("invoices", None, 10).await.expect_err("no roles");
	assert!(refused.to_string().contains("add role = \"amount\""), "{refused}");
	store.set_views(&[view_with_roles()]).await.expect("views");
	let cursor = store.replaced("invoices", Some("7b22"), 10).await.expect_err("no cursor");
	assert!(matches!(cursor, StoreError::BadCursor), "{cursor}");
});

/// A view with a row for each line of an invoice, which have no numbers.
fn view_of_lines() -> credio_view::View {
	view(
		"name = \"invoices\"\nstream = \"*\"\nformat = \"json\"\nrows = \"$.lines[*]\"\nkey = [\"number\"]\n\
		replaces = \"documents\"\n[[columns]]\nname = \"number\"\npath = \"$.number\"\ntype = \"text\"\n\
		[[columns]]\nname = \"amount\"\npath = \"@.amount\"\ntype = \"decimal\"\nrole = \"amount\"\n",
	)
}

on_both!(later_document_replaces_all_rows_of_the_earlier_one, database, {
	let store = database.open().await;
	store.set_views(&[view_of_lines()]).await.expect("views");
	let entries = invoices(
		0,
		&[
			r#"{"number":"A","lines":[{"amount":1},{"amount":2},{"amount":3}]}"#,
			r#"{"number":"B","lines":[{"amount":4}]}"#,
		],
	);
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	let amounts = async || {
		let page = store.search("invoices", &query("", &[])).await.expect("rows");
		column(&page, "amount").join(" ")
	};
	assert_eq!(amounts().await, "1.00 2.00 3.00 4.00", "rows of one document stand together");
	let fewer = invoices(2, &[r#"{"number":"A","lines":[{"amount":1},{"amount":5}]}"#]);
	store.apply(&[block(3, fewer)]).await.expect("applied");
	assert_eq!(amounts().await, "4.00 1.00 5.00");
	// The same rows of both documents are compared.
	let page = store.replaced("invoices", None, 10).await.expect("a page");
	let changed: Vec<_> = page.rows.iter().map(line).collect();
	assert_eq!(changed, ["A: 0/1 2.00 -> 2/1 5.00"]);
	// Without the later document the earlier one is current again.
	let removed = vec![(record(INVOICES, 2), "the grant has ended".to_owned())];
	store.apply(&[credio_index::Block { removed, ..block(4, Vec::new()) }]).await.expect("applied");
	assert_eq!(amounts().await, "1.00 2.00 3.00 4.00");
});
