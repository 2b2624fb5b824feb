//! Exports: what is in the files is what the store has, however often writing was interrupted, and nothing that is
//! changed in them goes unnoticed.

use crate::support::*;
use credio_indexer::{
	export::{
		self, verify, ExportError, Exported, Fate, FileFormat, Manifest, Request, Selection,
		Verification,
	},
	Document, EntryKind, Query, Store, Value,
};
use credio_primitives::{merkle::Tree, Digest};
use futures::FutureExt;
use parquet::{
	file::reader::{FileReader, SerializedFileReader},
	record::Field,
};
use serde_json::json;
use std::{
	collections::BTreeMap,
	fs,
	future::{poll_fn, Future},
	os::unix::fs::PermissionsExt,
	panic::{resume_unwind, AssertUnwindSafe},
	path::Path,
	pin::pin,
	task::Poll,
};

const FORMATS: [FileFormat; 3] = [FileFormat::Csv, FileFormat::Jsonl, FileFormat::Parquet];
/// Rows of a part: few, so that there are many parts.
const PART_ROWS: u64 = 4;

/// Texts that formats have trouble with.
const TEXTS: [&str; 8] = [
	"plain",
	"a \"quoted\" word, a comma; and a semicolon",
	"two\nlines\r\nand a third",
	"=1+HYPERLINK(\"x\")",
	"  spaces within  end",
	"Zürich 東京 🏦 \u{202e}",
	"\\N null NULL",
	"tab\tand 'single' {\"json\": true}",
];

fn document(number: u64) -> Document {
	let text = TEXTS[(number % 8) as usize];
	let amount = match number % 5 {
		0 => json!("-922337203685477.5808"),
		1 => json!("922337203685477.5807"),
		2 => json!("0.0001"),
		3 => json!(null),
		_ => json!("1234.50"),
	};
	let issued = if number.is_multiple_of(3) { json!("1931-05-03") } else { json!("2026-05-03") };
	let seen =
		if number.is_multiple_of(4) { json!(null) } else { json!("1969-12-31T23:59:59.000001Z") };
	let lines =
		if number.is_multiple_of(2) { json!(-9_223_372_036_854_775_808_i64) } else { json!(null) };
	let paid = match number % 3 {
		0 => json!(true),
		1 => json!(false),
		_ => json!(null),
	};
	json(&json!({
		"number": format!("N-{}", number % 30), "amount": amount, "issued": issued, "seen": seen, "lines": lines,
		"paid": paid, "seller": text, "note": text.repeat((number % 7) as usize),
	}).to_string())
}

/// A store with invoices, of which some replace others, and with all kinds of entries that give no row.
async fn filled(database: &Database) -> Store {
	let store = database.open().await;
	store.claim_chain(Digest([7; 32])).await.expect("a chain");
	store.set_views(&[view(VIEW)]).await.expect("a view");
	store.apply(&[first_block()]).await.expect("it is taken");
	let entries = (0..40).map(|number| match number {
		5 => unreadable(INVOICES, number),
		9 => {
			credio_indexer::Entry { kind: EntryKind::MerkleAnchor, ..unreadable(INVOICES, number) }
		},
		11 => entry(
			INVOICES,
			number,
			Document { media_type: "image/png".into(), bytes: vec![0x89, 0xff, 0] },
		),
		13 => entry(INVOICES, number, json("{\"number\": \"N-X\", \"amount\": \"much\"}")),
		17 => {
			entry(INVOICES, number, Document { media_type: "text/plain".into(), bytes: Vec::new() })
		},
		_ => entry(INVOICES, number, document(number)),
	});
	let entries: Vec<_> = entries.collect();
	let blocks =
		entries.chunks(6).zip(2..).map(|(entries, number)| block(number, entries.to_vec()));
	store.apply(&blocks.collect::<Vec<_>>()).await.expect("they are taken");
	store.apply(&[block(20, vec![entry(OTHERS, 0, json("{}"))])]).await.expect("it is taken");
	store
}

fn of_view(filter: Option<&str>, history: bool) -> Selection {
	Selection::View { name: "invoices".into(), filter: filter.map(Into::into), history }
}

fn request(selection: Selection, format: FileFormat) -> Request {
	Request { selection, format, part_rows: PART_ROWS }
}

async fn export(store: &Store, request: &Request, folder: &Path) -> Result<Exported, ExportError> {
	export::run(store, request, folder, &mut |_| {}).await
}

/// All files of a folder, by name.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
	let files = fs::read_dir(folder).expect("a folder").map(|file| {
		let file = file.expect("a file");
		let name = file.file_name().into_string().expect("a name");
		(name, fs::read(file.path()).expect("a file"))
	});
	files.collect()
}

fn verified(folder: &Path) -> Verification {
	let mut told = Verification::default();
	verify::files(folder, &mut told, &mut |_| {}).expect("it can be read");
	told
}

/// RFC 4180, read by the letter.
fn csv(text: &str) -> Vec<Vec<String>> {
	let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
	let mut rest = text.chars().peekable();
	let mut is_quoted = false;
	while let Some(c) = rest.next() {
		match c {
			'"' if is_quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
			'"' => is_quoted = !is_quoted,
			',' if !is_quoted => row.push(std::mem::take(&mut field)),
			'\r' if !is_quoted => {
				assert_eq!(rest.next(), Some('\n'), "lines end with CR LF");
				row.push(std::mem::take(&mut field));
				rows.push(std::mem::take(&mut row));
			},
			c => field.push(c),
		}
	}
	assert!(row.is_empty() && field.is_empty(), "the last line has an end");
	rows
}

/// A field of Parquet as texts are written; `None` for a missing value.
fn field(field: &Field) -> Option<String> {
	Some(match field {
		Field::Null => return None,
		Field::Str(text) => text.clone(),
		Field::Long(number) => number.to_string(),
		Field::Bool(is) => is.to_string(),
		Field::Date(days) => {
			assert!([-14_123, 20_576].contains(days), "{days}");
			if *days < 0 {
				"1931-05-03".into()
			} else {
				"2026-05-03".into()
			}
		},
		Field::TimestampMicros(micros) => {
			assert_eq!(*micros, -999_999);
			"1969-12-31T23:59:59.000001Z".into()
		},
		Field::Decimal(number) => {
			assert_eq!((number.precision(), number.scale()), (19, 4));
			let negative = number.data()[0] & 0x80 != 0;
			let start = if negative { -1_i128 } else { 0 };
			let units =
				number.data().iter().fold(start, |units, byte| units << 8 | i128::from(*byte));
			let (whole, fraction) = (units.abs() / 10_000, units.abs() % 10_000);
			let fraction = format!("{fraction:04}");
			let shown = fraction.trim_end_matches('0').len().max(2);
			format!("{}{whole}.{}", if negative { "-" } else { "" }, &fraction[..shown])
		},
		other => panic!("{other}"),
	})
}

/// Rows of the parts, each value as text and missing ones as `None`, by names of columns.
fn read(folder: &Path, format: FileFormat) -> Vec<BTreeMap<String, Option<String>>> {
	let mut rows = Vec::new();
	for (name, bytes) in content(folder).into_iter().filter(|(name, _)| name.starts_with("part-")) {
		let text = || String::from_utf8(bytes.clone()).expect("UTF-8");
		match format {
			FileFormat::Csv => {
				let mut lines = csv(&text()).into_iter();
				let names = lines.next().expect("a header");
				rows.extend(lines.map(|line| {
					assert_eq!(line.len(), names.len());
					let fields = line.into_iter().map(|text| (!text.is_empty()).then_some(text));
					names.iter().cloned().zip(fields).collect()
				}));
			},
			FileFormat::Jsonl => rows.extend(text().lines().map(|line| {
				let object: BTreeMap<String, serde_json::Value> =
					serde_json::from_str(line).expect("JSON");
				let shown = |value| match value {
					serde_json::Value::Null => None,
					serde_json::Value::String(text) => Some(text),
					other => Some(other.to_string()),
				};
				object.into_iter().map(|(name, value)| (name, shown(value))).collect()
			})),
			FileFormat::Parquet => {
				let file = fs::File::open(folder.join(name)).expect("a file");
				let reader = SerializedFileReader::new(file).expect("Parquet");
				let read = reader.get_row_iter(None).expect("rows").map(|row| {
					let row = row.expect("a row");
					row.get_column_iter()
						.map(|(name, value)| (name.clone(), field(value)))
						.collect()
				});
				rows.extend(read.collect::<Vec<_>>());
			},
		}
	}
	rows
}

on_both!(what_is_in_the_files_is_what_the_store_has, database, {
	let store = filled(&database).await;
	let choices = [
		(None, false),
		(None, true),
		(Some("amount > 100 or seller contains \"東京\""), false),
		(Some("not match \"plain\" and _sequence >= 20"), true),
		(Some("number = \"nothing\""), false),
	];
	for (filter, history) in choices {
		let query =
			Query { filter: filter.map(Into::into), limit: 1_000, history, ..Query::default() };
		let page = store.search("invoices", &query).await.expect("an answer");
		let wanted: Vec<BTreeMap<String, Option<String>>> = page
			.rows
			.iter()
			.map(|row| {
				let shown = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
				let values = page.columns.iter().cloned().zip(row.values.iter().map(shown));
				let origin = [
					("_record", row.record.to_string()),
					("_stream", row.stream.to_string()),
					("_owner", row.owner.to_string()),
					("_sequence", row.sequence.to_string()),
					("_block", row.block.to_string()),
					("_line", row.line.to_string()),
				];
				values.chain(origin.map(|(name, text)| (name.into(), Some(text)))).collect()
			})
			.collect();
		for format in FORMATS {
			let folder = tempfile::tempdir().expect("a folder");
			let made =
				export(&store, &request(of_view(filter, history), format), folder.path()).await;
			let manifest = made.expect("an export").manifest;
			assert_eq!(read(folder.path(), format), wanted, "{filter:?} {format:?}");
			assert_eq!(manifest.counts.rows as usize, wanted.len());
			assert_eq!(manifest.counts.entries, 40);
			let told = verified(folder.path());
			assert!(told.holds(), "{:?}", told.findings);
		}
	}
});

on_both!(the_manifest_accounts_for_every_entry, database, {
	let store = filled(&database).await;
	let folder = tempfile::tempdir().expect("a folder");
	let paid = request(of_view(Some("paid = true"), false), FileFormat::Csv);
	let manifest = export(&store, &paid, folder.path()).await.expect("an export").manifest;
	assert_eq!(
		(manifest.at.number, manifest.first_block, manifest.last_block),
		(20, Some(2), Some(8))
	);
	let [stream] = &manifest.streams[..] else { panic!("one stream is of the view") };
	assert_eq!((stream.id, stream.from, stream.to), (INVOICES, Some(0), Some(39)));
	let commitments: Vec<_> = (0..40).map(|sequence| digest(INVOICES, sequence)).collect();
	assert_eq!(stream.root, Some(Tree::new(&commitments).expect("a tree").root()));
	let of = |fate| manifest.counts.fates[&fate];
	assert_eq!(
		[Fate::Anchor, Fate::Unreadable, Fate::OtherDocument, Fate::Unfit].map(of),
		[1, 1, 2, 1]
	);
	// Numbers repeat after 30: those of the first ten that have a row at all are replaced.
	assert_eq!(of(Fate::Superseded), 8);
	assert_eq!(manifest.counts.fates.values().sum::<u64>(), 40);
	let text = String::from_utf8(content(folder.path())["entries.jsonl"].clone()).expect("text");
	let lines: Vec<serde_json::Value> =
		text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
	assert!(lines.iter().map(|line| line["sequence"].as_u64()).eq((0..40).map(Some)));
	assert_eq!(lines[5]["fate"], "unreadable");
	assert_eq!(lines[9]["fate"], "anchor");
	assert!(lines[13]["why"]
		.as_str()
		.is_some_and(|why| why.contains("amount") && !why.contains("much")));
	// What was written is for its owner only.
	for name in content(folder.path()).keys() {
		let mode = fs::metadata(folder.path().join(name)).expect("a file").permissions().mode();
		assert_eq!(mode & 0o777, 0o600, "{name}");
	}
	assert_eq!(fs::metadata(folder.path()).expect("a folder").permissions().mode() & 0o777, 0o700);
});

on_both!(a_stream_is_exported_with_its_documents, database, {
	let store = filled(&database).await;
	assert_eq!(export::find_stream(&store, "invoices", 1).await.expect("a stream"), INVOICES);
	assert_eq!(
		export::find_stream(&store, &INVOICES.to_string(), 2).await.expect("a stream"),
		INVOICES
	);
	let unknown = export::find_stream(&store, "invoices", 2).await;
	assert!(matches!(unknown, Err(ExportError::UnknownSubject(_))));
	for format in FORMATS {
		let folder = tempfile::tempdir().expect("a folder");
		let made =
			export(&store, &request(Selection::Stream(INVOICES), format), folder.path()).await;
		assert_eq!(made.expect("an export").manifest.counts.rows, 40);
		let rows = read(folder.path(), format);
		let text = |row: usize, column: &str| rows[row][column].as_deref();
		for row in [0, 1, 2, 3, 39] {
			let document = document(row as u64);
			assert_eq!(text(row, "document").map(str::as_bytes), Some(&document.bytes[..]));
			assert_eq!((text(row, "encoding"), text(row, "kind")), (Some("utf8"), Some("record")));
		}
		assert_eq!((text(11, "encoding"), text(11, "document")), (Some("base64"), Some("if8A")));
		assert_eq!((text(9, "kind"), text(9, "document")), (Some("merkleAnchor"), None));
		assert!(text(5, "problem").is_some() && text(5, "encoding").is_none());
		// An empty document is there: what tells it in CSV is its encoding.
		let empty = if format == FileFormat::Csv { None } else { Some("") };
		assert_eq!((text(17, "encoding"), text(17, "document")), (Some("utf8"), empty));
		let told = verified(folder.path());
		assert!(told.holds(), "{:?}", told.findings);
	}
});

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

/// Ends an export when it tells of its progress for the nth time; answers whether it was finished before.
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
	// Of each part it is told when its rows are written, and when it is there.
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
		// The part has its name, and what is noted of it has none.
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

/// Changes a file of an export.
fn change(folder: &Path, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
	let path = folder.join(name);
	fs::write(&path, change(fs::read(&path).expect("a file"))).expect("writable");
}

/// Writes a manifest with digests that fit: of the files as they are, and its own.
fn seal(folder: &Path, edit: impl FnOnce(&mut Manifest)) {
	use sha2::Digest as _;
	let path = folder.join("manifest.json");
	let mut manifest: Manifest =
		serde_json::from_slice(&fs::read(&path).expect("a file")).expect("a manifest");
	for file in &mut manifest.files {
		let bytes = fs::read(folder.join(&file.name)).unwrap_or_default();
		file.bytes = bytes.len() as u64;
		file.sha256 = hex::encode(sha2::Sha256::digest(&bytes));
	}
	edit(&mut manifest);
	manifest.digest = String::new();
	let text = serde_json::to_vec(&manifest).expect("JSON");
	manifest.digest = hex::encode(sha2::Sha256::digest(text));
	let mut text = serde_json::to_vec_pretty(&manifest).expect("JSON");
	text.push(b'\n');
	fs::write(path, text).expect("writable");
}

fn lines(bytes: Vec<u8>, edit: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
	let text = String::from_utf8(bytes).expect("text");
	let mut lines: Vec<String> = text.split_inclusive('\n').map(Into::into).collect();
	edit(&mut lines);
	lines.concat().into_bytes()
}

#[tokio::test]
async fn nothing_that_is_changed_goes_unnoticed() {
	let database = Database::sqlite();
	let store = filled(&database).await;
	type Tamper = fn(&Path);
	// Each with a piece of what has to be said of it.
	let tampers: [(&str, Tamper); 13] = [
		("part-00002.jsonl: it was changed", |folder| {
			change(folder, "part-00002.jsonl", |bytes| lines(bytes, |lines| drop(lines.remove(1))));
		}),
		("0 rows, and 1 in entries.jsonl", |folder| {
			change(folder, "part-00002.jsonl", |bytes| lines(bytes, |lines| drop(lines.remove(1))));
			seal(folder, |manifest| manifest.files[2].rows -= 1);
		}),
		("(from part-00003.jsonl, row 1): a row was changed", |folder| {
			change(folder, "part-00003.jsonl", |bytes| {
				lines(bytes, |lines| lines[0] = lines[0].replacen("EUR", "USD", 1))
			});
			seal(folder, |_| {});
		}),
		("part-00003.jsonl, row 1: it is written in another way", |folder| {
			change(folder, "part-00003.jsonl", |bytes| {
				lines(bytes, |lines| lines[0] = lines[0].replacen("\"EUR\"", " \"EUR\"", 1))
			});
			seal(folder, |_| {});
		}),
		("it is of no entry that should have a row there", |folder| {
			change(folder, "part-00002.jsonl", |bytes| {
				lines(bytes, |lines| {
					lines
						.insert(1, lines[1].replacen("\"_record\":\"0x01", "\"_record\":\"0x02", 1))
				})
			});
			seal(folder, |manifest| manifest.files[2].rows += 1);
		}),
		("2 rows, and 1 in entries.jsonl", |folder| {
			change(folder, "part-00002.jsonl", |bytes| {
				lines(bytes, |lines| lines.insert(1, lines[1].clone()))
			});
			seal(folder, |manifest| manifest.files[2].rows += 1);
		}),
		("rows, and", |folder| {
			let (one, other) = (folder.join("part-00001.jsonl"), folder.join("part-00002.jsonl"));
			let first = fs::read(&one).expect("a file");
			fs::copy(&other, &one).expect("copied");
			fs::write(other, first).expect("writable");
			seal(folder, |_| {});
		}),
		("there is a gap", |folder| {
			change(folder, "entries.jsonl", |bytes| lines(bytes, |lines| drop(lines.remove(9))));
			seal(folder, |manifest| {
				manifest.files[0].rows -= 1;
				manifest.counts.entries -= 1;
				*manifest.counts.fates.get_mut(&Fate::Anchor).expect("a fate") -= 1;
				manifest.streams[0].counts = manifest.counts.clone();
			});
		}),
		("gives other numbers than manifest.json, or another root", |folder| {
			change(folder, "entries.jsonl", |bytes| {
				lines(bytes, |lines| {
					lines[5] = lines[5].replacen("d1\",\"fate\"", "d2\",\"fate\"", 1)
				})
			});
			seal(folder, |_| {});
		}),
		("its numbers are not those of entries.jsonl", |folder| {
			seal(folder, |manifest| {
				*manifest.counts.fates.get_mut(&Fate::Anchor).expect("a fate") -= 1;
				*manifest.counts.fates.get_mut(&Fate::Unfit).expect("a fate") += 1;
				manifest.streams[0].counts = manifest.counts.clone();
			});
		}),
		("manifest.json: it was changed", |folder| {
			change(folder, "manifest.json", |bytes| {
				lines(bytes, |lines| {
					lines.iter_mut().for_each(|line| {
						*line = line.replace("\"history\": false", "\"history\": true")
					})
				})
			});
		}),
		("part-00099.jsonl: it is none of the export's files", |folder| {
			fs::copy(folder.join("part-00001.jsonl"), folder.join("part-00099.jsonl"))
				.expect("copied");
		}),
		("part-00002.jsonl: No such file", |folder| {
			fs::remove_file(folder.join("part-00002.jsonl")).expect("a file");
		}),
	];
	for (said, tamper) in tampers {
		let folder = tempfile::tempdir().expect("a folder");
		let made =
			export(&store, &request(of_view(None, false), FileFormat::Jsonl), folder.path()).await;
		made.expect("an export");
		assert!(verified(folder.path()).holds());
		tamper(folder.path());
		let findings = verified(folder.path()).findings;
		assert!(findings.iter().any(|finding| finding.contains(said)), "{said}: {findings:#?}");
	}
}

#[tokio::test]
async fn changed_rows_are_found_in_every_format() {
	let database = Database::sqlite();
	let store = filled(&database).await;
	for format in FORMATS {
		let folder = tempfile::tempdir().expect("a folder");
		let made = export(&store, &request(of_view(None, false), format), folder.path()).await;
		made.expect("an export");
		// The same part of an index in which one document says something else.
		let other = tempfile::tempdir().expect("a folder");
		let database = Database::sqlite();
		let store = filled(&database).await;
		let changed = document(14);
		let text = String::from_utf8(changed.bytes).expect("text").replace("1234.50", "1234.51");
		store.put_documents(&[(record(INVOICES, 14), json(&text))]).await.expect("stored");
		let made = export(&store, &request(of_view(None, false), format), other.path()).await;
		made.expect("an export");
		let (one, two) = (content(folder.path()), content(other.path()));
		let differ: Vec<_> = one.keys().filter(|name| one[*name] != two[*name]).cloned().collect();
		let [part] = differ.iter().filter(|name| name.starts_with("part-")).collect::<Vec<_>>()[..]
		else {
			panic!("one part has the row: {differ:?}")
		};
		fs::write(folder.path().join(part), &two[part]).expect("writable");
		seal(folder.path(), |_| {});
		let findings = verified(folder.path()).findings;
		let [finding] = &findings[..] else { panic!("{findings:#?}") };
		assert!(
			finding.contains("entry 14 of stream") && finding.contains("a row was changed"),
			"{finding}"
		);
		// Whatever a file has become, it is read without harm.
		for cut in [0, 1, 7, two[part].len() / 2, two[part].len() - 1] {
			fs::write(folder.path().join(part), &two[part][..cut]).expect("writable");
			assert!(!verified(folder.path()).holds());
			let mut flipped = two[part].clone();
			flipped[cut] ^= 0x55;
			fs::write(folder.path().join(part), flipped).expect("writable");
			assert!(!verified(folder.path()).holds());
		}
	}
}

#[tokio::test]
async fn an_index_without_blocks_is_not_exported() {
	let database = Database::sqlite();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("a view");
	let folder = tempfile::tempdir().expect("a folder");
	let csv = request(of_view(None, false), FileFormat::Csv);
	let refused = export(&store, &csv, folder.path()).await;
	assert!(matches!(refused, Err(ExportError::EmptyIndex)), "{refused:?}");
	// One with a block and no entry gives a file with the columns.
	store.claim_chain(Digest([7; 32])).await.expect("a chain");
	store.apply(&[first_block()]).await.expect("taken");
	for format in FORMATS {
		let folder = tempfile::tempdir().expect("a folder");
		let made = export(&store, &request(of_view(None, false), format), folder.path()).await;
		let manifest = made.expect("an export").manifest;
		assert_eq!((manifest.counts.rows, manifest.streams[0].root), (0, None));
		assert_eq!(content(folder.path()).len(), 3);
		assert!(verified(folder.path()).holds());
	}
}
