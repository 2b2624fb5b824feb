use super::*;
use crate::{Origin, Source, assets::tests::table};
use jiff::civil::date;
use std::collections::BTreeMap;

const HOUR: u64 = 3_600_000;

fn origin(is_live: bool) -> Origin {
	let sources = vec![Source::new("Chain", "genesis 0x00"), Source::new("Blocks", "1 to 9")];
	Origin { made_at: 1_795_000_000_000, software: "credio 0.1.0".into(), sources, is_live }
}

fn empty() -> Activity {
	Activity {
		organization: 1,
		names: [(0, "operator"), (1, "channel-one"), (2, "funder-one")]
			.map(|(number, name)| (number, name.to_owned()))
			.into(),
		period: Period::new(date(2026, 11, 1), date(2026, 11, 30)).unwrap(),
		uploads: BTreeMap::new(),
		streams: Vec::new(),
		requests: Requests::default(),
		outbox: None,
		grants: Vec::new(),
		access: Vec::new(),
		readers: Vec::new(),
		index: None,
	}
}

fn records(records: u64, bytes: u64) -> Entries {
	Entries { records, bytes, ..Entries::default() }
}

fn stream(name: &str, by: &[(Number, Entries)]) -> StreamUse {
	StreamUse {
		id: format!("0x{name}"),
		name: name.into(),
		owner: 1,
		is_sealed: false,
		entries: by.iter().map(|(_, entries)| entries.total()).sum(),
		by: by.iter().copied().collect(),
	}
}

/// Returns a month with some of everything.
fn busy(streams: u64) -> Activity {
	let mut activity = empty();
	let at = activity.period.begins_at();
	for day in 1i8..=30 {
		let entries =
			Entries { merkle_anchors: 1, leaves: 9, ..records(day.unsigned_abs().into(), 1_000) };
		activity.uploads.insert(date(2026, 11, day), entries);
		let decided = Decided { applied: 5, rejected: u64::from(day == 3) };
		activity.requests.by_day.insert(date(2026, 11, day), decided);
	}
	activity.streams = (0..streams)
		.map(|n| stream(&format!("stream {n:02}"), &[(1, records(n, 10)), (2, records(1, 1))]))
		.collect();
	activity.requests.errors.insert("Anchor.StreamNotFound".into(), 1);
	let mut outbox = OutboxUse {
		ended: Ended { applied: 148, rejected: 1, expired: 2, undetermined: 1 },
		undecided: 3,
		..OutboxUse::default()
	};
	outbox.times.extend((1..=149).map(|n| n * 40));
	activity.outbox = Some(outbox);
	let grant = |id: &str, given_at, ended| GrantFact {
		id: id.into(),
		grantor: 1,
		grantee: 2,
		subject: Subject::Stream("stream 00".into()),
		is_append: false,
		purpose: Some("assess".into()),
		given_at,
		ended,
		ends_at: None,
	};
	activity.grants = vec![
		grant("a", at + HOUR, None),
		grant("b", at - HOUR, Some((at + HOUR, End::Revoked))),
		grant("c", at - 2 * HOUR, Some((at + 5 * HOUR, End::Expired))),
		GrantFact {
			grantor: 2,
			grantee: 0,
			..grant("d", at + HOUR, Some((at + 2 * HOUR, End::ParentEnded)))
		},
	];
	let access = |id: &str, asked_at, answered| AccessFact {
		id: id.into(),
		requester: 2,
		owner: 1,
		subject: Subject::Record(format!("0x{}", "5a".repeat(32))),
		is_append: false,
		purpose: "look".into(),
		asked_at,
		answered,
		reason: None,
	};
	activity.access = vec![
		access("a", at - HOUR, Some((at + HOUR, Answer::Approved))),
		AccessFact {
			reason: Some("no contract".into()),
			..access("b", at + HOUR, Some((at + HOUR + 90_000, Answer::Denied)))
		},
		access("c", at + HOUR, None),
	];
	activity.readers = vec![Reader {
		organization: 2,
		is_suspended: false,
		streams: vec![("stream 00".into(), 17)],
		single_records: 2,
	}];
	activity
}

#[test]
fn figures_stand_where_they_belong() {
	let activity = busy(2);
	let page = activity.page(&origin(false));
	let days = table(&page, "uploads-by-day");
	assert_eq!(days.len(), 31);
	assert_eq!(days[0], ["2026-11-01", "2", "1", "1", "1000 B"]);
	assert_eq!(days[30], ["Total", "495", "465", "30", "29.3 KiB"]);
	let kinds = table(&page, "uploads-by-kind");
	assert_eq!(kinds[2], ["Merkle anchors", "30", "270", "–"]);
	let streams = table(&page, "uploads-by-stream");
	assert_eq!(streams[0], ["stream 01", "1", "10 B", "1", "2"]);
	assert_eq!(table(&page, "requests-by-day")[30], ["Total", "150", "1"]);
	assert_eq!(table(&page, "rejected-by-error"), [["Anchor.StreamNotFound", "1"]]);
	let outbox = table(&page, "outbox-by-state");
	let counts: Vec<_> = outbox.iter().map(|row| row[1].as_str()).collect();
	assert_eq!(counts, ["148", "1", "2", "1", "152"]);
	let times = table(&page, "time-to-final-percentiles");
	let times: Vec<_> = times.iter().map(|row| row[1].as_str()).collect();
	assert_eq!(times, ["3.0 s", "5.6 s", "5.9 s", "5.9 s"]);
	let grants = table(&page, "grants-summary");
	assert_eq!(grants[0][1..], ["1", "1", "1", "0", "1"]);
	assert_eq!(grants[1][1..], ["0", "0", "0", "0", "0"]);
	assert_eq!(grants[2][1..], ["1", "0", "0", "1", "0"]);
	let partners = table(&page, "partners");
	assert_eq!(partners[0], ["funder-one", "1", "2", "1", "2", "1", "1", "1", "1 min 30 s"]);
	assert_eq!(table(&page, "partners-data")[0], ["funder-one", "1", "19", "2", "0"]);
	assert_eq!(
		table(&page, "readable"),
		[["funder-one", "stream 00", "17"], ["funder-one", "single records", "2"]]
	);
	assert!(page.contains("genesis 0x00") && !page.contains("refresh"));
	assert!(activity.page(&origin(true)).contains("http-equiv=\"refresh\""));
}

#[test]
fn empty_period_renders_notice_and_no_charts() {
	let activity = empty();
	assert!(activity.is_empty() && !busy(1).is_empty());
	let page = activity.page(&origin(false));
	assert!(page.contains("Nothing happened in this period."));
	assert!(page.contains("No outbox was given."));
	assert!(!page.contains("<svg"));
}

#[test]
fn outbox_without_times_renders_notice() {
	let mut activity = busy(1);
	let mut outbox = OutboxUse::default();
	outbox.times.unknown = 12;
	activity.outbox = Some(outbox);
	let page = activity.page(&origin(false));
	assert!(page.contains("Of 12 requests no time is known"));
	assert!(!page.contains("time-to-final-percentiles"));
}

#[test]
fn long_lists_are_cut_and_counted() {
	let mut activity = busy(140);
	let grant = activity.grants[0].clone();
	activity.grants =
		(0..1_000).map(|n| GrantFact { id: n.to_string(), ..grant.clone() }).collect();
	let page = activity.page(&origin(false));
	assert_eq!(table(&page, "uploads-by-stream").len(), 50);
	assert_eq!(table(&page, "grants-list").len(), 50);
	assert!(page.contains("and 90 more") && page.contains("and 950 more"));
	assert_eq!(table(&page, "grants-summary")[0][1], "1,000");
	assert_eq!(table(&busy(40).page(&origin(false)), "uploads-by-stream").len(), 40);
}

#[test]
fn no_name_on_the_chain_becomes_markup() {
	let evil = "<script>alert(1)</script>\" ' & ]]> \u{202e}שלום\u{1}";
	let mut activity = busy(1);
	activity.names.insert(1, evil.into());
	activity.names.insert(2, format!("</td></table>{}", "é".repeat(500)));
	activity.streams[0].name = evil.into();
	activity.grants[0].purpose = Some(evil.into());
	activity.grants[1].subject = Subject::Stream(evil.into());
	activity.access[1].reason = Some(evil.into());
	activity.access[0].purpose = evil.into();
	activity.readers[0].streams[0].0 = evil.into();
	activity.requests.errors.insert(evil.into(), 1);
	activity.index = Some(IndexUse { views: vec![(evil.into(), None)] });
	let page = activity.page(&Origin { software: evil.into(), ..origin(false) });
	assert!(!page.contains("<script") && !page.contains("</td></table>é"));
	assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
	let streams = table(&page, "uploads-by-stream");
	assert_eq!(streams[0][0], evil.replace('\u{1}', "\u{fffd}"));
	// What turns around text is held in.
	for (at, _) in page.match_indices('\u{202e}') {
		let before = &page[..at];
		let is_isolated = before.rfind("<bdi>") > before.rfind("</bdi>");
		let is_a_title = before.rfind("<title>") > before.rfind("</title>");
		let is_software = before.rfind("by ") > before.rfind("</time>");
		assert!(is_isolated || is_a_title || is_software, "{}", &before[at.saturating_sub(200)..]);
	}
	for (at, _) in page.match_indices(" on") {
		assert!(!page[at..].starts_with(" onload=") && !page[at..].starts_with(" onerror="));
	}
}

#[test]
fn page_loads_nothing() {
	let page = busy(3).page(&origin(true));
	for word in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "javascript:"] {
		assert!(!page.contains(word), "{word}");
	}
	assert!(page.contains("default-src 'none'"));
	// Every chart says what it shows to those who do not see it.
	assert_eq!(page.matches("<svg").count(), page.matches("<desc").count());
	assert!(page.matches("<svg").count() >= 3);
	let labelled = page.matches("role=\"img\"").count();
	assert_eq!(labelled, page.matches("<svg").count());
}
