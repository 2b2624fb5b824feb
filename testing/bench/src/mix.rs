//! Measures many organizations at once, with different mixes.

use crate::{
	load::{self, Bench, Done, Figures, Plan, Profile, Times, Work, organizations},
	process::Watched,
};
use credio_client::Error;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The mixes, assigned to organizations in turn.
const MIXES: [&[Part]; 5] = [
	&[part("record:64"), part("query")],
	&[part("records:64x64"), part("fetch:1024")],
	&[in_lanes("record:1024"), part("grants"), part("fetch:1024")],
	&[part("record:8192"), part("merkle:100"), part("query")],
	&[
		part("record:64"),
		in_lanes("record:1024"),
		part("record:8192"),
		part("records:64x64"),
		part("merkle:100"),
		part("grants"),
		part("fetch:1024"),
		part("query"),
	],
];
/// Lanes of a part with lanes.
const LANES: u32 = 4;

/// A part of a mix.
struct Part {
	profile: &'static str,
	lanes: u32,
}

const fn part(profile: &'static str) -> Part {
	Part { profile, lanes: 0 }
}

const fn in_lanes(profile: &'static str) -> Part {
	Part { profile, lanes: LANES }
}

/// Arguments of `mix`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
	/// WebSocket address of a node of a development chain
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// Number of organizations; the council admits missing ones
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=64))]
	organizations: u32,
	/// Duration in seconds
	#[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
	seconds: u32,
	/// Most records and grants of an organization in flight, besides one read and one Merkle anchor
	#[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
	in_flight: u32,
	#[command(flatten)]
	watched: Watched,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// The results of an organization.
struct Row {
	name: String,
	/// All writes together; `None` without any.
	writes: Option<Figures>,
	/// All reads together; `None` without any.
	reads: Option<Figures>,
	parts: Vec<Figures>,
}

impl Row {
	fn new(name: &str, parts: Vec<Figures>) -> Self {
		let (writes, reads) = both(&parts);
		Self { name: name.into(), writes, reads, parts }
	}
}

/// Runs the load, and prints the figures.
///
/// # Errors
///
/// If the node cannot be reached, or a request was lost, doubled or reordered.
pub(crate) async fn run(arguments: Arguments) -> Result<(), String> {
	let text = |error: Error| error.to_string();
	let benches =
		organizations::connect(&arguments.node, arguments.organizations, 1).await.map_err(text)?;
	eprintln!("{} organizations are connected and have streams", benches.len());
	let works = works(&benches, arguments.seconds, arguments.in_flight)?;
	let Done { works: figures, uses, .. } =
		load::together(&works, &arguments.watched).await.map_err(text)?;
	let rows: Vec<Row> =
		benches.iter().zip(figures).map(|(bench, parts)| Row::new(&bench.name, parts)).collect();
	let parts = || rows.iter().flat_map(|row| &row.parts);
	let by_profile = by_profile(parts());
	let (mut writes, reads) = both(parts());
	if let Some(writes) = &mut writes {
		writes.uses = uses;
	}
	if arguments.json {
		let organizations = rows.iter().map(
			|row| json!({ "name": row.name, "writes": row.writes, "reads": row.reads, "parts": row.parts }),
		);
		let organizations: Vec<Value> = organizations.collect();
		println!(
			"{}",
			json!({
				"kind": "mix",
				"organizations": organizations,
				"byProfile": by_profile,
				"writes": writes,
				"reads": reads
			})
		);
	} else {
		print(&rows, &by_profile);
		[&writes, &reads].into_iter().flatten().for_each(|figures| print!("{figures}"));
	}
	match parts().map(Figures::broken).sum() {
		0u64 => Ok(()),
		broken => Err(format!("{broken} were lost, doubled or reordered")),
	}
}

/// Assigns mixes to organizations.
fn works(benches: &[Bench], seconds: u32, in_flight: u32) -> Result<Vec<Work<'_>>, String> {
	benches
		.iter()
		.zip(MIXES.iter().cycle())
		.map(|(bench, mix)| Ok(Work { bench, plans: plans(mix, seconds, in_flight)? }))
		.collect()
}

/// Returns the plans of a mix. Its transactions share the bound in flight, counted in records, so that requests of many
/// records do not fill all blocks. Reads get one each: they take milliseconds, and as many as transactions would leave the
/// node no time for other work.
fn plans(mix: &[Part], seconds: u32, in_flight: u32) -> Result<Vec<Plan>, String> {
	let mut plans = Vec::new();
	for Part { profile, lanes } in mix {
		let profile: Profile = profile.parse()?;
		plans.push(Plan { lanes: *lanes, ..Plan::during(profile, seconds) });
	}
	let transactions = plans.iter().filter(|plan| plan.profile.is_transaction()).count();
	let each = in_flight / u32::try_from(transactions).unwrap_or(u32::MAX).max(1);
	for plan in &mut plans {
		let is_one = !plan.profile.is_transaction();
		plan.in_flight = Some(if is_one { 1 } else { (each / plan.profile.units()).max(1) });
	}
	Ok(plans)
}

/// Returns the sums of writes and of reads.
fn both<'a>(parts: impl IntoIterator<Item = &'a Figures>) -> (Option<Figures>, Option<Figures>) {
	let is_read = |figures: &Figures| {
		figures.profile.parse::<Profile>().is_ok_and(|profile| profile.is_read())
	};
	let (reads, writes): (Vec<&Figures>, Vec<&Figures>) =
		parts.into_iter().partition(|figures| is_read(figures));
	(Figures::together("all that was submitted", writes), Figures::together("all reads", reads))
}

/// Returns the sums of all organizations by profile.
fn by_profile<'a>(parts: impl Iterator<Item = &'a Figures>) -> Vec<Figures> {
	let mut profiles: BTreeMap<&str, Vec<&Figures>> = BTreeMap::new();
	for part in parts {
		profiles.entry(&part.profile).or_default().push(part);
	}
	profiles.into_iter().filter_map(|(name, parts)| Figures::together(name, parts)).collect()
}

fn print(rows: &[Row], by_profile: &[Figures]) {
	println!("{:<34} {HEADER}", "organization");
	for row in rows {
		line(&row.name, row.writes.as_ref(), row.reads.as_ref());
	}
	println!("\n{:<34} {HEADER}", "profile");
	for figures in by_profile {
		match both([figures]) {
			(writes, None) => line(&figures.profile, writes.as_ref(), None),
			(_, reads) => line(&figures.profile, None, reads.as_ref()),
		}
	}
	println!();
}

const HEADER: &str = "applied/s  p50 s  p95 s   busy  refused  rejected  expired  lost  doubled  reordered  reads/s  p95 ms";

fn line(name: &str, writes: Option<&Figures>, reads: Option<&Figures>) {
	let none = Figures::default();
	let of = |figures: Option<&Figures>| figures.and_then(|figures| figures.to_final);
	let time =
		|times: Option<Times>, pick: fn(&Times) -> f64| times.map_or(0.0, |times| pick(&times));
	let (write, read) = (writes.unwrap_or(&none), reads.unwrap_or(&none));
	println!(
		"{name:<34} {:>9.0} {:>6.2} {:>6.2} {:>6} {:>8} {:>9} {:>8} {:>5} {:>8} {:>10} {:>8.0} {:>7.1}",
		write.per_second,
		time(of(writes), |times| times.p50),
		time(of(writes), |times| times.p95),
		write.busy,
		write.refused,
		write.rejected,
		write.expired,
		write.lost,
		write.doubled,
		write.reordered,
		read.per_second,
		time(of(reads), |times| times.p95) * 1e3
	);
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn mixes_stay_within_the_bound_in_flight() {
		for (at, mix) in MIXES.iter().enumerate() {
			let plans = plans(mix, 5, 100).expect("all profiles are known");
			let transactions = plans.iter().filter(|plan| plan.profile.is_transaction());
			let under_way: u32 = transactions.filter_map(|plan| plan.in_flight).sum();
			assert!((1..=100).contains(&under_way), "mix {at}: {under_way}");
			// Lanes are numbered from 0 in each part, so two parts with lanes would collide.
			assert!(plans.iter().filter(|plan| plan.lanes > 0).count() <= 1);
		}
	}

	#[test]
	fn reads_and_writes_are_separated() {
		let figures =
			|profile: &str| Figures { profile: profile.into(), applied: 1, ..Figures::default() };
		let parts =
			[figures("record:64"), figures("query"), figures("fetch:64"), figures("record:64")];
		let (writes, reads) = both(&parts);
		assert_eq!(writes.map(|figures| figures.applied), Some(2));
		assert_eq!(reads.map(|figures| figures.applied), Some(2));
		assert_eq!(by_profile(parts.iter()).len(), 3);
	}
}
