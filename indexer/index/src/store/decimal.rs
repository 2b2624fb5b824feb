//! Decimals as the databases store them: texts of equal length that sort like the numbers.
//!
//! Neither database has a number of more than 64 bits that both sort, compare and add exactly, so a decimal is the text
//! of its units, raised by [`RAISE`] so that none is negative.

use credio_view::value::MAX_UNITS;

/// Offset that is added to the units of a decimal.
const RAISE: i128 = MAX_UNITS + 1;
/// Digits of a stored decimal: enough for `2 * RAISE`.
const LENGTH: usize = 28;
/// Parts in which decimals are added: their first digit, counted from 1, how many digits they have, and what one of
/// their units is worth. No sum of a part exceeds 64 bits, of billions of rows.
const PARTS: [(u8, u8, i128); 3] =
	[(1, 10, 1_000_000_000_000_000_000), (11, 9, 1_000_000_000), (20, 9, 1)];
/// How many sums make the sum of a column.
pub(super) const SUMS: usize = PARTS.len();

/// Returns the stored form of a decimal.
pub(super) fn encode(units: i128) -> String {
	// Values of columns are within these bounds.
	let raised = units.clamp(-MAX_UNITS, MAX_UNITS) + RAISE;
	format!("{raised:0LENGTH$}")
}

/// Returns the units of a stored decimal; `None` if it is none.
pub(super) fn decode(text: &str) -> Option<i128> {
	let is_stored = text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_digit());
	is_stored.then(|| text.parse::<i128>().ok())?.map(|raised| raised - RAISE)
}

/// Returns the expressions whose values [`total`] adds up to the sum of a column.
pub(super) fn sums(name: &str) -> String {
	let part = |(first, digits, _): &(u8, u8, i128)| {
		format!("CAST(SUM(CAST(substr({name}, {first}, {digits}) AS BIGINT)) AS BIGINT)")
	};
	PARTS.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Returns the sum of so many decimals from those of their parts; `None` if it is too large.
pub(super) fn total(sums: [i64; SUMS], count: i64) -> Option<i128> {
	let mut total = RAISE.checked_mul(count.into())?.checked_neg()?;
	for (sum, (_, _, worth)) in sums.into_iter().zip(PARTS) {
		total = total.checked_add(worth.checked_mul(sum.into())?)?;
	}
	Some(total)
}

#[cfg(test)]
mod tests {
	use super::*;

	const UNITS: [i128; 8] =
		[-MAX_UNITS, -1_000_000_000_000_000_001, -10, -1, 0, 1, 123_456_789_012_345, MAX_UNITS];

	#[test]
	fn stored_decimals_sort_like_the_numbers() {
		let stored: Vec<String> = UNITS.iter().map(|units| encode(*units)).collect();
		assert!(stored.is_sorted() && stored.iter().all(|text| text.len() == LENGTH));
		for (units, text) in UNITS.iter().zip(&stored) {
			assert_eq!(decode(text), Some(*units));
		}
		for other in ["", "1", "-000000000000000000000000001", "000000000000000000000000000x"] {
			assert_eq!(decode(other), None, "{other}");
		}
	}

	#[test]
	fn sums_of_parts_make_the_sum() {
		let mut sums = [0; SUMS];
		for units in UNITS {
			let text = encode(units);
			for (sum, (first, digits, _)) in sums.iter_mut().zip(PARTS) {
				let first = usize::from(first) - 1;
				*sum += text[first..first + usize::from(digits)].parse::<i64>().unwrap();
			}
		}
		assert_eq!(total(sums, 8), Some(UNITS.iter().sum()));
		// A billion of the largest numbers.
		let many = 1_000_000_000;
		let one: Vec<i64> = PARTS
			.iter()
			.map(|(first, digits, _)| {
				let first = usize::from(*first) - 1;
				encode(MAX_UNITS)[first..first + usize::from(*digits)].parse().unwrap()
			})
			.collect();
		let sums = [one[0] * many, one[1] * many, one[2] * many];
		assert_eq!(total(sums, many), Some(MAX_UNITS * i128::from(many)));
		assert_eq!(total([i64::MAX; SUMS], i64::MIN), None);
	}
}
