//! Writes pages of made-up figures, to look at: `cargo run -p credio-report --example pages -- FOLDER`.

use credio_report::{
	Origin, Source,
	activity::{
		AccessFact, Activity, Answer, Decided, End, Ended, Entries, GrantFact, OutboxUse, Period,
		Reader, Requests, StreamUse, Subject,
	},
	assets::{Assets, LeftOut, Paid, PaidBy, Row},
};
use jiff::{ToSpan, civil::date};
use std::{collections::BTreeMap, error::Error, fs, path::Path};

/// Numbers without a pattern, the same each time (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
	fn below(&mut self, end: u64) -> u64 {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % end
	}
}

fn origin() -> Origin {
	let hash = |word: &str| format!("0x{}", word.repeat(16));
	Origin {
		made_at: 1_795_000_000_000,
		software: "credio".into(),
		sources: vec![
			Source::new("Chain", format!("genesis {}", hash("58af"))),
			Source::new("Blocks", "1,036,801 to 3,628,800, all final"),
			Source::new("Last block", format!("3,628,800, hash {}", hash("9b01"))),
		],
		is_live: false,
	}
}

fn activity(streams: u64, days: i32) -> Result<Activity, Box<dyn Error>> {
	let mut numbers = Numbers(7);
	let to = date(2026, 11, 30);
	let from = to.checked_sub((days - 1).days())?;
	let period = Period::new(from, to)?;
	let (mut uploads, mut by_day) = (BTreeMap::new(), BTreeMap::new());
	let mut day = from;
	while day <= to {
		if day.weekday().to_monday_zero_offset() < 5 {
			let records = 40 + numbers.below(60);
			let anchors = numbers.below(9);
			let bytes = records * 4_096 + numbers.below(9_999);
			let entries = Entries {
				records,
				bytes,
				merkle_anchors: anchors,
				leaves: anchors * 120,
				..Entries::default()
			};
			uploads.insert(day, entries);
			by_day.insert(day, Decided { applied: records + anchors, rejected: numbers.below(4) });
		}
		day = day.tomorrow()?;
	}
	let names = [
		"operator",
		"channel-one",
		"funder-one",
		"Kaap Kredietverzekering N.V.",
		"بنك التنمية للمشاريع الصغيرة",
	];
	let stream = |n: u64| match n {
		0 => "invoices 2026".to_owned(),
		1 => "a name as long as a name on the chain can be, which is 64 bytes".to_owned(),
		n => format!("repayments of portfolio {n:02}"),
	};
	let mut outbox = OutboxUse {
		ended: Ended { applied: 1_534, rejected: 29, expired: 4, undetermined: 0 },
		undecided: 12,
		..OutboxUse::default()
	};
	outbox
		.problems
		.insert("Anchor.StreamSealed: The stream is sealed: append to another one.".into(), 21);
	outbox.problems.insert("expired".into(), 4);
	let times = (0..1_563).map(|_| {
		2_000
			+ numbers.below(1_500)
			+ numbers.below(900)
			+ if numbers.below(40) == 0 { numbers.below(20_000) } else { 0 }
	});
	outbox.times.extend(times.collect::<Vec<_>>());
	let grants = (0..streams.min(9)).map(|n| GrantFact {
		id: n.to_string(),
		grantor: 1,
		grantee: 2 + u32::try_from(n % 3).unwrap_or(0),
		subject: Subject::Stream(stream(n)),
		is_append: n == 4,
		purpose: Some(
			"assess the receivables for a credit line, and watch how they are repaid".into(),
		),
		given_at: period.begins_at() + n * 77_000_000,
		ended: (n % 4 == 1).then(|| (period.begins_at() + n * 199_000_000, End::Revoked)),
		ends_at: (n % 4 == 2).then(|| period.begins_at() + n * 999_000_000),
	});
	let access = (0..streams.min(6)).map(|n| AccessFact {
		id: n.to_string(),
		requester: 2 + u32::try_from(n % 3).unwrap_or(0),
		owner: 1,
		subject: if n == 3 {
			Subject::Record(format!("0x{}", "5a".repeat(32)))
		} else {
			Subject::Stream(stream(n))
		},
		is_append: false,
		purpose: "assess the receivables for a credit line".into(),
		asked_at: period.begins_at() + n * 66_000_000,
		answered: (n != 5).then(|| {
			let answer = if n == 2 { Answer::Denied } else { Answer::Approved };
			(period.begins_at() + n * 66_000_000 + n * n * 977_000 + 12_000, answer)
		}),
		reason: (n == 2).then(|| "no contract yet".into()),
	});
	Ok(Activity {
		organization: 1,
		names: (0..).zip(names.map(str::to_owned)).collect(),
		period,
		uploads,
		streams: (0..streams)
			.map(|n| {
				let ours = Entries {
					records: numbers.below(200),
					bytes: numbers.below(9_000_000),
					..Entries::default()
				};
				StreamUse {
					id: n.to_string(),
					name: stream(n),
					owner: if n % 11 == 10 { 2 } else { 1 },
					is_sealed: n % 7 == 6,
					entries: ours.records * 3,
					by: [(1, ours)].into(),
				}
			})
			.collect(),
		requests: Requests {
			by_day,
			errors: [("Anchor.StreamSealed".to_owned(), 21), ("Grants.RotationDue".to_owned(), 8)]
				.into(),
			repeated: 3,
		},
		outbox: Some(outbox),
		grants: grants.collect(),
		access: access.collect(),
		readers: (2..5)
			.map(|organization| Reader {
				organization,
				is_suspended: organization == 4,
				streams: (0..streams.min(4))
					.map(|n| (stream(n), if organization == 4 { 0 } else { n * 1_234 }))
					.collect(),
				single_records: u64::from(organization == 3) * 2,
			})
			.collect(),
		index: None,
	})
}

fn assets() -> Result<Assets, Box<dyn Error>> {
	let mut numbers = Numbers(11);
	let as_of = date(2026, 11, 23);
	let mut assets = Assets {
		organization: "index of organization 2".into(),
		view: "repayments".into(),
		due: "dueDate".into(),
		amount: "payment".into(),
		paid: PaidBy::Amount("paid".into()),
		currency: Some("currency".into()),
		filter: Some("loan startsWith \"RL\"".into()),
		as_of,
		scale: 2,
		rows: 0,
		portfolios: BTreeMap::new(),
		left_out: LeftOut::default(),
	};
	for loan in 0..150u64 {
		let begins =
			as_of.checked_sub((numbers.below(400)).try_into().map(|days: i64| days.days())?)?;
		let amount = 90_000 + i128::from(numbers.below(400_000));
		for month in 0..12i64 {
			let due = begins.checked_add(month.months())?;
			let is_late = numbers.below(9) == 0;
			let paid = match due <= as_of {
				true if is_late => amount / 3 * i128::from(numbers.below(3)),
				true => amount,
				false => 0,
			};
			assets.add(Row {
				currency: Some(if loan % 5 == 0 { "SEK" } else { "EUR" }.into()),
				due: (loan != 77).then_some(due),
				amount: Some(amount),
				paid: Paid::Part(paid),
				label: format!("RL-2026-{loan:04} · {}", month + 1),
				record: format!("0x{}", format!("{loan:02x}{month:02x}").repeat(16)),
			})?;
		}
	}
	Ok(assets)
}

fn main() -> Result<(), Box<dyn Error>> {
	let folder = std::env::args().nth(1).ok_or("name a folder to write the pages to")?;
	let folder = Path::new(&folder);
	for (name, streams, days) in [("one", 1, 1), ("month", 40, 30), ("year", 12, 365)] {
		let page = activity(streams, days)?.page(&origin());
		fs::write(folder.join(format!("activity-{name}.html")), page)?;
	}
	fs::write(folder.join("assets.html"), assets()?.page(&origin()))?;
	Ok(())
}
