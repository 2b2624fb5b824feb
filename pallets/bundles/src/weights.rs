//! Weights of the calls and of clean-up.
//!
//! The numbers here are derived from the reads and writes that each makes, with the constants of ParityDB, and an
//! estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `propose` of `l` legs with `c` calls of `b` bytes together.
	fn propose(l: u32, c: u32, b: u32) -> Weight;
	/// `consent`, without execution.
	fn consent() -> Weight;
	/// What the last `consent` adds for legs with `c` calls of `b` bytes together, without what the calls weigh.
	fn execute(c: u32, b: u32) -> Weight;
	/// `withdraw`.
	fn withdraw() -> Weight;
	/// Clean-up of `n` bundles, without taking them off the lists of organizations.
	fn clean_up(n: u32) -> Weight;
	/// What clean-up adds when bundles go off the lists of `p` organizations, which may count several times each; what it
	/// is for none is to be taken off.
	fn unlist(p: u32) -> Weight;
}

/// `nanos` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(nanos: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(nanos.saturating_mul(1_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

/// Each byte read is in the proof too.
fn bytes(nanos: u64, b: u32) -> Weight {
	Weight::from_parts(nanos.saturating_mul(1_000), 1).saturating_mul(b.into())
}

impl WeightInfo for () {
	// Reads: time, member, organization, bundle, open bundles, and for each leg its organization. Writes: bundle, legs, open
	// bundles, clean-up, and for each leg its place in the index. Each call is checked; each byte is encoded twice and
	// hashed.
	fn propose(l: u32, c: u32, b: u32) -> Weight {
		weight(50_000, 5, 4)
			.saturating_add(weight(5_000, 1, 1).saturating_mul(l.into()))
			.saturating_add(weight(2_000, 0, 0).saturating_mul(c.into()))
			.saturating_add(weight(8, 0, 0).saturating_mul(b.into()))
	}
	// Reads: time, member, organization, bundle. Writes: bundle.
	fn consent() -> Weight {
		weight(40_000, 4, 1)
	}
	// Reads: legs, open bundles, and for each call member and organization, as for each leg beforehand. Writes: legs,
	// open bundles, clean-up twice. Each call opens a storage layer; each byte is decoded.
	fn execute(c: u32, b: u32) -> Weight {
		weight(40_000, 2, 4)
			.saturating_add(weight(8_000, 4, 0).saturating_mul(c.into()))
			.saturating_add(bytes(4, b))
	}
	// Reads: time, member, organization, bundle. Writes: bundle.
	fn withdraw() -> Weight {
		weight(40_000, 4, 1)
	}
	// Reads: time, first clean-up, and for each bundle the next clean-up, itself, and the count of open ones. Writes: for each
	// bundle its clean-up twice, itself, its legs, and the count of open ones.
	fn clean_up(n: u32) -> Weight {
		weight(5_000, 2, 0).saturating_add(weight(25_000, 3, 5).saturating_mul(n.into()))
	}
	// Writes: the place on the list of each organization.
	fn unlist(p: u32) -> Weight {
		weight(2_000, 0, 1).saturating_mul(p.into())
	}
}
