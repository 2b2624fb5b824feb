//! Lengths of time: percentiles and a histogram.

use crate::{
	chart::{Bars, Series},
	format::{duration, number},
	page::{Table, cell, figure, text},
};
use maud::{Markup, html};

/// Upper bounds of the histogram's bars, in milliseconds.
const BOUNDS: [u64; 17] = [
	1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 15_000, 20_000, 30_000, 60_000,
	120_000, 300_000, 900_000, 3_600_000, 86_400_000,
];

/// Lengths of time, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
	/// In their order.
	known: Vec<u64>,
	/// Of how many the length is not known.
	pub unknown: u64,
}

impl Times {
	/// Adds some.
	pub fn extend(&mut self, milliseconds: impl IntoIterator<Item = u64>) {
		self.known.extend(milliseconds);
		self.known.sort_unstable();
	}

	/// Returns the number of times.
	#[must_use]
	pub fn count(&self) -> usize {
		self.known.len()
	}

	/// Returns a percentile by the nearest rank; `None` without any time.
	#[must_use]
	pub fn percentile(&self, percent: u8) -> Option<u64> {
		let rank = (self.known.len() * usize::from(percent.min(100))).div_ceil(100);
		self.known.get(rank.saturating_sub(1)).copied()
	}

	/// Returns the longest time.
	#[must_use]
	pub fn longest(&self) -> Option<u64> {
		self.known.last().copied()
	}

	/// Returns the number of times in each bar, from the first to the last that has one.
	fn histogram(&self) -> Vec<(String, usize)> {
		let mut bars = Vec::new();
		let (mut below, mut from) = (0, 0);
		for bound in BOUNDS.into_iter().chain([u64::MAX]) {
			let until = self.known.partition_point(|known| *known < bound);
			let name = match (from, bound) {
				(from, u64::MAX) => format!("≥ {}", brief(from)),
				(0, bound) => format!("< {}", brief(bound)),
				(from, bound) => format!(
					"{}–{}",
					brief(from).trim_end_matches(brief_unit(from, bound)),
					brief(bound)
				),
			};
			bars.push((name, until - below));
			(below, from) = (until, bound);
		}
		while bars.last().is_some_and(|(_, count)| *count == 0) {
			bars.pop();
		}
		let first = bars.iter().position(|(_, count)| *count > 0).unwrap_or(0);
		bars.split_off(first)
	}

	/// Renders the figures and the histogram.
	pub(super) fn render(&self) -> Markup {
		let shown = |time: Option<u64>| time.map_or_else(|| "–".into(), duration);
		let bars = self.histogram();
		let share = |count: usize| {
			format!("{:.1} %", count as f64 * 100.0 / self.known.len().max(1) as f64)
		};
		let chart = Bars {
			id: "time-to-final".into(),
			title: "Time to final".into(),
			description: format!(
				"Histogram of {} times: half are at most {}, 95 of 100 at most {}.",
				number(self.known.len() as u64),
				shown(self.percentile(50)),
				shown(self.percentile(95)),
			),
			axis: "Requests".into(),
			categories: bars.iter().map(|(name, _)| name.clone()).collect(),
			series: vec![Series {
				name: "requests",
				colour: 1,
				values: bars.iter().map(|(_, count)| *count as f64).collect(),
			}],
			is_whole: true,
		};
		let row = |name: &str, time: Option<u64>| vec![cell(name), cell(shown(time))];
		let percentiles = Table {
			id: "time-to-final-percentiles",
			caption: format!("Of {} requests", number(self.known.len() as u64)),
			columns: &[text("Not above"), figure("Time")],
			rows: vec![
				row("p50: half of them", self.percentile(50)),
				row("p95: 95 of 100", self.percentile(95)),
				row("p99: 99 of 100", self.percentile(99)),
				row("the longest", self.longest()),
			],
			total: None,
			more: 0,
		};
		let histogram = Table {
			id: "time-to-final-histogram",
			caption: "Requests by time to final".into(),
			columns: &[text("Time"), figure("Requests"), figure("Share")],
			rows: bars
				.iter()
				.map(|(name, count)| {
					vec![cell(name), cell(number(*count as u64)), cell(share(*count))]
				})
				.collect(),
			total: None,
			more: 0,
		};
		html! {
			(percentiles.render())
			(chart.render())
			(histogram.render())
			@if self.unknown > 0 {
				p.soft {
					"Of " (number(self.unknown)) " more no time is known: they were stored or ended before the outbox kept times."
				}
			}
		}
	}
}

fn brief(milliseconds: u64) -> String {
	match milliseconds / 1_000 {
		seconds @ 0..60 => format!("{seconds} s"),
		seconds @ 60..3_600 => format!("{} min", seconds / 60),
		seconds => format!("{} h", seconds / 3_600),
	}
}

/// Returns the unit that the first of two bounds can omit.
fn brief_unit(from: u64, to: u64) -> &'static str {
	let unit = |time: u64| match time / 1_000 {
		0..60 => " s",
		60..3_600 => " min",
		_ => " h",
	};
	if unit(from) == unit(to) { unit(from) } else { "\u{0}" }
}

#[cfg(test)]
mod tests {
	use super::*;

	fn times(all: impl IntoIterator<Item = u64>) -> Times {
		let mut times = Times::default();
		times.extend(all);
		times
	}

	#[test]
	fn percentiles_use_the_nearest_rank() {
		let none = times([]);
		assert_eq!((none.percentile(50), none.longest()), (None, None));
		let one = times([7]);
		assert_eq!([50, 95, 99, 100].map(|p| one.percentile(p)), [Some(7); 4]);
		let two = times([9, 1]);
		assert_eq!([50, 51, 95].map(|p| two.percentile(p)), [Some(1), Some(9), Some(9)]);
		let hundred = times((1..=100).rev());
		assert_eq!(
			[1, 50, 95, 99, 100].map(|p| hundred.percentile(p)),
			[1, 50, 95, 99, 100].map(Some)
		);
		assert_eq!(times(1..=101).percentile(99), Some(100));
		assert_eq!(times(1..=20).percentile(95), Some(19));
		assert_eq!(hundred.longest(), Some(100));
	}

	#[test]
	fn histograms_have_every_time_once() {
		let all = [0, 999, 1_000, 2_500, 2_999, 3_000, 60_000, 400_000, 90_000_000];
		let bars = times(all).histogram();
		assert_eq!(bars.iter().map(|(_, count)| count).sum::<usize>(), all.len());
		let named = |name: &str| bars.iter().find(|bar| bar.0 == name).map(|bar| bar.1);
		assert_eq!(named("< 1 s"), Some(2));
		assert_eq!(named("1–2 s"), Some(1));
		assert_eq!(named("2–3 s"), Some(2));
		assert_eq!(named("3–4 s"), Some(1));
		assert_eq!(named("1–2 min"), Some(1));
		assert_eq!(named("5–15 min"), Some(1));
		assert_eq!(named("≥ 24 h"), Some(1));
		let bars = times([2_100, 4_400]).histogram();
		assert_eq!(bars.len(), 3, "no bars before the first and after the last");
		assert!(times([]).histogram().is_empty());
	}
}
