//! What has changed since: for those who keep a copy.

use crate::support::*;
use credio_index::{Change, Document, Entry, Query, Store, StoreError};
use credio_primitives::RecordId;
use credio_view::Value;
use std::collections::BTreeMap;

type Rows = Vec<(u32, Vec<Option<Value>>)>;

/// A copy of a view's rows, kept by nothing but changes.
#[derive(Default)]
struct Copy {
	rows: BTreeMap<RecordId, Rows>,
	cursor: Option<String>,
}

impl Copy {
	/// Reads one page. Returns whether it was the last, and the changes.
	async fn take(&mut self, store: &Store, filter: Option<&str>) -> (bool, Vec<Change>) {
		let changes =
			store.changes("invoices", filter, self.cursor.as_deref()).await.expect("changes");
		for change in &changes.changes {
			self.rows.remove(&change.record);
			let rows = change.rows.iter().map(|row| (row.line, row.values.clone()));
			let rows = rows.collect::<Rows>();
			if !rows.is_empty() {
				self.rows.insert(change.record, rows);
			}
		}
		self.cursor = Some(changes.cursor);
		(changes.is_last, changes.changes)
	}

	async fn take_all(&mut self, store: &Store, filter: Option<&str>) -> usize {
		let mut count = 0;
		loop {
			let (is_last, changes) = self.take(store, filter).await;
			count += changes.len();
			if is_last {
				return count;
			}
		}
	}
}

/// What searches find.
async fn found_now(store: &Store, filter: Option<&str>) -> BTreeMap<RecordId, Rows> {
	let mut found = BTreeMap::<_, Rows>::new();
	let mut query = Query { filter: filter.map(Into::into), limit: 1_000, ..Query::default() };
	loop {
		let page = store.search("invoices", &query).await.expect("an answer");
		for row in page.rows {
			found.entry(row.record).or_default().push((row.line, row.values));
		}
		if page.next.is_none() {
			return found;
		}
		query.after = page.next;
	}
}

async fn with_view(database: &Database) -> Store {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	store.apply(&[first_block()]).await.expect("applied");
	store
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
	fn next(&mut self, below: u64) -> u64 {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % below
	}
}

/// The document at a position, which is always the same one: one of several versions of an invoice, or none.
fn document(sequence: u64) -> Document {
	let mut numbers = Numbers(sequence);
	numbers.next(2);
	match numbers.next(6) {
		0 => json(r#"{"no":"invoice"}"#),
		_ => {
			json(&format!(r#"{{"number":"{}","amount":{}}}"#, numbers.next(12), numbers.next(100)))
		},
	}
}

/// Some blocks, or documents that come or go.
async fn change(store: &Store, numbers: &mut Numbers, block: &mut u32, count: &mut u64) {
	match numbers.next(8) {
		0 if *count > 0 => {
			let records = [(record(INVOICES, numbers.next(*count)), "revoked".to_owned())];
			store.remove_documents(&records).await.expect("removed");
		},
		1 if *count > 0 => {
			let sequence = numbers.next(*count);
			let records = [(record(INVOICES, sequence), document(sequence))];
			store.put_documents(&records).await.expect("stored");
		},
		2 => {
			let entries = vec![entry(INVOICES, *count, document(*count))];
			store.set_live(&[super::support::block(*block + 1, entries)]).await.expect("shown");
		},
		_ => {
			*block += 1;
			let mut entries = Vec::new();
			for _ in 0..numbers.next(4) {
				let supersedes = (*count > 0 && numbers.next(6) == 0)
					.then(|| record(INVOICES, numbers.next(*count)));
				let new = match numbers.next(5) {
					0 => unreadable(INVOICES, *count),
					_ => entry(INVOICES, *count, document(*count)),
				};
				entries.push(Entry { supersedes, ..new });
				*count += 1;
			}
			store.apply(&[super::support::block(*block, entries)]).await.expect("applied");
		},
	}
}

on_both!(whoever_takes_changes_has_what_is_found, database, {
	let store = with_view(&database).await;
	for filter in [None, Some("amount >= 50")] {
		let mut copies = [Copy::default(), Copy::default(), Copy::default()];
		let mut numbers = Numbers(7);
		let cursor = store.cursor().await.expect("a cursor").expect("a block").number;
		let (mut block, mut count) =
			(cursor, store.next_sequences().await.expect("streams")[&INVOICES].sequence);
		for step in 0..300 {
			change(&store, &mut numbers, &mut block, &mut count).await;
			// One is always there, one now and then, and one only at the end.
			copies[0].take_all(&store, filter).await;
			if step % 17 == 0 {
				copies[1].take(&store, filter).await;
			}
		}
		let found = found_now(&store, filter).await;
		assert!(!found.is_empty());
		for copy in &mut copies {
			copy.take_all(&store, filter).await;
			assert_eq!(copy.rows, found);
			// No change comes twice.
			assert_eq!(copy.take_all(&store, filter).await, 0);
		}
	}
});

on_both!(a_copy_of_much_comes_in_batches, database, {
	let store = with_view(&database).await;
	let texts = (0..450).map(|n| format!(r#"{{"number":"{n}"}}"#)).collect::<Vec<_>>();
	let texts = texts.iter().map(String::as_str).collect::<Vec<_>>();
	store.apply(&[block(2, invoices(0, &texts))]).await.expect("applied");
	let mut copy = Copy::default();
	let (is_last, first) = copy.take(&store, None).await;
	assert!(!is_last && first.len() < 450);
	assert_eq!(copy.take_all(&store, None).await + first.len(), 450);
});

on_both!(cursors_of_something_else_are_refused, database, {
	let store = with_view(&database).await;
	store.apply(&[block(2, invoices(0, &[r#"{"number":"A"}"#]))]).await.expect("applied");
	let mut copy = Copy::default();
	copy.take_all(&store, None).await;
	let cursor = copy.cursor.expect("a cursor");
	let refused = |filter: Option<&'static str>, cursor: String| {
		let store = store.clone();
		async move { store.changes("invoices", filter, Some(&cursor)).await.expect_err("refused") }
	};
	let other = refused(Some("amount > 1"), cursor.clone()).await;
	assert!(matches!(other, StoreError::CursorGone), "{other}");
	let bad = refused(None, cursor.replace('7', "8")).await;
	assert!(matches!(bad, StoreError::BadCursor), "{bad}");
	// Rows of a redefined view are other rows.
	store.set_views(&[view(&VIEW.replace("\"EUR\"", "\"NOK\""))]).await.expect("views");
	let gone = refused(None, cursor.clone()).await;
	assert!(matches!(gone, StoreError::CursorGone), "{gone}");
	assert!(gone.to_string().contains("begin with all rows"));
	// So are those of a rebuilt index.
	store.set_views(&[view(VIEW)]).await.expect("views");
	let mut copy = Copy::default();
	copy.take_all(&store, None).await;
	let write_lock = store.acquire_writer().await.expect("nobody else keeps it");
	store.clear(&write_lock).await.expect("cleared");
	store.set_views(&[view(VIEW)]).await.expect("views");
	let gone = refused(None, copy.cursor.expect("a cursor")).await;
	assert!(matches!(gone, StoreError::CursorGone), "{gone}");
});
