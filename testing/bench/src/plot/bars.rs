//! Bars side by side.

use super::svg::{Anchor, COLOURS, DARK, Picture, WIDTH, number, shortened, width_of};

/// Heights in pixels: of a row, of the bar in it, and between groups.
const ROW: f64 = 28.0;
const BAR: f64 = 18.0;
const GAP: f64 = 16.0;
/// Space above the bars, for the title and the unit.
const TOP: f64 = 76.0;
const BOTTOM: f64 = 20.0;
const MARGIN: f64 = 16.0;
/// Largest width of a label.
const MOST_LABEL: f64 = 260.0;

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
	/// Its label.
	pub label: String,
	/// Its length, in the common unit.
	pub value: f64,
	/// A note after the value, such as a ratio.
	pub note: String,
	/// Whether it is the subject of the picture, not a comparison.
	pub is_ours: bool,
}

/// Bars in groups; the members of a group are compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bars {
	/// The title.
	pub title: String,
	/// The measured quantity, with its unit.
	pub unit: String,
	/// The groups.
	pub groups: Vec<Vec<Bar>>,
}

impl Bars {
	/// Returns the picture as SVG.
	pub(super) fn draw(&self) -> String {
		let bars = || self.groups.iter().flatten();
		let gaps = self.groups.len().saturating_sub(1) as f64;
		let height = (bars().count() as f64).mul_add(ROW, TOP) + gaps * GAP + BOTTOM;
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

/// Returns the text after a bar.
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
	fn bars_have_the_length_and_the_text_of_their_values() {
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
		assert!(
			2.0f64.mul_add(-widths[1], widths[0]).abs() < 0.2 && widths[2] == 0.0,
			"{widths:?}"
		);
		for text in ["Rates <&>", "records a second", "ours & others", "2,000 (1×)"] {
			assert!(document.descendants().any(|node| node.text() == Some(text)), "{text}");
		}
	}

	#[test]
	fn no_bars_render_an_empty_picture() {
		let bars = Bars { title: "None".into(), unit: String::new(), groups: Vec::new() };
		roxmltree::Document::parse(&bars.draw()).expect("well-formed");
	}
}
