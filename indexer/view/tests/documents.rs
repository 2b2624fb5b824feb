//! Documents as the world sends them, each with the rows that it makes in the ready-made views, or why it makes none.

mod support;

use credio_view::View;
use std::fs;
use support::{INVOICE, check, made, view};

const LOAN: &[&str] = &["loan", "instalment", "dueDate", "payment", "currency"];

#[test]
fn edifact_documents_have_their_rows() {
	check(
		"invoice-edifact.toml",
		INVOICE,
		&[
			(
				"35-digits.edi",
				&[
					"E-16 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"ctrl-z.edi",
				&[
					"E-12 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"currency-with-amount.edi",
				&[
					"E-10 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"date-203.edi",
				&[
					"E-5 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"date-303.edi",
				&[
					"E-6 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"decimal-comma.edi",
				&[
					"E-4 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"gln-only.edi",
				&["E-9 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | 4000001000005 | 4000002000004"],
			),
			(
				"name-in-two-parts.edi",
				&[
					"E-8 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Vereinigte Segelmacherwerkstaetten Albrecht und Toechter OHG | Kaap Groothandel",
				],
			),
			(
				"only-una-fraction-first.edi",
				&[
					"E-18 | 2026-06-11 | 2026-07-11 | 0.00 | EUR | Laguna Conserven | Kaap Groothandel",
				][..],
			),
			(
				"orders-before-invoic.edi",
				&["E-3 | 2026-06-11 | - | 1034.63 | EUR | Laguna Conserven | Kaap Groothandel"],
			),
			(
				"two-invoices-in-one-interchange.edi",
				&[
					"E-1 | 2026-06-11 | - | 100.00 | EUR | Laguna Conserven | Kaap Groothandel",
					"E-2 | 2026-06-12 | 2026-07-12 | 200.00 | EUR | Laguna Conserven | Kaap Groothandel",
				],
			),
			(
				"unod-latin-2.edi",
				&[
					"E-7 | 2026-06-11 | 2026-07-11 | 1034.63 | EUR | Przędzalnia Łódź | Kaap Groothandel",
				],
			),
		],
	);
}

#[test]
fn ubl_documents_have_their_rows() {
	check(
		"invoice-ubl.toml",
		INVOICE,
		&[
			(
				"accounting-currency-first.xml",
				&[
					"T-1 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			("billion-laughs.xml", &["unfit: it has a document type, which is not taken"]),
			(
				"cdata-and-entities.xml",
				&[
					"A-7 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Søn & Datter & Co | Kaap Groothandel B.V.",
				],
			),
			(
				"chinese.xml",
				&[
					"Z-1 | 2026-05-03 | 2026-06-02 | 100.00 | CNY | 深圳市海运供应链股份有限公司 | Kaap Groothandel B.V.",
				],
			),
			(
				"corrected.xml",
				&[
					"Q-0 | 2026-05-03 | 2026-06-02 | 2.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"credit-note-without-type.xml",
				&[
					"K-3 | 2026-05-03 | 2026-06-02 | -100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"credit-note.xml",
				&["K-1 | 2026-05-03 | - | -100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V."],
			),
			(
				"dates-with-anything-behind.xml",
				&[
					"unfit: column issueDate: expected date at cbc:IssueDate, and there is something else",
				],
			),
			(
				"debit-note.xml",
				&[
					"DN-1 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			("deep.xml", &["unfit: it is nested deeper than 64 levels"]),
			("doctype.xml", &["unfit: it has a document type, which is not taken"]),
			(
				"first.xml",
				&[
					"Q-0 | 2026-05-03 | 2026-06-02 | 1.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"five-fraction-digits.xml",
				&[
					"unfit: column amount: expected decimal with up to 4 fraction digits at cac:LegalMonetaryTotal/cbc:PayableAmount, and there is a number with 5 fraction digits",
				],
			),
			(
				"invoice-of-the-credit-note.xml",
				&[
					"K-0 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"large.xml",
				&[
					"A-6 | 2026-05-03 | 2026-06-02 | 1000000000000000.00 | IRR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"latin-1-looks-like-utf-8.xml",
				&[
					"L-2 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | überland KG | Kaap Groothandel B.V.",
				][..],
			),
			(
				"latin-1.xml",
				&[
					"L-1 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Müller & Söhne | Kaap Groothandel B.V.",
				],
			),
			(
				"name-on-two-lines.xml",
				&[
					"N-1 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"person.xml",
				&[
					"P-1 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Anna Feld | Kaap Groothandel B.V.",
				],
			),
			(
				"sbdh.xml",
				&[
					"S-1 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			("truncated.xml", &["unfit: it ends before its elements do, as if it were cut off"]),
			(
				"two-currencies-of-text.xml",
				&[
					"unfit: column amount: expected decimal with up to 4 fraction digits at cac:LegalMonetaryTotal/cbc:PayableAmount, and there is something else",
				],
			),
			(
				"utf-16.xml",
				&[
					"L-3 | 2026-05-03 | 2026-06-02 | 100.00 | EUR | Müller KG | Kaap Groothandel B.V.",
				],
			),
		],
	);
}

#[test]
fn cii_documents_have_their_rows() {
	let rows = made(&view("invoice-cii.toml"), INVOICE, "cii-date-203.xml");
	assert_eq!(
		rows,
		["C-2 | 2026-05-03 | - | 120.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V."]
	);
}

#[test]
fn instalments_have_a_row_each() {
	let of_invoice = |view, file| made(&self::view(view), INVOICE, file);
	let cii =
		"C-3 | 2026-05-03 | 2026-07-01 | 120.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.";
	assert_eq!(of_invoice("invoice-cii.toml", "cii-two-instalments.xml"), [cii]);
	let ubl =
		"N-20 | 2026-05-03 | 2026-08-01 | 300.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.";
	assert_eq!(of_invoice("invoice-ubl.toml", "three-instalments.xml"), [ubl]);
	check(
		"instalments.toml",
		&["number", "dueDate", "amount", "currency", "seller", "buyer"],
		&[
			(
				"cii-two-instalments.xml",
				&[
					"C-3 | 2026-06-01 | 60.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
					"C-3 | 2026-07-01 | 60.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"three-instalments.xml",
				&[
					"N-20 | 2026-06-01 | 100.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
					"N-20 | 2026-08-01 | 50.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
					"N-20 | 2026-07-01 | 150.00 | EUR | Fjord Timber AS | Kaap Groothandel B.V.",
				],
			),
			(
				"instalments-by-percentage.xml",
				&[
					"unfit: row 1: column amount: there is no decimal with up to 4 fraction digits at cbc:Amount, \
					ram:PartialPaymentAmount, ImportoPagamento",
				],
			),
			(
				"fattura-pa.xml",
				&["1/A | 2026-06-02 | 122.00 | EUR | Anna Campo | Molino Vecchio S.r.l."],
			),
			// It has no instalments.
			("credit-note.xml", &[]),
		],
	);
}

#[test]
fn csv_documents_have_their_rows() {
	check(
		"repayment-schedule.toml",
		LOAN,
		&[
			("bom.csv", &["L-15 | 1 | 2026-06-01 | 100.00 | EUR"]),
			("cr-only.csv", &["L-12 | 1 | 2026-06-01 | 100.00 | EUR"]),
			("duplicate-header.csv", &["unfit: it has two columns that could be payment"]),
			("header-in-capitals.csv", &["L-9 | 1 | 2026-06-01 | 100.00 | EUR"]),
			("other-kind-ragged.csv", &["not of this view"]),
			("quote-after-text.csv", &["unfit: line 2 has text behind a closing quote"]),
			("unclosed-quote.csv", &["unfit: the quote that opens in line 2 does not close"]),
		],
	);
}

#[test]
fn json_documents_have_their_rows() {
	check(
		"invoice-json.toml",
		INVOICE,
		&[
			("deep.json", &["unfit: it is nested deeper than 64 levels"]),
			("duplicate-key.json", &["unfit: an object in it has two fields of one name"]),
			(
				"identifier-is-an-object.json",
				&[
					"J-3 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
			(
				"lines.jsonl",
				&[
					"J-8 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
					"J-9 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
			(
				"list-of-invoices.json",
				&[
					"J-5 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
					"J-6 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
			(
				"no-identifier.json",
				&[
					"- | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
			(
				"price-1e2.json",
				&[
					"J-10 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
			(
				"second-path-is-good.json",
				&[
					"J-12 | 2026-05-03 | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
			(
				"type-is-a-list.json",
				&[
					"J-2 | - | 2026-08-01 | 1149.50 | EUR | Tidewater Bookkeeping | Bakkerij De Vroege Vogel",
				],
			),
		],
	);
}

#[test]
fn nested_nodes_and_parents_are_read_once() {
	let nested = view("nested-rows.toml");
	assert_eq!(made(&nested, &["amount"], "nested-rows.xml"), ["10.00", "10.00"]);
	let toml = "name = \"entries\"\nstream = \"*\"\nformat = \"xml\"\nrows = \"/Document/*/*/Ntry\"\n\
		[[columns]]\nname = \"amount\"\npath = \"Amt\"\ntype = \"decimal\"\n\
		negateWhen = [{ path = \"CdtDbtInd\", equals = \"DBIT\" }]\n\
		[[columns]]\nname = \"account\"\npath = \"../Acct/Id/IBAN\"\ntype = \"text\"\n";
	let entries = View::parse(toml).expect("a view");
	let rows = made(&entries, &["amount", "account"], "two-statements.xml");
	assert_eq!(rows, ["1.00 | NL00TEST0000000001", "-2.00 | NL00TEST0000000002"]);
}

#[test]
fn tax_is_in_the_currency_of_the_document() {
	let rows = made(&view("invoice-ubl.toml"), &["taxAmount"], "accounting-currency-first.xml");
	assert_eq!(rows, ["20.00"]);
}

#[test]
fn csv_is_read_as_a_view_declares_it() {
	let plain = fs::read_to_string("../../samples/views/repayment-schedule.toml").expect("a view");
	let row = |loan: &str, payment: &str| format!("{loan} | 1 | 2026-06-01 | {payment} | EUR");
	for (file, keys, of_date, rows) in [
		(
			"semicolon-and-decimal-comma.csv",
			"delimiter = ';'\ndecimalMark = ','\nthousands = '.'",
			"",
			row("L-2", "1234.50"),
		),
		("lines-above-the-header.csv", "skip = 2", "", row("L-3", "100.00")),
		("windows-1252.csv", "encoding = 'windows-1252'", "", row("Krediet € 5", "100.00")),
		("date-dd.mm.yyyy.csv", "", "format = '%d.%m.%Y'", row("L-6", "100.00")),
		("thousands.csv", "thousands = ','", "", row("L-7", "1234.50")),
		("total-line.csv", "where = [{ path = 'instalment' }]", "", row("L-8", "100.00")),
	] {
		let toml = plain
			.replace("format = \"csv\"\n", &format!("format = \"csv\"\n{keys}\n"))
			.replace("path = \"due date\"\n", &format!("path = \"due date\"\n{of_date}\n"));
		let view = View::parse(&toml).unwrap_or_else(|error| panic!("{file}: {error}"));
		assert_eq!(made(&view, LOAN, file), [rows], "{file}");
		// And as the view is, it is not read wrongly: it does not fit, or is of another kind.
		let unread = made(&support::view("repayment-schedule.toml"), LOAN, file).concat();
		assert!(unread.starts_with("unfit: ") || unread == "not of this view", "{file}: {unread}");
	}
}

#[test]
fn bodies_of_a_fattura_are_rows_with_the_parties_of_its_header() {
	assert_eq!(
		made(&view("invoice-fattura-pa.toml"), INVOICE, "fattura-pa.xml"),
		[
			"1/A | 2026-05-03 | 2026-06-02 | 122.00 | EUR | Anna Campo | Molino Vecchio S.r.l.",
			"2/A | 2026-05-04 | - | -22.00 | EUR | Anna Campo | Molino Vecchio S.r.l.",
		]
	);
}

#[test]
fn entries_have_the_account_of_their_statement() {
	let columns =
		["account", "statement", "bookingDate", "valueDate", "amount", "status", "counterparty"];
	assert_eq!(
		made(&view("statement-camt.toml"), &columns, "camt-053.xml"),
		[
			"NL00TEST0000000001 | S-1 | 2026-06-01 | 2026-06-02 | 1034.63 | BOOK | Kaap Groothandel B.V.",
			"NL00TEST0000000002 | S-2 | 2026-06-01 | - | -12.00 | BOOK | -",
		]
	);
}

#[test]
fn payments_have_the_debtor_of_their_block() {
	let columns =
		["message", "endToEndId", "executionDate", "amount", "currency", "debtor", "creditor"];
	assert_eq!(
		made(&view("payment-pain.toml"), &columns, "pain-001.xml"),
		[
			"M-7 | A | 2026-06-01 | 1034.63 | EUR | Kaap Groothandel B.V. | Laguna Conserven",
			"M-7 | B | 2026-06-01 | 2.00 | NOK | Kaap Groothandel B.V. | Fjord Timber AS",
			"M-7 | C | 2026-06-05 | 3.00 | EUR | Molen N.V. | Fjord Timber AS",
		]
	);
}
