//! Formats of the trade beside those of `documents.rs`, each with the rows that it makes in its ready-made view.

mod support;

use support::{INVOICE, check, made, view};

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
