//! The ready-made views, on the documents of `samples/`, against values that were read line by line.
//!
//! `CREDIO_SAMPLES` names another folder of documents to try.

use crate::support::*;
use credio_indexer::{document, value::Type, Document, Value, View};
use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
};

fn repository() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn ready_made(name: &str) -> View {
	let path = repository().join("samples/views").join(name).with_extension("toml");
	view(&fs::read_to_string(path).expect("a file"))
}

fn read(name: &str) -> Vec<u8> {
	fs::read(repository().join("samples").join(name)).expect("a sample")
}

/// Rows of a document, by the names of columns.
fn rows(view: &View, media_type: &str, document: &[u8]) -> Option<Vec<BTreeMap<String, String>>> {
	let rows = document::rows(view, media_type, document).expect("it fits")?;
	let names: Vec<String> = view.columns.iter().map(|column| column.name.clone()).collect();
	let row = |row: Vec<Option<Value>>| names.iter().cloned().zip(row.iter().map(shown)).collect();
	Some(rows.into_iter().map(row).collect())
}

/// A reader of XML that knows of lines and tags only: texts between tags, with the names of the elements around them.
fn texts(xml: &str) -> Vec<(Vec<String>, String)> {
	let mut open: Vec<String> = Vec::new();
	let mut texts = Vec::new();
	let mut rest = xml;
	while let Some(at) = rest.find('<') {
		let text = rest[..at].trim();
		if !text.is_empty() {
			let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
			texts.push((open.clone(), text.replace("&apos;", "'").replace("&amp;", "&")));
		}
		rest = &rest[at..];
		if rest.starts_with("<!--") {
			rest = &rest[rest.find("-->").expect("an end")..];
			rest = &rest[3..];
			continue;
		}
		let end = rest.find('>').expect("an end");
		let tag = &rest[1..end];
		rest = &rest[end + 1..];
		if tag.starts_with(['?', '!']) {
			continue;
		}
		if tag.starts_with('/') {
			open.pop();
		} else if !tag.ends_with('/') {
			let name = tag.split(|c: char| c.is_whitespace()).next().expect("a name");
			open.push(name.rsplit(':').next().expect("a name").to_owned());
		}
	}
	texts
}

/// The first text whose elements end so.
fn first(texts: &[(Vec<String>, String)], end: &[&str]) -> Option<String> {
	let found = texts.iter().find(|(open, _)| {
		open.len() >= end.len()
			&& open[open.len() - end.len()..].iter().zip(end).all(|(a, b)| a == b)
	});
	found.map(|(_, text)| text.clone())
}

/// What the columns of an XML invoice have to be, in canonical form.
fn expected(xml: &str) -> BTreeMap<&'static str, String> {
	let texts = texts(xml);
	let either = |ends: &[&[&str]]| ends.iter().find_map(|end| first(&texts, end));
	let party = |ubl: &str, cii: &str| {
		either(&[
			&[ubl, "Party", "PartyLegalEntity", "RegistrationName"],
			&[ubl, "Party", "PartyName", "Name"],
			&[cii, "Name"],
		])
	};
	let date = |ends: &[&[&str]]| {
		either(ends).map(|text| match text.len() {
			8 => format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]),
			_ => text,
		})
	};
	let amount = either(&[
		&["LegalMonetaryTotal", "PayableAmount"],
		&["SpecifiedTradeSettlementHeaderMonetarySummation", "DuePayableAmount"],
	]);
	// Two digits after the point, as the column shows it.
	let amount = amount.map(|text| match text.split_once('.') {
		None => format!("{text}.00"),
		Some((whole, fraction)) => format!("{whole}.{fraction:0<2}"),
	});
	let ubl = |name| [&["Invoice", name][..], &["CreditNote", name]].map(<[&str]>::to_vec);
	let of_root = |name| {
		let ends = ubl(name);
		date(&[&ends[0], &ends[1]])
	};
	let cii = |name| date(&[&[name, "DateTimeString"]]);
	BTreeMap::from([
		("amount", amount),
		("currency", either(&[&["DocumentCurrencyCode"], &["InvoiceCurrencyCode"]])),
		("issueDate", of_root("IssueDate").or_else(|| cii("IssueDateTime"))),
		(
			"dueDate",
			of_root("DueDate")
				.or_else(|| date(&[&["PaymentMeans", "PaymentDueDate"]]))
				.or_else(|| cii("DueDateDateTime")),
		),
		("seller", party("AccountingSupplierParty", "SellerTradeParty")),
		("buyer", party("AccountingCustomerParty", "BuyerTradeParty")),
	])
	.into_iter()
	.map(|(name, text)| (name, text.unwrap_or("-".into())))
	.collect()
}

#[test]
fn xml_invoices_are_read_right() {
	let views = [ready_made("invoice-ubl"), ready_made("invoice-cii")];
	let mut folders = vec![repository().join("samples")];
	folders.extend(std::env::var_os("CREDIO_SAMPLES").map(PathBuf::from));
	let mut count = 0;
	for folder in folders {
		let mut files: Vec<_> = fs::read_dir(&folder)
			.expect("a folder")
			.map(|file| file.expect("a file").path())
			.filter(|file| file.extension().is_some_and(|ending| ending == "xml"))
			.collect();
		files.sort();
		for file in files {
			let document = fs::read(&file).expect("a document");
			let found: Vec<_> = views
				.iter()
				.filter_map(|view| rows(view, "application/xml", &document))
				.flatten()
				.collect();
			let text = String::from_utf8(document).expect("text");
			if text.contains("<M_INVOIC") {
				// An XML form of EDIFACT, of which there is no ready-made view.
				assert!(found.is_empty());
				continue;
			}
			assert_eq!(found.len(), 1, "{}", file.display());
			let wanted = expected(&text);
			for (name, value) in &wanted {
				assert_eq!(&found[0][*name], value, "{name} of {}", file.display());
			}
			assert!(wanted.iter().all(|(name, value)| *name == "dueDate" || value != "-"));
			println!("{}: {wanted:?}", file.file_name().unwrap_or_default().display());
			count += 1;
		}
	}
	assert!(count >= 2);
}

fn assert_row(row: &BTreeMap<String, String>, wanted: &[(&str, &str)]) {
	for (name, value) in wanted {
		assert_eq!(row[*name], *value, "{name}");
	}
}

#[test]
fn the_other_invoices_are_read_right() {
	let json = rows(&ready_made("invoice-json"), "application/json", &read("invoice.json"));
	assert_row(
		&json.expect("an invoice")[0],
		&[
			("number", "TB-2026-0208"),
			("dueDate", "2026-08-01"),
			("currency", "EUR"),
			("amount", "1149.50"),
			("seller", "Tidewater Bookkeeping"),
			("buyer", "Bakkerij De Vroege Vogel"),
			("order", "JOB-118"),
			("items", "Bookkeeping, per hour\nVAT return, second quarter"),
		],
	);
	let edifact = read("invoice-edifact.edi");
	let edifact = rows(&ready_made("invoice-edifact"), "application/EDIFACT", &edifact);
	assert_row(
		&edifact.expect("an invoice")[0],
		&[
			("number", "LC-26-00931"),
			("typeCode", "380"),
			("issueDate", "2026-06-11"),
			("dueDate", "2026-07-11"),
			("currency", "EUR"),
			("amount", "1034.63"),
			("seller", "Laguna Conserven B.V."),
			("buyer", "Kaap Groothandel B.V."),
			("order", "4500017765"),
		],
	);
	let ubl = rows(&ready_made("invoice-ubl"), "application/xml", &read("invoice-ubl.xml"));
	assert_row(
		&ubl.expect("an invoice")[0],
		&[
			("number", "HJ-2026-0417"),
			("order", "PO-88213"),
			("sellerId", "IE0000001AA"),
			("taxAmount", "513.82"),
			(
				"items",
				"Stair tread, oak, 300 x 1000 mm\nHandrail, ash, oiled\nDelivery and unloading",
			),
		],
	);
	let schedule = read("repayment-schedule.csv");
	let view = ready_made("repayment-schedule");
	let schedule = rows(&view, "text/csv", &schedule).expect("a schedule");
	assert_eq!(schedule.len(), 12);
	assert_row(
		&schedule[11],
		&[
			("loan", "RL-2026-0055"),
			("instalment", "12"),
			("dueDate", "2027-08-01"),
			("payment", "2078.78"),
			("closingBalance", "0.00"),
			("currency", "EUR"),
		],
	);
	assert_eq!(view.columns[1].ty, Type::Integer);
}

on_both!(samples_are_found, database, {
	let names =
		["invoice-ubl", "invoice-cii", "invoice-json", "invoice-edifact", "repayment-schedule"];
	let views = names.map(ready_made);
	let store = database.open().await;
	let files = [
		("invoice-ubl.xml", "application/xml"),
		("invoice-cii.xml", "text/xml; charset=utf-8"),
		("invoice.json", "application/ld+json"),
		("invoice-edifact.edi", "application/EDIFACT"),
		("repayment-schedule.csv", "text/csv"),
	];
	let entries = (0..).zip(files).map(|(sequence, (file, media_type))| {
		entry(INVOICES, sequence, Document { media_type: media_type.into(), bytes: read(file) })
	});
	store.apply(&[first_block(), block(2, entries.collect())]).await.expect("applied");
	store.set_views(&views).await.expect("views");
	for (view, filter, count) in [
		("invoices-ubl", "amount > 1000 and currency = \"EUR\" and match 'handrail'", 1),
		("invoices-cii", "buyer startsWith 'Segelmacherei' and match 'tochter dunensand'", 1),
		("invoices-json", "amount = 1149.50 and match 'VAT return'", 1),
		("invoices-edifact", "amount between 1000 and 1100 and match 'capers in brine'", 1),
		("repayment-schedules", "dueDate >= '2027-01-01'", 8),
	] {
		let page = store.search(view, &query(filter, &[])).await.expect("an answer");
		assert_eq!(page.rows.len(), count, "{view}");
		assert_eq!(store.unfit(view, None, 10).await.expect("a list"), []);
	}
});
