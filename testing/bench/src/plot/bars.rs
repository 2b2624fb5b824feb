//! Bars side by side.

use super::svg::{number, shortened, width_of, Anchor, Picture, COLOURS, DARK, WIDTH};

/// Height of a bar with what is between it and the next one, of the bar, and between groups, in pixels.
const ROW: f64 = 28.0;
const BAR: f64 = 18.0;
const GAP: f64 = 16.0;
/// Above the bars: the title and what they are of.
const TOP: f64 = 76.0;
const BOTTOM: f64 = 20.0;
const MARGIN: f64 = 16.0;
/// The most that a label takes.
const MOST_LABEL: f64 = 260.0;

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
	/// What it is of.
	pub label: String,
	/// How long it is, in the unit of all.
	pub value: f64,
	/// What stands behind its value, such as a ratio.
	pub note: String,
	/// Whether it is what the picture is about, and not only there to compare with.
	pub is_ours: bool,
}

/// Bars, in groups whose members are compared with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
	/// What the picture shows.
	pub title: String,
	/// What the bars are long by, with the unit.
	pub unit: String,
	/// The groups.
	pub groups: Vec<Vec<Bar>>,
}

impl Bars {
	/// The picture, as SVG.
	pub fn draw(&self) -> String {
		let bars = || self.groups.iter().flatten();
		let gaps = self.groups.len().saturating_sub(1) as f64;
		let height = TOP + bars().count() as f64 * ROW + gaps * GAP + BOTTOM;
		let mut picture = Picture::new(&self.title, height);
		picture.text(MARGIN, 52.0, Anchor::Start, &self.unit);
		let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
		let label = widest(&mut bars().map(|bar| width_of(&bar.label))).min(MOST_LABEL);
		let behind = widest(&mut bars().map(|bar| width_of(&beside(bar))));
		let left = MARGIN + label + 10.0;
		let room = (WIDTH - MARGIN - behind - 10.0 - left).max(80.0);
		let most = widest(&mut bars().map(|bar| bar.value)).max(f64::MIN_POSITIVE);
		let mut y = TOP;
		for group in &self.groups {
			for bar in group {
				let middle = y + BAR / 2.0;
				picture.text(left - 10.0, middle, Anchor::End, shortened(&bar.label, label));
				let colour = if bar.is_ours { COLOURS[0] } else { COLOURS[5] };
				let width = (bar.value / most).clamp(0.0, 1.0) * room;
				picture.bar(left, y, width, BAR, colour);
				picture.text(left + width + 8.0, middle, Anchor::Start, beside(bar));
				y += ROW;
			}
			y += GAP;
		}
		picture.line((left, TOP - 6.0), (left, height - BOTTOM), DARK);
		picture.finish()
	}
}

/// What stands behind a bar.
fn beside(bar: &Bar) -> String {
	match bar.note.is_empty() {
		true => number(bar.value),
		false => format!("{} ({})", number(bar.value), bar.note),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn bar(label: &str, value: f64) -> Bar {
		Bar { label: label.into(), value, note: "1×".into(), is_ours: true }
	}

	#[test]
	fn each_bar_is_as_long_as_its_value_and_says_so() {
		let bars = Bars {
			title: "Rates <&>".into(),
			unit: "records a second".into(),
			groups: vec![
				vec![bar("ours & others", 2000.0), bar("theirs", 1000.0)],
				vec![bar("none", 0.0)],
			],
		};
		let svg = bars.draw();
		let document = roxmltree::Document::parse(&svg).expect("well-formed");
		let widths: Vec<f64> = document
			.descendants()
			.filter(|node| node.has_tag_name("rect"))
			.skip(1)
			.filter_map(|node| node.attribute("width")?.parse().ok())
			.collect();
		assert_eq!(widths.len(), 3);
		assert!((widths[0] - 2.0 * widths[1]).abs() < 0.2 && widths[2] == 0.0, "{widths:?}");
		for text in ["Rates <&>", "records a second", "ours & others", "2,000 (1×)"] {
			assert!(document.descendants().any(|node| node.text() == Some(text)), "{text}");
		}
	}

	#[test]
	fn nothing_to_draw_is_an_empty_picture() {
		let bars = Bars { title: "None".into(), unit: String::new(), groups: Vec::new() };
		roxmltree::Document::parse(&bars.draw()).expect("well-formed");
	}
}
