//! Who may read what: grants, access requests, and what each partner may read now.

use super::facts::{AccessFact, Activity, Answer, End, Entries, GrantFact, Number, Subject};
use crate::{
	format::{duration, number, short, time},
	page::{Column, MAX_ROWS, Table, cell, cut, figure, foreign, text},
};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Counts the grants that hold at the last block.
pub(super) fn in_force(activity: &Activity, which: impl Fn(&GrantFact) -> bool) -> u64 {
	activity.grants.iter().filter(|grant| which(grant) && grant.ended.is_none()).count() as u64
}

/// What became of some grants in the period.
#[derive(Default)]
struct Sum {
	given: u64,
	revoked: u64,
	expired: u64,
	with_parent: u64,
	in_force: u64,
}

impl Sum {
	fn of(activity: &Activity, which: impl Fn(&GrantFact) -> bool) -> Self {
		let mut sum = Self::default();
		for grant in activity.grants.iter().filter(|grant| which(grant)) {
			sum.given += u64::from(activity.period.has(grant.given_at));
			match grant.ended {
				None => sum.in_force += 1,
				Some((at, _)) if !activity.period.has(at) => {},
				Some((_, End::Revoked)) => sum.revoked += 1,
				Some((_, End::Expired)) => sum.expired += 1,
				Some((_, End::ParentEnded)) => sum.with_parent += 1,
			}
		}
		sum
	}

	fn ended(&self) -> u64 {
		self.revoked + self.expired + self.with_parent
	}
}

fn subject(subject: &Subject) -> Markup {
	match subject {
		Subject::Stream(name) => foreign(name),
		Subject::Record(id) => html! { "record " code title=(id) { (short(id)) } },
	}
}

fn moment(milliseconds: u64) -> Markup {
	html! { time { (time(milliseconds)) } }
}

pub(super) fn grants(activity: &Activity) -> Markup {
	let us = activity.organization;
	let row = |name: &str, sum: Sum| {
		let figures =
			[sum.given, sum.revoked, sum.expired, sum.with_parent, sum.in_force].map(number);
		[cell(name)].into_iter().chain(figures.map(cell)).collect::<Vec<_>>()
	};
	let others = |grant: &GrantFact| grant.grantor != us && grant.grantee != us;
	let summary = Table {
		id: "grants-summary",
		caption: "In the period, and how many hold at its last block".into(),
		columns: &[
			text("Grants"),
			figure("Begun"),
			figure("Revoked"),
			figure("Expired"),
			figure("Ended with their parent"),
			figure("In force"),
		],
		rows: vec![
			row("Given by this organization", Sum::of(activity, |grant| grant.grantor == us)),
			row("Received from others", Sum::of(activity, |grant| grant.grantee == us)),
			row("Given on by others, of what it owns", Sum::of(activity, others)),
		],
		total: None,
		more: 0,
	};
	let mut grants: Vec<&GrantFact> = activity.grants.iter().collect();
	grants.sort_by(|a, b| b.given_at.cmp(&a.given_at).then_with(|| a.id.cmp(&b.id)));
	let (shown, more) = cut(&grants, MAX_ROWS);
	let rows = shown.iter().map(|grant| {
		vec![
			html! {
				(foreign(&activity.name(grant.grantor))) " → " (foreign(&activity.name(grant.grantee)))
			},
			html! { (subject(&grant.subject)) @if grant.is_append { " " span.soft { "(to append)" } } },
			if let Some(purpose) = &grant.purpose { foreign(purpose) } else { html! { span.soft { "not known: given and revoked in one block" } } },
			moment(grant.given_at),
			html! {
				@match grant.ended {
					None => {
						"in force" @if let Some(end) = grant.ends_at { " " span.soft { "until " (moment(end)) } }
					},
					Some((at, how)) => {
						(match how { End::Revoked => "revoked", End::Expired => "expired", End::ParentEnded => "with its parent" })
						" " (moment(at))
					},
				}
			},
		]
	});
	let list = Table {
		id: "grants-list",
		caption: "Grants that held in the period, the latest first".into(),
		columns: &[
			text("From and to"),
			text("Of"),
			text("Purpose"),
			text("Given"),
			text("How it stands"),
		],
		rows: rows.collect(),
		total: None,
		more,
	};
	html! {
		(summary.render())
		@if activity.grants.is_empty() { p.soft { "No grant held in this period." } }
		@else { (list.render()) }
	}
}

pub(super) fn requests(activity: &Activity) -> Markup {
	if activity.access.is_empty() {
		return html! { p.say { "No access was asked for, answered or waited for in this period." } };
	}
	let mut requests: Vec<&AccessFact> = activity.access.iter().collect();
	requests.sort_by(|a, b| b.asked_at.cmp(&a.asked_at).then_with(|| a.id.cmp(&b.id)));
	let (shown, more) = cut(&requests, MAX_ROWS);
	let rows = shown.iter().map(|access| {
		vec![
			html! {
				(foreign(&activity.name(access.requester))) " → " (foreign(&activity.name(access.owner)))
			},
			html! { (subject(&access.subject)) @if access.is_append { " " span.soft { "(to append)" } } },
			foreign(&access.purpose),
			moment(access.asked_at),
			match &access.answered {
				None => html! { "open" },
				Some((at, Answer::Approved)) => html! { "approved " (moment(*at)) },
				Some((_, Answer::Lapsed)) => html! { "lapsed, not answered" },
				Some((at, Answer::Denied)) => html! {
					"denied " (moment(*at)) @if let Some(reason) = &access.reason { ": " (foreign(reason)) }
				},
			},
			cell(access.time_to_answer().map_or_else(|| "–".into(), duration)),
		]
	});
	Table {
		id: "access-requests",
		caption: "Access requests that were made, answered or open in the period, the latest first"
			.into(),
		columns: &[
			text("From and to"),
			text("Of"),
			text("Purpose"),
			text("Asked"),
			text("Answer"),
			figure("Time to answer"),
		],
		rows: rows.collect(),
		total: None,
		more,
	}
	.render()
}

impl AccessFact {
	fn time_to_answer(&self) -> Option<u64> {
		match &self.answered {
			Some((at, Answer::Approved | Answer::Denied)) => Some(at.saturating_sub(self.asked_at)),
			Some((_, Answer::Lapsed)) | None => None,
		}
	}
}

/// A partner, with its grants and entries.
#[derive(Default)]
struct Partner {
	appended_here: Entries,
	appended_there: Entries,
	streams: u64,
	records: u64,
	asked: u64,
	approved: u64,
	denied: u64,
	open: u64,
	answers: Vec<u64>,
}

const PARTNERS: [Column; 9] = [
	text("Partner"),
	figure("Grants begun"),
	figure("Grants ended"),
	figure("In force"),
	figure("Asked for access"),
	figure("Approved"),
	figure("Denied"),
	figure("Open"),
	figure("Time to answer"),
];

pub(super) fn partners(activity: &Activity) -> Markup {
	let partners = known(activity);
	if partners.is_empty() {
		return html! { p.say { "No other organization had to do with this one in this period." } };
	}
	let us = activity.organization;
	let mut ordered: Vec<_> = partners.iter().collect();
	ordered.sort_by(|a, b| b.1.records.cmp(&a.1.records).then_with(|| a.0.cmp(b.0)));
	let (shown, more) = cut(&ordered, MAX_ROWS);
	let dealings = shown.iter().map(|(number_of, partner)| {
		let sum = Sum::of(activity, |grant| grant.grantor == us && grant.grantee == **number_of);
		let figures = [
			sum.given,
			sum.ended(),
			sum.in_force,
			partner.asked,
			partner.approved,
			partner.denied,
			partner.open,
		];
		let answer = median(&partner.answers).map_or_else(|| "–".into(), duration);
		[foreign(&activity.name(**number_of))]
			.into_iter()
			.chain(figures.map(|figure| cell(number(figure))))
			.chain([cell(answer)])
			.collect()
	});
	let dealings = Table {
		id: "partners",
		caption: "Grants to each partner, and the access that it asked for. The time to answer is the middle one"
			.into(),
		columns: &PARTNERS,
		rows: dealings.collect(),
		total: None,
		more,
	};
	let uploads = shown.iter().map(|(number_of, partner)| {
		vec![
			foreign(&activity.name(**number_of)),
			cell(number(partner.streams)),
			cell(number(partner.records)),
			cell(number(partner.appended_here.total())),
			cell(number(partner.appended_there.total())),
		]
	});
	let uploads = Table {
		id: "partners-data",
		caption:
			"What each partner may read at the last block, and what was appended in the period"
				.into(),
		columns: &[
			text("Partner"),
			figure("Streams it may read"),
			figure("Records it may read"),
			figure("It appended to ours"),
			figure("We appended to its"),
		],
		rows: uploads.collect(),
		total: None,
		more,
	};
	html! {
		p {
			"What a partner fetches, nobody notes on the chain: a node answers it and forgets. What stands here is who asked "
			"for access, and what each may read."
		}
		(dealings.render())
		(uploads.render())
		(readable(activity))
	}
}

/// Renders who may read which streams.
fn readable(activity: &Activity) -> Markup {
	let mut rows = Vec::new();
	for reader in &activity.readers {
		let name = || {
			html! {
				(foreign(&activity.name(reader.organization)))
				@if reader.is_suspended { " " span.soft { "(suspended: nothing for now)" } }
			}
		};
		for (stream, records) in &reader.streams {
			rows.push(vec![name(), foreign(stream), cell(number(*records))]);
		}
		if reader.single_records > 0 {
			rows.push(vec![name(), cell("single records"), cell(number(reader.single_records))]);
		}
	}
	if rows.is_empty() {
		return html! { p.soft { "No partner may read anything of this organization at the last block." } };
	}
	let (shown, more) = cut(&rows, MAX_ROWS * 2);
	Table {
		id: "readable",
		caption:
			"Records of this organization's streams that each partner may read at the last block"
				.into(),
		columns: &[text("Partner"), text("Stream"), figure("Records")],
		rows: shown.to_vec(),
		total: None,
		more,
	}
	.render()
}

fn known(activity: &Activity) -> BTreeMap<Number, Partner> {
	let us = activity.organization;
	let mut partners = BTreeMap::<Number, Partner>::new();
	let others = activity.grants.iter().flat_map(|grant| [grant.grantor, grant.grantee]);
	let others: BTreeSet<Number> = others
		.chain(activity.access.iter().flat_map(|access| [access.requester, access.owner]))
		.collect();
	for number in others {
		partners.entry(number).or_default();
	}
	for stream in &activity.streams {
		for (number, entries) in &stream.by {
			if stream.owner == us {
				partners.entry(*number).or_default().appended_here.add(entries);
			} else {
				partners.entry(stream.owner).or_default().appended_there.add(entries);
			}
		}
	}
	for reader in &activity.readers {
		let partner = partners.entry(reader.organization).or_default();
		partner.streams = if reader.is_suspended { 0 } else { reader.streams.len() as u64 };
		partner.records = reader.records();
	}
	for access in activity.access.iter().filter(|access| access.owner == us) {
		let partner = partners.entry(access.requester).or_default();
		partner.asked += u64::from(activity.period.has(access.asked_at));
		match &access.answered {
			None => partner.open += 1,
			Some((_, Answer::Approved)) => partner.approved += 1,
			Some((_, Answer::Denied)) => partner.denied += 1,
			Some((_, Answer::Lapsed)) => {},
		}
		partner.answers.extend(access.time_to_answer());
	}
	partners.remove(&us);
	partners
}

/// Returns the median; for an even number of times the shorter of the two in the middle.
fn median(times: &[u64]) -> Option<u64> {
	let mut times = times.to_vec();
	times.sort_unstable();
	times.get(times.len().saturating_sub(1) / 2).copied()
}
