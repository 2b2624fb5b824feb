//! Figures and texts as they are shown: numbers with commas, times in UTC, and foreign texts that cannot do harm.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Longest foreign text that is shown, in characters.
const MAX_TEXT: usize = 256;

/// Returns a number with commas between thousands.
#[must_use]
pub fn number(number: u64) -> String {
	grouped(&number.to_string())
}

/// Digits with commas between thousands.
pub(crate) fn grouped(digits: &str) -> String {
	let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
	for (at, digit) in digits.chars().enumerate() {
		if at > 0 && (digits.len() - at).is_multiple_of(3) {
			grouped.push(',');
		}
		grouped.push(digit);
	}
	grouped
}

/// Returns a number with its noun: `1 entry`, `2 entries`.
pub(crate) fn count(count: u64, one: &str, many: &str) -> String {
	format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// Returns a size: exact below a kibibyte, and else with one fraction digit.
#[must_use]
pub fn size(bytes: u64) -> String {
	const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
	if bytes < 1024 {
		return format!("{bytes} B");
	}
	// In tenths of a unit, rounded half up.
	let (mut unit, mut divisor) = (0, 1024u128);
	let tenths = |divisor: u128| (u128::from(bytes) * 10 + divisor / 2) / divisor;
	while tenths(divisor) >= 10_240 && unit + 1 < UNITS.len() {
		unit += 1;
		divisor *= 1024;
	}
	let tenths = tenths(divisor);
	format!("{}.{} {}", grouped(&(tenths / 10).to_string()), tenths % 10, UNITS[unit])
}

/// Returns a duration in up to two units.
#[must_use]
pub fn duration(milliseconds: u64) -> String {
	let seconds = milliseconds / 1_000;
	match seconds {
		_ if milliseconds < 1_000 => format!("{milliseconds} ms"),
		0..60 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
		60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
		3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
		_ => {
			format!("{} d {} h", grouped(&(seconds / 86_400).to_string()), seconds % 86_400 / 3_600)
		},
	}
}

/// Returns the day of a time in milliseconds since 1970, in UTC.
#[must_use]
pub fn day(milliseconds: u64) -> Date {
	let moment = i64::try_from(milliseconds).ok();
	let moment = moment.and_then(|moment| Timestamp::from_millisecond(moment).ok());
	moment.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date()
}

/// Returns a time in milliseconds since 1970, to the second, in UTC.
#[must_use]
pub fn time(milliseconds: u64) -> String {
	let moment = i64::try_from(milliseconds).ok();
	match moment.and_then(|moment| Timestamp::from_millisecond(moment).ok()) {
		Some(moment) => moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
		None => "unknown".into(),
	}
}

/// Returns an id in `0x` hex, shortened to the digits that distinguish it on a page.
#[must_use]
pub fn short(id: &str) -> String {
	match (id.get(..8), id.len().checked_sub(6).and_then(|at| id.get(at..))) {
		(Some(head), Some(tail)) if id.len() > 20 => format!("{head}…{tail}"),
		_ => id.into(),
	}
}

/// Returns a foreign text as one line without control characters, cut where it gets too long. What could still turn
/// around the text next to it is held in by the element that it stands in.
#[must_use]
pub fn clean(text: &str) -> String {
	let is_no_text =
		|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}');
	let mut cleaned: String = text
		.chars()
		.take(MAX_TEXT)
		.map(|c| match c {
			'\n' | '\r' | '\t' => ' ',
			c if is_no_text(c) => '\u{fffd}',
			c => c,
		})
		.collect();
	if text.chars().nth(MAX_TEXT).is_some() {
		cleaned.push('…');
	}
	cleaned
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn figures_are_readable() {
		assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
		assert_eq!(
			[0, 1_023, 1_024, 1_536, 1_048_575, 5_242_880, u64::MAX].map(size),
			["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "5.0 MiB", "16,384.0 PiB"]
		);
		assert_eq!(
			[0, 999, 2_949, 59_999, 60_000, 3_725_000, 90_000_000].map(duration),
			["0 ms", "999 ms", "2.9 s", "59.9 s", "1 min 0 s", "1 h 2 min", "1 d 1 h"]
		);
	}

	#[test]
	fn times_are_in_utc() {
		assert_eq!(time(1_764_547_199_999), "2025-11-30 23:59:59");
		assert_eq!(day(1_764_547_199_999).to_string(), "2025-11-30");
		assert_eq!(day(1_764_547_200_000).to_string(), "2025-12-01");
		assert_eq!(time(u64::MAX), "unknown");
	}

	#[test]
	fn foreign_texts_are_one_line_of_text() {
		assert_eq!(clean("a\nb\u{0}c\u{b}"), "a b\u{fffd}c\u{fffd}");
		let long = clean(&"é".repeat(1_000));
		assert_eq!(long.chars().count(), MAX_TEXT + 1);
		assert!(long.ends_with('…'));
		assert_eq!(short(&format!("0x{}", "ab".repeat(32))), "0xababab…ababab");
		assert_eq!(short("né"), "né");
	}
}
