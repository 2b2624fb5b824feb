//! Exports: the files have the content of the store, however often writing was interrupted, and nothing that is changed
//! in them goes unnoticed.

mod interrupted;
#[path = "../../../index/tests/store/postgres.rs"]
mod postgres;
mod reading;
#[allow(dead_code)]
#[path = "../../../index/tests/store/support.rs"]
mod support;
mod tampered;

use crate::support::*;
use credio_export::{
	self as export, ExportError, Exported, Fate, FileFormat, Request, Selection, Verification,
	verify,
};
use credio_index::{Document, EntryKind, Query, Store};
use credio_primitives::{Digest, merkle::Tree};
use credio_view::Value;
use reading::read;
use serde_json::json;
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

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
		0 => json!("-99999999999999999999999.9999"),
		1 => json!("99999999999999999999999.9999"),
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

/// A store with invoices, some replaced by others, and with all kinds of entries without rows.
async fn filled(database: &Database) -> Store {
	let store = database.open().await;
	store.claim_chain(Digest([7; 32])).await.expect("a chain");
	store.set_views(&[view(VIEW)]).await.expect("a view");
	store.apply(&[first_block()]).await.expect("it is taken");
	let entries = (0..40).map(|number| match number {
		5 => unreadable(INVOICES, number),
		9 => credio_index::Entry { kind: EntryKind::MerkleAnchor, ..unreadable(INVOICES, number) },
		11 => entry(
			INVOICES,
			number,
			Document { media_type: "image/png".into(), bytes: [0x89, 0xff, 0].as_slice().into() },
		),
		13 => entry(INVOICES, number, json("{\"number\": \"N-X\", \"amount\": \"much\"}")),
		17 => entry(
			INVOICES,
			number,
			Document { media_type: "text/plain".into(), bytes: Vec::new().into() },
		),
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
					("_author", row.author.to_string()),
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
	assert!(
		lines[13]["why"]
			.as_str()
			.is_some_and(|why| why.contains("amount") && !why.contains("much"))
	);
	// The files are for their owner only.
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
		// An empty document exists: its encoding shows it in CSV.
		let empty = if format == FileFormat::Csv { None } else { Some("") };
		assert_eq!((text(17, "encoding"), text(17, "document")), (Some("utf8"), empty));
		let told = verified(folder.path());
		assert!(told.holds(), "{:?}", told.findings);
	}
});

#[tokio::test]
async fn cannot_export_empty_index() {
	let database = Database::sqlite();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("a view");
	let folder = tempfile::tempdir().expect("a folder");
	let csv = request(of_view(None, false), FileFormat::Csv);
	let refused = export(&store, &csv, folder.path()).await;
	assert!(matches!(refused, Err(ExportError::EmptyIndex)), "{refused:?}");
	// Nothing is left behind.
	let new = folder.path().join("new");
	let refused = export(&store, &csv, &new).await;
	assert!(matches!(refused, Err(ExportError::EmptyIndex)) && !new.exists(), "{refused:?}");
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
