use super::*;
use crate::{Origin, Source};
use jiff::{
	ToSpan,
	civil::{Date, date},
};
use roxmltree::Document;
use std::collections::BTreeMap;

fn assets(as_of: Date) -> Assets {
	Assets {
		organization: "funder-one".into(),
		view: "repayments".into(),
		due: "dueDate".into(),
		amount: "payment".into(),
		paid: PaidBy::Amount("paid".into()),
		currency: Some("currency".into()),
		filter: None,
		as_of,
		scale: 2,
		rows: 0,
		portfolios: BTreeMap::new(),
		left_out: LeftOut::default(),
	}
}

fn origin() -> Origin {
	let sources = vec![Source::new("Index", "block 7")];
	Origin { made_at: 1_795_000_000_000, software: "credio".into(), sources, is_live: false }
}

fn row(due: Option<Date>, amount: i128, paid: Paid) -> Row {
	Row {
		currency: Some("EUR".into()),
		due,
		amount: Some(amount),
		paid,
		label: format!("{due:?} {amount}"),
		record: "0x00".into(),
	}
}

fn euros(assets: &Assets) -> &Portfolio {
	&assets.portfolios[&Some("EUR".to_owned())]
}

/// Cells of a table by its id, as they are shown.
pub(crate) fn table(page: &str, id: &str) -> Vec<Vec<String>> {
	let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
	let document = Document::parse_with_options(page, options).expect("the page is well-formed");
	let table = document
		.descendants()
		.find(|node| node.has_tag_name("table") && node.attribute("id") == Some(id))
		.unwrap_or_else(|| panic!("no table {id}"));
	let text = |node: roxmltree::Node<'_, '_>| {
		let texts = node.descendants().filter(|node| node.is_text());
		texts.filter_map(|node| node.text()).collect::<String>()
	};
	let is_row = |node: &roxmltree::Node<'_, '_>| {
		node.has_tag_name("tr") && node.parent().is_some_and(|parent| !parent.has_tag_name("thead"))
	};
	let rows = table.descendants().filter(is_row);
	rows.map(|row| row.children().filter(|node| node.is_element()).map(text).collect()).collect()
}

#[test]
fn overdue_starts_the_day_after_the_due_date() {
	let today = date(2026, 11, 23);
	for (days, age) in [
		(-400, Ageing::NotDue),
		(0, Ageing::NotDue),
		(1, Ageing::To30),
		(30, Ageing::To30),
		(31, Ageing::To60),
		(60, Ageing::To60),
		(61, Ageing::To90),
		(90, Ageing::To90),
		(91, Ageing::Over90),
		(4_000, Ageing::Over90),
	] {
		let mut assets = assets(today);
		let due = today.checked_sub(days.days()).unwrap();
		assets.add(row(Some(due), 100, Paid::Part(0))).unwrap();
		let portfolio = euros(&assets);
		assert_eq!(portfolio.ageing.keys().copied().collect::<Vec<_>>(), [age], "{days} days");
		let overdue = if age == Ageing::NotDue { 0 } else { 100 };
		assert_eq!(portfolio.total.overdue, overdue, "{days} days");
	}
	// Over the end of a month and a leap day.
	let mut assets = assets(date(2028, 3, 1));
	assets.add(row(Some(date(2028, 1, 31)), 100, Paid::Part(0))).unwrap();
	assert_eq!(euros(&assets).largest[0].days, 30);
}

#[test]
fn payment_is_a_flag_a_day_or_an_amount() {
	let today = date(2026, 11, 23);
	let due = Some(date(2026, 11, 1));
	for (paid, counts) in [
		(Paid::All(true), 100),
		(Paid::All(false), 0),
		(Paid::On(None), 0),
		(Paid::On(Some(today)), 100),
		(Paid::On(Some(date(2026, 11, 24))), 0),
		(Paid::Part(40), 40),
		(Paid::Part(-5), 0),
		(Paid::Part(130), 100),
	] {
		let mut assets = assets(today);
		assets.add(row(due, 100, paid)).unwrap();
		let Sums { due, paid: is, open, overdue, .. } = euros(&assets).total;
		assert_eq!((due, is, open, overdue), (100, counts, 100 - counts, 100 - counts), "{paid:?}");
		let excess = if paid == Paid::Part(130) { (1, 30) } else { (0, 0) };
		assert_eq!(euros(&assets).overpaid, excess);
	}
}

#[test]
fn incomplete_rows_are_listed_and_currencies_stay_separate() {
	let mut assets = assets(date(2026, 11, 23));
	let due = Some(date(2026, 10, 31));
	assets.add(row(due, 250, Paid::Part(0))).unwrap();
	assets.add(row(None, 70, Paid::Part(20))).unwrap();
	assets.add(row(due, -30, Paid::Part(0))).unwrap();
	assets.add(Row { amount: None, ..row(due, 0, Paid::Part(0)) }).unwrap();
	assets.add(Row { currency: Some("SEK".into()), ..row(due, 1_000, Paid::Part(0)) }).unwrap();
	assets.add(Row { currency: None, ..row(due, 5, Paid::Part(0)) }).unwrap();
	let portfolio = euros(&assets);
	assert_eq!(portfolio.total, Sums { items: 1, due: 250, paid: 0, open: 250, overdue: 250 });
	assert_eq!((portfolio.undated.due, portfolio.undated.open), (70, 50));
	assert_eq!((portfolio.without_amount, portfolio.credits), (1, (1, -30)));
	assert_eq!(assets.portfolios[&Some("SEK".to_owned())].total.due, 1_000);
	assert_eq!(assets.portfolios[&None].total.due, 5);
	assert_eq!(assets.checksum(), 250 + 70 - 30 + 1_000 + 5);

	let page = assets.page(&origin());
	let totals = table(&page, "totals");
	assert_eq!(totals.len(), 3);
	assert_eq!(totals[0], ["No currency", "1", "0.05", "0.00", "0.05", "0.05", "100.0 %"]);
	assert_eq!(totals[1], ["EUR", "1", "2.50", "0.00", "2.50", "2.50", "100.0 %"]);
	assert_eq!(totals[2][..3], ["SEK", "1", "10.00"]);
	let apart = table(&page, "apart");
	assert_eq!(apart, [["EUR", "0.70 in 1", "0.50", "1", "−0.30 in 1", "–"]]);
	let months = table(&page, "by-month-1");
	assert_eq!(months[0], ["2026-10", "1", "2.50", "0.00", "2.50", "2.50"]);
	let ages = table(&page, "by-age-1");
	assert_eq!(ages[1], ["1–30 days", "1", "2.50", "100.0 %"]);
	assert_eq!(ages[5], ["Total", "1", "2.50", "100.0 %"]);
}

#[test]
fn largest_overdue_items_come_first_and_others_are_counted() {
	let mut assets = assets(date(2026, 11, 23));
	for number in 0..100 {
		assets.add(row(Some(date(2026, 9, 1)), number * 7 % 100, Paid::Part(0))).unwrap();
	}
	let portfolio = euros(&assets);
	assert_eq!(portfolio.overdue_items, 99, "nothing is open of the one over nothing");
	let open: Vec<_> = portfolio.largest.iter().map(|item| item.open).collect();
	assert_eq!(open, (80..100).rev().collect::<Vec<_>>());
	let page = assets.page(&origin());
	assert_eq!(table(&page, "largest-0").len(), MAX_LARGEST);
	assert!(page.contains("and 79 more"));
}

#[test]
fn sums_and_currencies_are_bounded() {
	let mut assets = assets(date(2026, 11, 23));
	assets.add(row(None, i128::MAX, Paid::All(false))).unwrap();
	assert_eq!(assets.add(row(None, 1, Paid::All(false))), Err(AssetsError::Overflow));
	for number in 1..MAX_CURRENCIES {
		let currency = Some(number.to_string());
		assets.add(Row { currency, ..row(None, 1, Paid::All(true)) }).unwrap();
	}
	let one_more = Row { currency: None, ..row(None, 1, Paid::All(true)) };
	let sum = assets.checksum();
	for _ in 0..50 {
		assets.add(one_more.clone()).unwrap();
	}
	assert_eq!((assets.left_out.rows, assets.portfolios.len()), (50, MAX_CURRENCIES));
	assert_eq!(assets.checksum(), sum.wrapping_add(50), "two readings can still be compared");
	let page = assets.page(&origin());
	assert!(page.contains("more currencies"));
	assert!(page.contains("50 rows have other currencies than these 200"), "{page}");
}

#[test]
fn no_text_of_a_document_becomes_markup() {
	let mut assets = assets(date(2026, 11, 23));
	let evil = "<script>alert('\"&')</script>\u{202e}\u{0}";
	assets.view = evil.into();
	assets.filter = Some(evil.into());
	assets
		.add(Row {
			currency: Some(evil.into()),
			label: evil.repeat(50),
			..row(Some(date(2026, 1, 1)), 100, Paid::Part(0))
		})
		.unwrap();
	let page = assets.page(&origin());
	assert!(!page.contains("<script"));
	let largest = table(&page, "largest-0");
	assert!(largest[0][0].starts_with("<script>alert('\"&')</script>"));
	assert!(largest[0][0].chars().count() < 300, "long texts are cut");
}

#[test]
fn empty_view_renders_notice() {
	let page = assets(date(2026, 11, 23)).page(&origin());
	assert!(page.contains("There are no rows to report on."));
	assert!(!page.contains("<svg"));
}
