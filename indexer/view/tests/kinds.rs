//! Every document is of one kind: the view that takes it is the only one, and it is unfit in no other, apart from the view of
//! instalments, which takes invoices of several kinds.

mod support;

use credio_view::{View, document};
use std::{
	fs,
	path::{Path, PathBuf},
};
use support::media_type;

fn files(folder: &str) -> Vec<PathBuf> {
	let folder = Path::new(folder);
	let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
	let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
	files.retain(|file| file.is_file());
	files.sort();
	files
}

#[test]
fn document_that_fits_a_view_is_of_no_other() {
	let mut views = Vec::new();
	for file in files("../../samples/views") {
		let toml = fs::read_to_string(&file).expect("a view");
		// It is of documents that others take.
		if file.ends_with("instalments.toml") {
			continue;
		}
		let view = View::parse(&toml);
		views.push(view.unwrap_or_else(|error| panic!("{}: {error}", file.display())));
	}
	let documents = files("tests/documents").into_iter().chain(files("../../samples"));
	let mut taken = 0;
	for file in documents.filter(|file| file.extension().is_none_or(|ending| ending != "toml")) {
		let bytes = fs::read(&file).expect("a document");
		let results = views
			.iter()
			.map(|view| (&view.name, document::rows(view, media_type(&file), &bytes)))
			.filter(|(_, rows)| !matches!(rows, Ok(None)))
			.collect::<Vec<_>>();
		if results.iter().any(|(_, rows)| rows.is_ok()) {
			let names: Vec<_> = results.iter().map(|(name, _)| name).collect();
			assert_eq!(results.len(), 1, "{}: {names:?}", file.display());
			taken += 1;
		}
	}
	assert!(taken > 70, "{taken}");
}
