//! How numbers and dates are written in a document.

use super::date;
use jiff::{Timestamp, civil};
use std::borrow::Cow;

/// How numbers and dates are written in a document, or in a column of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notation<'a> {
	/// How numbers are written.
	pub numbers: Numbers,
	/// How dates are written.
	pub dates: Dates<'a>,
}

impl Notation<'_> {
	/// Numbers with a point, and dates of ISO 8601.
	pub const ISO: Self = Self {
		numbers: Numbers { decimal_mark: DecimalMark::Point, thousands: None, implied_decimals: 0 },
		dates: Dates::Iso,
	};
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
	/// The sign between whole and fraction.
	pub decimal_mark: DecimalMark,
	/// The sign between groups of three digits. A space stands for the spaces that do not break, too.
	pub thousands: Option<char>,
	/// Digits behind a mark that is not written: with two, `103463` is 1034.63. No mark or group is written then.
	pub implied_decimals: u8,
}

/// The sign between whole and fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalMark {
	/// A point.
	#[default]
	Point,
	/// A comma.
	Comma,
	/// One of both, as in EDIFACT, which does not group digits (ISO 9735).
	Either,
}

impl Numbers {
	/// Returns a number with a point and without groups. Returns `None` if groups or marks stand where none can.
	#[must_use]
	pub fn plain<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
		if self.implied_decimals > 0 {
			let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
			let is_whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
			return is_whole.then(|| Cow::Owned(format!("{text}e-{}", self.implied_decimals)));
		}
		if *self == Self::default() {
			return Some(Cow::Borrowed(text));
		}
		let mut marks = text.match_indices(|c| match self.decimal_mark {
			DecimalMark::Point => c == '.',
			DecimalMark::Comma => c == ',',
			DecimalMark::Either => c == '.' || c == ',',
		});
		let (whole, fraction) = match (marks.next(), marks.next()) {
			(None, _) => (text, None),
			(Some((at, _)), None) => (text.get(..at)?, Some(text.get(at.checked_add(1)?..)?)),
			_ => return None,
		};
		let whole = self.without_groups(whole)?;
		// What is left must not be taken for a mark.
		if fraction.is_some_and(|fraction| fraction.contains(['.', ',']))
			|| whole.contains(['.', ','])
		{
			return None;
		}
		Some(match fraction {
			None => Cow::Owned(whole),
			Some(fraction) => Cow::Owned(format!("{whole}.{fraction}")),
		})
	}

	fn without_groups(&self, whole: &str) -> Option<String> {
		let Some(mark) = self.thousands else { return Some(whole.to_owned()) };
		let is_mark =
			|c: char| c == mark || (mark == ' ' && matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}'));
		let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
		let mut groups = digits.split(is_mark);
		let first = groups.next()?;
		let mut is_grouped = false;
		for group in groups {
			is_grouped = true;
			if group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit()) {
				return None;
			}
		}
		if is_grouped && !(1..=3).contains(&first.len()) {
			return None;
		}
		Some(whole.chars().filter(|c| !is_mark(*c)).collect())
	}
}

/// How dates are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dates<'a> {
	/// As ISO 8601 has it.
	#[default]
	Iso,
	/// By a code of UN/EDIFACT data element 2379: `102` is `20260503`.
	Code(&'a str),
	/// `20260503` or `260503`, as ANSI X12 and SWIFT have it.
	Compact,
	/// `20260503`, or `20260503103000.123[-5:EST]`, as OFX has it.
	Ofx,
	/// As a pattern of `strptime` has it: `%d.%m.%Y`.
	Pattern(&'a str),
}

impl Dates<'_> {
	/// Reads a day of the years 0 to 9999: these sort as they are written.
	#[must_use]
	pub fn date(&self, text: &str) -> Option<civil::Date> {
		let date = match self {
			Self::Iso => date::iso_date(text),
			Self::Code(code) => date::coded_date(code, text),
			Self::Compact => date::coded_date(date::compact_code(text)?, text),
			Self::Ofx => date::ofx_date(text),
			Self::Pattern(pattern) => civil::Date::strptime(pattern, text).ok(),
		};
		date.filter(|date| date.year() >= 0)
	}

	/// Reads a moment; without a zone it is in UTC.
	#[must_use]
	pub fn timestamp(&self, text: &str) -> Option<Timestamp> {
		match self {
			Self::Iso => date::iso_timestamp(text),
			Self::Code(code) => date::coded_timestamp(code, text),
			Self::Compact => date::coded_timestamp(date::compact_code(text)?, text),
			Self::Ofx => date::ofx_timestamp(text),
			Self::Pattern(pattern) => date::pattern_timestamp(pattern, text),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::value::Type;

	fn read(decimal_mark: DecimalMark, thousands: Option<char>, text: &str) -> Option<String> {
		let numbers = Numbers { decimal_mark, thousands, ..Numbers::default() };
		let notation = Notation { numbers, ..Notation::default() };
		Type::Decimal { scale: 2 }.parse_as(text, &notation).map(|value| value.to_string())
	}

	#[test]
	fn marks_and_groups_are_read_as_declared() {
		use DecimalMark::{Comma, Either, Point};
		for (mark, thousands, text, value) in [
			(Comma, Some('.'), "1.234,50", "1234.50"),
			(Comma, Some('.'), "-1.234.567", "-1234567.00"),
			(Comma, None, "1034,63", "1034.63"),
			(Point, Some(','), "1,234.50", "1234.50"),
			(Point, Some(' '), "1\u{a0}234\u{202f}567.5", "1234567.50"),
			(Point, Some('\''), "1'234.50", "1234.50"),
			(Either, None, "1034,63", "1034.63"),
			(Either, None, "1034.63", "1034.63"),
			(Comma, Some('.'), "12", "12.00"),
		] {
			assert_eq!(read(mark, thousands, text).as_deref(), Some(value), "{text}");
		}
		for (mark, thousands, text) in [
			(Comma, Some('.'), "1.23,50"),
			(Comma, Some('.'), "1234.567,50"),
			(Comma, Some('.'), "1,234.50"),
			(Comma, None, "1.234"),
			(Point, None, "1,234"),
			(Point, Some(','), "1.234,50"),
			(Point, Some(','), ",234.50"),
			(Either, None, "1.234,50"),
			(Either, None, "1,234,567"),
		] {
			assert_eq!(read(mark, thousands, text), None, "{text}");
		}
	}

	#[test]
	fn implied_decimals_stand_behind_a_mark_that_is_not_written() {
		let read = |digits, text| {
			let numbers = Numbers { implied_decimals: digits, ..Numbers::default() };
			let notation = Notation { numbers, ..Notation::default() };
			let value = Type::Decimal { scale: 4 }.parse_as(text, &notation);
			value.map(|value| value.to_string())
		};
		for (digits, text, value) in [
			(2, "103463", "1034.63"),
			(2, "-5", "-0.05"),
			(2, "0", "0.00"),
			(4, "+10000", "1.00"),
			(0, "1034.63", "1034.63"),
		] {
			assert_eq!(read(digits, text).as_deref(), Some(value), "{digits} {text}");
		}
		for text in ["1034.63", "1034,63", "1e3", "", "-", "1 000", "12x"] {
			assert_eq!(read(2, text), None, "{text}");
		}
	}

	#[test]
	fn compact_dates_and_those_of_ofx_are_read() {
		let day = |dates: Dates<'_>, text| dates.date(text).map(|day| day.to_string());
		let moment = |text| Dates::Ofx.timestamp(text).map(|moment| moment.to_string());
		assert_eq!(day(Dates::Compact, "260611").as_deref(), Some("2026-06-11"));
		assert_eq!(day(Dates::Compact, "20260611").as_deref(), Some("2026-06-11"));
		for text in ["2606111", "2026-06-11", "260631", "", "26061é"] {
			assert_eq!(day(Dates::Compact, text), None, "{text}");
		}
		for text in
			["20260611", "202606110915", "20260611091530.123[-5:EST]", "20260611091530[+5.5]"]
		{
			assert_eq!(day(Dates::Ofx, text).as_deref(), Some("2026-06-11"), "{text}");
		}
		for text in ["2026061", "20260611x", "20260611[99]", "20260611091530.[0]", "20260611[0"] {
			assert_eq!(day(Dates::Ofx, text), None, "{text}");
		}
		assert_eq!(moment("20260611").as_deref(), Some("2026-06-11T00:00:00Z"));
		assert_eq!(moment("202606110915").as_deref(), Some("2026-06-11T09:15:00Z"));
		assert_eq!(
			moment("20260611091530.123[-5:EST]").as_deref(),
			Some("2026-06-11T14:15:30.123Z")
		);
		assert_eq!(moment("20260611091530[5.5:IST]").as_deref(), Some("2026-06-11T03:45:30Z"));
	}

	#[test]
	fn patterns_say_how_dates_are_written() {
		let day = |text| Dates::Pattern("%d.%m.%Y").date(text).map(|day| day.to_string());
		assert_eq!(day("01.06.2026").as_deref(), Some("2026-06-01"));
		assert_eq!(day("2026-06-01"), None);
		assert_eq!(day("31.06.2026"), None);
		assert_eq!(day("01.06.2026 and more"), None);
		assert_eq!(Dates::Pattern("%F").date("-036-05-03"), None);
		let moment = Dates::Pattern("%d.%m.%Y %H:%M").timestamp("01.06.2026 10:30");
		assert_eq!(
			moment.map(|moment| moment.to_string()).as_deref(),
			Some("2026-06-01T10:30:00Z")
		);
	}
}
