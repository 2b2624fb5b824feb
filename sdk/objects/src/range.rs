//! Ranges of bytes, as HTTP has them.

use std::ops::Range;

/// Reads one range of RFC 9110, section 14.1.2, within so many bytes; `None` for several, or for none of the bytes.
#[must_use]
pub fn one_range(text: &str, length: u64) -> Option<Range<u64>> {
	let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
	let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
	let range = match (start, end) {
		("", last) if is_number(last) => length.saturating_sub(last.parse().ok()?)..length,
		(start, "") if is_number(start) => start.parse().ok()?..length,
		(start, end) if is_number(start) && is_number(end) => {
			let end = end.parse::<u64>().ok()?;
			start.parse().ok()?..end.checked_add(1)?.min(length)
		},
		_ => return None,
	};
	(range.start < range.end && range.end <= length).then_some(range)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn one_range_is_read() {
		assert_eq!(one_range("bytes=0-9", 100), Some(0..10));
		assert_eq!(one_range("bytes=90-", 100), Some(90..100));
		assert_eq!(one_range("bytes=-10", 100), Some(90..100));
		assert_eq!(one_range("bytes=-1000", 100), Some(0..100));
		assert_eq!(one_range("bytes=90-1000", 100), Some(90..100));
		for unfit in [
			"",
			"bytes=",
			"bytes=-",
			"bytes=9-3",
			"bytes=100-",
			"bytes=0-1,5-6",
			"items=0-9",
			"bytes=+1-5",
			"bytes=0-18446744073709551615",
			"bytes=18446744073709551616-",
			"bytes=-0",
		] {
			assert_eq!(one_range(unfit, 100), None, "{unfit}");
		}
	}
}
