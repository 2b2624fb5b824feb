//! Values that tests pass to calls.

use credio_primitives::{Digest, Reference, entry::ENVELOPE_V1};

/// Returns a reference of equal bytes.
#[must_use]
pub fn reference(n: u8) -> Reference {
	Reference([n; 32])
}

/// Returns a digest of equal bytes.
#[must_use]
pub fn digest(n: u8) -> Digest {
	Digest([n; 32])
}

/// Returns an envelope of `size` bytes.
#[must_use]
pub fn envelope(size: u32) -> Vec<u8> {
	let mut bytes = vec![0xee; size as usize];
	if let Some(first) = bytes.first_mut() {
		*first = ENVELOPE_V1;
	}
	bytes
}

/// Returns how many cases a property test runs: `CREDIO_PROPTEST_CASES`, or `default`.
#[must_use]
pub fn proptest_cases(default: u32) -> u32 {
	std::env::var("CREDIO_PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}
