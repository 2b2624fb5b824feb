//! Objects that are read after their block, and erased.

use crate::support::*;
use credio_index::{
	Content, Document, Entry, Store,
	store::{ERASED, Erased, OBJECT, Scrubbed, TOO_LARGE, Turn},
};
use credio_primitives::RecordId;
use std::{fs, path::Path};

/// Stands in the words, an indexed column, the document and its media type.
const MARKER: &str = "marker7of7erased";

fn object(sequence: u64) -> Entry {
	Entry { content: Content::Unreadable(OBJECT.into()), ..entry(INVOICES, sequence, json("")) }
}

/// A document of 200 KB.
fn large(number: &str) -> Document {
	let filling = (0..20_000).map(|n| format!("{:09}", n * 7)).collect::<Vec<_>>().join(" ");
	json(&format!(r#"{{"number":"{number}","note":"{number}","rest":"{filling}"}}"#))
}

async fn with_objects(database: &Database, count: u64) -> Store {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	store.apply(&[first_block()]).await.expect("applied");
	store.apply(&[block(2, (0..count).map(object).collect())]).await.expect("applied");
	store
}

async fn pending(store: &Store, after: Turn) -> Vec<RecordId> {
	let found = store.pending_objects(after, 100).await.expect("objects");
	found.iter().map(|object| object.record).collect()
}

fn records(sequences: &[u64]) -> Vec<RecordId> {
	sequences.iter().map(|sequence| record(INVOICES, *sequence)).collect()
}

on_both!(objects_are_read_once_and_only_while_they_are_to_be, database, {
	let store = with_objects(&database, 4).await;
	assert_eq!(pending(&store, Turn::FIRST).await, records(&[0, 1, 2, 3]));
	let turns = store.pending_objects(Turn::FIRST, 2).await.expect("objects");
	assert_eq!(pending(&store, turns[1].turn).await, records(&[2, 3]));
	let put = async |sequence, number: &str| {
		store.put_object(record(INVOICES, sequence), large(number)).await.expect("an answer")
	};
	assert!(put(0, "A").await);
	assert!(!put(0, "B").await, "it is there");
	assert_eq!(found(&store, &query("", &[])).await, "A");
	// Meanwhile a grant was revoked, or the object was erased.
	let revoked = [(record(INVOICES, 1), "noGrant".to_owned())];
	store.change(&[], &revoked).await.expect("changed");
	store.erase(record(INVOICES, 2), Some(1)).await.expect("erased");
	assert!(!put(1, "B").await && !put(2, "C").await);
	assert_eq!(found(&store, &query("", &[])).await, "A");
	assert_eq!(pending(&store, Turn::FIRST).await, records(&[3]));
	// One that is too large is tried again with another bound.
	store.set_largest_object(1_000).await.expect("set");
	assert!(store.refuse_object(record(INVOICES, 3), TOO_LARGE).await.expect("an answer"));
	store.set_largest_object(1_000).await.expect("set");
	assert_eq!(pending(&store, Turn::FIRST).await, []);
	store.set_largest_object(2_000).await.expect("set");
	assert_eq!(pending(&store, Turn::FIRST).await, records(&[3]));
	assert_eq!(store.next_erasure().await.expect("a number"), 1);
});

on_both!(views_are_built_of_large_documents_in_portions, database, {
	let store = with_objects(&database, 3).await;
	for (sequence, number) in (0..).zip(["A", "B", "C"]) {
		let text = format!(r#"{{"number":"{number}","rest":"{}"}}"#, "x".repeat(14 << 20));
		assert!(store.put_object(record(INVOICES, sequence), json(&text)).await.expect("stored"));
	}
	let before = dump(&store).await;
	store.set_views(&[]).await.expect("no views");
	store.set_views(&[view(VIEW)]).await.expect("views");
	assert_eq!(found(&store, &query("", &["number"])).await, "A B C");
	assert_eq!(dump(&store).await, before);
});

/// Files under a folder that hold some text, apart from PostgreSQL's log of changes.
fn with_text(folder: &Path, text: &str, found: &mut Vec<String>) {
	for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable")) {
		let path = entry.path();
		if path.is_dir() {
			if entry.file_name() != "pg_wal" {
				with_text(&path, text, found);
			}
			continue;
		}
		let Ok(bytes) = fs::read(&path) else { continue };
		if bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes())) {
			found.push(path.display().to_string());
		}
	}
}

fn files_with_marker(database: &Database) -> Vec<String> {
	let mut found = Vec::new();
	with_text(&database.folder(), MARKER, &mut found);
	found
}

on_both!(marker_of_an_erased_object_is_in_no_file, database, {
	let store = with_objects(&database, 3).await;
	let erased = record(INVOICES, 1);
	let mut marked = large(MARKER);
	marked.media_type = format!("application/json; name={MARKER}");
	for (sequence, document) in [(0, large("A")), (1, marked), (2, large("C"))] {
		assert!(store.put_object(record(INVOICES, sequence), document).await.expect("stored"));
	}
	// A view that is built has statistics, also of an indexed column.
	let indexed = VIEW.replace("index = [\"amount\"", "index = [\"number\", \"amount\"");
	store.set_views(&[view(&indexed)]).await.expect("views");
	let text = format!("number = \"{MARKER}\" and match \"{MARKER}\"");
	let text = text.replace('"', "'");
	assert_eq!(found(&store, &query(&text, &[])).await, MARKER);
	database.checkpoint();
	assert!(!files_with_marker(&database).is_empty(), "the test finds it");

	let all = Erased { held: true, removed: true };
	assert_eq!(store.erase(erased, Some(1)).await.expect("erased"), all);
	assert_eq!(store.scrub().await.expect("scrubbed"), Scrubbed::Done);
	database.checkpoint();
	assert_eq!(files_with_marker(&database), [""; 0]);
	assert_eq!(found(&store, &query("", &["number"])).await, "A C");
	let known = store.known(INVOICES, 1, 1).await.expect("an entry");
	assert_eq!(known[&erased].as_deref(), Some(ERASED));
	// Again it is the same, and nothing is left to do.
	let again = Erased { held: true, removed: false };
	assert_eq!(store.erase(erased, None).await.expect("erased"), again);
	let unknown = store.erase(RecordId([9; 32]), Some(2)).await.expect("nothing");
	assert_eq!(unknown, Erased::default());
	assert_eq!(store.next_erasure().await.expect("a number"), 2);
});

#[tokio::test]
async fn readers_of_postgresql_hold_rewriting_back() {
	let database = Database::postgresql();
	let store = with_objects(&database, 1).await;
	let erased = record(INVOICES, 0);
	assert!(store.put_object(erased, large(MARKER)).await.expect("stored"));
	let reader = Store::open_to_read(&database.url(1), 1).await.expect("it opens");
	let mut snapshot = reader.snapshot().await.expect("a snapshot");
	snapshot.cursor().await.expect("a block");
	store.erase(erased, None).await.expect("erased");
	assert_eq!(store.scrub().await.expect("an answer"), Scrubbed::Held);
	// What a revoked grant leaves to do does not replace it.
	store.scrub_later().await.expect("noted");
	assert_eq!(store.scrub().await.expect("an answer"), Scrubbed::Held);
	drop(snapshot);
	reader.close().await;
	assert_eq!(store.scrub().await.expect("an answer"), Scrubbed::Done);
	database.checkpoint();
	assert_eq!(files_with_marker(&database), [""; 0]);
}
