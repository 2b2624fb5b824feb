//! Counts, sums, averages and extremes.

use crate::support::*;
use credio_index::{Aggregate, Query, Store};
use credio_view::Value;

const DOCUMENTS: [&str; 6] = [
	r#"{"number":"A","amount":"0.1","issued":"2026-01-05","lines":1}"#,
	r#"{"number":"B","amount":"0.2","issued":"2026-01-31","lines":2}"#,
	r#"{"number":"C","amount":"922337203685477.5807","currency":"NOK","issued":"2026-02-01"}"#,
	r#"{"number":"D","amount":"922337203685477.5807","currency":"NOK","issued":"2027-02-01","lines":4}"#,
	r#"{"number":"E","amount":"-0.3333","lines":9223372036854775807}"#,
	r#"{"number":"A","amount":"0.4","issued":"2026-01-05","lines":1}"#,
];

async fn computed(store: &Store, functions: &[&str], by: &[&str], filter: &str) -> Vec<String> {
	let aggregate = Aggregate {
		filter: (!filter.is_empty()).then(|| filter.into()),
		functions: functions.iter().map(ToString::to_string).collect(),
		by: by.iter().map(ToString::to_string).collect(),
		..Aggregate::default()
	};
	let answer = store.aggregate("invoices", &aggregate).await.expect("an answer");
	let row = |row: &Vec<Option<Value>>| {
		row.iter().map(|value| shown(value.as_ref())).collect::<Vec<_>>().join(" ")
	};
	answer.rows.iter().map(row).collect()
}

on_both!(aggregates_are_exact, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	store.apply(&[first_block(), block(2, invoices(0, &DOCUMENTS))]).await.expect("applied");
	// The first A is history.
	let all = ["count", "count(lines)", "sum(amount)", "min(amount)", "max(issueDate)"];
	assert_eq!(
		computed(&store, &all, &[], "").await,
		["5 4 1844674407370955.4281 -0.3333 2027-02-01"]
	);
	assert_eq!(
		computed(&store, &["sum(amount)", "avg(amount)", "sum(lines)"], &["currency"], "").await,
		[
			"EUR 0.2667 0.0889 9223372036854775810",
			"NOK 1844674407370955.1614 922337203685477.5807 4"
		]
	);
	assert_eq!(computed(&store, &["avg(lines)"], &[], "lines < 3").await, ["1.50"]);
	assert_eq!(
		computed(&store, &["count"], &["month(issueDate)"], "").await,
		["- 1", "2026-01 2", "2026-02 1", "2027-02 1"]
	);
	assert_eq!(
		computed(&store, &["count"], &["year(issueDate)", "currency"], "amount > 0").await,
		["2026 EUR 2", "2026 NOK 1", "2027 NOK 1"]
	);
	// Over nothing there is no sum, and the count is none.
	let nothing = ["count", "sum(amount)", "avg(amount)", "max(number)"];
	assert_eq!(computed(&store, &nothing, &[], "number = 'Z'").await, ["0 - - -"]);
	assert!(computed(&store, &["count"], &["currency"], "number = 'Z'").await.is_empty());
	for (function, by) in [
		("sum(number)", "currency"),
		("total(amount)", "currency"),
		("sum(nothing)", "currency"),
		("count", "day(issueDate)"),
		("count", "month(number)"),
	] {
		let aggregate = Aggregate {
			functions: vec![function.into()],
			by: vec![by.into()],
			..Aggregate::default()
		};
		assert!(store.aggregate("invoices", &aggregate).await.is_err(), "{function} {by}");
	}
});

on_both!(amounts_of_different_currencies_are_kept_apart, database, {
	let store = database.open().await;
	store.set_views(&[view_with_roles()]).await.expect("views");
	store.apply(&[first_block(), block(2, invoices(0, &DOCUMENTS))]).await.expect("applied");
	let sums = ["EUR 0.2667", "NOK 1844674407370955.1614"];
	assert_eq!(computed(&store, &["sum(amount)"], &[], "").await, sums);
	assert_eq!(computed(&store, &["sum(amount)"], &["currency"], "").await, sums);
	assert_eq!(
		computed(&store, &["min(amount)"], &["year(issueDate)"], "issueDate is not null").await,
		["2026 EUR 0.20", "2026 NOK 922337203685477.5807", "2027 NOK 922337203685477.5807"]
	);
	// Counts and other numbers are not of a currency.
	assert_eq!(computed(&store, &["count", "count(amount)", "max(lines)"], &[], "").await.len(), 1);
	let all = Aggregate {
		functions: vec!["sum(amount)".into()],
		across_currencies: true,
		..Aggregate::default()
	};
	let all = store.aggregate("invoices", &all).await.expect("an answer");
	assert_eq!(all.columns, ["sum(amount)"]);
	assert_eq!(shown(all.rows[0][0].as_ref()), "1844674407370955.4281");
});

on_both!(numbers_of_many_digits_are_exact, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let documents = [
		r#"{"number":"A","amount":"99999999999999999999999.9999"}"#,
		r#"{"number":"B","amount":"99999999999999999999999.9999"}"#,
		r#"{"number":"C","amount":"-99999999999999999999999.9999"}"#,
		r#"{"number":"D","amount":"1000000000000000.0001"}"#,
		r#"{"number":"E","amount":"-0.0001"}"#,
		r#"{"number":"F","amount":"9"}"#,
		r#"{"number":"G"}"#,
		r#"{"number":"H","amount":"100000000000000000000000"}"#,
	];
	store.apply(&[first_block(), block(2, invoices(0, &documents))]).await.expect("applied");
	assert_eq!(
		computed(&store, &["sum(amount)", "min(amount)", "max(amount)", "count(amount)"], &[], "")
			.await,
		[
			"100000001000000000000008.9999 -99999999999999999999999.9999 99999999999999999999999.9999 6"
		]
	);
	assert_eq!(
		computed(&store, &["avg(amount)"], &[], "number in (\"A\", \"B\")").await,
		["99999999999999999999999.9999"]
	);
	assert_eq!(found(&store, &query("", &["amount"])).await, "G C E F D A B");
	assert_eq!(found(&store, &query("", &["-amount"])).await, "B A D F E C G");
	assert_eq!(found(&store, &query("amount > 1000000000000000", &["amount"])).await, "D A B");
	assert_eq!(found(&store, &query("amount between -0.0001 and 9", &["amount"])).await, "E F");
	// Pages go on at the right place.
	let first = Query { limit: 3, ..query("", &["amount"]) };
	let page = store.search("invoices", &first).await.expect("a page");
	let second = Query { after: page.next, ..first };
	assert_eq!(found(&store, &second).await, "F D A");
	let unfit = store.unfit("invoices", None, 10).await.expect("a list");
	assert!(unfit[0].reason.contains("a number beyond 99999999999999999999999.9999"));
});
