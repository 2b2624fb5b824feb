//! Compares records with remarks on the same node and with PostgreSQL, in turns.

use crate::{
	load::{self, Bench, Figures, Plan, Profile, quantile},
	postgres::Ledger,
	process::Watched,
};
use serde_json::{Value, json};

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
	/// WebSocket address of a node of a development chain
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// A PostgreSQL database; a schema credio_bench in it is created and removed
	#[arg(long, value_name = "URL")]
	postgres: String,
	/// Number of rounds, in each of which everything has a turn
	#[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
	rounds: u32,
	/// Requests of a turn with one record each; a turn with 64 calls a request has a sixteenth
	#[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(64..))]
	count: u64,
	#[command(flatten)]
	watched: Watched,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// A side of the comparison.
enum Contestant {
	Node(Profile),
	Postgres { size: u32, per_commit: u64 },
}

/// The results of a side.
struct Row {
	name: String,
	/// The record size, shared by rows that are compared.
	size: u32,
	/// Units a second, smallest first.
	rates: Vec<f64>,
	turns: Vec<Value>,
}

impl Row {
	fn median(&self) -> f64 {
		quantile(&self.rates, 0.5).unwrap_or_default()
	}
}

/// Runs the comparison, and prints it.
///
/// # Errors
///
/// If the node or the database cannot be used, or the node loses, doubles or refuses a request.
pub(crate) async fn run(arguments: Arguments) -> Result<(), String> {
	let bench = load::connect(&arguments.node, 2).await.map_err(|error| error.to_string())?;
	let mut rows: Vec<(Contestant, Row)> = [
		Contestant::Node(Profile::Record { size: 1024 }),
		Contestant::Node(Profile::Remark { size: 1024 }),
		Contestant::Postgres { size: 1024, per_commit: 1 },
		Contestant::Postgres { size: 1024, per_commit: 1_000 },
		Contestant::Node(Profile::Records { calls: 64, size: 64 }),
		Contestant::Node(Profile::Remarks { calls: 64, size: 64 }),
		Contestant::Postgres { size: 64, per_commit: 1_000 },
	]
	.into_iter()
	.map(|contestant| {
		let (name, size) = match contestant {
			Contestant::Node(profile) => (profile.to_string(), profile.size()),
			Contestant::Postgres { size, per_commit } => {
				(format!("postgres:{size}, {per_commit} a commit"), size)
			},
		};
		(contestant, Row { name, size, rates: Vec::new(), turns: Vec::new() })
	})
	.collect();
	for round in 1..=arguments.rounds {
		for (contestant, row) in &mut rows {
			let (rate, turn) = match contestant {
				Contestant::Node(profile) => {
					let figures = on_node(&bench, &arguments, *profile).await?;
					(figures.per_second, json!(figures))
				},
				Contestant::Postgres { size, per_commit } => {
					// As many bytes as in the call that appends such a record.
					let payload =
						bench.call_size(*size).await.map_err(|error| error.to_string())?;
					let rate = in_postgres(&arguments, payload, *per_commit)
						.await
						.map_err(|e| e.to_string())?;
					(rate, json!({ "perSecond": rate }))
				},
			};
			eprintln!("round {round}: {:<28} {rate:>8.0} a second", row.name);
			row.rates.push(rate);
			row.turns.push(turn);
		}
	}
	let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
	rows.iter_mut().for_each(|row| row.rates.sort_unstable_by(f64::total_cmp));
	let ratios = ratios(&rows);
	if arguments.json {
		let rows = rows.iter().zip(ratios).map(|(row, ratio)| {
			json!({
				"name": row.name,
				"size": row.size,
				"median": row.median(),
				"ratio": ratio,
				"rates": row.rates,
				"turns": row.turns
			})
		});
		let rows: Vec<Value> = rows.collect();
		println!(
			"{}",
			json!({ "kind": "compare", "rounds": arguments.rounds, "count": arguments.count, "rows": rows })
		);
	} else {
		print(&rows, &ratios);
	}
	Ok(())
}

async fn on_node(
	bench: &Bench,
	arguments: &Arguments,
	profile: Profile,
) -> Result<Figures, String> {
	let units = u64::from(profile.units());
	let (count, in_flight) =
		if units > 1 { (arguments.count / 16, 512) } else { (arguments.count, 2_048) };
	let plan = Plan { in_flight: Some(in_flight), sign_ahead: true, ..Plan::of(profile, count) };
	let figures =
		load::measure(bench, plan, &arguments.watched).await.map_err(|error| error.to_string())?;
	match figures.refused + figures.rejected + figures.expired + figures.broken() {
		0 => Ok(figures),
		_ => Err(format!(
			"not comparable, since some requests were not applied exactly once:\n{figures}"
		)),
	}
}

async fn in_postgres(
	arguments: &Arguments,
	payload: usize,
	per_commit: u64,
) -> Result<f64, sqlx::Error> {
	let mut ledger = Ledger::create(&arguments.postgres, payload).await?;
	let rows = arguments.count.max(per_commit);
	let spent = ledger.insert(rows, per_commit).await?;
	ledger.remove().await?;
	Ok(rows as f64 / spent.as_secs_f64())
}

/// Returns the ratio of each row: median records a second of the same size, divided by the row's median.
fn ratios(rows: &[Row]) -> Vec<f64> {
	let ours = |size| rows.iter().find(|row| row.size == size).map_or(0.0, Row::median);
	rows.iter().map(|row| ours(row.size) / row.median().max(1e-9)).collect()
}

fn print(rows: &[Row], ratios: &[f64]) {
	println!("{:<28} {:>10} {:>10} {:>10} {:>8}", "", "median/s", "least", "most", "ratio");
	for (row, ratio) in rows.iter().zip(ratios) {
		let at = |share| quantile(&row.rates, share).unwrap_or_default();
		println!(
			"{:<28} {:>10.0} {:>10.0} {:>10.0} {ratio:>8.2}",
			row.name,
			row.median(),
			at(0.0),
			at(1.0)
		);
	}
	println!("ratio: records a second, divided by the row's rate");
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ratios_are_to_records_of_the_same_size() {
		let row = |size, rate| Row { name: String::new(), size, rates: vec![rate], turns: vec![] };
		let rows = [row(1024, 100.0), row(1024, 400.0), row(64, 300.0), row(64, 150.0)];
		assert_eq!(ratios(&rows), [1.0, 0.25, 1.0, 2.0]);
	}
}
