//! Text that people read: names and purposes, which organizations choose and others see.

use core::fmt::{self, Write as _};

/// Returns whether text is displayed as written: not empty, without white space around it, and without characters that are
/// invisible, control a terminal, or change the writing direction.
///
/// It refuses the general categories Cc, Zl and Zp, the bidirectional formatting characters and the default-ignorable
/// characters of the Unicode Standard (<https://www.unicode.org/reports/tr9/> and
/// <https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>), and characters of private use, which show
/// differently on every system.
pub fn is_plain(text: &str) -> bool {
	!text.is_empty() && text.trim() == text && text.chars().all(is_visible)
}

/// Returns whether bytes are UTF-8 that [`is_plain`].
pub fn is_plain_utf8(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes).is_ok_and(is_plain)
}

/// Returns whether a character is displayed as written. White space that begins a line is not.
#[must_use]
pub fn is_visible(character: char) -> bool {
	!character.is_control()
		&& !matches!(
			character,
			'\u{ad}'
				| '\u{34f}' | '\u{61c}'
				| '\u{115f}'..='\u{1160}'
				| '\u{17b4}'..='\u{17b5}'
				| '\u{180b}'..='\u{180f}'
				| '\u{200b}'..='\u{200f}'
				| '\u{2028}'..='\u{202e}'
				| '\u{2060}'..='\u{206f}'
				| '\u{3164}'
				| '\u{e000}'..='\u{f8ff}'
				| '\u{fe00}'..='\u{fe0f}'
				| '\u{feff}'
				| '\u{ffa0}'
				| '\u{fff0}'..='\u{fffb}'
				| '\u{1bca0}'..='\u{1bca3}'
				| '\u{1d173}'..='\u{1d17a}'
				| '\u{e0000}'..='\u{e0fff}'
				| '\u{f0000}'..='\u{10ffff}'
		)
}

/// Returns untrusted text for display on one line: plain characters stay, white space that begins a line becomes a space,
/// and all others are escaped, as in `\u{202e}`.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a>(pub &'a str);

impl fmt::Display for Visible<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.chars().try_for_each(|character| match character {
			character if is_visible(character) => f.write_char(character),
			character if character.is_whitespace() => f.write_char(' '),
			character => write!(f, "{}", character.escape_unicode()),
		})
	}
}

/// Returns JSON with the same values and all invisible characters escaped. These occur in its strings only.
#[derive(Clone, Copy, Debug)]
pub struct VisibleJson<'a>(pub &'a str);

impl fmt::Display for VisibleJson<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.chars().try_for_each(|character| {
			if is_visible(character) {
				return f.write_char(character);
			}
			let mut units = [0; 2];
			let units = character.encode_utf16(&mut units);
			units.iter().try_for_each(|unit| write!(f, "\\u{unit:04x}"))
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{format, string::ToString};

	#[test]
	fn invisible_characters_in_json_are_escaped() {
		let json = "{\"a b\":\"\u{9b}1m\u{202e}\u{e0041}深圳\"}";
		let shown = "{\"a b\":\"\\u009b1m\\u202e\\udb40\\udc41深圳\"}";
		assert_eq!(VisibleJson(json).to_string(), shown);
	}

	#[test]
	fn invisible_characters_are_escaped() {
		let text = "a\u{1b}[2J\u{9b}b\u{202e}c\nd\te\u{2028}f深圳";
		let shown = "a\\u{1b}[2J\\u{9b}b\\u{202e}c d e f深圳";
		assert_eq!(Visible(text).to_string(), shown);
		assert!((0..=0x10ffff_u32).filter_map(char::from_u32).all(|character| {
			let shown = Visible(character.to_string().as_str()).to_string();
			!shown.is_empty() && shown.chars().all(is_visible)
		}));
	}

	#[test]
	fn names_of_every_script_are_plain() {
		for text in [
			"Hollin Joinery Limited",
			"Łódź Sp. z o.o.",
			"深圳市供应链",
			"شركة التمويل",
			"חברה",
			"a",
		] {
			assert!(is_plain(text), "{text}");
		}
	}

	#[test]
	fn invisible_characters_are_not_plain() {
		for character in [
			'\0',
			'\n',
			'\t',
			'\u{1b}',
			'\u{7f}',
			'\u{85}',
			'\u{9b}',
			'\u{ad}',
			'\u{61c}',
			'\u{200b}',
			'\u{200d}',
			'\u{200e}',
			'\u{2028}',
			'\u{202a}',
			'\u{202e}',
			'\u{2060}',
			'\u{2066}',
			'\u{2069}',
			'\u{3164}',
			'\u{e000}',
			'\u{fe0f}',
			'\u{feff}',
			'\u{e0041}',
			'\u{10fffd}',
		] {
			assert!(!is_plain(&format!("a{character}b")), "{character:?}");
		}
	}

	#[test]
	fn empty_text_and_surrounding_white_space_are_not_plain() {
		for text in ["", " ", " a", "a ", "\u{a0}a", "a\u{3000}"] {
			assert!(!is_plain(text), "{text:?}");
		}
		assert!(!is_plain_utf8(&[0xff]) && !is_plain_utf8(b"") && is_plain_utf8(b"a b"));
	}
}
