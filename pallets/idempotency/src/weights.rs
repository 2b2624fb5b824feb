//! Weights of `submit`, of its check in the pool, and of the removal of receipts.
//!
//! The numbers here are derived from the reads and writes that each makes, with the constants of ParityDB, and an
//! estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `submit` of `c` of the smallest calls, without what the calls themselves weigh.
	fn submit(c: u32) -> Weight;
	/// `submit` of one call of `b` bytes. The cost of more bytes is kept apart from this one: measured together, what large
	/// requests take would be added to small ones.
	fn submit_sized(b: u32) -> Weight;
	/// `submit` of `b` bytes of calls for which there is a receipt.
	fn repeat(b: u32) -> Weight;
	/// `n` steps of clean-up: each removes a receipt, or leaves an empty bucket behind.
	fn remove_receipts(n: u32) -> Weight;
	/// The check of a transaction that submits a request of `b` bytes of calls.
	fn check_request(b: u32) -> Weight;
}

/// `nanos` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(nanos: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(nanos.saturating_mul(1_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Reads: member, organization, receipt, lane, count of the bucket. Writes: receipt, removal, count, lane. Each call
	// opens a storage layer; each byte is encoded and hashed.
	fn submit(c: u32) -> Weight {
		weight(30_000, 5, 4).saturating_add(weight(5_000, 0, 0).saturating_mul(c.into()))
	}
	fn submit_sized(b: u32) -> Weight {
		Self::submit(1).saturating_add(weight(3, 0, 0).saturating_mul(b.into()))
	}
	// Reads: member, organization, receipt.
	fn repeat(b: u32) -> Weight {
		weight(25_000, 3, 0).saturating_add(weight(3, 0, 0).saturating_mul(b.into()))
	}
	// Reads: oldest bucket and its count; for each step a removal, or the count of the next bucket. Writes: oldest bucket
	// and a count; for each step a receipt and its removal, or a count.
	fn remove_receipts(n: u32) -> Weight {
		weight(5_000, 2, 2).saturating_add(weight(10_000, 1, 2).saturating_mul(n.into()))
	}
	// Reads: member, organization, receipt, lane. Each byte is encoded and hashed.
	fn check_request(b: u32) -> Weight {
		weight(25_000, 4, 0).saturating_add(weight(3, 0, 0).saturating_mul(b.into()))
	}
}
