//! Attempts to get something other than values into statements.

use crate::support::*;
use credio_index::{Aggregate, Query, StoreError};

const ATTEMPTS: [&str; 12] = [
	"' OR '1'='1",
	"'; DROP TABLE entries; --",
	"\" OR 1=1 --",
	"x') OR 1=1 --",
	"$1",
	"?1",
	"\\",
	"%",
	"1; DELETE FROM documents",
	"a' UNION SELECT bytes FROM documents --",
	"/* */",
	"rows_1 MATCH 'a' OR words : *",
];

/// A text of the filter language with anything in it.
fn quoted(text: &str) -> String {
	format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

on_both!(values_stay_values, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let texts: Vec<String> = ATTEMPTS
		.iter()
		.map(|attempt| {
			let text = serde_json::to_string(attempt).expect("JSON");
			format!(r#"{{"number":{text},"seller":{text},"note":{text}}}"#)
		})
		.collect();
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	store.apply(&[first_block(), block(2, invoices(0, &texts))]).await.expect("applied");
	let before = dump(&store).await;
	for attempt in ATTEMPTS {
		let text = quoted(attempt);
		// As a value it finds the one row that has it.
		for filter in [
			format!("number = {text}"),
			format!("number in ({text}, {text})"),
			format!("number between {text} and {text}"),
			format!("note startsWith {text}"),
		] {
			let page = store.search("invoices", &query(&filter, &[])).await.expect("an answer");
			assert!(column(&page, "number").contains(&attempt.to_owned()), "{filter}");
			assert!(page.rows.len() < ATTEMPTS.len(), "{filter}");
		}
		let contained = query(&format!("seller contains {text}"), &[]);
		let page = store.search("invoices", &contained).await.expect("an answer");
		assert!(
			page.rows.iter().all(|row| shown(row.values[7].as_ref()).contains(attempt)),
			"{attempt}"
		);
		assert!(!page.rows.is_empty());
		// Words are words, whatever the databases' own languages would read into them.
		match store.search("invoices", &query(&format!("match {text}"), &[])).await {
			Ok(page) => assert!(column(&page, "number").contains(&attempt.to_owned()), "{attempt}"),
			Err(error) => assert!(error.to_string().contains("no word"), "{error}"),
		}
		// Anywhere else it is refused, before it gets to the database.
		let bad = [
			query(attempt, &[]),
			query(&format!("{attempt} = 1"), &[]),
			query(&format!("amount > {attempt}"), &[]),
			query("", &[attempt]),
			Query { after: Some(attempt.into()), ..Query::default() },
		];
		for query in bad {
			match store.search("invoices", &query).await {
				Err(
					StoreError::Filter(_)
					| StoreError::UnknownColumn { .. }
					| StoreError::BadCursor,
				) => {},
				other => panic!("{query:?}: {other:?}"),
			}
		}
		assert!(matches!(
			store.search(attempt, &Query::default()).await,
			Err(StoreError::UnknownView { .. })
		));
		for part in [attempt.to_owned(), format!("sum({attempt})"), format!("month({attempt})")] {
			let aggregate = Aggregate { functions: vec![part.clone()], ..Aggregate::default() };
			assert!(store.aggregate("invoices", &aggregate).await.is_err(), "{part}");
			let functions = vec!["count".into()];
			let aggregate = Aggregate { functions, by: vec![part.clone()], ..Aggregate::default() };
			assert!(store.aggregate("invoices", &aggregate).await.is_err(), "{part}");
		}
	}
	assert_eq!(dump(&store).await, before);
});

on_both!(documents_cannot_stop_the_flow, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let long = "x".repeat(60_000);
	let texts = [
		r#"{"number":"nul \u0000"}"#.to_owned(),
		r#"{"number":"half \ud800"}"#.to_owned(),
		format!(r#"{{"number":"A","seller":"{long}","note":"{}"}}"#, "é ".repeat(1_500)),
		format!(r#"{{"number":"B","note":"{}"}}"#, "\u{fdfa} ".repeat(15_000)),
		format!(r#"{{"number":"C","note":"{}"}}"#, "x ".repeat(30_000)),
		format!(r#"{{"number":"D","amount":{}}}"#, "9".repeat(60_000)),
		format!(r#"{{"number":"E","note":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000)),
		format!("{}1{}", "[".repeat(30_000), "]".repeat(30_000)),
		r#"{"number":"F","number":"G"}"#.to_owned(),
		String::new(),
	];
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	let mut entries = invoices(0, &texts);
	let mut binary = entry(INVOICES, 10, json(""));
	binary.content = credio_index::Content::Document(credio_index::Document {
		media_type: "application/json\0; x=\u{1}".into(),
		bytes: [0xff, 0xfe, 0].as_slice().into(),
	});
	entries.push(binary);
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	assert_eq!(found(&store, &query("", &["number"])).await, "A B C");
	let unfit = store.unfit("invoices", None, 100).await.expect("a list");
	let sequences: Vec<u64> = unfit.iter().map(|unfit| unfit.sequence).collect();
	assert_eq!(sequences, [0, 1, 5, 6, 7, 8, 9, 10]);
	// What documents contain is in no reason.
	assert!(
		unfit.iter().all(|unfit| !unfit.reason.contains("99") && !unfit.reason.contains("nul"))
	);
	let after = store.unfit("invoices", Some(unfit[1].record), 2).await.expect("a list");
	assert_eq!(after, unfit[2..4]);
});
