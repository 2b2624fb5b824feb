//! The present day.

use jiff::{civil::Date, tz::TimeZone, Timestamp};

/// Returns the present day in UTC.
#[must_use]
pub fn today() -> Date {
	Timestamp::now().to_zoned(TimeZone::UTC).date()
}
