//! Weights of the calls.
//!
//! The numbers here are derived from the reads and writes that each call makes, with the constants of ParityDB, and
//! an estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `create_stream`.
	fn create_stream() -> Weight;
	/// `seal_stream`.
	fn seal_stream() -> Weight;
	/// `anchor_digest`, where `g` grants are read to find that the author may append.
	fn anchor_digest(g: u32) -> Weight;
	/// `anchor_merkle`, where `g` grants are read to find that the author may append.
	fn anchor_merkle(g: u32) -> Weight;
}

/// `micros` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(1_000_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Reads: member, organization, stream, count. Writes: count, owner's index, stream.
	fn create_stream() -> Weight {
		weight(30, 4, 3)
	}
	// Reads: member, organization, stream. Writes: stream.
	fn seal_stream() -> Weight {
		weight(20, 3, 1)
	}
	// Reads: stream, member, organization, header; and of an appender by grant the list of its grants and the grants
	// themselves. Writes: stream, entry, header.
	fn anchor_digest(g: u32) -> Weight {
		weight(60, u64::from(g).saturating_add(5), 3)
	}
	// As `anchor_digest`.
	fn anchor_merkle(g: u32) -> Weight {
		Self::anchor_digest(g)
	}
}
