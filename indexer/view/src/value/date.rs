//! Days and moments: as ISO 8601 writes them, and by the codes of UN/EDIFACT.

use jiff::{
	Timestamp, civil,
	fmt::temporal::Pieces,
	tz::{Offset, TimeZone},
};

/// The offset of a zone is less than a day (RFC 3339).
const SECONDS_OF_DAY: u32 = 86_400;

/// Reads `2026-05-03` or `20260503`, maybe with a time or a time zone behind, which are left out.
pub(super) fn iso_date(text: &str) -> Option<civil::Date> {
	let (date, rest) = split_date(text)?;
	let is_rest_known = match rest.as_bytes().first() {
		None => true,
		Some(b'T' | b't' | b' ') => iso_moment(text).is_some(),
		Some(_) => is_zone(rest),
	};
	is_rest_known.then_some(date)
}

/// Whether it is the time zone of a date of XML Schema: `Z`, or `+02:00`, at most 14 hours.
fn is_zone(text: &str) -> bool {
	let number = |range: std::ops::Range<usize>| {
		let digits = text.get(range)?;
		digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u8>().ok())?
	};
	match text.as_bytes() {
		[b'Z'] => true,
		[b'+' | b'-', _, _, b':', _, _] => {
			matches!(
				(number(1..3), number(4..6)),
				(Some(0..=13), Some(0..=59)) | (Some(14), Some(0))
			)
		},
		_ => false,
	}
}

/// Splits a text into the day at its start and the rest.
fn split_date(text: &str) -> Option<(civil::Date, &str)> {
	let is_extended = text.as_bytes().get(4) == Some(&b'-');
	let (date, rest) = text.split_at_checked(if is_extended { 10 } else { 8 })?;
	let date = if is_extended {
		if date.as_bytes().get(7) != Some(&b'-') {
			return None;
		}
		day(date.get(0..4)?, date.get(5..7)?, date.get(8..10)?)?
	} else {
		day(date.get(0..4)?, date.get(4..6)?, date.get(6..8)?)?
	};
	Some((date, rest))
}

/// Returns a day from its digits.
fn day(year: &str, month: &str, day: &str) -> Option<civil::Date> {
	let year = i16::try_from(number(year)?).ok()?;
	civil::Date::new(year, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?)
		.ok()
}

/// Returns the number of digits, and nothing but digits.
fn number(digits: &str) -> Option<u32> {
	let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
	is_number.then(|| digits.parse().ok())?
}

/// Reads a date and time as RFC 3339 has it; without a time zone it is taken to be in UTC. A date alone is its beginning.
pub(super) fn iso_timestamp(text: &str) -> Option<Timestamp> {
	let (date, rest) = split_date(text)?;
	let (moment, offset) = if rest.is_empty() {
		(date.at(0, 0, 0, 0), Offset::UTC)
	} else if rest.starts_with(['T', 't', ' ']) {
		iso_moment(text)?
	} else {
		return None;
	};
	kept(in_zone(moment, offset)?)
}

/// Reads a date and time, with the offset of its zone. A name of a zone is no offset: without one, the moment is not
/// known.
fn iso_moment(text: &str) -> Option<(civil::DateTime, Offset)> {
	let pieces = Pieces::parse(text).ok()?;
	let offset = match pieces.to_numeric_offset() {
		Some(offset) => offset,
		None if pieces.time_zone_annotation().is_none() => Offset::UTC,
		None => return None,
	};
	let is_offset = offset.seconds().unsigned_abs() < SECONDS_OF_DAY;
	is_offset.then_some((pieces.date().to_datetime(pieces.time()?), offset))
}

fn in_zone(moment: civil::DateTime, offset: Offset) -> Option<Timestamp> {
	Some(moment.to_zoned(TimeZone::fixed(offset)).ok()?.timestamp())
}

/// Returns a moment to the microsecond, if its written form has the length that sorts as the moments do.
fn kept(moment: Timestamp) -> Option<Timestamp> {
	let moment = Timestamp::from_microsecond(moment.as_microsecond()).ok()?;
	let year = moment.to_zoned(TimeZone::UTC).year();
	(0..=9999).contains(&year).then_some(moment)
}

/// Reads a moment in a pattern of `strptime`; without a zone it is in UTC.
pub(super) fn pattern_timestamp(pattern: &str, text: &str) -> Option<Timestamp> {
	let parts = jiff::fmt::strtime::parse(pattern, text).ok()?;
	let offset = parts.offset().unwrap_or(Offset::UTC);
	kept(in_zone(
		parts.to_datetime().ok().or_else(|| Some(parts.to_date().ok()?.at(0, 0, 0, 0)))?,
		offset,
	)?)
}

/// A day, and the time of it if one is written.
type Coded = (civil::Date, Option<(civil::Time, Offset)>);

/// Reads the day of a text in a format of UN/EDIFACT data element 2379. Weeks, months, years and periods are no day.
pub(super) fn coded_date(code: &str, text: &str) -> Option<civil::Date> {
	Some(coded(code, text)?.0)
}

/// Reads the moment of a text in a format of UN/EDIFACT data element 2379. A day is its beginning in UTC.
pub(super) fn coded_timestamp(code: &str, text: &str) -> Option<Timestamp> {
	let (date, time) = coded(code, text)?;
	let (time, offset) = time.unwrap_or((civil::Time::midnight(), Offset::UTC));
	kept(in_zone(date.to_datetime(time), offset)?)
}

/// Reads a text by the code list of UN/EDIFACT data element 2379.
fn coded(code: &str, text: &str) -> Option<Coded> {
	let mut at: usize = 0;
	let mut take = |length: usize| {
		let part = text.get(at..at.checked_add(length)?)?;
		at += length;
		Some(part)
	};
	let date = match code {
		"2" => {
			let (d, m, y) = (take(2)?, take(2)?, take(2)?);
			day(&with_century(y)?, m, d)?
		},
		"3" => {
			let (m, d, y) = (take(2)?, take(2)?, take(2)?);
			day(&with_century(y)?, m, d)?
		},
		"4" => {
			let (d, m, y) = (take(2)?, take(2)?, take(4)?);
			day(y, m, d)?
		},
		"101" | "201" | "202" | "301" | "302" => {
			let (y, m, d) = (take(2)?, take(2)?, take(2)?);
			day(&with_century(y)?, m, d)?
		},
		"102" | "203" | "204" | "205" | "303" | "304" => {
			let (y, m, d) = (take(4)?, take(2)?, take(2)?);
			day(y, m, d)?
		},
		_ => return None,
	};
	let has_seconds = matches!(code, "202" | "204" | "302" | "304");
	let time = if matches!(code, "2" | "3" | "4" | "101" | "102") {
		None
	} else {
		let (hour, minute) = (number(take(2)?)?, number(take(2)?)?);
		let second = if has_seconds { number(take(2)?)? } else { 0 };
		let small = |number: u32| i8::try_from(number).ok();
		Some(civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?)
	};
	let zone = text.get(at..)?;
	let offset = match code {
		"205" | "301" | "302" | "303" | "304" => zone_offset(zone)?,
		_ if zone.is_empty() => Offset::UTC,
		_ => return None,
	};
	Some((date, time.map(|time| (time, offset))))
}

/// Returns the code of a day that is written without signs, by its length.
pub(super) fn compact_code(text: &str) -> Option<&'static str> {
	match text.len() {
		6 => Some("101"),
		8 => Some("102"),
		_ => None,
	}
}

/// Reads the day of a date of OFX, as it is written: its zone is left out.
pub(super) fn ofx_date(text: &str) -> Option<civil::Date> {
	Some(ofx(text)?.0.date())
}

/// Reads a moment of OFX (1.6, 3.2.8.2); without a zone it is in UTC.
pub(super) fn ofx_timestamp(text: &str) -> Option<Timestamp> {
	let (moment, offset) = ofx(text)?;
	kept(in_zone(moment, offset)?)
}

/// Reads `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS.XXX`, and maybe the zone `[-5:EST]` behind.
fn ofx(text: &str) -> Option<(civil::DateTime, Offset)> {
	let (text, offset) = match text.split_once('[') {
		None => (text, Offset::UTC),
		Some((text, zone)) => {
			let zone = zone.strip_suffix(']')?;
			(text, hours_offset(zone.split_once(':').map_or(zone, |(hours, _)| hours))?)
		},
	};
	let (digits, fraction) = match text.split_once('.') {
		None => (text, None),
		Some((digits, fraction)) => (digits, Some(fraction)),
	};
	let nanosecond = match fraction {
		None => 0,
		Some(fraction) if digits.len() == 14 && (1..=9).contains(&fraction.len()) => {
			i32::try_from(number(&format!("{fraction:0<9}"))?).ok()?
		},
		Some(_) => return None,
	};
	let (date, time) = match digits.len() {
		8 => coded("102", digits)?,
		12 => coded("203", digits)?,
		14 => coded("204", digits)?,
		_ => return None,
	};
	let time = time.map_or(civil::Time::midnight(), |(time, _)| time);
	Some((date.to_datetime(time.with().subsec_nanosecond(nanosecond).build().ok()?), offset))
}

/// Returns the offset of hours, with a fraction: `-5`, `+5.5`.
fn hours_offset(hours: &str) -> Option<Offset> {
	let (digits, sign) = match hours.split_at_checked(1)? {
		("-", digits) => (digits, -1),
		("+", digits) => (digits, 1),
		_ => (hours, 1),
	};
	let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
	let minutes = match fraction {
		"0" | "00" => 0,
		"25" => 15,
		"5" | "50" => 30,
		"75" => 45,
		_ => return None,
	};
	let hours = number(whole).filter(|hours| *hours <= 14)?;
	Offset::from_seconds(sign * i32::try_from(hours * 3_600 + minutes * 60).ok()?).ok()
}

/// Returns the year of two digits, as POSIX reads them: 69 to 99 are of the last century.
fn with_century(year: &str) -> Option<String> {
	let century = if number(year)? < 69 { 20 } else { 19 };
	Some(format!("{century}{year}"))
}

/// Returns the offset of a zone as it stands behind a time: `UTC`, `+02`, `+0200`, or nothing. Names of other zones are
/// not unique.
fn zone_offset(zone: &str) -> Option<Offset> {
	let (sign, digits) = match zone {
		"" | "Z" | "UTC" | "GMT" => return Some(Offset::UTC),
		_ => match zone.split_at_checked(1)? {
			("+", digits) => (1, digits),
			("-", digits) => (-1, digits),
			_ => return None,
		},
	};
	let (hours, minutes) = match digits.len() {
		2 => (number(digits)?, 0),
		4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
		_ => return None,
	};
	if hours > 14 || minutes > 59 {
		return None;
	}
	Offset::from_seconds(sign * i32::try_from(hours * 3_600 + minutes * 60).ok()?).ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn codes_say_how_a_day_is_written() {
		let day = |code, text| coded_date(code, text).map(|day| day.to_string());
		for (code, text) in [
			("2", "110626"),
			("3", "061126"),
			("4", "11062026"),
			("101", "260611"),
			("102", "20260611"),
			("201", "2606110915"),
			("202", "260611091530"),
			("203", "202606110915"),
			("204", "20260611091530"),
			("205", "202606110915+0200"),
			("301", "2606110915UTC"),
			("303", "202606110915+00"),
			("304", "20260611091530GMT"),
		] {
			assert_eq!(day(code, text).as_deref(), Some("2026-06-11"), "{code}");
		}
		assert_eq!(day("101", "690101").as_deref(), Some("1969-01-01"));
		for (code, text) in [
			("610", "202606"),
			("616", "202624"),
			("602", "2026"),
			("718", "20260611-20260711"),
			("102", "2026061"),
			("102", "202606110915"),
			("102", "2026061é"),
			("203", "202606112415"),
			("303", "202606110915XYZ"),
			("303", "202606110915+99"),
			("999", "20260611"),
		] {
			assert_eq!(day(code, text), None, "{code} {text}");
		}
	}

	#[test]
	fn coded_times_have_a_zone() {
		let moment = |code, text| coded_timestamp(code, text).map(|moment| moment.to_string());
		assert_eq!(moment("303", "202606110015+02").as_deref(), Some("2026-06-10T22:15:00Z"));
		assert_eq!(moment("102", "20260611").as_deref(), Some("2026-06-11T00:00:00Z"));
	}

	#[test]
	fn only_a_zone_or_a_time_may_follow_a_date() {
		let day = |text| iso_date(text).map(|day| day.to_string());
		for text in [
			"2026-05-03",
			"20260503",
			"2026-05-03Z",
			"2026-05-03+02:00",
			"2026-05-03-14:00",
			"2026-05-03T10:00:00Z",
			"2026-05-03 10:00",
		] {
			assert_eq!(day(text).as_deref(), Some("2026-05-03"), "{text}");
		}
		for text in [
			"2026-05-03+whatever",
			"2026-05-03-2026-06-02",
			"2026-05-03+2:00",
			"2026-05-03+14:01",
			"2026-05-03T",
			"2026-05-03Tomorrow",
			"2026-05-03ZZ",
			"2026-05-3",
		] {
			assert_eq!(day(text), None, "{text}");
		}
	}
}
