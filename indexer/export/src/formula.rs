//! Texts that a spreadsheet would take for formulas. Documents come from others, and CSV is opened by people, so such
//! texts get an apostrophe in front, which a spreadsheet shows as text; it is distinct from one that was there before.

use std::borrow::Cow;

/// What stands before a text that would be a formula.
const MARK: char = '\'';

/// Whether a spreadsheet would take a text for a formula, if it had no marks in front.
fn would_be_formula(text: &str) -> bool {
	text.trim_start_matches(MARK)
		.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Returns the text as it is written.
pub(crate) fn neutralized(text: &str) -> Cow<'_, str> {
	match would_be_formula(text) {
		true => Cow::Owned(format!("{MARK}{text}")),
		false => Cow::Borrowed(text),
	}
}

/// Returns the original text.
pub(crate) fn restored(text: &str) -> &str {
	match text.strip_prefix(MARK) {
		Some(was) if would_be_formula(was) => was,
		_ => text,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn formulas_are_texts() {
		for (text, is) in [
			("=HYPERLINK(\"http://evil.example\")", "'=HYPERLINK(\"http://evil.example\")"),
			("+49 30 1", "'+49 30 1"),
			("-1", "'-1"),
			("@SUM(1)", "'@SUM(1)"),
			("\t=1", "'\t=1"),
			("\r=1", "'\r=1"),
			("＝1", "'＝1"),
			("'=1", "''=1"),
			("a=1", "a=1"),
			("'s-Gravenhage", "'s-Gravenhage"),
			("", ""),
		] {
			assert_eq!(neutralized(text), is);
		}
	}

	proptest! {
		#[test]
		fn no_text_begins_a_formula_and_all_come_back(text in "['=+@a\\t-]{0,4}.{0,6}") {
			let written = neutralized(&text);
			prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']), "{written}");
			prop_assert_eq!(restored(&written), text.as_str());
		}
	}
}
