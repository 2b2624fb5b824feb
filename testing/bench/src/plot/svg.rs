//! A picture as SVG: text and shapes on white, which anything can show, without scripts or fonts of its own.

use std::fmt::{Display, Write};

/// Width of every picture, in pixels.
pub const WIDTH: f64 = 720.0;
/// Colour of text.
pub const DARK: &str = "#1a1a1a";
/// Colour of what only helps to read.
pub const FAINT: &str = "#d0d0d0";
/// Colours that those who see no red or green can tell apart, and that are dark enough on white.
pub const COLOURS: [&str; 8] =
	["#0b5fa5", "#b34700", "#1a7a4c", "#7b3294", "#8a6d00", "#4d4d4d", "#c2185b", "#00838f"];
/// Size of text, and about how wide a letter of it is, in pixels.
const TEXT: f64 = 13.0;
const LETTER: f64 = 7.5;

/// Where a text is anchored.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
	Start,
	Middle,
	End,
}

/// A picture that is being drawn. Positions are in pixels, from the left and from the top.
pub struct Picture {
	height: f64,
	title: String,
	body: String,
}

impl Picture {
	/// An empty one with a title.
	pub fn new(title: &str, height: f64) -> Self {
		let mut picture = Self { height, title: escape(title), body: String::new() };
		let _ = writeln!(
			picture.body,
			"\t<text x=\"16\" y=\"28\" font-size=\"16\" font-weight=\"bold\">{}</text>",
			picture.title
		);
		picture
	}

	/// A text whose middle line is at `y`.
	pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: impl Display) {
		let anchor = match anchor {
			Anchor::Start => "start",
			Anchor::Middle => "middle",
			Anchor::End => "end",
		};
		let text = escape(&text.to_string());
		self.add(format_args!(
			"<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{text}</text>",
			y + TEXT * 0.35
		));
	}

	/// A text that is read from below.
	pub fn upright_text(&mut self, x: f64, y: f64, text: &str) {
		let text = escape(text);
		self.add(format_args!(
			"<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{text}</text>"
		));
	}

	/// A filled rectangle.
	pub fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
		self.add(format_args!(
			"<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
		));
	}

	/// A straight line.
	pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
		self.add(format_args!(
			"<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
			from.0, from.1, to.0, to.1
		));
	}

	/// A line through points. Every other one is dashed, so that they differ without colour too.
	pub fn path(&mut self, points: &[(f64, f64)], colour: &str, is_dashed: bool) {
		let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>();
		let dashes = if is_dashed { " stroke-dasharray=\"7 4\"" } else { "" };
		self.add(format_args!(
			"<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
			points.join(" ")
		));
	}

	/// A dot.
	pub fn dot(&mut self, at: (f64, f64), colour: &str) {
		self.add(format_args!(
			"<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/>",
			at.0, at.1
		));
	}

	fn add(&mut self, shape: std::fmt::Arguments<'_>) {
		// Writing to a text cannot fail.
		let _ = writeln!(self.body, "\t{shape}");
	}

	/// The file.
	pub fn finish(self) -> String {
		let Self { height, title, body } = self;
		format!(
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
			viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" font-family=\"sans-serif\" \
			font-size=\"{TEXT}\" fill=\"{DARK}\">\n\
			\t<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
		)
	}
}

/// About how wide a text is, in pixels.
pub fn width_of(text: &str) -> f64 {
	text.chars().count() as f64 * LETTER
}

/// A text of at most so many pixels: what does not fit is left out, and dots say so.
pub fn shortened(text: &str, width: f64) -> String {
	if width_of(text) <= width {
		return text.into();
	}
	let letters = (width / LETTER) as usize;
	text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// A text as it stands in XML, in an element or an attribute, without the characters that XML does not allow.
pub fn escape(text: &str) -> String {
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

/// A number as people write it: about three digits that count, and thousands apart.
pub fn number(value: f64) -> String {
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

/// The least round number that is not below this one, and in how many parts an axis up to it is divided.
pub fn round_up(value: f64) -> (f64, usize) {
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
	fn text_is_escaped_wherever_it_stands() {
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
	fn numbers_are_as_people_write_them() {
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
