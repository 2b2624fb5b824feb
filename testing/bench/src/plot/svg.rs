//! A picture as SVG: text and shapes on white, without scripts or embedded fonts.

use std::fmt::{Display, Write};

/// Width of every picture, in pixels.
pub(super) const WIDTH: f64 = 720.0;
/// Colour of text.
pub(super) const DARK: &str = "#1a1a1a";
/// Colour of grid lines.
pub(super) const FAINT: &str = "#d0d0d0";
/// Colours that can be distinguished without red and green, and are dark enough on white.
pub(super) const COLOURS: [&str; 8] =
	["#0b5fa5", "#b34700", "#1a7a4c", "#7b3294", "#8a6d00", "#4d4d4d", "#c2185b", "#00838f"];
/// Size of text, and approximate width of a letter, in pixels.
const TEXT: f64 = 13.0;
const LETTER: f64 = 7.5;

/// The anchor of a text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
	Start,
	Middle,
	End,
}

/// A picture under construction. Positions are in pixels, from the left and from the top.
pub(super) struct Picture {
	height: f64,
	title: String,
	body: String,
}

impl Picture {
	/// Returns an empty picture with a title.
	pub(super) fn new(title: &str, height: f64) -> Self {
		let mut picture = Self { height, title: escape(title), body: String::new() };
		let _ = writeln!(
			picture.body,
			"\t<text x=\"16\" y=\"28\" font-size=\"16\" font-weight=\"bold\">{}</text>",
			picture.title
		);
		picture
	}

	/// Adds a text, centred vertically at `y`.
	pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: impl Display) {
		let anchor = match anchor {
			Anchor::Start => "start",
			Anchor::Middle => "middle",
			Anchor::End => "end",
		};
		let text = escape(&text.to_string());
		self.add(format_args!(
			"<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{text}</text>",
			TEXT.mul_add(0.35, y)
		));
	}

	/// Adds a text that is read upwards.
	pub(super) fn upright_text(&mut self, x: f64, y: f64, text: &str) {
		let text = escape(text);
		self.add(format_args!(
			"<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{text}</text>"
		));
	}

	/// Adds a filled rectangle.
	pub(super) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
		self.add(format_args!(
			"<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
		));
	}

	/// Adds a straight line.
	pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
		self.add(format_args!(
			"<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
			from.0, from.1, to.0, to.1
		));
	}

	/// Adds a line through points. Every other one is dashed, so that they differ without colour too.
	pub(super) fn path(&mut self, points: &[(f64, f64)], colour: &str, is_dashed: bool) {
		let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>();
		let dashes = if is_dashed { " stroke-dasharray=\"7 4\"" } else { "" };
		self.add(format_args!(
			"<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
			points.join(" ")
		));
	}

	/// Adds a dot.
	pub(super) fn dot(&mut self, at: (f64, f64), colour: &str) {
		self.add(format_args!(
			"<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/>",
			at.0, at.1
		));
	}

	fn add(&mut self, shape: std::fmt::Arguments<'_>) {
		// Writing to a string cannot fail.
		let _ = writeln!(self.body, "\t{shape}");
	}

	/// Returns the file.
	pub(super) fn finish(self) -> String {
		let Self { height, title, body } = self;
		format!(
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
			viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" font-family=\"sans-serif\" \
			font-size=\"{TEXT}\" fill=\"{DARK}\">\n\
			\t<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
		)
	}
}

/// Returns the approximate width of a text, in pixels.
pub(super) fn width_of(text: &str) -> f64 {
	text.chars().count() as f64 * LETTER
}

/// Shortens a text to a width in pixels, with an ellipsis.
pub(super) fn shortened(text: &str, width: f64) -> String {
	if width_of(text) <= width {
		return text.into();
	}
	let letters = (width / LETTER) as usize;
	text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// Escapes a text for XML elements and attributes, and removes characters that XML does not allow.
pub(super) fn escape(text: &str) -> String {
	let mut escaped = String::with_capacity(text.len());
	for letter in text.chars() {
		match letter {
			'&' => escaped.push_str("&amp;"),
			'<' => escaped.push_str("&lt;"),
			'>' => escaped.push_str("&gt;"),
			'"' => escaped.push_str("&quot;"),
			'\'' => escaped.push_str("&apos;"),
			'\u{fffe}' | '\u{ffff}' => {},
			_ if letter.is_control() => escaped.push(' '),
			_ => escaped.push(letter),
		}
	}
	escaped
}

/// Formats a number with about three significant digits and separated thousands.
pub(super) fn number(value: f64) -> String {
	let size = value.abs();
	let decimals = match size {
		_ if !value.is_finite() => return "-".into(),
		_ if size.fract() == 0.0 || size >= 100.0 => 0,
		_ if size >= 10.0 => 1,
		_ if size >= 1.0 => 2,
		_ => 3,
	};
	let text = format!("{size:.decimals$}");
	let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
	let mut out = String::from(if value < 0.0 { "-" } else { "" });
	for (at, digit) in whole.chars().enumerate() {
		if at > 0 && (whole.len() - at).is_multiple_of(3) {
			out.push(',');
		}
		out.push(digit);
	}
	if !part.is_empty() {
		out.push('.');
		out.push_str(part);
	}
	out
}

/// Returns the least round number that is not below this one, and the number of parts of an axis up to it.
pub(super) fn round_up(value: f64) -> (f64, usize) {
	if !value.is_finite() || value <= 0.0 {
		return (1.0, 5);
	}
	let power = 10f64.powf(value.log10().floor());
	let steps =
		[(1.0, 5), (1.5, 3), (2.0, 4), (2.5, 5), (3.0, 3), (4.0, 4), (5.0, 5), (6.0, 3), (8.0, 4)];
	let fits = steps.into_iter().find(|(step, _)| step * power >= value);
	let (step, parts) = fits.unwrap_or((10.0, 5));
	(step * power, parts)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_is_escaped_everywhere() {
		let evil = "a<b> & \"c\" 'd' \u{0}\u{ffff}é";
		let mut picture = Picture::new(evil, 100.0);
		picture.text(1.0, 2.0, Anchor::Start, evil);
		picture.upright_text(1.0, 2.0, evil);
		let svg = picture.finish();
		let document = roxmltree::Document::parse(&svg).expect("well-formed");
		let texts = document.descendants().filter(|node| node.has_tag_name("text"));
		let texts = texts.filter_map(|node| node.text()).collect::<Vec<_>>();
		assert_eq!(texts, ["a<b> & \"c\" 'd'  é"; 3]);
		assert_eq!(document.root_element().attribute("aria-label"), Some("a<b> & \"c\" 'd'  é"));
	}

	#[test]
	fn numbers_have_three_digits_and_separated_thousands() {
		let texts = [0.0, 0.0123, 1.234, 12.34, 123.4, 1234.5, 1_234_567.0, -1234.0].map(number);
		assert_eq!(texts, ["0", "0.012", "1.23", "12.3", "123", "1,234", "1,234,567", "-1,234"]);
		assert_eq!(number(f64::NAN), "-");
	}

	#[test]
	fn axes_end_at_round_numbers() {
		assert_eq!(round_up(730.0), (800.0, 4));
		assert_eq!(round_up(1000.0), (1000.0, 5));
		assert_eq!(round_up(0.0), (1.0, 5));
		assert_eq!(round_up(9.1), (10.0, 5));
	}

	#[test]
	fn long_texts_are_shortened() {
		assert_eq!(shortened("short", 100.0), "short");
		assert_eq!(shortened("a long label", 37.5), "a lo…");
	}
}
