//! Lines over a logarithmic axis.

use super::svg::{Anchor, COLOURS, DARK, FAINT, Picture, WIDTH, number, round_up, shortened};

/// Sides and height of the field of the lines, in pixels.
const LEFT: f64 = 84.0;
const RIGHT: f64 = WIDTH - 48.0;
const FIELD: f64 = 300.0;
/// Distance from the top to the names of the lines, and the height of a name.
const NAMES: f64 = 56.0;
const NAME: f64 = 20.0;
/// Space below the field, for figures and the name of the axis.
const BOTTOM: f64 = 60.0;

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
	/// Its name.
	pub name: String,
	/// Its points in order of x. Points without a logarithm are skipped.
	pub points: Vec<(f64, f64)>,
}

/// Lines in one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lines {
	/// The title.
	pub title: String,
	/// The quantity on the x axis, with its unit.
	pub x: String,
	/// The quantity on the y axis, with its unit.
	pub y: String,
	/// The lines.
	pub lines: Vec<Line>,
}

impl Lines {
	/// Returns the picture as SVG.
	pub(super) fn draw(&self) -> String {
		let lines: Vec<(&str, Vec<(f64, f64)>)> = self
			.lines
			.iter()
			.map(|line| {
				let can_be_drawn = |(x, y): &(f64, f64)| *x > 0.0 && x.is_finite() && y.is_finite();
				(&line.name[..], line.points.iter().copied().filter(can_be_drawn).collect())
			})
			.collect();
		let points = || lines.iter().flat_map(|(_, points)| points);
		let (from, to) = decades(points().map(|(x, _)| *x));
		let (most, parts) = round_up(points().map(|(_, y)| *y).fold(0.0, f64::max));
		let top = (lines.len() as f64).mul_add(NAME, NAMES) + 12.0;
		let bottom = top + FIELD;
		let mut picture = Picture::new(&self.title, bottom + BOTTOM);
		let across = |x: f64| ((x.log10() - from) / (to - from)).mul_add(RIGHT - LEFT, LEFT);
		let up = |y: f64| (y / most).clamp(0.0, 1.0).mul_add(-FIELD, bottom);

		for at in 0..=parts {
			let value = most * at as f64 / parts as f64;
			picture.line((LEFT, up(value)), (RIGHT, up(value)), FAINT);
			picture.text(LEFT - 8.0, up(value), Anchor::End, number(value));
		}
		for power in from as i32..=to as i32 {
			let x = 10f64.powi(power);
			picture.line((across(x), top), (across(x), bottom), FAINT);
			picture.text(across(x), bottom + 16.0, Anchor::Middle, number(x));
		}
		picture.line((LEFT, bottom), (RIGHT, bottom), DARK);
		picture.line((LEFT, top), (LEFT, bottom), DARK);
		picture.text((LEFT + RIGHT) / 2.0, bottom + 42.0, Anchor::Middle, &self.x);
		picture.upright_text(22.0, (top + bottom) / 2.0, &self.y);

		for (at, (name, points)) in lines.iter().enumerate() {
			let (colour, is_dashed) = (COLOURS[at % COLOURS.len()], at % 2 == 1);
			let y = (at as f64).mul_add(NAME, NAMES);
			picture.path(&[(LEFT, y), (LEFT + 36.0, y)], colour, is_dashed);
			picture.dot((LEFT + 18.0, y), colour);
			picture.text(LEFT + 46.0, y, Anchor::Start, shortened(name, RIGHT - LEFT - 46.0));
			let points: Vec<_> = points.iter().map(|(x, y)| (across(*x), up(*y))).collect();
			picture.path(&points, colour, is_dashed);
			points.iter().for_each(|point| picture.dot(*point, colour));
		}
		picture.finish()
	}
}

/// Distance from a power of ten within which a value counts as that power.
const SLACK: f64 = 0.02;

/// Returns the powers of ten around the values, at least one apart.
fn decades(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
	let least = values.clone().fold(f64::INFINITY, f64::min);
	let most = values.fold(f64::NEG_INFINITY, f64::max);
	if !least.is_finite() || !most.is_finite() {
		return (0.0, 1.0);
	}
	let from = (least.log10() + SLACK).floor();
	(from, (most.log10() - SLACK).ceil().max(from + 1.0))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn positions(svg: &str) -> Vec<(f64, f64)> {
		let document = roxmltree::Document::parse(svg).expect("well-formed");
		let number =
			|node: roxmltree::Node<'_, '_>, name| node.attribute(name)?.parse::<f64>().ok();
		document
			.descendants()
			.filter(|node| node.has_tag_name("circle"))
			.filter_map(|node| Some((number(node, "cx")?, number(node, "cy")?)))
			.collect()
	}

	#[test]
	fn x_axis_is_logarithmic() {
		let line = Line {
			name: "a < b".into(),
			points: vec![(1e4, 0.0), (1e5, 50.0), (1_000_032.0, 100.0)],
		};
		let lines =
			Lines {
				title: "T & t".into(), x: "records".into(), y: "µs".into(), lines: vec![line]
			};
		let svg = lines.draw();
		// The first one belongs to the name.
		let dots = positions(&svg);
		assert_eq!(dots.len(), 4);
		let middle = (LEFT + RIGHT) / 2.0;
		assert!((dots[1].0 - LEFT).abs() < 0.1 && (dots[2].0 - middle).abs() < 0.1);
		assert!((dots[3].0 - RIGHT).abs() < 0.1);
		assert!((dots[1].1 - dots[3].1 - FIELD).abs() < 0.2);
		for text in ["a &lt; b", ">1,000,000<", ">records<", ">µs<", "T &amp; t"] {
			assert!(svg.contains(text), "{text}");
		}
	}

	#[test]
	fn points_that_cannot_be_drawn_are_skipped() {
		let points = vec![(0.0, 1.0), (f64::NAN, 1.0), (5.0, f64::INFINITY), (5.0, 3.0)];
		let line = Line { name: String::new(), points };
		let lines =
			Lines { title: String::new(), x: String::new(), y: String::new(), lines: vec![line] };
		assert_eq!(positions(&lines.draw()).len(), 2);
		let none = Lines { lines: Vec::new(), ..lines };
		assert_eq!(positions(&none.draw()), []);
	}
}
