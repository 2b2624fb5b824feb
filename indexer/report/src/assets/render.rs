//! The page of assets, from top to bottom.

use super::{
	facts::{Assets, PaidBy},
	portfolio::{Ageing, Bucket, MAX_CURRENCIES, Month, Portfolio, Sums},
};
use crate::{
	Amount,
	chart::{Bars, Series},
	format::{count, number, short},
	page::{self, Origin, Table, cell, cut, figure, foreign, section, text, tile},
};
use maud::{Markup, html};

/// Most currencies that get a section of their own.
const MAX_SECTIONS: usize = 12;
/// Months that are shown individually, before the month of the report and after it.
const MONTHS: (usize, usize) = (36, 24);

impl Assets {
	/// Renders the page.
	#[must_use]
	pub fn page(&self, origin: &Origin) -> String {
		let title = format!("Assets of {}, {} as of {}", self.organization, self.view, self.as_of);
		page::page(&title, origin, header(self), body(self))
	}
}

fn header(assets: &Assets) -> Markup {
	html! {
		p.kind { "Asset performance" }
		h1 { (foreign(&assets.view)) }
		p.period {
			(foreign(&assets.organization)) ", as of " (assets.as_of) " (UTC), "
			(count(assets.rows, "row", "rows"))
			@if let Some(filter) = &assets.filter { " where " code { (foreign(filter)) } }
		}
	}
}

fn body(assets: &Assets) -> Markup {
	let currencies: Vec<_> = assets.portfolios.iter().collect();
	let (shown, more) = cut(&currencies, MAX_SECTIONS);
	html! {
		@if assets.rows == 0 {
			p.say id="empty" { "There are no rows to report on." }
		} @else {
			(section("summary", "Summary", summary(assets)))
			@for (at, (currency, portfolio)) in shown.iter().enumerate() {
				section id={ "currency-" (at) } data-currency=(crate::format::clean(currency.as_deref().unwrap_or(""))) {
					h2 { (name(currency.as_ref())) }
					(self::portfolio(assets, portfolio, at, currency.as_ref()))
				}
			}
			@if more > 0 { p.more { "and " (number(more as u64)) " more currencies, which stand in the summary" } }
			@if assets.left_out.rows > 0 {
				p.say id="left-out" {
					(number(assets.left_out.rows)) " rows have other currencies than these " (number(MAX_CURRENCIES as u64))
					", and are in no figure of this page. Is the right column taken for the currency?"
				}
			}
		}
	}
}

fn name(currency: Option<&String>) -> Markup {
	if let Some(currency) = currency {
		foreign(currency)
	} else {
		html! { "No currency" }
	}
}

fn meaning(assets: &Assets) -> Markup {
	let column = |name: &str| html! { code { (foreign(name)) } };
	html! {
		p {
			"An item is what a row says is due: " (column(&assets.amount)) " on the day in " (column(&assets.due)) ". "
			@match &assets.paid {
				PaidBy::Nothing => {
					strong { "No column says what is paid, so everything counts as open." }
				},
				PaidBy::Flag(name) => {
					"It is paid, all of it, if " (column(name)) " is true."
				},
				PaidBy::Day(name) => {
					"It is paid, all of it, if " (column(name)) " has a day up to that of this report."
				},
				PaidBy::Amount(name) => {
					"Of it, " (column(name)) " is paid, up to what is due."
				},
			}
			" It is overdue from the day after it was due, with what is open then. "
			@if assets.currency.is_none() { "No column tells the currency, so all amounts are taken to be of one." }
			@else { "Amounts of different currencies are never added." }
		}
	}
}

fn summary(assets: &Assets) -> Markup {
	let shown = |units: i128| cell(Amount { units, scale: assets.scale });
	let all: Vec<_> = assets.portfolios.iter().collect();
	let (listed, more) = cut(&all, 50);
	let rows = listed.iter().map(|(currency, portfolio)| {
		let Sums { items, due, paid, open, overdue } = portfolio.total;
		vec![
			name(currency.as_ref()),
			cell(number(items)),
			shown(due),
			shown(paid),
			shown(open),
			shown(overdue),
			cell(share(overdue, due)),
		]
	});
	let totals = Table {
		id: "totals",
		caption: "Items with a due date, by currency".into(),
		columns: &[
			text("Currency"),
			figure("Items"),
			figure("Due"),
			figure("Paid"),
			figure("Open"),
			figure("Overdue"),
			figure("Overdue of due"),
		],
		rows: rows.collect(),
		total: None,
		more,
	};
	let has_apart = |portfolio: &Portfolio| {
		portfolio.undated.items > 0
			|| portfolio.without_amount > 0
			|| portfolio.credits.0 > 0
			|| portfolio.overpaid.0 > 0
	};
	let apart: Vec<_> = all.iter().filter(|(_, portfolio)| has_apart(portfolio)).collect();
	let (listed, more) = cut(&apart, 50);
	let with = |items: u64, units: i128| {
		html! { @if items == 0 { "–" } @else { (shown(units)) " in " (number(items)) } }
	};
	let rows = listed.iter().map(|(currency, portfolio)| {
		vec![
			name(currency.as_ref()),
			with(portfolio.undated.items, portfolio.undated.due),
			cell(Amount { units: portfolio.undated.open, scale: assets.scale }),
			cell(number(portfolio.without_amount)),
			with(portfolio.credits.0, portfolio.credits.1),
			with(portfolio.overpaid.0, portfolio.overpaid.1),
		]
	});
	let apart_table = Table {
		id: "apart",
		caption: "What is in none of the figures above".into(),
		columns: &[
			text("Currency"),
			figure("No due date"),
			figure("Open of these"),
			figure("Rows without amount"),
			figure("Negative amounts"),
			figure("Paid beyond due"),
		],
		rows: rows.collect(),
		total: None,
		more,
	};
	html! {
		(meaning(assets))
		(totals.render())
		@if !apart.is_empty() { (apart_table.render()) }
	}
}

/// Returns a share of a whole, in percent.
fn share(part: i128, whole: i128) -> String {
	if whole == 0 {
		return "–".into();
	}
	// Good enough for one digit.
	format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}

fn portfolio(
	assets: &Assets,
	portfolio: &Portfolio,
	at: usize,
	currency: Option<&String>,
) -> Markup {
	let amount = |units: i128| Amount { units, scale: assets.scale };
	let Sums { items, due, paid, open, overdue } = portfolio.total;
	if items == 0 {
		return html! { p.soft { "No item of it has a due date and an amount." } };
	}
	let largest = portfolio.largest.iter().map(|item| {
		vec![
			html! { (foreign(&item.label)) },
			html! { span.day { (item.due) } },
			cell(number(item.days.unsigned_abs().into())),
			cell(amount(item.amount)),
			cell(amount(item.open)),
			html! { code title=(item.record) { (short(&item.record)) } },
		]
	});
	let beyond = portfolio.overdue_items.saturating_sub(portfolio.largest.len() as u64);
	let largest = Table {
		id: &format!("largest-{at}"),
		caption: "Overdue items of which most is open".into(),
		columns: &[
			text("Item"),
			text("Due"),
			figure("Days overdue"),
			figure("Amount"),
			figure("Open"),
			text("Record"),
		],
		rows: largest.collect(),
		total: None,
		more: usize::try_from(beyond).unwrap_or(usize::MAX),
	};
	html! {
		dl.tiles {
			(tile("Due", amount(due), &count(items, "item", "items")))
			(tile("Paid", amount(paid), &share(paid, due)))
			(tile("Open", amount(open), &share(open, due)))
			(tile("Overdue", amount(overdue), &count(portfolio.overdue_items, "item", "items")))
		}
		h3 { "By month of the due date" }
		(months(assets, portfolio, at, currency))
		h3 { "Open by age" }
		(ageing(assets, portfolio, at, currency))
		h3 { "Largest overdue items" }
		@if portfolio.largest.is_empty() { p { "Nothing is overdue." } } @else { (largest.render()) }
	}
}

/// Returns a currency as a chart shows it.
fn in_words(currency: Option<&String>) -> String {
	currency.map_or_else(|| "no currency".into(), String::clone)
}

fn months(assets: &Assets, portfolio: &Portfolio, at: usize, currency: Option<&String>) -> Markup {
	let amount = |units: i128| Amount { units, scale: assets.scale };
	let parts = parts(portfolio, (assets.as_of.year(), assets.as_of.month()));
	let values = |of: fn(&Sums) -> i128| -> Vec<f64> {
		parts.iter().map(|(_, sums)| amount(of(sums)).approximate()).collect()
	};
	let currency = in_words(currency);
	let chart = Bars {
		id: format!("months-{at}"),
		title: format!("Due by month, {currency}"),
		description: format!(
			"Stacked bars by month of the due date: {} paid, {} open and not due, {} overdue in all.",
			amount(portfolio.total.paid),
			amount(portfolio.total.open - portfolio.total.overdue),
			amount(portfolio.total.overdue)
		),
		axis: currency,
		categories: parts.iter().map(|(name, _)| name.clone()).collect(),
		series: vec![
			Series { name: "paid", colour: 5, values: values(|sums| sums.paid) },
			Series {
				name: "open, not due",
				colour: 3,
				values: values(|sums| sums.open - sums.overdue),
			},
			Series { name: "overdue", colour: 4, values: values(|sums| sums.overdue) },
		],
		is_whole: false,
	};
	let row = |name: Markup, sums: &Sums| {
		let figures = [sums.due, sums.paid, sums.open, sums.overdue].map(|sum| cell(amount(sum)));
		[name, cell(number(sums.items))].into_iter().chain(figures).collect::<Vec<_>>()
	};
	let table = Table {
		id: &format!("by-month-{at}"),
		caption: "Amounts by month of the due date".into(),
		columns: &[
			text("Month"),
			figure("Items"),
			figure("Due"),
			figure("Paid"),
			figure("Open"),
			figure("Overdue"),
		],
		rows: parts.iter().map(|(name, sums)| row(html! { span.day { (name) } }, sums)).collect(),
		total: Some(row(cell("Total"), &portfolio.total)),
		more: 0,
	};
	html! { (chart.render()) (table.render()) }
}

/// Months without gaps around the month of the report; earlier and later ones are summed up in one part each.
fn parts(portfolio: &Portfolio, present: Month) -> Vec<(String, Sums)> {
	let number_of = |(year, month): Month| i32::from(year) * 12 + i32::from(month) - 1;
	let present = number_of(present);
	let reach = |months: usize| i32::try_from(months).unwrap_or(i32::MAX);
	let first = portfolio.months.keys().next().map_or(present, |month| number_of(*month));
	let last = portfolio.months.keys().next_back().map_or(present, |month| number_of(*month));
	// What lies wholly on one side is shown from its own end on.
	let low = first.max((present.min(last)) - reach(MONTHS.0) + 1);
	let high = last.min((present.max(first)) + reach(MONTHS.1));
	let name =
		|number: i32| format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1);
	let mut parts: Vec<(String, Sums)> =
		(low..=high).map(|number| (name(number), Sums::default())).collect();
	let (mut before, mut after) = (Sums::default(), Sums::default());
	for (month, sums) in &portfolio.months {
		let number = number_of(*month);
		let part = match usize::try_from(number - low) {
			Err(_) => &mut before,
			Ok(at) => match parts.get_mut(at) {
				Some((_, part)) => part,
				None => &mut after,
			},
		};
		// Parts of the total, which was not too much.
		let _ = part.add(sums);
	}
	if before.items > 0 {
		parts.insert(0, (format!("before {}", name(low)), before));
	}
	if after.items > 0 {
		parts.push((format!("after {}", name(high)), after));
	}
	parts
}

fn ageing(assets: &Assets, portfolio: &Portfolio, at: usize, currency: Option<&String>) -> Markup {
	let amount = |units: i128| Amount { units, scale: assets.scale };
	let buckets =
		Ageing::ALL.map(|age| (age, portfolio.ageing.get(&age).copied().unwrap_or_default()));
	let only = |which: fn(Ageing) -> bool| -> Vec<f64> {
		let value = |(age, bucket): &(Ageing, Bucket)| match which(*age) {
			true => amount(bucket.open).approximate(),
			false => 0.0,
		};
		buckets.iter().map(value).collect()
	};
	let currency = in_words(currency);
	let chart = Bars {
		id: format!("ageing-{at}"),
		title: format!("Open by age, {currency}"),
		description: format!(
			"Bars of what is open: {}.",
			buckets
				.map(|(age, bucket)| format!("{} {}", age.name(), amount(bucket.open)))
				.join(", ")
		),
		axis: currency,
		categories: buckets.iter().map(|(age, _)| age.name().to_owned()).collect(),
		series: vec![
			Series { name: "not due", colour: 3, values: only(|age| age == Ageing::NotDue) },
			Series { name: "overdue", colour: 4, values: only(|age| age != Ageing::NotDue) },
		],
		is_whole: false,
	};
	let row = |name: &str, items: u64, open: i128| {
		vec![
			cell(name),
			cell(number(items)),
			cell(amount(open)),
			cell(share(open, portfolio.total.open)),
		]
	};
	let items = buckets.iter().map(|(_, bucket)| bucket.items).sum();
	let table = Table {
		id: &format!("by-age-{at}"),
		caption: "What is open, by days since the due date".into(),
		columns: &[text("Age"), figure("Items"), figure("Open"), figure("Share")],
		rows: buckets
			.iter()
			.map(|(age, bucket)| row(age.name(), bucket.items, bucket.open))
			.collect(),
		total: Some(row("Total", items, portfolio.total.open)),
		more: 0,
	};
	html! { (chart.render()) (table.render()) }
}

#[cfg(test)]
mod tests {
	use super::*;

	fn of(months: &[(Month, i128)]) -> Portfolio {
		let mut portfolio = Portfolio::default();
		for (month, due) in months {
			let sums = Sums { items: 1, due: *due, paid: 0, open: *due, overdue: 0 };
			portfolio.months.insert(*month, sums);
		}
		portfolio
	}

	#[test]
	fn months_have_no_gaps_and_cover_everything() {
		let shown = parts(&of(&[((2026, 11), 1), ((2027, 2), 2)]), (2026, 12));
		let names: Vec<_> = shown.iter().map(|(name, _)| name.as_str()).collect();
		assert_eq!(names, ["2026-11", "2026-12", "2027-01", "2027-02"]);
		let all = of(&[((1990, 1), 1), ((2024, 5), 2), ((2026, 11), 4), ((2040, 1), 8)]);
		let shown = parts(&all, (2026, 11));
		assert_eq!(
			shown.first().map(|(name, sums)| (name.as_str(), sums.due)),
			Some(("before 2023-12", 1))
		);
		assert_eq!(
			shown.last().map(|(name, sums)| (name.as_str(), sums.due)),
			Some(("after 2028-11", 8))
		);
		assert_eq!(shown.iter().map(|(_, sums)| sums.due).sum::<i128>(), 15);
		assert_eq!(shown.len(), 62);
		// All of it long ago, or far ahead.
		for months in [[((1999, 1), 1), ((1999, 3), 2)], [((2077, 1), 1), ((2077, 3), 2)]] {
			let shown = parts(&of(&months), (2026, 11));
			assert_eq!(shown.len(), 3);
			assert_eq!(shown.iter().map(|(_, sums)| sums.due).sum::<i128>(), 3);
		}
		assert!(parts(&of(&[((-9999, 1), 1), ((9999, 12), 1)]), (2026, 11)).len() < 70);
	}
}
