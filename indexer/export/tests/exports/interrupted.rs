//! Interruptions: wherever it ends, an export goes on to the same bytes, or says why it cannot.

use super::*;
use futures::FutureExt;
use std::{
	future::{Future, poll_fn},
	panic::{AssertUnwindSafe, resume_unwind},
	pin::pin,
	task::Poll,
};

/// Drops a future after so many polls.
async fn within<F: Future>(polls: usize, future: F) -> Option<F::Output> {
	let mut future = pin!(future);
	let mut left = polls;
	poll_fn(|context| match left.checked_sub(1) {
		None => Poll::Ready(None),
		Some(less) => {
			left = less;
			future.as_mut().poll(context).map(Some)
		},
	})
	.await
}

on_both!(an_interrupted_export_ends_with_the_same_bytes, database, {
	let store = filled(&database).await;
	for format in FORMATS {
		let request = request(of_view(None, true), format);
		let whole = tempfile::tempdir().expect("a folder");
		export(&store, &request, whole.path()).await.expect("an export");
		let whole = content(whole.path());
		assert_eq!(whole.len(), 2 + 9);
		let (mut interrupted, mut resumed) = (0, 0);
		for polls in 1.. {
			let folder = tempfile::tempdir().expect("a folder");
			let was_finished =
				within(polls, export(&store, &request, folder.path())).await.is_some();
			interrupted += u32::from(!was_finished);
			resumed += u32::from(folder.path().join(".unfinished/plan.json").exists());
			export(&store, &request, folder.path()).await.expect("an export");
			assert!(content_is(folder.path(), &whole), "after {polls} polls");
			if was_finished {
				break;
			}
		}
		for told in 0.. {
			let folder = tempfile::tempdir().expect("a folder");
			let was_finished = end_at(told, &store, &request, folder.path()).await;
			interrupted += u32::from(!was_finished);
			resumed += u32::from(folder.path().join(".unfinished/plan.json").exists());
			export(&store, &request, folder.path()).await.expect("an export");
			assert!(content_is(folder.path(), &whole), "after it told {told} times");
			if was_finished {
				break;
			}
		}
		assert!(interrupted > 10 && resumed > 5, "{interrupted} {resumed}");
		// Over and over, each time a little further.
		let folder = tempfile::tempdir().expect("a folder");
		for polls in 1.. {
			if within(polls, export(&store, &request, folder.path())).await.is_some() {
				break;
			}
		}
		assert!(content_is(folder.path(), &whole));
	}
});

fn content_is(folder: &Path, wanted: &BTreeMap<String, Vec<u8>>) -> bool {
	!folder.join(".unfinished").exists() && content(folder) == *wanted
}

/// Ends an export at its nth report of progress. Returns whether it was finished before.
async fn end_at(told: u32, store: &Store, request: &Request, folder: &Path) -> bool {
	let mut left = told;
	let mut progress = |_| match left.checked_sub(1) {
		Some(less) => left = less,
		None => resume_unwind(Box::new("enough")),
	};
	let export = export::run(store, request, folder, &mut progress);
	AssertUnwindSafe(export).catch_unwind().await.is_ok()
}

/// Interrupts an export when it has its plan and some parts.
async fn interrupt(store: &Store, request: &Request, folder: &Path) {
	// Each part reports its written rows, and its completion.
	assert!(!end_at(6, store, request, folder).await, "it is not finished so soon");
	assert!(
		folder.join("part-00003.csv").exists() && folder.join(".unfinished/plan.json").exists()
	);
}

on_both!(what_a_crash_leaves_is_made_good, database, {
	let store = filled(&database).await;
	let request = request(of_view(None, false), FileFormat::Csv);
	let whole = tempfile::tempdir().expect("a folder");
	export(&store, &request, whole.path()).await.expect("an export");
	let whole = content(whole.path());
	type Change = fn(&Path);
	let changes: [Change; 5] = [
		// The part has its name, and its description has none.
		|folder| fs::remove_file(folder.join(".unfinished/part-00002.csv.json")).expect("a file"),
		|folder| fs::remove_file(folder.join("part-00002.csv")).expect("a file"),
		// A file system that lost the end of a file.
		|folder| fs::write(folder.join("part-00002.csv"), "number,amou").expect("writable"),
		// The beginning of a file that has no name yet.
		|folder| {
			fs::write(folder.join(".unfinished/part-00004.csv.part"), "number").expect("writable")
		},
		// A plan that is not whole.
		|folder| fs::remove_file(folder.join(".unfinished/plan.json")).expect("a file"),
	];
	for change in changes {
		let folder = tempfile::tempdir().expect("a folder");
		interrupt(&store, &request, folder.path()).await;
		change(folder.path());
		let exported = export(&store, &request, folder.path()).await.expect("an export");
		assert!(!exported.was_complete);
		assert!(content_is(folder.path(), &whole));
	}
});

on_both!(what_is_written_is_as_of_the_beginning, database, {
	let store = filled(&database).await;
	let request = request(of_view(None, false), FileFormat::Csv);
	let whole = tempfile::tempdir().expect("a folder");
	export(&store, &request, whole.path()).await.expect("an export");
	let folder = tempfile::tempdir().expect("a folder");
	interrupt(&store, &request, folder.path()).await;
	// A later document replaces one that is not written yet, and others come.
	store
		.apply(&[block(21, invoices(40, &["{\"number\": \"N-29\"}", "{\"number\": \"new\"}"]))])
		.await
		.expect("taken");
	export(&store, &request, folder.path()).await.expect("an export");
	assert!(content_is(folder.path(), &content(whole.path())));
	// Run again it says so, and changes nothing.
	let again = export(&store, &request, folder.path()).await.expect("an export");
	assert!(again.was_complete && again.manifest.at.number == 20);
	assert!(content_is(folder.path(), &content(whole.path())));
	// Of documents that may not be read any more nothing is written.
	let folder = tempfile::tempdir().expect("a folder");
	let later = tempfile::tempdir().expect("a folder");
	interrupt(&store, &request, folder.path()).await;
	interrupt(
		&store,
		&Request { selection: Selection::Stream(INVOICES), ..request.clone() },
		later.path(),
	)
	.await;
	store.remove_documents(&[(record(INVOICES, 38), "noGrant".into())]).await.expect("it goes");
	let gone = export(&store, &request, folder.path()).await;
	assert!(matches!(gone, Err(ExportError::Changed(_))), "{gone:?}");
	let of_stream = Request { selection: Selection::Stream(INVOICES), ..request.clone() };
	let gone = export(&store, &of_stream, later.path()).await;
	assert!(matches!(gone, Err(ExportError::Changed(_))), "{gone:?}");
	// Nor of a view that is another one now.
	let folder = tempfile::tempdir().expect("a folder");
	interrupt(&store, &request, folder.path()).await;
	store.set_views(&[view(&VIEW.replace("\"$.note\"", "\"$.seller\""))]).await.expect("a view");
	let changed = export(&store, &request, folder.path()).await;
	assert!(matches!(changed, Err(ExportError::Changed(_))), "{changed:?}");
});

on_both!(folders_with_something_else_are_refused, database, {
	let store = filled(&database).await;
	let csv = request(of_view(None, false), FileFormat::Csv);
	let folder = tempfile::tempdir().expect("a folder");
	fs::write(folder.path().join("mine.txt"), "mine").expect("writable");
	let refused = export(&store, &csv, folder.path()).await;
	assert!(matches!(refused, Err(ExportError::NotEmpty(_))), "{refused:?}");
	assert_eq!(content(folder.path()).len(), 1);
	let (begun, finished) =
		(tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
	interrupt(&store, &csv, begun.path()).await;
	export(&store, &csv, finished.path()).await.expect("an export");
	let before = content(finished.path());
	let others = [
		request(of_view(Some("amount > 1"), false), FileFormat::Csv),
		request(of_view(None, true), FileFormat::Csv),
		request(of_view(None, false), FileFormat::Jsonl),
		request(Selection::Stream(INVOICES), FileFormat::Csv),
		Request { part_rows: 5, ..csv.clone() },
	];
	for other in others {
		for folder in [begun.path(), finished.path()] {
			let refused = export(&store, &other, folder).await;
			assert!(matches!(refused, Err(ExportError::OtherSettings(_))), "{refused:?}");
		}
	}
	assert_eq!(content(finished.path()), before);
	let bad = export(
		&store,
		&request(of_view(Some("amount >"), false), FileFormat::Csv),
		Path::new("/nowhere"),
	)
	.await;
	assert!(bad.is_err());
	let unknown = Selection::View { name: "none".into(), filter: None, history: false };
	let folder = tempfile::tempdir().expect("a folder");
	assert!(export(&store, &request(unknown, FileFormat::Csv), folder.path()).await.is_err());
	assert!(matches!(
		verify::files(folder.path(), &mut Verification::default(), &mut |_| {}),
		Err(ExportError::Unfinished(_))
	));
	let none = Request { part_rows: 0, ..csv };
	assert!(matches!(export(&store, &none, folder.path()).await, Err(ExportError::PartRows)));
});
