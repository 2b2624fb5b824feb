//! The present day.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Returns the present day in UTC.
#[must_use]
pub fn today() -> Date {
	Timestamp::now().to_zoned(TimeZone::UTC).date()
}
