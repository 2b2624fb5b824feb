//! Times as people give and read them.

use jiff::{civil::Date, tz::TimeZone, Span, SpanRelativeTo, Timestamp, Unit};
use std::time::Duration;

/// Reads how long something lasts: `30d`, `2w`, `12h`, `90min`. A day has 24 hours.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
	let example = "a time is a number and a unit, such as 30d, 2w, 12h or 90min";
	let span: Span = text.parse().map_err(|_| example.to_owned())?;
	if span.get_years() != 0 || span.get_months() != 0 {
		return Err("months and years have no certain length: give days, such as 365d".into());
	}
	let seconds = span
		.total((Unit::Second, SpanRelativeTo::days_are_24_hours()))
		.map_err(|_| example.to_owned())?;
	match seconds {
		1.0..=1e12 => Ok(Duration::from_secs(seconds as u64)),
		_ => Err(format!("{example}, and a second at least")),
	}
}

/// Reads the end of a day in UTC, or a moment, as milliseconds since 1970.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn parse_until(text: &str) -> Result<u64, String> {
	let example = "a day is written 2027-01-31, a moment 2027-01-31T12:00:00Z";
	let moment = match text.parse::<Date>() {
		Ok(day) if !text.contains(['T', ':', ' ']) => day
			.tomorrow()
			.and_then(|next| next.to_zoned(TimeZone::UTC))
			.map(|midnight| midnight.timestamp().as_millisecond().saturating_sub(1)),
		_ => text.parse::<Timestamp>().map(Timestamp::as_millisecond),
	};
	let moment = moment.map_err(|_| example.to_owned())?;
	u64::try_from(moment).map_err(|_| "that is before 1970".into())
}

/// A moment in milliseconds since 1970 as it is shown: `2027-01-31T12:00:00Z`.
pub fn shown(moment: u64) -> String {
	let seconds = i64::try_from(moment / 1_000).ok();
	let timestamp = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
	timestamp.map_or_else(|| format!("{moment} ms"), |timestamp| timestamp.to_string())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_read_as_people_write_them() {
		let day = 86_400;
		for (text, seconds) in [
			("30d", 30 * day),
			("2w", 14 * day),
			("12h", day / 2),
			("1d 6h", day * 5 / 4),
			("90min", 5_400),
		] {
			assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
		}
		for text in ["", "30", "d", "-3d", "0d", "1mo", "1y", "soon", "99999999999d"] {
			assert!(parse_duration(text).is_err(), "{text}");
		}
	}

	#[test]
	fn a_day_ends_with_its_last_moment() {
		assert_eq!(parse_until("1970-01-01"), Ok(86_399_999));
		assert_eq!(parse_until("1970-01-02T00:00:00Z"), Ok(86_400_000));
		assert_eq!(parse_until("1970-01-02T02:00:00+02:00"), Ok(86_400_000));
		for text in ["", "tomorrow", "2027-02-30", "31.01.2027", "2027-01-31T12:00", "1969-12-31"] {
			assert!(parse_until(text).is_err(), "{text}");
		}
	}

	#[test]
	fn moments_are_shown_in_utc() {
		assert_eq!(shown(86_399_999), "1970-01-01T23:59:59Z");
		assert_eq!(shown(u64::MAX), format!("{} ms", u64::MAX));
	}
}
