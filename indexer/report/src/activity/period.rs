//! Periods, and the parts of them that charts and tables show.

use crate::format::day;
use jiff::{
	ToSpan,
	civil::{Date, date},
	tz::TimeZone,
};
use std::{collections::BTreeMap, fmt};

/// Longest period, in days: ten years.
pub const MAX_DAYS: i32 = 3_660;
/// Most days that are shown individually; longer periods are shown by month.
const BY_DAY: i32 = 62;

/// Why a period is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodError {
	/// It ends before it begins.
	EndsBeforeItBegins,
	/// It is longer than [`MAX_DAYS`], or not of this time.
	TooLong,
}

impl fmt::Display for PeriodError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::EndsBeforeItBegins => f.write_str("the period ends before it begins"),
			Self::TooLong => write!(
				f,
				"a period is within the years 1970 to 9998, and at most {MAX_DAYS} days long"
			),
		}
	}
}

impl std::error::Error for PeriodError {}

/// Days in UTC, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
	from: Date,
	to: Date,
}

impl fmt::Display for Period {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{} to {}", self.from, self.to)
	}
}

impl Period {
	/// Creates a period from one day to another, both included.
	///
	/// # Errors
	///
	/// [`PeriodError`].
	pub fn new(from: Date, to: Date) -> Result<Self, PeriodError> {
		if to < from {
			return Err(PeriodError::EndsBeforeItBegins);
		}
		let days = from.until(to).map_or(MAX_DAYS, |span| span.get_days());
		let is_known = from >= date(1970, 1, 1) && to < date(9999, 1, 1);
		if days >= MAX_DAYS || !is_known {
			return Err(PeriodError::TooLong);
		}
		Ok(Self { from, to })
	}

	/// Its first day.
	#[must_use]
	pub fn from(&self) -> Date {
		self.from
	}

	/// Its last day.
	#[must_use]
	pub fn to(&self) -> Date {
		self.to
	}

	/// Returns the number of days.
	#[must_use]
	pub fn days(&self) -> i32 {
		self.from.until(self.to).map_or(0, |span| span.get_days()) + 1
	}

	/// Its first moment, in milliseconds since 1970.
	#[must_use]
	pub fn begins_at(&self) -> u64 {
		moment(self.from)
	}

	/// Returns the first moment after it.
	pub fn ends_at(&self) -> u64 {
		self.to.tomorrow().map_or(u64::MAX, moment)
	}

	/// Whether a time is in it.
	#[must_use]
	pub fn has(&self, time: u64) -> bool {
		(self.begins_at()..self.ends_at()).contains(&time)
	}

	/// Whether its parts are months, and not days.
	#[must_use]
	pub fn is_by_month(&self) -> bool {
		self.days() > BY_DAY
	}

	/// Its parts in their order, with what `values` has of each.
	pub(super) fn parts<Value: Clone + Default>(
		&self,
		values: &BTreeMap<Date, Value>,
		add: impl Fn(&mut Value, &Value),
	) -> Vec<(String, Value)> {
		let first_of = |day: Date| if self.is_by_month() { day.first_of_month() } else { day };
		let mut parts = Vec::new();
		let mut begins = first_of(self.from);
		while begins <= self.to {
			let step = if self.is_by_month() { 1.month() } else { 1.day() };
			let Ok(next) = begins.checked_add(step) else { break };
			let mut sum = Value::default();
			values.range(begins..next).for_each(|(_, value)| add(&mut sum, value));
			let format = if self.is_by_month() { "%Y-%m" } else { "%Y-%m-%d" };
			parts.push((begins.strftime(format).to_string(), sum));
			begins = next;
		}
		parts
	}

	/// Names of parts as they stand below the bars of a chart.
	pub(super) fn labels<Value>(parts: &[(String, Value)]) -> Vec<String> {
		let short = |name: &String| match name.parse::<Date>() {
			Ok(day) => day.strftime("%-d %b").to_string(),
			Err(_) => name.clone(),
		};
		parts.iter().map(|(name, _)| short(name)).collect()
	}

	/// Whether a time is on a day of it, by day. Nothing else is put into maps by day.
	#[must_use]
	pub fn day_of(&self, time: u64) -> Option<Date> {
		self.has(time).then(|| day(time))
	}
}

fn moment(day: Date) -> u64 {
	let moment = day.to_zoned(TimeZone::UTC).map(|moment| moment.timestamp().as_millisecond());
	moment.ok().and_then(|moment| u64::try_from(moment).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn periods_have_both_ends_in_utc() {
		let november = Period::new(date(2026, 11, 1), date(2026, 11, 30)).unwrap();
		assert_eq!(november.days(), 30);
		assert_eq!(november.begins_at(), 1_793_491_200_000);
		assert_eq!(november.ends_at() - november.begins_at(), 30 * 86_400_000);
		assert!(november.has(november.begins_at()) && !november.has(november.begins_at() - 1));
		assert!(november.has(november.ends_at() - 1) && !november.has(november.ends_at()));
		let day = date(2028, 2, 29);
		assert_eq!(Period::new(day, day).unwrap().days(), 1);
		assert_eq!(Period::new(day, date(2028, 2, 28)), Err(PeriodError::EndsBeforeItBegins));
		assert_eq!(Period::new(date(1969, 12, 31), day), Err(PeriodError::TooLong));
		assert_eq!(Period::new(date(2000, 1, 1), day), Err(PeriodError::TooLong));
		assert!(Period::new(date(2026, 1, 1), Date::MAX).is_err());
	}

	#[test]
	fn parts_are_days_or_months_and_cover_everything() {
		let mut values = BTreeMap::new();
		let mut day = date(2026, 1, 15);
		while day <= date(2026, 4, 10) {
			values.insert(day, 1u64);
			day = day.tomorrow().unwrap();
		}
		let add = |sum: &mut u64, value: &u64| *sum += value;
		let long = Period::new(date(2026, 1, 15), date(2026, 4, 10)).unwrap();
		let parts = long.parts(&values, add);
		let months = [("2026-01", 17), ("2026-02", 28), ("2026-03", 31), ("2026-04", 10)];
		assert_eq!(parts, months.map(|(name, value)| (name.to_owned(), value)));
		let short = Period::new(date(2026, 1, 30), date(2026, 2, 2)).unwrap();
		let parts = short.parts(&values, add);
		assert_eq!(parts.len(), 4);
		assert_eq!(Period::labels(&parts), ["30 Jan", "31 Jan", "1 Feb", "2 Feb"]);
	}
}
