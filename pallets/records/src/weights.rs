//! Weights of the calls.
//!
//! The numbers here are derived from the reads and writes that each call makes, with the constants of ParityDB, and
//! an estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `append` of the smallest payload, where `g` grants are read to find that the author may.
	fn append(g: u32) -> Weight;
	/// `append` by the owner, with `b` bytes of payload. The cost of more bytes is kept apart from this one: measured together,
	/// what large payloads take would be added to small ones.
	fn append_sized(b: u32) -> Weight;
	/// `append_object`, where `g` grants are read to find that the author may.
	fn append_object(g: u32) -> Weight;
	/// `demand_objects`.
	fn demand_objects() -> Weight;
	/// `erase`.
	fn erase() -> Weight;
	/// `acknowledge_erasure`.
	fn acknowledge_erasure() -> Weight;
}

impl WeightInfo for () {
	// Reads: demand of objects, superseded header, stream, member, organization, header, key epoch, next expiry; and of an appender by
	// grant the list of its grants and the grants themselves. Writes: stream, entry, header, payload. A byte is decoded,
	// hashed into the trie and written: about 3 ns.
	fn append(g: u32) -> Weight {
		let (reads, writes): (u64, u64) = (u64::from(g).saturating_add(9), 4);
		Weight::from_parts(80_000_000, reads.saturating_mul(3_600))
			.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
	}
	fn append_sized(b: u32) -> Weight {
		Self::append(0).saturating_add(Weight::from_parts(3_000, 0).saturating_mul(b.into()))
	}
	// As `append`, without the payload.
	fn append_object(g: u32) -> Weight {
		Self::append(g)
	}
	// Reads: member, organization, stream, demand. Writes: demand.
	fn demand_objects() -> Weight {
		Weight::from_parts(30_000_000, 4 * 3_600)
			.saturating_add(ParityDbWeight::get().reads_writes(4, 1))
	}
	// Reads: header, member, organization, stream, erasure, count. Writes: erasure, its number, count.
	fn erase() -> Weight {
		Weight::from_parts(40_000_000, 6 * 3_600)
			.saturating_add(ParityDbWeight::get().reads_writes(6, 3))
	}
	// Reads: member, organization, erasure, acknowledgements. Writes: acknowledgements.
	fn acknowledge_erasure() -> Weight {
		Weight::from_parts(60_000_000, 5 * 3_600)
			.saturating_add(ParityDbWeight::get().reads_writes(4, 1))
	}
}
