//! Blocks: entries, documents that come and go, live entries, and crashes.

use crate::support::*;
use credio_index::{Block, Content, Entry, Query, Store, StoreError};
use std::{
	os::unix::fs::PermissionsExt,
	process::{Child, Command, Stdio},
};

fn superseding(sequence: u64, of: u64, text: &str) -> Entry {
	Entry { supersedes: Some(record(INVOICES, of)), ..entry(INVOICES, sequence, json(text)) }
}

async fn with_view(database: &Database) -> Store {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	store.apply(&[first_block()]).await.expect("applied");
	store
}

on_both!(the_last_of_a_key_is_current, database, {
	let store = with_view(&database).await;
	let texts =
		[r#"{"number":"A","amount":1}"#, r#"{"number":"B"}"#, r#"{"number":"A","amount":2}"#];
	store.apply(&[block(2, invoices(0, &texts))]).await.expect("applied");
	assert_eq!(found(&store, &query("", &[])).await, "B A");
	assert_eq!(found(&store, &query("amount = 1", &[])).await, "");
	let all = Query { history: true, ..Query::default() };
	assert_eq!(found(&store, &all).await, "A B A");
	// The same number in another stream is another invoice; and this view is not made of that one.
	let other = entry(OTHERS, 0, json(r#"{"number":"A"}"#));
	store.apply(&[block(3, vec![other])]).await.expect("applied");
	assert_eq!(found(&store, &query("", &[])).await, "B A");
	// When the last one goes, the one before is current again.
	let gone = [(record(INVOICES, 2), "revoked".to_owned())];
	store.remove_documents(&gone).await.expect("removed");
	assert_eq!(found(&store, &query("", &[])).await, "A B");
});

on_both!(missing_part_of_a_key_is_equal_to_none, database, {
	let store = database.open().await;
	let keyed = VIEW.replace("key = [\"number\"]", "key = [\"number\", \"seller\"]");
	store.set_views(&[view(&keyed)]).await.expect("views");
	store.apply(&[first_block()]).await.expect("applied");
	let texts = [
		r#"{"number":"A","amount":1}"#,
		r#"{"number":"A","amount":2}"#,
		r#"{"number":"B","seller":"S","amount":3}"#,
		r#"{"number":"B","seller":"S","amount":4}"#,
	];
	store.apply(&[block(2, invoices(0, &texts))]).await.expect("applied");
	assert_eq!(found(&store, &query("amount < 3", &[])).await, "A A");
	assert_eq!(found(&store, &query("amount = 3", &[])).await, "");
	assert_eq!(found(&store, &query("amount = 4", &[])).await, "B");
});

on_both!(documents_that_no_view_takes_are_listed, database, {
	let store = database.open().await;
	assert_eq!(store.untaken(None, 10).await.expect("a list"), []);
	let of_marked = format!("when = [{{ path = \"$.number\" }}]\n{VIEW}");
	store.set_views(&[view(&of_marked)]).await.expect("views");
	store.apply(&[first_block()]).await.expect("applied");
	let texts = [r#"{"number":"A"}"#, r#"{"order":"B"}"#, "not JSON", r#"{"order":"C"}"#];
	let mut entries = invoices(0, &texts);
	entries.push(entry(OTHERS, 0, json(r#"{"number":"D"}"#)));
	entries.push(unreadable(OTHERS, 1));
	store.apply(&[block(2, entries)]).await.expect("applied");
	let untaken = store.untaken(None, 10).await.expect("a list");
	let records: Vec<_> = untaken.iter().map(|untaken| untaken.record).collect();
	let expected = [record(INVOICES, 1), record(INVOICES, 3), record(OTHERS, 0)];
	assert_eq!(records, expected);
	assert_eq!(untaken[0].media_type.as_deref(), Some("application/json"));
	let rest = store.untaken(Some(expected[0]), 1).await.expect("a list");
	assert_eq!(rest, untaken[1..2]);
	// A view for them takes them.
	let of_orders = VIEW.replace("name = \"invoices\"", "name = \"orders\"");
	store.set_views(&[view(&of_marked), view(&of_orders)]).await.expect("views");
	let untaken = store.untaken(None, 10).await.expect("a list");
	assert_eq!(untaken.iter().map(|one| one.record).collect::<Vec<_>>(), [record(OTHERS, 0)]);
});

on_both!(superseded_records_are_history, database, {
	let store = with_view(&database).await;
	let first = invoices(0, &[r#"{"number":"A"}"#, r#"{"number":"B"}"#]);
	store.apply(&[block(2, first)]).await.expect("applied");
	// One that replaces another within a block, and one that replaces that and cannot be read.
	let unreadable = Entry { supersedes: Some(record(INVOICES, 2)), ..unreadable(INVOICES, 3) };
	let block = block(3, vec![superseding(2, 0, r#"{"number":"A2"}"#), unreadable]);
	store.apply(&[block]).await.expect("applied");
	assert_eq!(found(&store, &query("", &[])).await, "B");
	let all = Query { history: true, ..Query::default() };
	assert_eq!(found(&store, &all).await, "A B A2");
});

on_both!(a_grant_makes_older_records_appear_and_its_end_removes_them, database, {
	let store = with_view(&database).await;
	let entries = (0..3).map(|sequence| unreadable(INVOICES, sequence)).collect();
	let last = invoices(3, &[r#"{"number":"D"}"#]);
	store.apply(&[block(2, entries), block(3, last)]).await.expect("applied");
	assert_eq!(found(&store, &query("", &[])).await, "D");
	let readable = vec![
		(record(INVOICES, 1), json(r#"{"number":"B"}"#)),
		(record(INVOICES, 0), json(r#"{"number":"A"}"#)),
	];
	let granted = Block { readable, ..block(4, Vec::new()) };
	store.apply(&[granted]).await.expect("applied");
	// They stand where the chain has them.
	assert_eq!(found(&store, &query("", &[])).await, "A B D");
	store
		.put_documents(&[(record(INVOICES, 2), json(r#"{"number":"D","amount":7}"#))])
		.await
		.expect("stored");
	// A later one of the same key was there before.
	assert_eq!(found(&store, &query("", &[])).await, "A B D");
	assert_eq!(found(&store, &query("amount = 7", &[])).await, "");
	let why = "the grant was revoked".to_owned();
	let removed = vec![(record(INVOICES, 0), why.clone()), (record(INVOICES, 3), why)];
	let revoked = Block { removed, ..block(5, Vec::new()) };
	store.apply(&[revoked]).await.expect("applied");
	assert_eq!(found(&store, &query("", &[])).await, "B D");
	assert_eq!(found(&store, &query("amount = 7", &[])).await, "D");
	assert!(dump(&store).await.contains("the grant was revoked"));
	let unknown = store.put_documents(&[(record(OTHERS, 9), json("{}"))]).await;
	assert!(matches!(unknown, Err(StoreError::UnknownRecord(id)) if id == record(OTHERS, 9)));
});

on_both!(live_rows_are_marked_and_corrected_on_a_fork, database, {
	let store = with_view(&database).await;
	let texts = [r#"{"number":"A","amount":1}"#, r#"{"number":"B","note":"oak"}"#];
	store.apply(&[block(2, invoices(0, &texts))]).await.expect("applied");
	let before = dump(&store).await;
	let live = Query { live: true, ..Query::default() };
	// Not final: a new version of A, one that replaces B, and C.
	let fork = vec![
		entry(INVOICES, 2, json(r#"{"number":"A","amount":2}"#)),
		superseding(3, 1, r#"{"number":"B2","note":"oak"}"#),
	];
	let more = invoices(4, &[r#"{"number":"C"}"#]);
	store.set_live(&[block(3, fork.clone()), block(4, more)]).await.expect("set");
	let page = store.search("invoices", &live).await.expect("an answer");
	assert_eq!(column(&page, "number"), ["A", "B2", "C"]);
	assert!(page.rows.iter().all(|row| !row.is_final));
	assert_eq!(found(&store, &Query { live: true, ..query("match \"oak\"", &[]) }).await, "B2");
	// Final rows are what they were.
	assert_eq!(found(&store, &query("", &[])).await, "A B");
	assert_eq!(found(&store, &query("match \"oak\"", &[])).await, "B");
	assert_eq!(dump(&store).await, before);
	// The fork turns out to be another one.
	let other = invoices(2, &[r#"{"number":"D"}"#]);
	store.set_live(&[block(3, other.clone())]).await.expect("set");
	let page = store.search("invoices", &live).await.expect("an answer");
	assert_eq!(column(&page, "number"), ["A", "B", "D"]);
	assert_eq!(page.rows.iter().map(|row| row.is_final).collect::<Vec<_>>(), [true, true, false]);
	// It becomes final, with the next one already there.
	let next = invoices(3, &[r#"{"number":"E"}"#]);
	store.advance(&[block(3, other)], &[block(4, next)]).await.expect("advanced");
	assert_eq!(found(&store, &query("", &[])).await, "A B D");
	assert_eq!(found(&store, &live).await, "A B D E");
	store.set_live(&[]).await.expect("set");
	assert_eq!(found(&store, &live).await, "A B D");
});

on_both!(a_block_is_applied_wholly_or_not_at_all, database, {
	let store = with_view(&database).await;
	store.apply(&[block(2, invoices(0, &[r#"{"number":"A"}"#]))]).await.expect("applied");
	let before = dump(&store).await;
	let bad = Block {
		readable: vec![(record(OTHERS, 7), json("{}"))],
		..block(4, invoices(2, &[r#"{"number":"C"}"#]))
	};
	let blocks = [block(3, invoices(1, &[r#"{"number":"B"}"#])), bad];
	assert!(matches!(store.apply(&blocks).await, Err(StoreError::UnknownRecord(_))));
	assert_eq!(dump(&store).await, before);
	assert_eq!(store.cursor().await.expect("a cursor").map(|cursor| cursor.number), Some(2));
	// The same block again, or an older one, is refused.
	for number in [1, 2] {
		let again = store.apply(&[block(number, Vec::new())]).await;
		assert!(matches!(again, Err(StoreError::NotNext { number: n, cursor: 2 }) if n == number));
	}
	let cursor = store.cursor().await.expect("a cursor").expect("a block");
	assert_eq!((cursor.number, cursor.hash), (2, hash(2)));
});

on_both!(an_index_built_anew_is_the_same, database, {
	let texts: Vec<String> = (0..40)
		.map(|n| match n % 5 {
			0 => format!(r#"{{"number":"N{}","amount":"{n}.25","note":"n {n}"}}"#, n % 3),
			1 => "{".into(),
			_ => format!(r#"{{"number":"M{n}","issued":"2026-01-{:02}"}}"#, 1 + n % 28),
		})
		.collect();
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	let mut blocks = vec![first_block()];
	for (number, texts) in texts.chunks(4).enumerate() {
		let from = number * 4;
		let mut entries = invoices(from as u64, texts);
		entries[1].supersedes = from.checked_sub(3).map(|of| record(INVOICES, of as u64));
		entries[3].content = Content::Unreadable("not yet".into());
		// The order of the entries makes no difference.
		entries.reverse();
		let mut block = block(2 + number as u32, entries);
		if let Some(of) = from.checked_sub(1) {
			block.readable.push((record(INVOICES, of as u64), json(texts[0])));
		}
		blocks.push(block);
	}
	// One by one, with live entries in between, with crashes, and with the view defined at the end.
	let store = database.open().await;
	for pair in blocks.windows(2) {
		store.advance(&pair[..1], &pair[1..]).await.expect("advanced");
	}
	store.close().await;
	let store = database.open().await;
	store.set_views(&[view(&VIEW.replace("$.amount", "$.lines"))]).await.expect("views");
	store.apply(&blocks[blocks.len() - 1..]).await.expect("applied");
	store.set_views(&[view(VIEW)]).await.expect("views");
	// All at once.
	let anew = Database::sqlite();
	let other = anew.open().await;
	other.set_views(&[view(VIEW)]).await.expect("views");
	other.apply(&blocks).await.expect("applied");
	let dumped = dump(&store).await;
	assert_eq!(dumped, dump(&other).await);
	assert_eq!(dumped.lines().filter(|line| line.contains("\"reason\"")).count(), 8);
	assert_eq!(dumped.lines().filter(|line| line.contains("\"isCurrent\":true")).count(), 16);
});

on_both!(organizations_and_chains_are_kept_apart, database, {
	let store = with_view(&database).await;
	store.apply(&[block(2, invoices(0, &[r#"{"number":"A"}"#]))]).await.expect("applied");
	let other = database.open_of(2).await;
	assert_eq!(other.cursor().await.expect("a cursor"), None);
	assert!(other.views().await.expect("views").is_empty());
	if let Database::Sqlite(folder) = &database {
		let path = folder.path().join("1.index").display().to_string();
		let foreign = Store::open(&path, 2).await;
		assert!(matches!(foreign, Err(StoreError::Foreign { what: "organization", .. })));
		for file in std::fs::read_dir(folder.path()).expect("a folder") {
			let mode = file.expect("a file").metadata().expect("metadata").permissions().mode();
			assert_eq!(mode & 0o777, 0o600);
		}
	}
	store.claim_chain(hash(0)).await.expect("claimed");
	store.claim_chain(hash(0)).await.expect("claimed");
	let foreign = store.claim_chain(hash(1)).await;
	assert!(matches!(foreign, Err(StoreError::Foreign { what: "chain", .. })));
});

/// Entries of a block of the tests that kill.
fn killed_block(number: u32) -> Block {
	if number == 1 {
		return first_block();
	}
	let from = u64::from(number - 2) * 7;
	let texts: Vec<String> = (from..from + 7)
		.map(|n| format!(r#"{{"number":"{}","amount":{n},"note":"note {n}"}}"#, n % 100))
		.collect();
	block(number, invoices(from, &texts.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Writes blocks until it is killed: a process of the test below.
#[tokio::test]
#[ignore = "started by the test that kills it"]
async fn writer() {
	let url = std::env::var("CREDIO_TEST_INDEX").expect("an index");
	let store = Store::open(&url, 1).await.expect("it opens");
	store.set_views(&[view(VIEW)]).await.expect("views");
	let cursor = store.cursor().await.expect("a cursor").map_or(0, |cursor| cursor.number);
	for number in cursor + 1.. {
		let live = [killed_block(number + 1)];
		store.advance(&[killed_block(number)], &live).await.expect("advanced");
	}
}

fn start_writer(url: &str) -> Child {
	Command::new(std::env::current_exe().expect("a path"))
		.args(["--exact", "chain::writer", "--ignored"])
		.env("CREDIO_TEST_INDEX", url)
		.stdout(Stdio::null())
		.stderr(Stdio::null())
		.spawn()
		.expect("it starts")
}

on_both!(killed_writers_lose_and_double_nothing, database, {
	let store = database.open().await;
	let mut reached = 0;
	for _ in 0..6 {
		let mut writer = start_writer(&database.url(1));
		// Wherever it is by then.
		let wanted = reached + 15;
		while reached < wanted {
			assert!(writer.try_wait().expect("a state").is_none(), "the writer has failed");
			reached = store.cursor().await.expect("a cursor").map_or(0, |cursor| cursor.number);
		}
		writer.kill().expect("killed");
		writer.wait().expect("dead");
	}
	// A server may still be at what the last one asked for; this waits for its turn.
	store.put_documents(&[]).await.expect("nothing");
	// Live entries are shown on request only, and go with the next block.
	let last = store.cursor().await.expect("a cursor").expect("a block").number + 1;
	store.apply(&[killed_block(last)]).await.expect("applied");
	let anew = Database::sqlite();
	let other = anew.open().await;
	other.set_views(&[view(VIEW)]).await.expect("views");
	let blocks: Vec<Block> = (1..=last).map(killed_block).collect();
	other.apply(&blocks).await.expect("applied");
	assert_eq!(dump(&store).await, dump(&other).await);
	let live = Query { live: true, limit: 1_000, ..query("", &["number"]) };
	let final_ones = Query { live: false, ..live.clone() };
	assert_eq!(found(&store, &live).await, found(&store, &final_ones).await);
});
