//! Bar charts in SVG. Colours are the page's, so that they follow its light and dark mode; every chart has a table
//! beside it with the exact figures.

use crate::format::clean;
use maud::{Markup, html};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 250.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 30.0;
const RIGHT: f64 = 8.0;
/// Widest that a bar gets.
const MAX_BAR: f64 = 44.0;
/// About the width of a character of a label.
const CHARACTER: f64 = 6.6;
/// Most lines of the grid.
const LINES: f64 = 5.0;

/// The values of one colour.
pub(crate) struct Series {
	/// Its name.
	pub name: &'static str,
	/// Number of its colour, from 1.
	pub colour: u8,
	/// A value for each category.
	pub values: Vec<f64>,
}

/// A chart of stacked bars.
pub(crate) struct Bars {
	/// Names the chart on its page.
	pub id: String,
	/// What it shows.
	pub title: String,
	/// The same in a sentence, for those who do not see it.
	pub description: String,
	/// What the height of a bar means.
	pub axis: String,
	/// Names of the bars.
	pub categories: Vec<String>,
	/// What they are made of, from below.
	pub series: Vec<Series>,
	/// Whether values are whole numbers.
	pub is_whole: bool,
}

impl Bars {
	/// Renders the chart with its legend, unless it is empty.
	pub(crate) fn render(&self) -> Markup {
		let highest = self.totals().fold(0.0, f64::max);
		if highest <= 0.0 || self.categories.is_empty() {
			return html! {};
		}
		let step = step(highest, self.is_whole);
		let top = (highest / step).ceil() * step;
		let ticks: Vec<f64> = (0..=16)
			.map(|n| f64::from(n) * step)
			.take_while(|at| *at <= top + step / 2.0)
			.collect();
		let labels: Vec<String> = ticks.iter().map(|tick| compact(*tick, step, top)).collect();
		let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
		let left = (longest as f64).mul_add(CHARACTER, 12.0);
		let (height, width) = (HEIGHT - TOP - BOTTOM, WIDTH - left - RIGHT);
		let y = |value: f64| (value.max(0.0) / top).mul_add(-height, HEIGHT - BOTTOM);
		let slot = width / self.categories.len() as f64;
		let bar = (slot * 0.72).min(MAX_BAR);
		let every = self.label_every(slot);
		html! {
			figure.chart {
				@if self.series.len() > 1 {
					ul.legend aria-hidden="true" {
						@for series in &self.series {
							li { span class={ "key c" (series.colour) } {} (series.name) }
						}
					}
				}
				div.plot {
					svg role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
						aria-labelledby={ (self.id) "-title " (self.id) "-desc" }
					{
						title id={ (self.id) "-title" } { (clean(&self.title)) }
						desc id={ (self.id) "-desc" } { (clean(&self.description)) }
						text.axis x="0" y="12" { (clean(&self.axis)) }
						@for (tick, label) in ticks.iter().zip(&labels) {
							line.grid x1=(at(left)) x2=(at(WIDTH - RIGHT)) y1=(at(y(*tick))) y2=(at(y(*tick))) {}
							text.tick.end x=(at(left - 6.0)) y=(at(y(*tick) + 4.0)) { (label) }
						}
						@for (number, category) in self.categories.iter().enumerate() {
							@let middle = slot.mul_add(number as f64 + 0.5, left);
							(self.bar(number, category, middle - bar / 2.0, bar, &y))
							@if number % every == 0 {
								text.tick.middle x=(at(middle)) y=(at(HEIGHT - BOTTOM + 18.0)) { (clean(category)) }
							}
						}
						line.base x1=(at(left)) x2=(at(WIDTH - RIGHT)) y1=(at(y(0.0))) y2=(at(y(0.0))) {}
					}
				}
			}
		}
	}

	fn bar(
		&self,
		number: usize,
		category: &str,
		x: f64,
		width: f64,
		y: &dyn Fn(f64) -> f64,
	) -> Markup {
		let mut below = 0.0;
		html! {
			@for series in &self.series {
				@let value = series.values.get(number).copied().unwrap_or(0.0);
				@if value > 0.0 {
					@let (from, to) = (y(below), y(below + value));
					rect class={ "c" (series.colour) } x=(at(x)) y=(at(to)) width=(at(width)) height=(at(from - to)) {
						title { (clean(category)) ": " (series.name) " " (compact(value, 0.01, value)) }
					}
					({ below += value; html! {} })
				}
			}
		}
	}

	fn totals(&self) -> impl Iterator<Item = f64> + '_ {
		(0..self.categories.len()).map(|at| {
			let values = self.series.iter().filter_map(|series| series.values.get(at));
			values.copied().filter(|value| *value > 0.0).sum()
		})
	}

	/// Returns the number of bars for each label that there is room for.
	fn label_every(&self, slot: f64) -> usize {
		let longest = self.categories.iter().map(|name| name.chars().count()).max().unwrap_or(0);
		let needed = (longest as f64).mul_add(CHARACTER, 10.0);
		// Small and positive by construction.
		((needed / slot).ceil() as usize).max(1)
	}
}

/// Returns a coordinate, rounded to a tenth.
fn at(coordinate: f64) -> String {
	format!("{coordinate:.1}")
}

/// Returns the distance of the lines of the grid: 1, 2 or 5 times a power of ten, for a few lines.
fn step(highest: f64, is_whole: bool) -> f64 {
	let raw = highest / LINES;
	let power = 10f64.powf(raw.log10().floor());
	let step = [1.0, 2.0, 5.0, 10.0]
		.into_iter()
		.map(|factor| factor * power)
		.find(|step| *step >= raw * 0.999);
	let step = step.unwrap_or(power * 10.0);
	if is_whole { step.max(1.0) } else { step }
}

/// Returns a number on an axis that ends at `top`: `1,500`, `20k`, `1.5M`, with the digits that the step needs.
fn compact(value: f64, step: f64, top: f64) -> String {
	const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "bn"), (1e6, "M"), (1e3, "k")];
	let unit = UNITS.into_iter().find(|(unit, _)| top >= *unit && top >= 10_000.0);
	let (unit, name) = unit.unwrap_or((1.0, ""));
	let is_exact = |digits: &usize| {
		let scaled = step / unit * [1.0, 10.0, 100.0][*digits];
		(scaled - scaled.round()).abs() < 1e-6
	};
	let digits = (0..3).find(is_exact).unwrap_or(2);
	let text = format!("{:.digits$}", value / unit);
	let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
	let is_zero = fraction.bytes().all(|b| b == b'0');
	let fraction = if is_zero { String::new() } else { format!(".{fraction}") };
	let name = if value == 0.0 { "" } else { name };
	format!("{}{fraction}{name}", crate::format::grouped(whole))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn axes_have_round_numbers() {
		assert_eq!(step(3.0, true), 1.0);
		assert_eq!(step(41.0, true), 10.0);
		assert_eq!(step(100.0, true), 20.0);
		assert_eq!(step(2_078.86, false), 500.0);
		assert!((step(0.3, false) - 0.1).abs() < 1e-9);
		for (value, step, top, shown) in [
			(0.0, 1.0, 5.0, "0"),
			(0.0, 5_000.0, 15_000.0, "0"),
			(1_500.0, 500.0, 2_500.0, "1,500"),
			(5_000.0, 5_000.0, 15_000.0, "5k"),
			(1_500_000.0, 500_000.0, 2_000_000.0, "1.5M"),
			(2_000_000.0, 500_000.0, 2_000_000.0, "2M"),
			(0.25, 0.05, 0.3, "0.25"),
		] {
			assert_eq!(compact(value, step, top), shown);
		}
	}

	#[test]
	fn empty_chart_is_not_rendered() {
		let bars = Bars {
			id: "a".into(),
			title: String::new(),
			description: String::new(),
			axis: String::new(),
			categories: vec!["x".into()],
			series: vec![Series { name: "n", colour: 1, values: vec![0.0] }],
			is_whole: true,
		};
		assert_eq!(bars.render().into_string(), "");
	}
}
