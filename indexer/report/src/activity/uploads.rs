//! Uploads: entries by day and by stream.

use super::facts::{Activity, Entries, StreamUse};
use super::period::Period;
use crate::{
	chart::{Bars, Series},
	format::{count, number, size},
	page::{Column, MAX_ROWS, Table, cell, cut, figure, foreign, text},
};
use maud::{Markup, html};

const COUNTS: [Column; 5] =
	[text("Day"), figure("Entries"), figure("Records"), figure("Anchors"), figure("Bytes")];
const BY_MONTH: [Column; 5] =
	[text("Month"), figure("Entries"), figure("Records"), figure("Anchors"), figure("Bytes")];

pub(super) fn render(activity: &Activity) -> Markup {
	let total = activity.uploaded();
	html! {
		p {
			"Entries that this organization appended, to its own streams and to others'. Bytes are those of the "
			"encrypted records on the chain, which are padded; anchors have none."
		}
		@if total.total() == 0 {
			p.say { "No entries were uploaded in this period." }
		} @else {
			(by_part(activity, &total))
			(by_kind(&total))
		}
		(by_stream(activity))
	}
}

fn counts(entries: &Entries) -> [Markup; 4] {
	[
		cell(number(entries.total())),
		cell(number(entries.records)),
		cell(number(entries.anchors())),
		cell(size(entries.bytes)),
	]
}

fn row(name: Markup, entries: &Entries) -> Vec<Markup> {
	[name].into_iter().chain(counts(entries)).collect()
}

fn by_part(activity: &Activity, total: &Entries) -> Markup {
	let period = &activity.period;
	let parts = period.parts(&activity.uploads, Entries::add);
	let values = |of: fn(&Entries) -> u64| parts.iter().map(|(_, day)| of(day) as f64).collect();
	let unit = if period.is_by_month() { "month" } else { "day" };
	let busiest = parts.iter().max_by_key(|(_, day)| day.total());
	let chart = Bars {
		id: "uploads-chart".into(),
		title: format!("Entries by {unit}"),
		description: format!(
			"Stacked bars of records and anchors by {unit}: {} in all, most on {}.",
			count(total.total(), "entry", "entries"),
			busiest.map_or("none", |(name, _)| name.as_str())
		),
		axis: format!("Entries a {unit}"),
		categories: Period::labels(&parts),
		series: vec![
			Series { name: "records", colour: 1, values: values(|day| day.records) },
			Series { name: "anchors", colour: 2, values: values(Entries::anchors) },
		],
		is_whole: true,
	};
	let busy: Vec<_> = parts.iter().filter(|(_, day)| day.total() > 0).collect();
	let (shown, more) = cut(&busy, MAX_ROWS * 2);
	let table = Table {
		id: "uploads-by-day",
		caption: format!("By {unit}, without those on which nothing was uploaded"),
		columns: if period.is_by_month() { &BY_MONTH } else { &COUNTS },
		rows: shown.iter().map(|(name, day)| row(html! { span.day { (name) } }, day)).collect(),
		total: Some(row(cell("Total"), total)),
		more,
	};
	html! { (chart.render()) (table.render()) }
}

fn by_kind(total: &Entries) -> Markup {
	let row = |name: &str, entries: u64, documents: u64, bytes: Option<u64>| {
		let bytes = bytes.map_or_else(|| "–".into(), size);
		vec![cell(name), cell(number(entries)), cell(number(documents)), cell(bytes)]
	};
	let (records, digests, trees) = (total.records, total.digest_anchors, total.merkle_anchors);
	Table {
		id: "uploads-by-kind",
		caption: "By kind".into(),
		columns: &[text("Kind"), figure("Entries"), figure("Documents"), figure("Bytes")],
		rows: vec![
			row("Records", records, records, Some(total.bytes)),
			row("Anchors of one document", digests, digests, None),
			row("Merkle anchors", trees, total.leaves, None),
		],
		total: None,
		more: 0,
	}
	.render()
}

fn by_stream(activity: &Activity) -> Markup {
	let us = activity.organization;
	let ours = |stream: &StreamUse| stream.by.get(&us).copied().unwrap_or_default();
	let others = |stream: &StreamUse| {
		let others = stream.by.iter().filter(|(number, _)| **number != us);
		others.map(|(_, entries)| entries.total()).sum::<u64>()
	};
	let mut streams: Vec<&StreamUse> = activity.streams.iter().collect();
	streams.sort_by(|a, b| {
		let key = |stream: &StreamUse| ours(stream).total() + others(stream);
		key(b).cmp(&key(a)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.id.cmp(&b.id))
	});
	let (shown, more) = cut(&streams, MAX_ROWS);
	let rows = shown.iter().map(|stream| {
		let is_ours = stream.owner == us;
		let entries = ours(stream);
		vec![
			html! {
				(foreign(&stream.name))
				@if stream.is_sealed { " " span.soft { "(sealed)" } }
				@if !is_ours { " " span.soft { "of " (foreign(&activity.name(stream.owner))) } }
			},
			cell(number(entries.total())),
			cell(size(entries.bytes)),
			if is_ours { cell(number(others(stream))) } else { cell("–") },
			cell(number(stream.entries)),
		]
	});
	let table = Table {
		id: "uploads-by-stream",
		caption: "By stream: own streams, and others' that this organization appended to".into(),
		columns: &[
			text("Stream"),
			figure("Uploaded"),
			figure("Bytes"),
			figure("Appended by others"),
			figure("Entries now"),
		],
		rows: rows.collect(),
		total: None,
		more,
	};
	html! {
		@if activity.streams.is_empty() { p.soft { "This organization has no streams." } }
		@else { (table.render()) }
	}
}
