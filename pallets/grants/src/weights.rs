//! Weights of the calls and of clean-up.
//!
//! The numbers here are derived from the reads and writes that the code makes, with the constants of ParityDB, and a
//! conservative estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `open_epoch`, by grants that stay. What it removes weighs as clean-up does.
	fn open_epoch(grants: u32) -> Weight;
	/// `grant`, by keys.
	fn grant(keys: u32) -> Weight;
	/// `delegate`, by keys.
	fn delegate(keys: u32) -> Weight;
	/// `revoke`, by grants that end, with as many others on the resource as there can be.
	fn revoke(ended: u32) -> Weight;
	/// `request_access`.
	fn request_access() -> Weight;
	/// `approve`, by keys.
	fn approve(keys: u32) -> Weight;
	/// `deny`.
	fn deny() -> Weight;
	/// Clean-up, by items removed and blocks left behind.
	fn clean_up(items: u32) -> Weight;
}

/// `micros` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(1_000_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

/// A grant that ends. Reads: itself, its expiry, both indexes, the stream's epoch. Writes: those, and the removal of
/// its keys.
fn ended() -> Weight {
	weight(20, 5, 6)
}

impl WeightInfo for () {
	// Reads: member, organization (twice), stream, epoch, grants on the stream; for each grant itself and its
	// grantee's key version (those above it lie on the same stream). Writes: owner's key, epoch, next expiry; for
	// each grant its key.
	fn open_epoch(grants: u32) -> Weight {
		weight(40, 6, 3).saturating_add(weight(15, 2, 1).saturating_mul(grants.into()))
	}
	// Reads: member, organization, header, stream, grant, key removal, grantee (twice), epoch, both indexes, next
	// expiry. Writes: grant, both indexes, expiry, next expiry; for each key itself.
	fn grant(keys: u32) -> Weight {
		weight(60, 12, 5).saturating_add(weight(5, 0, 1).saturating_mul(keys.into()))
	}
	// As `grant`, with the parent and up to three grants above it read.
	fn delegate(keys: u32) -> Weight {
		Self::grant(keys).saturating_add(weight(20, 4, 0))
	}
	// Reads: member, organization, grant, header, stream, and all grants on the resource.
	fn revoke(ended_grants: u32) -> Weight {
		let others = credio_primitives::limits::MAX_GRANTS_PER_RESOURCE.into();
		weight(60, 6, 0)
			.saturating_add(weight(3, 1, 0).saturating_mul(others))
			.saturating_add(ended().saturating_mul(ended_grants.into()))
	}
	// Reads: member, organization, header, stream, request, count. Writes: request, count, removal.
	fn request_access() -> Weight {
		weight(40, 6, 3)
	}
	// As `grant`, with the request and the count read and written.
	fn approve(keys: u32) -> Weight {
		Self::grant(keys).saturating_add(weight(20, 2, 2))
	}
	// Reads: member, organization, request, count. Writes: request, count.
	fn deny() -> Weight {
		weight(30, 4, 2)
	}
	// Reads: how far it came, the next removal of keys. Writes: how far it came. The dearest item is a grant.
	fn clean_up(items: u32) -> Weight {
		weight(10, 2, 1).saturating_add(ended().saturating_mul(items.into()))
	}
}
