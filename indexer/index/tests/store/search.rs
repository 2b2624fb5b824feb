//! Filters, sorting, pages and full text.

use crate::support::*;
use credio_index::{Query, Store, StoreError};

const DOCUMENTS: [&str; 8] = [
	r#"{"number":"A","amount":"1000.10","issued":"2026-01-05","lines":3,"paid":true,"seller":"Hollin Joinery","note":"Stair tread, oak"}"#,
	r#"{"number":"B","amount":"999.9999","currency":"USD","issued":"2026-02-05","paid":false,"seller":"Töchter OHG"}"#,
	r#"{"number":"C","currency":"GBP","seen":"2026-02-05T10:00:00+01:00","note":"oaken handrail"}"#,
	r#"{"number":"D","amount":-5,"issued":"2026-01-05","lines":10,"note":"tread of a stair"}"#,
	r#"{"number":"E","amount":1000.1,"issued":"2025-12-31","seller":"hollin","note":"HJ-2026-0417"}"#,
	r#"{"number":"F","amount":"922337203685477.5807","lines":3}"#,
	r#"{"number":"Ü","currency":"","note":"100% of \"it\" isn't _here_"}"#,
	r#"{"number":"z\u0041","lines":-3,"paid":true}"#,
];

async fn filled(database: &Database) -> Store {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let blocks = [first_block(), block(2, invoices(0, &DOCUMENTS))];
	store.apply(&blocks).await.expect("applied");
	store
}

on_both!(filters_find_what_they_say, database, {
	let store = filled(&database).await;
	for (filter, numbers) in [
		("amount > 1000", "A E F"),
		("amount >= 1000.10", "A E F"),
		("amount = 1000.1", "A E"),
		("amount < 1000", "B D"),
		("amount > 1000 and currency = \"EUR\" and lines = 3", "A F"),
		("currency = 'USD' or currency = \"GBP\"", "B C"),
		("currency in (\"USD\", 'GBP')", "B C"),
		("not currency in (\"USD\", 'GBP')", "A D E F Ü zA"),
		("currency not in (\"USD\", 'GBP') AND NOT lines is null", "A D F zA"),
		("currency = 'USD' or currency = 'GBP' and amount > 0", "B"),
		("(currency = 'USD' or currency = 'GBP') and number > 'B'", "C"),
		("not (amount > 1000 or amount < 0)", "B C Ü zA"),
		("not not amount = -5", "D"),
		("amount != 1000.1 and lines != 3", "B C D Ü zA"),
		("amount between 999.9999 and 1000.1", "A B E"),
		("amount not between 999.9999 and 1000.1", "C D F Ü zA"),
		("issueDate = '2026-01-05'", "A D"),
		("issueDate >= '2026-01-01' and issueDate < '2026-02-01'", "A D"),
		("seen = '2026-02-05T09:00:00Z'", "C"),
		("seen > '2026-02-05'", "C"),
		("paid = true", "A zA"),
		("paid != true", "B C D E F Ü"),
		("paid is null and issueDate is not null", "D E"),
		("seller contains \"ollin\"", "A E"),
		("seller contains 'Hollin'", "A"),
		("seller startsWith 'Hollin '", "A"),
		("seller not startsWith 'T'", "A C D E F Ü zA"),
		("note contains '%'", "Ü"),
		("note contains '_here'", "Ü"),
		(r#"note contains "\"it\" isn't""#, "Ü"),
		("number > 'Z'", "Ü zA"),
		("number startsWith 'Ü'", "Ü"),
		("lines < 0", "zA"),
		("match 'oak'", "A"),
		("match 'OAK*'", "A C"),
		("match 'stair tread'", "A D"),
		("match '\"stair tread\"'", "A"),
		("match 'tochter'", "B"),
		("match 'TÖCHTER ohg'", "B"),
		("match 'hollin'", "A E"),
		("match 'HJ-2026'", "E"),
		("match '2026-HJ'", ""),
		// No phrase reaches from the seller into the note.
		("match '\"joinery stair\"'", ""),
		("match 'joinery stair'", "A"),
		("not match 'hollin' and lines = 3", "F"),
		("match 'oak* OR rail'", ""),
		("_block = 2 and _owner = 1 and _sequence < 2", "A B"),
		("_block > 2", ""),
		(
			"_stream = '0x0101010101010101010101010101010101010101010101010101010101010101' and number = 'A'",
			"A",
		),
	] {
		assert_eq!(found(&store, &query(filter, &[])).await, numbers, "{filter}");
	}
	let of_record = format!("_record = '{}'", record(INVOICES, 3));
	assert_eq!(found(&store, &query(&of_record, &[])).await, "D");
	let page = store.search("invoices", &query("number = 'D'", &[])).await.expect("an answer");
	let row = &page.rows[0];
	assert_eq!(
		(row.record, row.stream, row.sequence, row.owner, row.block, row.line, row.is_final),
		(record(INVOICES, 3), INVOICES, 3, 1, 2, 0, true)
	);
});

on_both!(rows_are_sorted_the_same_way, database, {
	let store = filled(&database).await;
	for (sort, numbers) in [
		(&["number"][..], "A B C D E F zA Ü"),
		(&["-number"], "Ü zA F E D C B A"),
		// A missing value is less than any; where values are the same, the order of the chain decides.
		(&["amount"], "C Ü zA D B A E F"),
		(&["-amount"], "F E A B D zA Ü C"),
		(&["issueDate", "-number"], "Ü zA F C E D A B"),
		(&["-issueDate", "number"], "B A D E C F zA Ü"),
		(&["paid", "-lines"], "D F Ü E C B A zA"),
		(&["seller"], "C D F Ü zA A B E"),
	] {
		assert_eq!(found(&store, &query("", sort)).await, numbers, "{sort:?}");
	}
});

on_both!(pages_follow_one_another, database, {
	let store = filled(&database).await;
	let sorts: [&[&str]; 8] = [
		&[],
		&["number"],
		&["-number"],
		&["amount"],
		&["-amount"],
		&["issueDate", "-lines", "paid"],
		&["-paid", "amount"],
		&["-seen", "-seller", "lines"],
	];
	for sort in sorts {
		for filter in ["", "not paid = true"] {
			let whole = found(&store, &query(filter, sort)).await;
			for limit in [1, 2, 3] {
				let mut query = Query { limit, ..query(filter, sort) };
				let mut pages = Vec::new();
				loop {
					let page = store.search("invoices", &query).await.expect("an answer");
					assert!(page.rows.len() <= limit as usize);
					pages.extend(column(&page, "number"));
					match page.next {
						Some(next) => query.after = Some(next),
						None => break,
					}
				}
				assert_eq!(pages.join(" "), whole, "{sort:?} {filter} {limit}");
			}
		}
	}
});

on_both!(pages_are_stable_while_rows_come, database, {
	let store = filled(&database).await;
	let mut query = Query { limit: 3, ..query("", &["-amount"]) };
	let page = store.search("invoices", &query).await.expect("an answer");
	assert_eq!(column(&page, "number"), ["F", "E", "A"]);
	let texts = [r#"{"number":"G","amount":5000}"#, r#"{"number":"H","amount":500}"#];
	store.apply(&[block(3, invoices(8, &texts))]).await.expect("applied");
	query.after = page.next;
	let page = store.search("invoices", &query).await.expect("an answer");
	assert_eq!(column(&page, "number"), ["B", "H", "D"]);
});

on_both!(cursors_are_checked, database, {
	let store = filled(&database).await;
	let first = Query { limit: 2, ..query("", &["amount"]) };
	let next = store.search("invoices", &first).await.expect("an answer").next.expect("a cursor");
	let mut changed = next.clone();
	changed.replace_range(20..21, if &next[20..21] == "0" { "1" } else { "0" });
	let bad = ["", "zz", "00", &changed, &next[2..], "' OR 1=1 --"];
	for after in bad {
		let query = Query { after: Some(after.into()), ..first.clone() };
		let answer = store.search("invoices", &query).await;
		assert!(matches!(answer, Err(StoreError::BadCursor)), "{after}");
	}
	// One of another query is refused, and so is one of an older definition.
	for other in [query("", &["-amount"]), query("lines = 3", &["amount"]), query("", &[])] {
		let query = Query { after: Some(next.clone()), ..other };
		assert!(matches!(store.search("invoices", &query).await, Err(StoreError::BadCursor)));
	}
	store.set_views(&[view(&VIEW.replace("\"EUR\"", "\"NOK\""))]).await.expect("views");
	let query = Query { after: Some(next), ..first };
	assert!(matches!(store.search("invoices", &query).await, Err(StoreError::BadCursor)));
});

on_both!(what_cannot_be_answered_is_explained, database, {
	let store = filled(&database).await;
	let error = |query: Query| {
		let store = store.clone();
		async move { store.search("invoices", &query).await.expect_err("refused").to_string() }
	};
	assert!(error(query("", &["total"])).await.contains("no column total; it has number, amount"));
	assert!(error(query("", &["amount", "-amount"])).await.contains("twice"));
	assert!(error(Query { limit: 0, ..Query::default() }).await.contains("1 to 1000"));
	assert!(error(Query { limit: 1001, ..Query::default() }).await.contains("1 to 1000"));
	let said = store.search("orders", &Query::default()).await.expect_err("refused").to_string();
	assert_eq!(said, "the index has no view orders; it has invoices");
});
