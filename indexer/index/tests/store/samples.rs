//! The ready-made views, on the documents of `samples/`, against values that were read line by line.
//!
//! `CREDIO_SAMPLES` names another folder of documents to try.

use crate::support::*;
use credio_index::Document;
use credio_view::{Value, View, document, value::Type};
use std::{collections::BTreeMap, fs, path::PathBuf};

fn repository() -> PathBuf {
	PathBuf::from("../..")
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
	let row = |row: Vec<Option<Value>>| {
		names.iter().cloned().zip(row.iter().map(|value| shown(value.as_ref()))).collect()
	};
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

/// The first text with elements that end so.
fn first(texts: &[(Vec<String>, String)], end: &[&str]) -> Option<String> {
	let found = texts.iter().find(|(open, _)| {
		open.len() >= end.len()
			&& open[open.len() - end.len()..].iter().zip(end).all(|(a, b)| a == b)
	});
	found.map(|(_, text)| text.clone())
}

/// Two digits after the point, as the column shows it.
fn shown_amount(text: &str) -> String {
	match text.split_once('.') {
		None => format!("{text}.00"),
		Some((whole, fraction)) => format!("{whole}.{fraction:0<2}"),
	}
}

fn shown_date(text: &str) -> String {
	match text.len() {
		8 => format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]),
		_ => text.to_owned(),
	}
}

/// The same of EDIFACT in XML, where what comes after a qualifier is meant.
fn expected_of_edifact(xml: &str) -> BTreeMap<&'static str, String> {
	let texts = texts(xml);
	let is_in =
		|(open, _): &(Vec<String>, String), name: &str| open.last().is_some_and(|is| is == name);
	let after = |qualifier: (&str, &str), name: &str| {
		let start = texts.iter().position(|text| is_in(text, qualifier.0) && text.1 == qualifier.1);
		let found = texts[start?..].iter().find(|text| is_in(text, name));
		found.map(|(_, text)| text.clone())
	};
	let date = |kind| after(("D_2005", kind), "D_2380").map(|text| shown_date(&text));
	[
		("amount", after(("D_5025", "9"), "D_5004").map(|text| shown_amount(&text))),
		("currency", after(("D_6347", "2"), "D_6345")),
		("issueDate", date("137")),
		("dueDate", date("13")),
		("seller", after(("D_3035", "SE"), "D_3036")),
		("buyer", after(("D_3035", "BY"), "D_3036")),
	]
	.into_iter()
	.map(|(name, text)| (name, text.unwrap_or("-".into())))
	.collect()
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
	let date = |ends: &[&[&str]]| either(ends).map(|text| shown_date(&text));
	let amount = either(&[
		&["LegalMonetaryTotal", "PayableAmount"],
		&["SpecifiedTradeSettlementHeaderMonetarySummation", "DuePayableAmount"],
	]);
	let amount = amount.map(|text| shown_amount(&text));
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
	let views = ["invoice-ubl", "invoice-cii", "invoice-edifact-xml"].map(ready_made);
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
			assert_eq!(found.len(), 1, "{}", file.display());
			let wanted = if text.contains("<M_INVOIC") {
				expected_of_edifact(&text)
			} else {
				expected(&text)
			};
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

/// The sample in EDIFACT, as much of it as is needed, in the XML form.
const EDIFACT_IN_XML: &str = r#"<M_INVOIC>
	<S_BGM><C_C002><D_1001>380</D_1001></C_C002><C_C106><D_1004>LC-26-00931</D_1004></C_C106></S_BGM>
	<S_DTM><C_C507><D_2005>35</D_2005><D_2380>20260609</D_2380></C_C507></S_DTM>
	<S_DTM><C_C507><D_2005>137</D_2005><D_2380>20260611</D_2380></C_C507></S_DTM>
	<G_SG2><S_NAD><D_3035>BY</D_3035><C_C080><D_3036>Kaap Groothandel B.V.</D_3036></C_C080></S_NAD></G_SG2>
	<G_SG2><S_NAD><D_3035>SE</D_3035><C_C080><D_3036>Laguna Conserven B.V.</D_3036></C_C080></S_NAD>
		<G_SG3><S_RFF><C_C506><D_1153>VA</D_1153><D_1154>NL900000008B01</D_1154></C_C506></S_RFF></G_SG3></G_SG2>
	<G_SG7><S_CUX><C_C504><D_6347>2</D_6347><D_6345>EUR</D_6345></C_C504></S_CUX></G_SG7>
	<G_SG8><S_DTM><C_C507><D_2005>13</D_2005><D_2380>20260711</D_2380></C_C507></S_DTM></G_SG8>
	<G_SG52><S_MOA><C_C516><D_5025>79</D_5025><D_5004>949.20</D_5004></C_C516></S_MOA></G_SG52>
	<G_SG52><S_MOA><C_C516><D_5025>9</D_5025><D_5004>1034.63</D_5004></C_C516></S_MOA></G_SG52>
</M_INVOIC>"#;

#[test]
fn edifact_in_xml_is_read_right() {
	let view = ready_made("invoice-edifact-xml");
	let found = rows(&view, "application/xml", EDIFACT_IN_XML.as_bytes()).expect("an invoice");
	for (name, value) in expected_of_edifact(EDIFACT_IN_XML) {
		assert_eq!(found[0][name], value, "{name}");
	}
	assert_row(
		&found[0],
		&[
			("amount", "1034.63"),
			("seller", "Laguna Conserven B.V."),
			("sellerId", "NL900000008B01"),
			("buyer", "Kaap Groothandel B.V."),
		],
	);
}

on_both!(samples_are_found, database, {
	let names = [
		"invoice-ubl",
		"invoice-cii",
		"invoice-json",
		"invoice-edifact",
		"invoice-x12-810",
		"repayment-schedule",
		"statement-mt940",
		"statement-ofx",
	];
	let views = names.map(ready_made);
	let store = database.open().await;
	let files = [
		("invoice-ubl.xml", "application/xml"),
		("invoice-cii.xml", "text/xml; charset=utf-8"),
		("invoice.json", "application/ld+json"),
		("invoice-edifact.edi", "application/EDIFACT"),
		("invoice-x12-810.x12", "application/EDI-X12"),
		("repayment-schedule.csv", "text/csv"),
		("statement-mt940.sta", "application/x-mt940"),
		("statement.ofx", "application/x-ofx"),
	];
	let entries = (0..).zip(files).map(|(sequence, (file, media_type))| {
		entry(
			INVOICES,
			sequence,
			Document { media_type: media_type.into(), bytes: read(file).into() },
		)
	});
	store.apply(&[first_block(), block(2, entries.collect())]).await.expect("applied");
	store.set_views(&views).await.expect("views");
	for (view, filter, count) in [
		("invoices-ubl", "amount > 1000 and currency = \"EUR\" and match 'handrail'", 1),
		("invoices-cii", "buyer startsWith 'Segelmacherei' and match 'tochter dunensand'", 1),
		("invoices-json", "amount = 1149.50 and match 'VAT return'", 1),
		("invoices-edifact", "amount between 1000 and 1100 and match 'capers in brine'", 1),
		("invoices-x12", "amount = 2139 and match 'stair tread'", 1),
		("repayment-schedules", "dueDate >= '2027-01-01'", 8),
		("entries-mt940", "amount < 0 or match 'kaap'", 2),
		("entries-ofx", "currency = 'USD' and amount > 0", 1),
	] {
		let page = store.search(view, &query(filter, &[])).await.expect("an answer");
		assert_eq!(page.rows.len(), count, "{view}");
		assert_eq!(store.unfit(view, None, 10).await.expect("a list"), []);
	}
});
