//! Weights of the calls and of clean-up.
//!
//! The numbers here are derived from the reads and writes that the code makes, with the constants of ParityDB, and a
//! conservative estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `open_epoch`, by keys.
	fn open_epoch(grants: u32) -> Weight;
	/// `grant`, by keys.
	fn grant(keys: u32) -> Weight;
	/// `delegate`, by keys.
	fn delegate(keys: u32) -> Weight;
	/// `revoke`, by grants that end, which may all but one be delegated.
	fn revoke(ended: u32) -> Weight;
	/// `request_access`.
	fn request_access() -> Weight;
	/// `approve`, by keys.
	fn approve(keys: u32) -> Weight;
	/// `deny`.
	fn deny() -> Weight;
	/// Clean-up, by grants and access requests removed.
	fn clean_up(items: u32) -> Weight;
	/// Clean-up, by keys removed, and grants left behind that have none any more.
	fn remove_keys(items: u32) -> Weight;
}

/// `micros` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(1_000_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

/// A grant that ends. Reads: itself, the count, the last place, the grant at it, the delegated ones, the list of its grantee,
/// the stream's epoch. Writes: those, the indexes of grantor and grantee, both expiries, and the removal of its keys.
fn ended() -> Weight {
	weight(40, 7, 12)
}

impl WeightInfo for () {
	// Reads: member, organization (twice), stream, epoch, the next expiry; for each key its grant with up to three above it,
	// the grantee and its key version. Writes: the secret, epoch, next expiry; for each key itself.
	fn open_epoch(keys: u32) -> Weight {
		weight(40, 7, 3).saturating_add(weight(20, 4, 1).saturating_mul(keys.into()))
	}
	// Reads: member, organization, header, stream, grant, key removal, grantee (twice), epoch, count, the list of the
	// grantee, next expiry. Writes: grant, count, place, list, indexes of grantor and grantee, both expiries, next expiry; for
	// each key itself.
	fn grant(keys: u32) -> Weight {
		weight(60, 12, 9).saturating_add(weight(5, 0, 1).saturating_mul(keys.into()))
	}
	// As `grant`, with the parent and up to three grants above it read, and the delegated ones read and written.
	fn delegate(keys: u32) -> Weight {
		Self::grant(keys).saturating_add(weight(20, 5, 1))
	}
	// Reads: member, organization, grant, header, stream, and the delegated grants on the resource.
	fn revoke(ended_grants: u32) -> Weight {
		weight(60, 6, 0).saturating_add(ended().saturating_mul(ended_grants.into()))
	}
	// Reads: member, organization, header, stream, request, count. Writes: request, count, removal, three lists.
	fn request_access() -> Weight {
		weight(40, 6, 6)
	}
	// As `grant`, with the request and the count read and written.
	fn approve(keys: u32) -> Weight {
		Self::grant(keys).saturating_add(weight(20, 2, 2))
	}
	// Reads: member, organization, request, count. Writes: request, count.
	fn deny() -> Weight {
		weight(30, 4, 2)
	}
	// Reads: the first grant and the first access request to end. The dearest item is a grant.
	fn clean_up(items: u32) -> Weight {
		weight(10, 2, 0).saturating_add(ended().saturating_mul(items.into()))
	}
	// Reads: the next removal of keys; for each item the next key. Writes: for each item itself.
	fn remove_keys(items: u32) -> Weight {
		weight(5, 1, 0).saturating_add(weight(5, 1, 1).saturating_mul(items.into()))
	}
}
