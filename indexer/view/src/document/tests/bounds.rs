//! Work and memory that a document may take.

use super::*;
use crate::path::TooMuchWork;

#[test]
fn expensive_documents_are_refused() {
	let xml = view("xml", "", &[("a", "\"//a[//a[//a[//a]]]\"", "text")]);
	let entity = "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>";
	assert!(read(&xml, entity).unwrap_err().contains("document type"));
	let external = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
	assert!(read(&xml, external).unwrap_err().contains("document type"));
	assert!(read(&xml, "<a>&undeclared;</a>").unwrap_err().contains("no XML"));
	let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
	assert_eq!(read(&xml, &deep(MAX_DEPTH)).unwrap_err(), Reason::from(TooMuchWork).to_string());
	assert!(read(&xml, &deep(MAX_DEPTH + 1)).unwrap_err().contains("deeper than 64"));
	assert!(read(&xml, &deep(9_000)).unwrap_err().contains("deeper than 64"));
	let json = view("json", "", &[("a", "\"$..a..a\"", "text")]);
	let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
	assert!(read(&json, &deep(MAX_DEPTH)).is_ok());
	assert!(read(&json, &deep(MAX_DEPTH + 1)).unwrap_err().contains("deeper than 64"));
	let large = vec![b' '; MAX_DOCUMENT_SIZE as usize + 1];
	assert!(rows(&json, "application/json", &large).unwrap_err().to_string().contains("larger"));
}

#[test]
fn rows_share_the_bounds_of_their_document() {
	let row = |path: &str| {
		let columns = [("a", format!("[\"{path}\"]"))];
		let columns = columns.each_ref().map(|(name, path)| (*name, path.as_str(), "text"));
		view("xml", "rows = \"//r\"", &columns)
	};
	let document = |text: usize, rows: usize| {
		format!("<d><t>{}</t>{}</d>", "x".repeat(text), "<r/>".repeat(rows))
	};
	// Each row repeats what stands in the document once.
	assert_eq!(read(&row("/d/t"), &document(1_000, 1_000)).unwrap().len(), 1_000);
	let reason = read(&row("/d/t"), &document(20_000, 10_000)).unwrap_err();
	assert_eq!(reason, "row 53: its rows have more than 1048576 bytes of text together");
	// Each row looks at all of the document, and finds nothing.
	let reason = read(&row("//nothing"), &document(1, 10_000)).unwrap_err();
	let work = Reason::from(TooMuchWork).to_string();
	assert_eq!(reason, format!("row 396: {work}"));
	// Each row has many columns.
	let columns: Vec<String> = (0..60).map(|n| format!("c{n}")).collect();
	let columns: Vec<_> = columns.iter().map(|name| (name.as_str(), "\"n\"", "text")).collect();
	let wide = view("csv", "", &columns);
	let reason = read(&wide, &format!("n\n{}", "1\n".repeat(2_000))).unwrap_err();
	assert_eq!(reason, "row 1667: its rows have more than 100000 values together");
}

#[test]
fn texts_of_nested_elements_are_not_copied_without_bound() {
	let view = view("xml", "", &[("a", "\"//a[//a='z']\"", "text")]);
	let nested = format!("{}{}", "<a>x".repeat(64), "</a>".repeat(64));
	assert!(read(&view, &nested).is_ok());
	let long = "y".repeat(40_000);
	let deep = format!("{}{long}<b/>{long}", "<a>".repeat(60));
	let document = format!("{deep}{}", "</a>".repeat(60));
	// It is too large, which is checked before it is read.
	assert!(read(&view, &document).unwrap_err().contains("larger"));
	let document = document.replace(&long, &"y".repeat(25_000));
	assert_eq!(read(&view, &document).unwrap_err(), Reason::from(TooMuchWork).to_string());
}
