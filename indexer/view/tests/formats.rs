//! Formats of the trade beside those of `documents.rs`, each with the rows that it makes in its ready-made view.

mod support;

use credio_view::document;
use std::{fs, path::Path};
use support::{INVOICE, check, made, view};

/// Checks that no beginning of a sample has rows, up to its end mark: a document that is cut off does not fit.
fn check_beginnings(view: &str, media_type: &str, sample: &str, end: &[u8]) {
	let path = Path::new("../../samples").join(sample);
	let bytes = fs::read(path).expect("a sample");
	let view = self::view(view);
	assert!(document::rows(&view, media_type, &bytes).expect("it fits").is_some());
	let last = bytes.windows(end.len()).rposition(|signs| signs == end).expect("an end mark");
	for length in 0..last + end.len() {
		let rows = document::rows(&view, media_type, &bytes[..length]);
		assert!(rows.is_err(), "{length}: {rows:?}");
	}
}

#[test]
fn zugferd_1_has_its_rows() {
	let columns = [INVOICE, &["profile", "typeCode", "sellerId", "taxAmount", "order", "items"]];
	check(
		"invoice-zugferd-1.toml",
		&columns.concat(),
		&[
			(
				"zugferd-1.xml",
				&[
					"Z1-7 | 2026-05-03 | 2026-06-02 | 119.00 | EUR | Vega Textilwerke GmbH | Kaap Groothandel B.V. | \
					urn:ferd:CrossIndustryDocument:invoice:1p0:basic | 380 | DE900000003 | 19.00 | PO-9 | Sailcloth",
				],
			),
			(
				"zugferd-1-credit-note.xml",
				&[
					"Z1-8 | 2026-05-03 | 2026-06-02 | -100.00 | EUR | Vega Textilwerke GmbH | Kaap Groothandel B.V. | \
					urn:ferd:CrossIndustryDocument:invoice:1p0:comfort | 381 | DE900000003 | -19.00 | PO-9 | Sailcloth",
				],
			),
			("factur-x-minimum.xml", &["not of this view"]),
		],
	);
}

#[test]
fn profiles_of_factur_x_have_their_rows() {
	let columns = [INVOICE, &["profile", "sellerId", "taxAmount"]];
	let parties = "EUR | Voiles du Sud SARL | Kaap Groothandel B.V.";
	let row = |number: &str, amount: &str, profile: &str| {
		let profile = format!("urn:factur-x.eu:1p0:{profile}");
		format!("{number} | 2026-05-03 | - | {amount} | {parties} | {profile} | 900000001 | 20.00")
	};
	let cii = view("invoice-cii.toml");
	let made = |file| made(&cii, &columns.concat(), file);
	assert_eq!(made("factur-x-minimum.xml"), [row("FX-1", "120.00", "minimum")]);
	assert_eq!(made("factur-x-extended.xml"), [row("FX-2", "100.00", "extended")]);
	assert_eq!(made("zugferd-1.xml"), ["not of this view"]);
}

#[test]
fn payments_between_banks_have_their_rows() {
	let columns = [
		"message",
		"transaction",
		"settlementDate",
		"amount",
		"currency",
		"instructedAmount",
		"debtor",
		"creditor",
		"creditorAgent",
	];
	check(
		"payment-pacs.toml",
		&columns,
		&[
			(
				"pacs-008.xml",
				&[
					"P-7 | I1 | 2026-06-02 | 1034.63 | EUR | 11900.00 | Kaap Groothandel B.V. | Fjord Timber AS | TESTNO00",
					"P-7 | T2 | 2026-06-03 | 2.00 | EUR | - | Molen N.V. | Laguna Conserven | -",
				],
			),
			("pain-001.xml", &["not of this view"]),
		],
	);
}

#[test]
fn requests_to_finance_invoices_have_a_row_for_each() {
	let columns = [
		"request",
		"number",
		"typeCode",
		"dueDate",
		"amount",
		"currency",
		"requestedAmount",
		"requestedRate",
		"supplier",
		"supplierId",
		"buyer",
		"buyerId",
	];
	check(
		"financing-request-tsin.toml",
		&columns,
		&[(
			"tsin-001.xml",
			&[
				"R-7 | LC-1 | CINV | 2026-07-11 | 1034.63 | EUR | - | 80.00 | Laguna Conserven B.V. | NL900000008B01 | \
				Kaap Groothandel B.V. | 900000005",
				"R-7 | LC-2 | CREN | 2026-07-11 | -10.90 | EUR | 8.00 | - | Laguna Conserven B.V. | - | \
				Kaap Groothandel B.V. | -",
			],
		)],
	);
}

#[test]
fn cxml_invoices_have_their_rows() {
	let columns = [
		"number",
		"purpose",
		"operation",
		"issueDate",
		"netDays",
		"amount",
		"taxAmount",
		"seller",
		"sellerId",
		"buyer",
		"order",
		"items",
	];
	let parties = "Hollin Joinery Limited | IE0000001AA | Marrow and Pike Interiors | PO-88213";
	let row = |start: &str, amounts: &str| {
		[format!("{start} | 2026-05-03 | 30 | {amounts} | {parties} | Stair tread, oak")]
	};
	let cxml = view("invoice-cxml.toml");
	let made = |file| made(&cxml, &columns, file);
	assert_eq!(made("cxml-invoice.xml"), row("CX-1 | standard | new", "1988.91 | 371.91"));
	// With a minus or without, a credit memo is one.
	let credit = "-1988.91 | -371.91";
	assert_eq!(made("cxml-credit-memo.xml"), row("CX-2 | creditMemo | new", credit));
	assert_eq!(made("cxml-credit-memo-without-minus.xml"), row("CX-3 | creditMemo | new", credit));
	assert_eq!(made("cxml-delete.xml"), row("CX-1 | standard | delete", credit));
	assert_eq!(
		made("cxml-own-entities.xml"),
		["unfit: it has a document type, which is not taken"]
	);
}

#[test]
fn gobl_invoices_have_their_rows() {
	let columns = [INVOICE, &["typeCode", "sellerId", "precedingInvoice", "items"]];
	check(
		"invoice-gobl.toml",
		&columns.concat(),
		&[
			(
				"gobl-envelope.json",
				&[
					"G 001 | 2026-05-03 | 2026-06-02 | 2000.00 | EUR | Veleros del Cabo S.L. | Kaap Groothandel B.V. | \
					standard | B90000001 | - | Sail repair",
				],
			),
			(
				"gobl-credit-note.json",
				&[
					"CN-2 | 2026-05-04 | - | -108.90 | EUR | Veleros del Cabo S.L. | - | credit-note | B90000001 | \
					G 001 | Sail repair",
				],
			),
			("gobl-order.json", &["not of this view"]),
			("lines.jsonl", &["not of this view"]),
		],
	);
}

#[test]
fn schema_org_invoices_may_have_an_iri_as_type() {
	let row = "J-13 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Anna Feld";
	check("invoice-json.toml", INVOICE, &[("type-is-an-iri.json", &[row])]);
}

#[test]
fn csv_of_banks_and_loans_have_their_rows() {
	let columns = ["bookingDate", "valueDate", "amount", "currency", "counterparty", "remittance"];
	check(
		"statement-csv.toml",
		&columns,
		&[
			(
				"bank-statement.csv",
				&[
					"2026-06-01 | 2026-06-02 | 1034.63 | EUR | Segelmacherei Albrecht | Rechnung VT-10452; danke",
					"2026-06-03 | 2026-06-03 | -87.00 | EUR | Wasserwerk Hafenbrück | Abschlag",
				],
			),
			("loan-book.csv", &["not of this view"]),
			("bom.csv", &["not of this view"]),
		],
	);
	let columns = ["loan", "borrower", "asOf", "maturity", "principal", "outstanding", "rate"];
	check(
		"loans-csv.toml",
		&columns,
		&[
			(
				"loan-book.csv",
				&[
					"L-1 | Bäckerei Morgenrot | 2026-06-30 | 2027-09-01 | 24000.00 | 14208.90 | 7.20",
					"L-2 | Fjord Timber AS | 2026-06-30 | 2029-01-15 | 1250000.00 | 1180555.56 | 6.125",
				],
			),
			("bank-statement.csv", &["not of this view"]),
		],
	);
	let columns = ["loan", "instalment", "dueDate", "payment", "closingBalance", "currency"];
	check(
		"repayment-schedule-semicolon.toml",
		&columns,
		&[
			(
				"schedule-with-total.csv",
				&[
					"L-1 | 1 | 2026-07-01 | 2078.86 | 22065.14 | EUR",
					"L-1 | 2 | 2026-08-01 | 2078.86 | 20118.67 | EUR",
				],
			),
			(
				"schedule-with-wrong-groups.csv",
				&[
					"unfit: row 2: column openingBalance: expected decimal with up to 4 fraction digits at opening \
					balance, and there is something else",
				],
			),
			("bom.csv", &["not of this view"]),
		],
	);
}

#[test]
fn x12_invoices_have_their_rows() {
	let columns = [INVOICE, &["typeCode", "sellerId", "order"]].concat();
	let row = |number: &str, date: &str, amount: &str, currency: &str, kind: &str| {
		format!(
			"{number} | {date} | 2026-05-17 | {amount} | {currency} | HOLLIN JOINERY INC | \
			MARROW AND PIKE INTERIORS | {kind} | 900001 | PO-88213"
		)
	};
	let first = || row("HJ-2026-0418", "2026-04-17", "2139.00", "USD", "DI");
	let x12 = view("invoice-x12-810.toml");
	let made = |file| made(&x12, &columns, file);
	assert_eq!(made("../../../../samples/invoice-x12-810.x12"), [first()]);
	assert_eq!(made("x12-own-signs.x12"), [first()]);
	assert_eq!(made("x12-on-one-line.x12"), [first()]);
	assert_eq!(
		made("x12-two-interchanges.x12"),
		[first(), row("HJ-2026-0430", "2026-04-17", "2139.00", "USD", "DI")]
	);
	assert_eq!(
		made("x12-several-sets.x12"),
		[
			first(),
			row("HJ-2026-0419", "2026-04-20", "-2139.00", "-", "CR"),
			row("HJ-2026-0420", "2026-04-17", "-50.00", "USD", "CR"),
		]
	);
	assert_eq!(made("x12-order.x12"), ["not of this view"]);
	for (file, reason) in [
		("x12-cut-off.x12", "it is no X12: segment 18 does not end, as if it were cut off"),
		("x12-without-trailer.x12", "it is no X12: segment 21 does not end, as if it were cut off"),
		(
			"x12-wrong-count.x12",
			"it is no X12: segment 19 counts another number of parts than there are",
		),
		(
			"x12-other-control-number.x12",
			"it is no X12: segment 20 has another control number than its header",
		),
		(
			"x12-mark-in-total.x12",
			"column amount: expected decimal with up to 4 fraction digits at TDS[1], and there is something else",
		),
		(
			"x12-short-header.x12",
			"it is no X12: segment 1 has an element of another length than ISA has",
		),
		(
			"x12-repeated-element.x12",
			"it is no X12: segment 5 repeats an element, which is not read",
		),
	] {
		assert_eq!(made(file), [format!("unfit: {reason}")], "{file}");
	}
}

#[test]
fn x12_that_is_cut_off_does_not_fit() {
	check_beginnings(
		"invoice-x12-810.toml",
		"application/EDI-X12",
		"invoice-x12-810.x12",
		b"000000417~",
	);
}

#[test]
fn statements_of_swift_have_a_row_for_each_entry() {
	let columns = [
		"account",
		"statement",
		"entry",
		"bookingDate",
		"valueDate",
		"amount",
		"currency",
		"mark",
		"reference",
		"counterparty",
		"remittance",
	];
	let of_page_1 = [
		"90000000/1234567 | 00007/001 | 1 | 2025-12-31 | 2026-01-02 | -50.00 | EUR | RC | NONREF | \
		SEGELMACHEREI ALBRECHT &TOECHTER OHG | RECHNUNG VT-10452 ZURUECK",
		"90000000/1234567 | 00007/001 | 2 | 2026-01-02 | 2026-01-02 | 30.00 | EUR | RD | NONREF | - | -",
		"90000000/1234567 | 00007/001 | 3 | 2026-01-02 | 2026-01-02 | 0.25 | EUR | C | NONREF | - | -",
	];
	check(
		"statement-mt940.toml",
		&columns,
		&[
			(
				"../../../../samples/statement-mt940.sta",
				&[
					"NL00TEST0000000001 | 105/1 | 1 | 2026-06-01 | 2026-06-01 | 1034.63 | EUR | C | B-4711 | \
					Kaap Groothandel B.V. | Invoice LC-26-00931",
					"NL00TEST0000000001 | 105/1 | 2 | 2026-06-01 | 2026-06-02 | -87.50 | EUR | D | NONREF | - | \
					Both firms are fictional, and so is the bank",
				],
			),
			("mt940-german.sta", &of_page_1),
			("mt940-header-lines.sta", &of_page_1),
			(
				"mt942.sta",
				&[
					"NL00TEST0000000001 | 1/1 | 1 | 2026-06-01 | 2026-06-01 | -12.00 | EUR | ED | X | - | -",
				],
			),
			("mt940-other-kind.sta", &["not of this view"]),
			(
				"mt940-wrong-sum.sta",
				&[
					"unfit: statement 1: it is no MT940: it has entries (61) that do not add up from the opening \
					balance (60) to the closing one (62)",
				],
			),
			(
				"mt940-decimal-point.sta",
				&["unfit: it is no MT940: line 6 has a field 61 that is not as SWIFT has it"],
			),
			(
				"mt940-without-closing.sta",
				&[
					"unfit: statement 1: it is no MT940: it has no closing balance (62), as if it were cut off",
				],
			),
			(
				"mt940-two-currencies.sta",
				&["unfit: statement 1: it is no MT940: it has balances (60, 62) of two currencies"],
			),
			(
				"mt940-text-outside.sta",
				&[
					"unfit: it is no MT940: line 1 stands outside of a message, which begins with field 20",
				],
			),
		],
	);
}

#[test]
fn statements_of_swift_that_are_cut_off_do_not_fit() {
	check_beginnings("statement-mt940.toml", "application/x-mt940", "statement-mt940.sta", b"-}");
}

#[test]
fn ofx_has_a_row_for_each_transaction() {
	let columns = [
		"bank",
		"account",
		"transaction",
		"kind",
		"bookingDate",
		"amount",
		"currency",
		"reference",
		"counterparty",
		"remittance",
	];
	let first = "900000001 | 1234567 | T-1 | CREDIT | 2026-06-01 | 2139.00 | USD | - | MARROW & PIKE INTERIORS | \
		INVOICE HJ-2026-0418";
	let second = "900000001 | 1234567 | T-2 | CHECK | 2026-06-02 | -87.50 | USD | 1001 | SAWMILL OF CARROWBEG | -";
	let umlaut = first.replace("MARROW", "MÄRROW");
	check(
		"statement-ofx.toml",
		&columns,
		&[
			("../../../../samples/statement.ofx", &[first, second]),
			("ofx-on-one-line.ofx", &[umlaut.as_str(), second]),
			(
				"ofx-2.ofx",
				&[
					"unknown | 9000 | C-1 | DEBIT | 2026-06-01 | -10.00 | NOK | - | Fjord Timber AS | -",
				],
			),
			(
				"ofx-transaction-without-end.ofx",
				&["unfit: it is no OFX: line 17 has an element without text that does not end"],
			),
			(
				"ofx-date-is-no-date.ofx",
				&[
					"unfit: row 2: column bookingDate: expected date at DTPOSTED, and there is something else",
				],
			),
			(
				"ofx-thousands.ofx",
				&[
					"unfit: row 1: column amount: expected decimal with up to 4 fraction digits at TRNAMT, and there \
					is something else",
				],
			),
			("ofx-error.ofx", &["not of this view"]),
			("ofx-deep.ofx", &["unfit: it is nested deeper than 64 levels"]),
		],
	);
}

#[test]
fn ofx_that_is_cut_off_does_not_fit() {
	check_beginnings("statement-ofx.toml", "application/x-ofx", "statement.ofx", b"</OFX>");
}
