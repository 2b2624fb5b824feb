//! Fields with parts: entries, balances, floor limits.

use crate::value::{Dates, Decimal, DecimalMark, MAX_SCALE, Numbers};
use jiff::civil;

/// A field of a statement.
pub(super) struct Field {
	pub tag: String,
	pub text: String,
	/// Its parts, by their names.
	pub parts: Vec<(&'static str, String)>,
}

impl Field {
	/// Reads a field; `None` if its content is none of its tag.
	pub(super) fn new(tag: &str, text: String) -> Option<Self> {
		let parts = match tag {
			"61" => entry(&text)?,
			"60F" | "60M" | "62F" | "62M" | "64" | "65" => balance(&text)?,
			"34F" => limit(&text)?,
			_ => Vec::new(),
		};
		Some(Self { tag: tag.to_owned(), text, parts })
	}

	pub(super) fn part(&self, name: &str) -> Option<&str> {
		let (_, text) = self.parts.iter().find(|(known, _)| *known == name)?;
		Some(text)
	}

	/// Returns its amount with its sign, in units of the smallest fraction that a column may have.
	pub(super) fn signed(&self) -> Option<i128> {
		let numbers = Numbers { decimal_mark: DecimalMark::Comma, ..Numbers::default() };
		let amount = Decimal::parse(&numbers.plain(self.part("amount")?)?, MAX_SCALE)?.units;
		match self.part("mark")? {
			"D" | "RC" | "ED" => amount.checked_neg(),
			_ => Some(amount),
		}
	}
}

/// Takes signs from the beginning of a text, as long as they fit, up to a number of them.
fn take<'a>(text: &mut &'a str, most: usize, fits: fn(&u8) -> bool) -> &'a str {
	let length = text.bytes().take(most).take_while(fits).count();
	let (taken, rest) = text.split_at_checked(length).unwrap_or(("", text));
	*text = rest;
	taken
}

/// Takes so many digits, or nothing.
fn digits<'a>(text: &mut &'a str, count: usize) -> Option<&'a str> {
	let mut rest = *text;
	let taken = take(&mut rest, count, u8::is_ascii_digit);
	(taken.len() == count).then(|| {
		*text = rest;
		taken
	})
}

/// Takes an amount: digits, and a comma among or behind them, which some banks leave out of whole ones.
fn amount<'a>(text: &mut &'a str) -> Option<&'a str> {
	let taken = take(text, usize::MAX, |c| c.is_ascii_digit() || *c == b',');
	let is_amount = taken.starts_with(|c: char| c.is_ascii_digit())
		&& taken.bytes().filter(|c| *c == b',').count() <= 1;
	is_amount.then_some(taken)
}

/// Reads `2606110612RD1034,63NTRFREFERENCE//OF THE BANK`, and maybe details in another line.
fn entry(text: &str) -> Option<Vec<(&'static str, String)>> {
	let (line, details) = text.split_once('\n').unwrap_or((text, ""));
	let mut rest = line;
	let value_date = digits(&mut rest, 6)?;
	let entry_day = digits(&mut rest, 4);
	let mark =
		["RC", "RD", "EC", "ED", "C", "D"].into_iter().find(|mark| rest.starts_with(mark))?;
	rest = rest.strip_prefix(mark)?;
	// The last letter of the currency.
	let funds_code = take(&mut rest, 1, u8::is_ascii_uppercase);
	let amount = amount(&mut rest)?;
	let kind = take(&mut rest, 4, u8::is_ascii_alphanumeric);
	if kind.len() != 4 || !kind.starts_with(|c: char| c.is_ascii_uppercase()) {
		return None;
	}
	let (reference, bank_reference) = rest.split_once("//").unwrap_or((rest, ""));
	let value_day = day(value_date)?;
	let entry_date = match entry_day {
		None => None,
		Some(entry_day) => Some(nearest(value_day, entry_day)?),
	};
	let mut parts = vec![
		("valueDate", value_date.to_owned()),
		("mark", mark.to_owned()),
		("fundsCode", funds_code.to_owned()),
		("amount", amount.to_owned()),
		("type", kind.to_owned()),
		("reference", reference.to_owned()),
		("bankReference", bank_reference.to_owned()),
		("details", details.replace('\n', " ")),
	];
	parts.extend(entry_date.map(|date| ("entryDate", date.strftime("%Y%m%d").to_string())));
	Some(parts)
}

/// Most days between value date and entry date: half a year, so that the year of the entry date is known.
const MAX_DAYS: i32 = 183;

/// Returns a day as columns read it.
fn day(digits: &str) -> Option<civil::Date> {
	Dates::Compact.date(digits)
}

/// Returns the day of a month that is nearest to another day: entries have no year, and may be booked in another one.
/// `None` if the months of that time have no such day.
fn nearest(to: civil::Date, month_and_day: &str) -> Option<civil::Date> {
	let years = [0, -1, 1].into_iter().filter_map(|years| to.year().checked_add(years));
	let days = years.filter_map(|year| day(&format!("{year:04}{month_and_day}")));
	let days = days.filter_map(|day| Some((to.until(day).ok()?.get_days().abs(), day)));
	let (distance, day) = days.min_by_key(|(distance, _)| *distance)?;
	(distance <= MAX_DAYS).then_some(day)
}

/// Reads `C260611EUR1034,63`.
fn balance(text: &str) -> Option<Vec<(&'static str, String)>> {
	let mut rest = text.trim_end();
	let mark = take(&mut rest, 1, |c| matches!(c, b'C' | b'D'));
	let date = digits(&mut rest, 6)?;
	let currency = take(&mut rest, 3, u8::is_ascii_uppercase);
	let amount = amount(&mut rest)?;
	(!mark.is_empty() && currency.len() == 3 && rest.is_empty()).then(|| {
		vec![
			("mark", mark.to_owned()),
			("date", date.to_owned()),
			("currency", currency.to_owned()),
			("amount", amount.to_owned()),
		]
	})
}

/// Reads `EURD1034,63`, or without a sign for both directions.
fn limit(text: &str) -> Option<Vec<(&'static str, String)>> {
	let mut rest = text.trim_end();
	let currency = take(&mut rest, 3, u8::is_ascii_uppercase);
	let mark = take(&mut rest, 1, |c| matches!(c, b'C' | b'D'));
	let amount = amount(&mut rest)?;
	(currency.len() == 3 && rest.is_empty()).then(|| {
		vec![
			("currency", currency.to_owned()),
			("mark", mark.to_owned()),
			("amount", amount.to_owned()),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn entries_have_parts() {
		let part = |text: &str, name: &str| {
			Field::new("61", text.to_owned()).map(|field| field.part(name).map(str::to_owned))
		};
		let full = "2606110612RDR1034,63NTRFINV 7//B-1\nFEE";
		for (name, text) in [
			("valueDate", "260611"),
			("entryDate", "20260612"),
			("mark", "RD"),
			("fundsCode", "R"),
			("amount", "1034,63"),
			("type", "NTRF"),
			("reference", "INV 7"),
			("bankReference", "B-1"),
			("details", "FEE"),
		] {
			assert_eq!(part(full, name), Some(Some(text.into())), "{name}");
		}
		assert_eq!(part("260611C5,NMSCNONREF", "amount"), Some(Some("5,".into())));
		assert_eq!(part("260611C5,NMSCNONREF", "entryDate"), Some(None));
		assert_eq!(part("260611C500NMSC", "amount"), Some(Some("500".into())));
		// Booked in the year before, or after.
		assert_eq!(part("2601020102C5,NMSC", "entryDate"), Some(Some("20260102".into())));
		assert_eq!(part("2601021231C5,NMSC", "entryDate"), Some(Some("20251231".into())));
		assert_eq!(part("2512310102C5,NMSC", "entryDate"), Some(Some("20260102".into())));
		// In the century of the value date.
		assert_eq!(part("9906300701C5,NMSC", "entryDate"), Some(Some("19990701".into())));
		assert_eq!(part("2401020229C5,NMSC", "entryDate"), Some(Some("20240229".into())));
		assert_eq!(part("2312300229C5,NMSC", "entryDate"), Some(Some("20240229".into())));
		for text in [
			// Neither this year nor the one before has that day.
			"2302280229C5,NMSC",
			"2502280229C5,NMSC",
			"260611C5.00NMSC",
			"260611X5,00NMSC",
			"260611C,5NMSC",
			"2606C5,NMSC",
			"260631C5,NMSC",
			"2606110231C5,NMSC",
			"260611C1,2,3NMSC",
			"260611C5,NM",
			"",
			"é60611C5,",
		] {
			assert_eq!(part(text, "amount"), None, "{text}");
		}
	}

	#[test]
	fn balances_have_parts() {
		let part = |tag: &str, text: &str, name: &str| {
			Field::new(tag, text.to_owned()).map(|field| field.part(name).map(str::to_owned))
		};
		assert_eq!(part("60F", "D260611EUR1034,63", "currency"), Some(Some("EUR".into())));
		assert_eq!(part("34F", "EURD0,", "mark"), Some(Some("D".into())));
		for text in ["X260611EUR1,", "C260611EU1,", "C260611EUR1.00", "C260611EUR1,x", ""] {
			assert_eq!(part("62F", text, "amount"), None, "{text}");
		}
		let signed =
			|text: &str| Field::new("60F", text.to_owned()).and_then(|field| field.signed());
		assert_eq!(signed("D260611EUR0,5"), Some(-500_000_000));
	}
}
