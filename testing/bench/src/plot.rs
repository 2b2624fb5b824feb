//! Draws measurements for documentation: reads the output of `--json`, writes SVG.

mod bars;
mod lines;
mod svg;

use bars::{Bar, Bars};
use lines::{Line, Lines};
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Arguments of `plot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
	/// Files, each with the --json output of load, compare, mix or growth
	#[arg(required = true, value_name = "FILE")]
	files: Vec<PathBuf>,
	/// Folder for the pictures; it is created if it does not exist
	#[arg(short, long, value_name = "DIR")]
	output: PathBuf,
}

/// A measurement, and the name of its file.
struct Measured {
	name: String,
	kind: String,
	of: Value,
}

/// Draws the pictures.
///
/// # Errors
///
/// If a file cannot be read or written, or is no measurement.
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
	let measured =
		arguments.files.iter().map(|path| read(path)).collect::<Result<Vec<_>, String>>()?;
	let failed = |path: &Path, error| format!("{}: {error}", path.display());
	fs::create_dir_all(&arguments.output).map_err(|error| failed(&arguments.output, error))?;
	for (name, svg) in pictures(&measured) {
		let path = arguments.output.join(name).with_extension("svg");
		fs::write(&path, svg).map_err(|error| failed(&path, error))?;
		println!("{}", path.display());
	}
	Ok(())
}

fn read(path: &Path) -> Result<Measured, String> {
	let failed = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
	let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
	let of: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
	let kind = if let Some(kind @ ("load" | "compare" | "mix" | "growth")) = of["kind"].as_str() {
		kind.to_owned()
	} else {
		let cause = "not an output of load, compare, mix or growth with --json";
		return Err(failed(&cause));
	};
	let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
	Ok(Measured { name, kind, of })
}

/// Returns names and contents of the pictures: one for each comparison and each mix, one for all loads, and one for each
/// figure of growth.
fn pictures(measured: &[Measured]) -> Vec<(String, String)> {
	let of = |kind: &'static str| measured.iter().filter(move |one| one.kind == kind);
	let mut pictures = Vec::new();
	for one in of("compare") {
		pictures.push((one.name.clone(), comparison(&one.of).draw()));
	}
	for one in of("mix") {
		pictures.push((one.name.clone(), mix(&one.of).draw()));
	}
	let loads: Vec<Bar> = of("load").map(|one| load(&one.of)).collect();
	if !loads.is_empty() {
		let bars = Bars {
			title: "Throughput of a node".into(),
			unit: "applied and final, or read, a second; until final, p50".into(),
			groups: vec![loads],
		};
		pictures.push(("load".into(), bars.draw()));
	}
	let growth: Vec<&Value> = of("growth").map(|one| &one.of).collect();
	if !growth.is_empty() {
		pictures.extend(FIGURES.iter().filter_map(|figure| figure.picture(&growth)));
	}
	pictures
}

fn comparison(of: &Value) -> Bars {
	let mut groups: Vec<(Option<u64>, Vec<Bar>)> = Vec::new();
	for row in items(&of["rows"]) {
		let size = row["size"].as_u64();
		let label = text(&row["name"]);
		let bar = Bar {
			value: float(&row["median"]),
			note: format!("{}×", svg::number(float(&row["ratio"]))),
			is_ours: label.starts_with("record"),
			label,
		};
		match groups.iter_mut().find(|(of, _)| *of == size) {
			Some((_, group)) => group.push(bar),
			None => groups.push((size, vec![bar])),
		}
	}
	Bars {
		title: "Records, remarks and PostgreSQL on one machine".into(),
		unit: "a second, median of the rounds; ×: records a second, divided by this rate".into(),
		groups: groups.into_iter().map(|(_, group)| group).collect(),
	}
}

fn mix(of: &Value) -> Bars {
	let organizations = items(&of["organizations"]).len();
	Bars {
		title: format!("{organizations} organizations at once"),
		unit: "applied and final, or read, a second; until final, p50".into(),
		groups: vec![items(&of["byProfile"]).iter().map(load).collect()],
	}
}

/// Returns a bar with the figures of a load.
fn load(of: &Value) -> Bar {
	let note = match of["toFinal"]["p50"].as_f64() {
		Some(seconds) if seconds < 1.0 => format!("{} ms", svg::number(seconds * 1e3)),
		Some(seconds) => format!("{} s", svg::number(seconds)),
		None => String::new(),
	};
	Bar { label: text(&of["profile"]), value: float(&of["perSecond"]), note, is_ours: true }
}

/// A figure that changes with growth.
struct Figure {
	file: &'static str,
	title: &'static str,
	unit: &'static str,
	/// JSON pointer in a checkpoint, factor, and name of the line among those of one chain.
	values: &'static [(&'static str, f64, &'static str)],
}

const FIGURES: [Figure; 4] = [
	Figure {
		file: "growth-time",
		title: "Time per record as a chain grows",
		unit: "microseconds each, in requests of 64",
		values: &[
			("/microsEach", 1.0, "elapsed time"),
			("/nodeMicrosEach", 1.0, "the node's processor time"),
		],
	},
	Figure {
		file: "growth-database",
		title: "Database per record as a chain grows",
		unit: "bytes each",
		values: &[("/databaseEach", 1.0, "")],
	},
	Figure {
		file: "growth-upload",
		title: "Uploading one record as a chain grows",
		unit: "seconds, p50",
		values: &[("/upload/p50", 1.0, "final"), ("/uploadInBlock/p50", 1.0, "in a block")],
	},
	Figure {
		file: "growth-reads",
		title: "Reading as a chain grows",
		unit: "milliseconds, p50",
		values: &[("/fetch/p50", 1e3, "fetch"), ("/query/p50", 1e3, "query")],
	},
];

impl Figure {
	/// Returns a picture with the lines of all chains; `None` if it was not measured.
	fn picture(&self, chains: &[&Value]) -> Option<(String, String)> {
		let mut lines = Vec::new();
		for chain in chains {
			for (place, factor, what) in self.values {
				let points = items(&chain["checkpoints"]).iter().filter_map(|at| {
					Some((at["records"].as_f64()?, at.pointer(place)?.as_f64()? * factor))
				});
				let points: Vec<_> = points.collect();
				if !points.is_empty() {
					let what = if what.is_empty() { String::new() } else { format!(": {what}") };
					lines.push(Line { name: name_of(chain) + &what, points });
				}
			}
		}
		let (title, y, x) = (self.title.into(), self.unit.into(), "records of the chain".into());
		let is_there = !lines.is_empty();
		is_there.then(|| (self.file.into(), Lines { title, x, y, lines }.draw()))
	}
}

/// Returns a label that distinguishes a chain from others.
fn name_of(chain: &Value) -> String {
	let counted = |field: &str, one: &str| {
		let count = chain[field].as_u64().unwrap_or_default();
		let ending = if count == 1 { "" } else { "s" };
		format!("{} {one}{ending}", svg::number(count as f64))
	};
	format!("{}, {}", counted("organizations", "organization"), counted("grants", "grant"))
}

fn items(of: &Value) -> &[Value] {
	of.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(of: &Value) -> String {
	of.as_str().unwrap_or_default().into()
}

fn float(of: &Value) -> f64 {
	of.as_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	fn measured(name: &str, of: Value) -> Measured {
		Measured { name: name.into(), kind: text(&of["kind"]), of }
	}

	#[test]
	fn every_kind_of_measurement_is_drawn() {
		let times = json!({ "p50": 0.002, "p95": 0.003, "p99": 0.003, "max": 0.004 });
		let row = |name: &str, size, ratio| json!({ "name": name, "size": size, "median": 900.5, "ratio": ratio });
		let checkpoint = |records| json!({ "records": records, "microsEach": 300.0, "nodeMicrosEach": null, "fetch": times, "upload": times });
		let all = [
			measured(
				"pg",
				json!({ "kind": "compare", "rows": [row("record:64", 64, 1.0), row("<pg>", 64, 0.5)] }),
			),
			measured(
				"r",
				json!({ "kind": "load", "profile": "record:64", "perSecond": 5.0, "toFinal": times }),
			),
			measured("q", json!({ "kind": "load", "profile": "query", "perSecond": 50.0 })),
			measured(
				"m",
				json!({ "kind": "mix", "organizations": [], "byProfile": [{ "profile": "query" }] }),
			),
			measured(
				"g",
				json!({ "kind": "growth", "organizations": 1, "grants": 10000, "checkpoints": [checkpoint(10), checkpoint(99)] }),
			),
		];
		let pictures = pictures(&all);
		let names: Vec<&str> = pictures.iter().map(|(name, _)| &name[..]).collect();
		assert_eq!(names, ["pg", "m", "load", "growth-time", "growth-upload", "growth-reads"]);
		for (name, svg) in &pictures {
			roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
		}
		assert!(pictures[0].1.contains("&lt;pg&gt;") && pictures[0].1.contains("0.500×"));
		assert!(pictures[3].1.contains("1 organization, 10,000 grants: elapsed time"));
	}
}
