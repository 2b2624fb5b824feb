//! Work and memory that a document may take.

use super::*;
use crate::path::TooMuchWork;

const EDIFACT_MARK: &str = r#"when = [{ path = "UNH[2]", equals = "INVOIC" }]"#;

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
	let larger = |view: &View, size: usize| {
		let reason = rows(view, media_type(view), &vec![b' '; size + 1]).unwrap_err();
		reason.to_string().starts_with(&format!("it is larger than {size} bytes"))
	};
	assert!(larger(&json, MAX_DOCUMENT));
	let edifact = view("edifact", EDIFACT_MARK, &[("a", "\"NAD[1]\"", "text")]);
	assert!(larger(&edifact, MAX_SMALL_PARTS));
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
	let long = "y".repeat(25_000);
	let document = format!("{}{long}<b/>{long}{}", "<a>".repeat(60), "</a>".repeat(60));
	assert_eq!(read(&view, &document).unwrap_err(), Reason::from(TooMuchWork).to_string());
}

/// An invoice in UBL with an attachment of its own of so many bytes, and lines.
fn invoice(attachment: usize, lines: usize) -> String {
	let line = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount currencyID=\"EUR\">10.00\
		</cbc:LineExtensionAmount></cac:InvoiceLine>\n";
	format!(
		"<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
		xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
		xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\
		<cbc:ID>L-7</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>{}\
		</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>{}</Invoice>",
		"QUJD".repeat(attachment / 4),
		line.repeat(lines),
	)
}

const UBL: &str = "[namespaces]\ncac = \"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\"\n\
	cbc = \"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\"";

#[test]
fn large_documents_make_rows() {
	let number = view("xml", UBL, &[("number", "\"//cbc:ID\"", "text")]);
	// 6 MB: an attachment, and 10,000 lines.
	let large = invoice(5_000_000, 10_000);
	assert!(large.len() > 6_000_000);
	assert_eq!(read(&number, &large).unwrap(), [["L-7"]]);
	let lines = view(
		"xml",
		&format!("rows = \"//cac:InvoiceLine\"\n{UBL}"),
		&[("a", "\"cbc:ID\"", "text")],
	);
	assert_eq!(read(&lines, &large).unwrap().len(), 10_000);
	let reason = read(&lines, &invoice(0, 10_001)).unwrap_err();
	assert_eq!(reason, "it has more than 10000 rows");
	let table = view("csv", "", &[("a", "\"a\"", "text"), ("b", "\"b\"", "integer")]);
	let csv = |lines: usize| format!("a,b\n{}", "some text,7\n".repeat(lines));
	assert_eq!(read(&table, &csv(10_000)).unwrap().len(), 10_000);
	assert_eq!(read(&table, &csv(100_000)).unwrap_err(), "it has more than 10000 rows");
	let json = view("json", "rows = \"$.list[*]\"", &[("a", "\"$.a\"", "integer")]);
	let list = format!("{{\"list\":[{}{{\"a\":7}}]}}", "{\"a\":7},".repeat(9_999));
	assert_eq!(read(&json, &list).unwrap().len(), 10_000);
}

#[test]
fn large_documents_of_many_small_parts_are_refused_before_they_take_memory() {
	let xml = view("xml", "", &[("a", "\"/a\"", "text")]);
	let attributes = "<b c='' d=''/>".repeat(200_000);
	assert_eq!(
		read(&xml, &format!("<a>{attributes}</a>")).unwrap_err(),
		"it has more than 500000 nodes"
	);
	let json = view("json", "", &[("a", "\"$.a\"", "text")]);
	assert_eq!(
		read(&json, &format!("[{}1]", "1,".repeat(500_000))).unwrap_err(),
		"it has more than 500000 values"
	);
	let deep = format!("{}\"{}\"{}", "[".repeat(60), "x".repeat(4_000_000), "]".repeat(60));
	assert!(read(&json, &deep).unwrap_err().contains("nested too deep for its size"));
	let csv = view("csv", "", &[("a", "\"a\"", "text")]);
	assert_eq!(read(&csv, &"a,".repeat(10_001)).unwrap_err(), "it has more than 10000 columns");
}
