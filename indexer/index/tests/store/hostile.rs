//! Documents, grants and callers of those who mean harm.

use crate::support::*;
use credio_index::{Aggregate, Block, Document, Entry, Query, Store, StoreError, Stream};
use credio_primitives::StreamId;
use std::{future::Future, pin::pin, task::Poll};

const LINES: &str = r#"
name = "lines"
stream = "*"
format = "xml"
rows = "//line"

[[columns]]
name = "note"
path = "/d/note"
type = "text"

[[columns]]
name = "amount"
path = "@amount"
type = "decimal"
"#;

fn xml(text: &str) -> Document {
	Document { media_type: "application/xml".into(), bytes: text.as_bytes().into() }
}

/// Documents of less than 64 KiB that would cost minutes or gigabytes, and a word of why they are refused.
fn hostile() -> Vec<(String, &'static str)> {
	let nested: String = (0..2_000).map(|n| format!("<a xmlns:n{n}='u{n}'>")).collect();
	let declared: String = (0..3_000).map(|n| format!(" xmlns:n{n}='u{n}'")).collect();
	let attributes: String = (0..5_000).map(|n| format!(" a{n}='{n}'")).collect();
	let repeated = format!("<d><note>{}</note>{}</d>", "x".repeat(20_000), "<line/>".repeat(6_000));
	vec![
		(nested, "64 namespaces"),
		(format!("<a{declared}/>"), "256 attributes"),
		(format!("<a{attributes}/>"), "256 attributes"),
		("<a>".repeat(20_000), "deeper than 64"),
		(repeated, "bytes of text together"),
		("<!DOCTYPE d [<!ENTITY a 'aa'>]><d>&a;</d>".into(), "document type"),
	]
}

on_both!(hostile_documents_are_told_and_the_index_gets_on, database, {
	let store = database.open().await;
	store.set_views(&[view(&LINES.replace("\"*\"", "\"invoices\""))]).await.expect("views");
	let hostile = hostile();
	let documents = hostile.iter().map(|(text, _)| xml(text));
	let good = xml("<d><note>good</note><line amount='1.50'/><line amount='2'/></d>");
	let entries: Vec<Entry> = (0..)
		.zip(documents.chain([good.clone()]))
		.map(|(n, document)| entry(INVOICES, n, document))
		.collect();
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	let unfit = store.unfit("lines", None, 100).await.expect("a list");
	assert_eq!(unfit.len(), hostile.len());
	for (unfit, (_, why)) in unfit.iter().zip(&hostile) {
		assert!(unfit.reason.contains(why), "{}: {}", unfit.sequence, unfit.reason);
	}
	let page = store.search("lines", &Query::default()).await.expect("a page");
	assert_eq!(column(&page, "amount"), ["1.50", "2.00"]);
	// It goes on, and a view that is built later gets on as well.
	let sequence = hostile.len() as u64 + 1;
	store.apply(&[block(3, vec![entry(INVOICES, sequence, good)])]).await.expect("applied");
	let again = LINES.replace("\"*\"", "\"invoices\"").replace("\"lines\"", "\"again\"");
	store.set_views(&[view(&again)]).await.expect("views");
	assert_eq!(store.unfit("again", None, 100).await.expect("a list").len(), hostile.len());
	let page = store.search("again", &Query::default()).await.expect("a page");
	assert_eq!(page.rows.len(), 4);
});

on_both!(a_write_that_nobody_waits_for_is_stored, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let texts: Vec<String> = (0..500).map(|n| format!("{{\"number\":\"{n}\"}}")).collect();
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	let blocks = [first_block(), block(2, invoices(0, &texts))];
	{
		// The caller is dropped as soon as the write has started.
		let mut write = pin!(store.apply(&blocks));
		let polled = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context)));
		assert!(polled.await.is_pending(), "it takes longer than that");
	}
	store.settled().await;
	assert_eq!(store.cursor().await.expect("a cursor").map(|cursor| cursor.number), Some(2));
	let count = Aggregate { functions: vec!["count".into()], ..Aggregate::default() };
	let counted = store.aggregate("invoices", &count).await.expect("a count");
	assert_eq!(shown(counted.rows[0][0].as_ref()), "500");
	store.apply(&[block(3, invoices(500, &["{\"number\":\"x\"}"]))]).await.expect("it goes on");
});

/// A stream of another organization that has the same name as an own one, and amounts that nobody has asked for.
fn uninvited() -> Block {
	let stream = Stream { id: StreamId([9; 32]), owner: 9, name: "invoices".into() };
	let text = r#"{"number":"Z","amount":100000000}"#;
	let entries = vec![entry(stream.id, 0, json(text))];
	Block { streams: vec![stream], ..block(3, entries) }
}

async fn sum(store: &Store, filter: Option<&str>) -> String {
	let functions = vec!["sum(amount)".into()];
	let filter = filter.map(Into::into);
	let aggregate = Aggregate { functions, filter, ..Aggregate::default() };
	shown(store.aggregate("invoices", &aggregate).await.expect("a sum").rows[0][0].as_ref())
}

on_both!(an_uninvited_grant_puts_nothing_into_sums, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let own = invoices(0, &[r#"{"number":"A","amount":2747.81}"#]);
	store.apply(&[first_block(), block(2, own), uninvited()]).await.expect("applied");
	assert_eq!(sum(&store, None).await, "2747.81");
	// Nor do its changes show, nor any document that does not fit.
	let changes = store.changes("invoices", None, None).await.expect("changes");
	assert!(changes.changes.iter().all(|change| change.owner == 1));
	// Named owners are taken, also in a view that is built from stored documents.
	let of = |owner: &str| view(&VIEW.replace("format", &format!("owner = {owner}\nformat")));
	store.set_views(&[of("[\"own\", 9]")]).await.expect("views");
	assert_eq!(sum(&store, None).await, "100002747.81");
	assert_eq!(sum(&store, Some("_author = 1")).await, "2747.81");
	store.set_views(&[of("8")]).await.expect("views");
	assert_eq!(sum(&store, None).await, "-");
	store.set_views(&[of("\"*\"")]).await.expect("views");
	assert_eq!(sum(&store, None).await, "100002747.81");
});

on_both!(rows_say_who_appended, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let mut entries = invoices(0, &[r#"{"number":"A"}"#, r#"{"number":"B"}"#]);
	// By a grant to append, into an own stream.
	entries[1].author = 7;
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	assert_eq!(found(&store, &query("_author = 7", &[])).await, "B");
	assert_eq!(found(&store, &query("_author = 1", &[])).await, "A");
	let page = store.search("invoices", &query("", &["number"])).await.expect("a page");
	let of: Vec<_> = page.rows.iter().map(|row| (row.owner, row.author)).collect();
	assert_eq!(of, [(1, 1), (1, 7)]);
	let changes = store.changes("invoices", None, None).await.expect("changes");
	assert_eq!(changes.changes.iter().map(|change| change.author).collect::<Vec<_>>(), [1, 7]);
});

on_both!(pages_are_bounded_by_bytes, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let long = "x".repeat(60_000);
	let texts: Vec<String> =
		(0..90).map(|n| format!("{{\"number\":\"{n:03}\",\"note\":\"{long}\"}}")).collect();
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	store.apply(&[first_block(), block(2, invoices(0, &texts))]).await.expect("applied");
	let mut query = Query { limit: 1_000, ..query("", &["-number"]) };
	let (mut numbers, mut pages) = (Vec::new(), 0);
	loop {
		let page = store.search("invoices", &query).await.expect("a page");
		assert!(page.rows.len() <= 35, "{} rows", page.rows.len());
		numbers.extend(column(&page, "number"));
		pages += 1;
		match page.next {
			Some(next) => query.after = Some(next),
			None => break,
		}
	}
	assert_eq!((numbers.len(), pages), (90, 3));
	assert!(numbers.windows(2).all(|two| two[0] > two[1]));
	// The same with changes.
	let (mut after, mut told, mut messages) = (None::<String>, 0, 0);
	loop {
		let changes = store.changes("invoices", None, after.as_deref()).await.expect("changes");
		assert!(changes.changes.len() <= 36, "{} changes", changes.changes.len());
		told += changes.changes.len();
		messages += 1;
		after = Some(changes.cursor);
		if changes.is_last {
			break;
		}
	}
	assert_eq!((told, messages), (90, 3));
	// And with groups.
	let by = vec!["note".into(), "number".into()];
	let aggregate = Aggregate { functions: vec!["count".into()], by, ..Aggregate::default() };
	let groups = store.aggregate("invoices", &aggregate).await.expect("groups");
	assert!(groups.is_cut && groups.rows.len() <= 35, "{} groups", groups.rows.len());
});

on_both!(a_slow_search_ends, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let note = "y".repeat(2_000);
	let texts: Vec<String> =
		(0..3_000).map(|n| format!("{{\"number\":\"{n}\",\"note\":\"{note}\"}}")).collect();
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	store.apply(&[first_block(), block(2, invoices(0, &texts))]).await.expect("applied");
	// Takes many seconds, and no two terms are the same to a planner.
	let terms = (0..160).map(|n| format!("note contains 'yyyyyyyyyyyyyyyyyyyyyyx{n}'"));
	let slow = terms.collect::<Vec<_>>().join(" or ");
	let limit = std::time::Duration::from_millis(500);
	let limited = store.with_time_limit(limit).await.expect("it opens");
	let functions = vec!["count".into()];
	let aggregate = Aggregate { functions, filter: Some(slow.clone()), ..Aggregate::default() };
	let searches = (0..12).map(|_| async {
		match limited.search("invoices", &query(&slow, &[])).await {
			Err(error @ (StoreError::TooSlow | StoreError::Busy)) => error,
			other => panic!("{other:?}"),
		}
	});
	let ended = futures::future::join_all(searches).await;
	assert!(ended.iter().any(|error| matches!(error, StoreError::TooSlow)), "{ended:?}");
	match limited.aggregate("invoices", &aggregate).await {
		Err(StoreError::TooSlow | StoreError::Busy) => {},
		other => panic!("{other:?}"),
	}
	// The same connections find what there is once they have ended, and others meanwhile.
	let patient = store.with_time_limit(limit * 100).await.expect("it opens");
	assert_eq!(found(&patient, &query("number = '7'", &[])).await, "7");
	assert_eq!(found(&store, &query("number = '8'", &[])).await, "8");
});

/// A reader needs no vault, which would name the organization.
#[tokio::test]
async fn index_names_its_organization() {
	for database in [Database::sqlite(), Database::postgresql()] {
		let store = database.open_of(3).await;
		store.set_views(&[view(VIEW)]).await.expect("views");
		let reader = Store::open_to_read(&database.url(3), None).await.expect("it opens");
		assert_eq!(reader.organization(), 3);
		assert_eq!(reader.views().await.expect("views").len(), 1);
		if let Database::Postgres(_) = &database {
			database.open_of(12).await;
			let several = Store::open_to_read(&database.url(3), None).await.expect_err("two");
			assert!(several.to_string().contains("organizations 3, 12"), "{several}");
			let twelve = Store::open_to_read(&database.url(12), 12).await.expect("it opens");
			assert_eq!(twelve.organization(), 12);
		}
	}
	let none = Database::postgresql();
	let error = Store::open_to_read(&none.url(1), None).await.expect_err("none");
	assert!(matches!(error, StoreError::NoIndex(_)), "{error}");
}

#[tokio::test]
async fn postgresql_keeps_no_values_in_its_statistics() {
	let database = Database::postgresql();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let texts = vec![r#"{"number":"SECRET-7","amount":77,"seller":"Hidden Ltd","paid":true}"#; 300];
	let entries = invoices(0, &texts);
	let removed: Vec<_> =
		entries.iter().map(|entry| (entry.record, "accessDenied".to_owned())).collect();
	store.apply(&[first_block(), block(2, entries)]).await.expect("applied");
	let Database::Postgres(server) = &database else { unreachable!("it is PostgreSQL") };
	// As the server does by itself, before and after.
	server.run("ANALYZE");
	store.remove_documents(&removed).await.expect("removed");
	server.run(
		"DO $$ BEGIN
			IF EXISTS (SELECT FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid
				JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = s.staattnum
				WHERE (c.relname LIKE 'rows\\_%' AND a.attname NOT IN
					('_place', '_final', '_superseded', '_current', '_live'))
				OR (c.relname, a.attname) IN (('documents', 'bytes'), ('entries', 'media_type')))
			THEN RAISE EXCEPTION 'values are left'; END IF;
			IF NOT EXISTS (SELECT FROM pg_stats WHERE tablename LIKE 'rows\\_%' AND attname = '_current')
			THEN RAISE EXCEPTION 'nothing was analyzed'; END IF;
		END $$",
	);
}

#[tokio::test]
async fn scrubbing_waits_for_no_reader_and_is_retried() {
	use credio_index::store::Scrubbed;
	use sqlx::{Connection, Executor};
	let database = Database::sqlite();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let texts = [r#"{"number":"A","note":"scrubbed-away"}"#];
	store.apply(&[first_block(), block(2, invoices(0, &texts))]).await.expect("applied");
	assert_eq!(store.scrub().await.expect("nothing to do"), Scrubbed::Done);
	let file = database.url(1);
	let mut reader =
		sqlx::SqliteConnection::connect(&format!("sqlite://{file}")).await.expect("it opens");
	reader.execute("BEGIN").await.expect("begun");
	reader.execute("SELECT COUNT(*) FROM entries").await.expect("read");
	store.scrub_later().await.expect("noted");
	let removed = [(record(INVOICES, 0), "accessDenied".to_owned())];
	store.remove_documents(&removed).await.expect("removed");
	assert_eq!(store.scrub().await.expect("an answer"), Scrubbed::Held);
	// A process that ends meanwhile leaves it to the next one.
	store.close().await;
	let store = database.open().await;
	assert_eq!(store.scrub().await.expect("an answer"), Scrubbed::Held);
	reader.execute("COMMIT").await.expect("ended");
	assert_eq!(store.scrub().await.expect("an answer"), Scrubbed::Done);
	for name in [file.clone(), format!("{file}-wal")] {
		let bytes = std::fs::read(&name).unwrap_or_default();
		let is_left = bytes.windows(8).any(|bytes| bytes == b"scrubbed");
		assert!(!is_left, "something is left in {name}");
	}
}
