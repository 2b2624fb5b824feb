//! Portions of documents: how many are read into memory at once.

use std::ops::RangeInclusive;

/// Bytes of documents that are read at once, unless one has more.
const BYTES_AT_ONCE: i64 = 32 << 20;

/// Splits documents, given by place and size, into portions: the first and the last place of each.
pub(super) fn portions(
	documents: impl IntoIterator<Item = (i64, i64)>,
) -> Vec<RangeInclusive<i64>> {
	let mut portions: Vec<RangeInclusive<i64>> = Vec::new();
	let mut bytes = 0_i64;
	for (place, size) in documents {
		bytes = bytes.saturating_add(size);
		match portions.last_mut() {
			Some(last) if bytes <= BYTES_AT_ONCE => *last = *last.start()..=place,
			_ => {
				bytes = size;
				portions.push(place..=place);
			},
		}
	}
	portions
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn portions_are_bounded_and_complete() {
		let half = BYTES_AT_ONCE / 2;
		let sizes = [half, half, 1, half, half, BYTES_AT_ONCE * 2, 1, 1];
		assert_eq!(portions((0..).zip(sizes)), [0..=1, 2..=3, 4..=4, 5..=5, 6..=7]);
		assert_eq!(portions([]), []);
	}
}
