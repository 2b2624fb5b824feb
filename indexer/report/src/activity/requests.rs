//! Requests by outcome, and how long they took.

use super::facts::{Activity, Decided, OutboxUse};
use super::period::Period;
use crate::{
	chart::{Bars, Series},
	format::number,
	page::{MAX_ROWS, Table, cell, cut, figure, foreign, text},
};
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) fn render(activity: &Activity) -> Markup {
	let total = activity.requests.total();
	html! {
		p {
			"Requests of this organization that the chain decided, of every kind: uploads, grants, streams and members. "
			"A rejected request changed nothing."
		}
		@if total == Decided::default() {
			p.say { "No requests were decided in this period." }
		} @else {
			(by_part(activity, total))
		}
		@if !activity.requests.errors.is_empty() {
			(reasons("rejected-by-error", "Why the chain rejected requests", "Error", &activity.requests.errors))
		}
		@if activity.requests.repeated > 0 {
			p.soft {
				(number(activity.requests.repeated))
				" more came again after they had been decided. Nothing was done for these."
			}
		}
		h3 { "As the outbox knows them" }
		@match &activity.outbox {
			Some(outbox) => (self::outbox(outbox)),
			None => (without_outbox("which requests expired before they reached the chain, and which are undetermined")),
		}
	}
}

pub(super) fn times(activity: &Activity) -> Markup {
	let Some(outbox) = &activity.outbox else {
		return without_outbox("when a request was stored, and when its outcome became final");
	};
	html! {
		p {
			"From the moment at which a request was stored in the outbox to the moment at which the outbox heard that its "
			"outcome is final, by the clock of its machine. Applied and rejected requests that ended in the period."
		}
		@if outbox.times.count() == 0 && outbox.times.unknown == 0 {
			p.say { "No request of the outbox was applied or rejected in this period." }
		} @else if outbox.times.count() == 0 {
			p.say {
				"Of " (number(outbox.times.unknown)) " requests no time is known: they were stored or ended before the "
				"outbox kept times."
			}
		} @else {
			(outbox.times.render())
		}
	}
}

fn without_outbox(what: &str) -> Markup {
	html! {
		p.say {
			"No outbox was given. The chain does not know " (what) ": an outbox does. "
			"Upload with " code { "--outbox FILE" } " and give the same file to this report."
		}
	}
}

fn by_part(activity: &Activity, total: Decided) -> Markup {
	let period = &activity.period;
	let parts = period.parts(&activity.requests.by_day, |sum, day| {
		sum.applied += day.applied;
		sum.rejected += day.rejected;
	});
	let values = |of: fn(&Decided) -> u64| parts.iter().map(|(_, day)| of(day) as f64).collect();
	let (unit, column) = match period.is_by_month() {
		true => ("month", text("Month")),
		false => ("day", text("Day")),
	};
	let chart = Bars {
		id: "requests-chart".into(),
		title: format!("Requests by {unit}"),
		description: format!(
			"Stacked bars by {unit}: {} applied and {} rejected in all.",
			number(total.applied),
			number(total.rejected)
		),
		axis: format!("Requests a {unit}"),
		categories: Period::labels(&parts),
		series: vec![
			Series { name: "applied", colour: 1, values: values(|day| day.applied) },
			Series { name: "rejected", colour: 4, values: values(|day| day.rejected) },
		],
		is_whole: true,
	};
	let row = |name: Markup, day: &Decided| {
		vec![name, cell(number(day.applied)), cell(number(day.rejected))]
	};
	let busy: Vec<_> = parts.iter().filter(|(_, day)| *day != Decided::default()).collect();
	let (shown, more) = cut(&busy, MAX_ROWS * 2);
	let table = Table {
		id: "requests-by-day",
		caption: format!("By {unit}, without those on which none was decided"),
		columns: &[column, figure("Applied"), figure("Rejected")],
		rows: shown.iter().map(|(name, day)| row(html! { span.day { (name) } }, day)).collect(),
		total: Some(row(cell("Total"), &total)),
		more,
	};
	html! { (chart.render()) (table.render()) }
}

fn reasons(id: &str, caption: &str, name: &'static str, reasons: &BTreeMap<String, u64>) -> Markup {
	let mut reasons: Vec<_> = reasons.iter().collect();
	reasons.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
	let (shown, more) = cut(&reasons, MAX_ROWS);
	Table {
		id,
		caption: caption.into(),
		columns: &[text(name), figure("Requests")],
		rows: shown.iter().map(|(why, count)| vec![foreign(why), cell(number(**count))]).collect(),
		total: None,
		more,
	}
	.render()
}

fn outbox(outbox: &OutboxUse) -> Markup {
	let row = |name: &str, count: u64| vec![cell(name), cell(number(count))];
	let table = Table {
		id: "outbox-by-state",
		caption: "Items that ended in the period; one that was tried again under a later key epoch counts once".into(),
		columns: &[text("Outcome"), figure("Items")],
		rows: vec![
			row("Applied", outbox.ended.applied),
			row("Rejected", outbox.ended.rejected),
			row("Expired", outbox.ended.expired),
			row("Undetermined", outbox.ended.undetermined),
		],
		total: Some(row("Total", outbox.ended.total())),
		more: 0,
	};
	html! {
		(table.render())
		@if !outbox.problems.is_empty() {
			(reasons("outbox-problems", "Why items were not applied", "Reason", &outbox.problems))
		}
		p.soft {
			(number(outbox.undecided)) " " (if outbox.undecided == 1 { "item waits" } else { "items wait" })
			" for an outcome now."
		}
	}
}
