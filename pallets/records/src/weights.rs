//! Weights of the calls.
//!
//! The numbers here are derived from the reads and writes that each call makes, with the constants of ParityDB, and
//! an estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `append`, by bytes of payload.
	fn append(bytes: u32) -> Weight;
}

impl WeightInfo for () {
	// Reads: superseded header, stream, member, organization, header, key epoch, next expiry; and of an appender by
	// grant the list of its grants and the grants themselves, up to 16 in chains of up to 4. Writes: stream, entry,
	// header, payload. A byte is decoded, hashed into the trie and written: about 3 ns.
	fn append(bytes: u32) -> Weight {
		let (reads, writes): (u64, u64) = (7 + 1 + 16 * 4, 4);
		Weight::from_parts(80_000_000, reads.saturating_mul(3_600))
			.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
			.saturating_add(Weight::from_parts(3_000, 0).saturating_mul(bytes.into()))
	}
}
