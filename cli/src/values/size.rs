//! Sizes as people type them.

/// Units, each with its bytes.
const UNITS: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Parses a size: a number of bytes, or a number with a unit such as `16MiB`.
///
/// # Errors
///
/// Fails with an example for anything else.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
	let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
	let (number, unit) = text.split_at(digits);
	let unit = match unit.trim_start() {
		"" => "B",
		unit => unit,
	};
	let bytes =
		UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, bytes)| *bytes);
	let size = bytes.and_then(|bytes| number.parse::<u64>().ok()?.checked_mul(bytes));
	size.ok_or_else(|| "a size is a number of bytes, or with a unit: 16MiB, 500KiB, 1GiB".into())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sizes_have_units_of_1024() {
		for (text, size) in
			[("0", 0), ("5000", 5_000), ("16MiB", 16 << 20), ("2 kib", 2_048), ("1GiB", 1 << 30)]
		{
			assert_eq!(parse(text), Ok(size), "{text}");
		}
		for unfit in ["", "MiB", "1MB", "-1", "1.5MiB", "99999999999GiB", "1 M iB"] {
			assert!(parse(unfit).is_err(), "{unfit}");
		}
	}
}
