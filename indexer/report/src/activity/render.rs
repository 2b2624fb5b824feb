//! The page of an organization's activity, from top to bottom.

use super::{
	access,
	facts::{Activity, IndexUse},
	requests, uploads,
};
use crate::{
	format::{count, number, size},
	page::{self, MAX_ROWS, Origin, Table, cell, cut, figure, foreign, section, text, tile},
};
use maud::{Markup, html};

impl Activity {
	/// Renders the page.
	#[must_use]
	pub fn page(&self, origin: &Origin) -> String {
		let name = self.name(self.organization);
		let title = format!("Activity of {name}, {}", self.period);
		page::page(&title, origin, header(self), body(self))
	}
}

fn header(activity: &Activity) -> Markup {
	html! {
		p.kind { "Activity report" }
		h1 { (foreign(&activity.name(activity.organization))) }
		p.period {
			(activity.period.from()) " to " (activity.period.to()) ", "
			(count(activity.period.days().unsigned_abs().into(), "day", "days"))
			". All times are in UTC."
		}
	}
}

fn body(activity: &Activity) -> Markup {
	let uploaded = activity.uploaded();
	let decided = activity.requests.total();
	let given = access::in_force(activity, |grant| grant.grantor == activity.organization);
	let open = activity.access.iter().filter(|access| access.answered.is_none()).count() as u64;
	let median = activity.outbox.as_ref().and_then(|outbox| outbox.times.percentile(50));
	html! {
		@if activity.is_empty() {
			p.say id="empty" { "Nothing happened in this period. What stands below is how things are at its last block." }
		}
		dl.tiles {
			(tile("Entries uploaded", number(uploaded.total()), &size(uploaded.bytes)))
			(tile("Requests applied", number(decided.applied), ""))
			(tile("Requests rejected", number(decided.rejected), ""))
			@if let Some(median) = median {
				(tile("Time to final", crate::format::duration(median), "half of them, at most"))
			}
			(tile("Grants given, in force", number(given), ""))
			(tile("Access requests open", number(open), ""))
		}
		(section("uploads", "Uploads", uploads::render(activity)))
		(section("requests", "Requests", requests::render(activity)))
		(section("time", "Time to final", requests::times(activity)))
		(section("grants", "Grants", access::grants(activity)))
		(section("access", "Access requests", access::requests(activity)))
		(section("partners", "Partners", access::partners(activity)))
		@if let Some(index) = &activity.index {
			(section("index", "Index", self::index(index)))
		}
	}
}

fn index(index: &IndexUse) -> Markup {
	let (views, more) = cut(&index.views, MAX_ROWS);
	let rows = views.iter().map(|(name, rows)| {
		vec![foreign(name), cell(rows.map_or_else(|| "being built".into(), number))]
	});
	let table = Table {
		id: "index-views",
		caption: "Current rows of each view when the page was made".into(),
		columns: &[text("View"), figure("Rows")],
		rows: rows.collect(),
		total: None,
		more,
	};
	html! { @if index.views.is_empty() { p { "The index has no views." } } @else { (table.render()) } }
}
