//! Values of columns: what they are, how they are read from text, and how they are shown.

mod date;
mod notation;

pub use notation::{Dates, DecimalMark, Notation, Numbers};

use jiff::{Timestamp, civil};
use serde::{Serialize, Serializer};
use std::fmt;

/// Most units of a decimal, above and below zero: it has up to 27 digits.
pub const MAX_UNITS: i128 = 999_999_999_999_999_999_999_999_999;
/// Most fraction digits of a decimal.
pub const MAX_SCALE: u8 = 9;
/// Fraction digits of a decimal column that does not say how many it keeps.
pub const DEFAULT_SCALE: u8 = 4;

/// Most fraction digits that are counted in a number that does not fit.
const MAX_FRACTION: u8 = 30;

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
	/// Text, compared byte by byte.
	Text,
	/// A whole number of 64 bits.
	Integer,
	/// An exact decimal: up to [`MAX_UNITS`] units of 10^-`scale`.
	Decimal {
		/// Fraction digits that are kept.
		scale: u8,
	},
	/// A day.
	Date,
	/// A moment, kept in UTC to the microsecond.
	Timestamp,
	/// Yes or no.
	Boolean,
}

impl Type {
	/// Its name.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::Text => "text",
			Self::Integer => "integer",
			Self::Decimal { .. } => "decimal",
			Self::Date => "date",
			Self::Timestamp => "timestamp",
			Self::Boolean => "boolean",
		}
	}

	/// Whether it can be added up.
	#[must_use]
	pub fn is_number(self) -> bool {
		matches!(self, Self::Integer | Self::Decimal { .. })
	}

	/// Whether it has a year and a month.
	#[must_use]
	pub fn has_date(self) -> bool {
		matches!(self, Self::Date | Self::Timestamp)
	}

	/// Reads a value of this type from text without surrounding white space, written as XML Schema and JSON have it.
	/// Returns `None` for other text.
	#[must_use]
	pub fn parse(self, text: &str) -> Option<Value> {
		self.parse_as(text, &Notation::default())
	}

	/// Reads a value of this type from text without surrounding white space, in a notation. Returns `None` for other
	/// text.
	#[must_use]
	pub fn parse_as(self, text: &str, notation: &Notation<'_>) -> Option<Value> {
		match self {
			Self::Text => (!text.contains('\0')).then(|| Value::Text(text.to_owned())),
			Self::Integer => {
				let number = Decimal::parse(&notation.numbers.plain(text)?, 0)?;
				Some(Value::Integer(i64::try_from(number.units).ok()?))
			},
			Self::Decimal { scale } => {
				let number = Decimal::parse(&notation.numbers.plain(text)?, scale)?;
				(number.units.abs() <= MAX_UNITS).then_some(Value::Decimal(number))
			},
			Self::Date => notation.dates.date(text).map(Value::Date),
			Self::Timestamp => notation.dates.timestamp(text).map(Value::Timestamp),
			Self::Boolean => match text {
				"true" | "1" => Some(Value::Boolean(true)),
				"false" | "0" => Some(Value::Boolean(false)),
				_ => None,
			},
		}
	}

	/// Says what a text is that is no value of this type: a number with too many digits, or something else.
	#[must_use]
	pub(crate) fn why_not(self, text: &str, notation: &Notation<'_>) -> String {
		let other = || "something else".to_owned();
		let (scale, most) = match self {
			Self::Integer => (0, i64::MAX.into()),
			Self::Decimal { scale } => (scale, MAX_UNITS),
			_ => return other(),
		};
		let Some(plain) = notation.numbers.plain(text) else { return other() };
		let digits =
			(scale..=MAX_FRACTION).find(|digits| Decimal::parse(&plain, *digits).is_some());
		match digits {
			None => other(),
			Some(digits) if digits == scale => {
				let largest = Decimal { units: most, scale };
				format!("a number beyond {largest}, the largest of the column")
			},
			Some(1) => "a number with a fraction digit".into(),
			Some(digits) => format!("a number with {digits} fraction digits"),
		}
	}
}

impl fmt::Display for Type {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Decimal { scale } => {
				write!(f, "decimal with up to {scale} fraction digits")
			},
			_ => f.write_str(self.name()),
		}
	}
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
	/// Text.
	Text(String),
	/// A whole number.
	Integer(i64),
	/// An exact decimal.
	Decimal(Decimal),
	/// A day.
	Date(civil::Date),
	/// A moment.
	Timestamp(Timestamp),
	/// Yes or no.
	Boolean(bool),
}

impl Value {
	/// Returns the negative of a number; `None` if it is too large, or no number.
	#[must_use]
	pub fn negated(self) -> Option<Self> {
		match self {
			Self::Integer(number) => Some(Self::Integer(number.checked_neg()?)),
			Self::Decimal(Decimal { units, scale }) => {
				Some(Self::Decimal(Decimal { units: units.checked_neg()?, scale }))
			},
			_ => None,
		}
	}

	/// Returns the later one of two dates or moments; the second if they are something else.
	#[must_use]
	pub(crate) fn later(one: Option<Self>, other: Self) -> Option<Self> {
		match (one, other) {
			(Some(Self::Date(one)), Self::Date(other)) => Some(Self::Date(one.max(other))),
			(Some(Self::Timestamp(one)), Self::Timestamp(other)) => {
				Some(Self::Timestamp(one.max(other)))
			},
			(_, other) => Some(other),
		}
	}

	/// Whether it is a number below zero.
	#[must_use]
	pub fn is_negative(&self) -> bool {
		match self {
			Self::Integer(number) => *number < 0,
			Self::Decimal(number) => number.units < 0,
			_ => false,
		}
	}

	/// Bytes that it takes, about.
	#[must_use]
	pub fn size(&self) -> usize {
		match self {
			Self::Text(text) => text.len(),
			Self::Decimal(_) => size_of::<i128>(),
			_ => size_of::<i64>(),
		}
	}
}

impl fmt::Display for Value {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Text(text) => f.write_str(text),
			Self::Integer(number) => write!(f, "{number}"),
			Self::Decimal(number) => write!(f, "{number}"),
			Self::Date(date) => write!(f, "{date}"),
			Self::Timestamp(moment) => write!(f, "{moment:.6}"),
			Self::Boolean(is) => write!(f, "{is}"),
		}
	}
}

/// Decimals are strings in JSON, since many readers would round numbers.
impl Serialize for Value {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		match self {
			Self::Integer(number) => serializer.serialize_i64(*number),
			Self::Boolean(is) => serializer.serialize_bool(*is),
			_ => serializer.collect_str(self),
		}
	}
}

/// A decimal: `units` of 10^-`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
	/// How many.
	pub units: i128,
	/// Fraction digits.
	pub scale: u8,
}

impl Decimal {
	/// Reads `-12.50`, `+3` or `1.2e3`, exactly: `None` if it is something else, or needs more fraction digits.
	#[must_use]
	pub fn parse(text: &str, scale: u8) -> Option<Self> {
		let (text, is_negative) = match text.as_bytes().first()? {
			b'-' => (&text[1..], true),
			b'+' => (&text[1..], false),
			_ => (text, false),
		};
		let (number, exponent) = match text.split_once(['e', 'E']) {
			Some((number, exponent)) => (number, exponent.parse::<i16>().ok()?),
			None => (text, 0),
		};
		let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
		let has_digits = !whole.is_empty() || !fraction.is_empty();
		if !has_digits || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
			return None;
		}
		let fraction = fraction.trim_end_matches('0');
		let digits = format!("{whole}{fraction}");
		let digits = digits.trim_start_matches('0');
		if digits.is_empty() {
			return Some(Self { units: 0, scale });
		}
		// 10^power times the digits is the number of units.
		let length = i32::try_from(fraction.len()).ok()?;
		let power = i32::from(exponent).checked_add(scale.into())?.checked_sub(length)?;
		let shift = 10_i128.checked_pow(power.unsigned_abs());
		let units = if power >= 0 {
			digits.parse::<i128>().ok()?.checked_mul(shift?)?
		} else {
			let digits = digits.parse::<i128>().ok()?;
			let shift = shift?;
			(digits % shift == 0).then_some(digits / shift)?
		};
		Some(Self { units: if is_negative { units.checked_neg()? } else { units }, scale })
	}
}

/// Two fraction digits at least, if it keeps so many, and else no zeros at the end.
impl fmt::Display for Decimal {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let width = usize::from(self.scale);
		let digits = format!("{:0>1$}", self.units.unsigned_abs(), width + 1);
		let (whole, fraction) = digits.split_at(digits.len() - width);
		let shown = fraction.trim_end_matches('0').len().max(width.min(2));
		let sign = if self.units < 0 { "-" } else { "" };
		match &fraction[..shown] {
			"" => write!(f, "{sign}{whole}"),
			fraction => write!(f, "{sign}{whole}.{fraction}"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn shown(ty: Type, text: &str) -> Option<String> {
		ty.parse(text).map(|value| value.to_string())
	}

	#[test]
	fn decimals_are_exact() {
		let ty = Type::Decimal { scale: 4 };
		for (text, is) in [
			("2747.82", "2747.82"),
			("8550", "8550.00"),
			("-0.0001", "-0.0001"),
			("+1.50000", "1.50"),
			("1.2e3", "1200.00"),
			("12500E-4", "1.25"),
			("0.000", "0.00"),
			(".5", "0.50"),
			("1000000000000000", "1000000000000000.00"),
			("99999999999999999999999.9999", "99999999999999999999999.9999"),
			("-99999999999999999999999.9999", "-99999999999999999999999.9999"),
		] {
			assert_eq!(shown(ty, text).as_deref(), Some(is), "{text}");
		}
		for text in [
			"",
			"-",
			".",
			"1,50",
			"1 000",
			"0x10",
			"1e",
			"NaN",
			"0.00001",
			"100000000000000000000000",
			"-100000000000000000000000",
			"170141183460469231731687303715884105727",
			"1e400",
			"--1",
			"1e99999999999",
		] {
			assert_eq!(shown(ty, text), None, "{text}");
		}
		assert_eq!(shown(Type::Integer, "12.0").as_deref(), Some("12"));
		assert_eq!(shown(Type::Integer, "12.5"), None);
	}

	#[test]
	fn numbers_that_do_not_fit_name_the_bound() {
		let why = |ty: Type, text| ty.why_not(text, &Notation::default());
		let decimal = |scale| Type::Decimal { scale };
		assert_eq!(why(decimal(4), "1.23456"), "a number with 5 fraction digits");
		assert_eq!(shown(decimal(5), "1.23456").as_deref(), Some("1.23456"));
		let beyond = "a number beyond 99999999999999999999999.9999, the largest of the column";
		assert_eq!(why(decimal(4), "-100000000000000000000000"), beyond);
		assert_eq!(shown(decimal(0), "100000000000000000000000").map(|text| text.len()), Some(24));
		assert_eq!(why(Type::Integer, "1.5"), "a number with a fraction digit");
		let beyond = "a number beyond 9223372036854775807, the largest of the column";
		assert_eq!(why(Type::Integer, "9223372036854775808"), beyond);
		assert_eq!(why(decimal(4), "soon"), "something else");
		assert_eq!(why(Type::Date, "1.5"), "something else");
	}

	#[test]
	fn dates_and_moments_are_read_as_documents_write_them() {
		for text in ["2026-05-03", "20260503", "2026-05-03Z", "2026-05-03+02:00"] {
			assert_eq!(shown(Type::Date, text).as_deref(), Some("2026-05-03"), "{text}");
		}
		let with_time = "2026-05-03T23:30:00-05:00";
		assert_eq!(shown(Type::Date, with_time).as_deref(), Some("2026-05-03"));
		for text in ["2026-02-29", "03.05.2026", "2026-5-3", "20260503x", "", "2026-05-03T", "é026"]
		{
			assert_eq!(shown(Type::Date, text), None, "{text}");
		}
		assert_eq!(
			shown(Type::Timestamp, with_time).as_deref(),
			Some("2026-05-04T04:30:00.000000Z")
		);
		assert_eq!(
			shown(Type::Timestamp, "2026-05-03 10:00:00.1234567").as_deref(),
			Some("2026-05-03T10:00:00.123456Z")
		);
		assert_eq!(
			shown(Type::Timestamp, "2026-05-03").as_deref(),
			Some("2026-05-03T00:00:00.000000Z")
		);
		assert_eq!(shown(Type::Timestamp, "2026-05-03T25:00:00Z"), None);
	}

	proptest! {
		#[test]
		fn shown_values_parse_to_the_same(units in -MAX_UNITS..=MAX_UNITS, scale in 0..=MAX_SCALE) {
			let number = Decimal { units, scale };
			prop_assert_eq!(Decimal::parse(&number.to_string(), scale), Some(number));
		}

		#[test]
		fn no_text_makes_it_panic(text in ".{0,40}", scale in 0..=MAX_SCALE) {
			let types = [Type::Text, Type::Integer, Type::Decimal { scale }, Type::Date, Type::Timestamp, Type::Boolean];
			for ty in types {
				if let Some(value) = ty.parse(&text) {
					prop_assert_eq!(ty.parse(&value.to_string()), Some(value));
				}
			}
		}
	}
}
