//! Times as people type and read them.

use jiff::{Span, SpanRelativeTo, Timestamp, Unit, civil::Date, tz::TimeZone};
use std::time::Duration;

/// Parses a duration: `30d`, `2w`, `12h`, `90min`. A day has 24 hours.
///
/// # Errors
///
/// Fails with an example for anything else, for less than a second, and for months and years, whose length varies.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
	let example = "a time is a number and a unit, such as 30d, 2w, 12h or 90min";
	let span: Span = text.parse().map_err(|_| example.to_owned())?;
	if span.get_years() != 0 || span.get_months() != 0 {
		return Err("months and years vary in length: give days, such as 365d".into());
	}
	let seconds = span
		.total((Unit::Second, SpanRelativeTo::days_are_24_hours()))
		.map_err(|_| example.to_owned())?;
	match seconds {
		1.0..=1e12 => Ok(Duration::from_secs(seconds as u64)),
		_ => Err(format!("{example}, of at least a second")),
	}
}

/// Parses a day in UTC or a moment, and returns the last moment of it in milliseconds since 1970.
///
/// # Errors
///
/// Fails with an example for anything else, and for times before 1970.
pub(crate) fn parse_until(text: &str) -> Result<u64, String> {
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

/// Formats a moment in milliseconds since 1970 in UTC: `2027-01-31T12:00:00Z`.
pub(crate) fn shown(moment: u64) -> String {
	let seconds = i64::try_from(moment / 1_000).ok();
	let timestamp = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
	timestamp.map_or_else(|| format!("{moment} ms"), |timestamp| timestamp.to_string())
}

/// Formats a moment in milliseconds since 1970 in UTC, to the minute: `2027-01-31 12:00`.
pub(crate) fn minute(moment: u64) -> String {
	let seconds = i64::try_from(moment / 1_000).ok();
	let timestamp = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
	timestamp.map_or_else(
		|| format!("{moment} ms"),
		|timestamp| timestamp.strftime("%Y-%m-%d %H:%M").to_string(),
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn durations_are_parsed() {
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
	fn a_day_is_its_last_moment() {
		assert_eq!(parse_until("1970-01-01"), Ok(86_399_999));
		assert_eq!(parse_until("1970-01-02T00:00:00Z"), Ok(86_400_000));
		assert_eq!(parse_until("1970-01-02T02:00:00+02:00"), Ok(86_400_000));
		for text in ["", "tomorrow", "2027-02-30", "31.01.2027", "2027-01-31T12:00", "1969-12-31"] {
			assert!(parse_until(text).is_err(), "{text}");
		}
	}

	#[test]
	fn moments_are_formatted_in_utc() {
		assert_eq!(shown(86_399_999), "1970-01-01T23:59:59Z");
		assert_eq!(minute(86_399_999), "1970-01-01 23:59");
		assert_eq!(shown(u64::MAX), format!("{} ms", u64::MAX));
		assert_eq!(minute(u64::MAX), format!("{} ms", u64::MAX));
	}
}
