//! Weights of the calls and of the transaction extension.
//!
//! The numbers here are derived from the reads and writes that each call makes, with the constants of ParityDB, and
//! an estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet.
pub trait WeightInfo {
	/// `admit`.
	fn admit() -> Weight;
	/// `suspend`.
	fn suspend() -> Weight;
	/// `reinstate`.
	fn reinstate() -> Weight;
	/// `set_quota`.
	fn set_quota() -> Weight;
	/// `add_member`.
	fn add_member() -> Weight;
	/// `set_roles`.
	fn set_roles() -> Weight;
	/// `remove_member`.
	fn remove_member() -> Weight;
	/// `rotate_key`.
	fn rotate_key() -> Weight;
	/// `set_endpoints`.
	fn set_endpoints() -> Weight;
	/// The transaction extension: check, count and give back.
	fn check_quota() -> Weight;
}

/// `micros` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(1_000_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Reads: member, name, next number, former member, system account.
	// Writes: next number, name, key, member, account of the organization, former member, system account,
	// organization.
	fn admit() -> Weight {
		weight(40, 5, 8)
	}
	// Reads and writes: organization.
	fn suspend() -> Weight {
		weight(15, 1, 1)
	}
	// Reads and writes: organization.
	fn reinstate() -> Weight {
		weight(15, 1, 1)
	}
	// Reads and writes: organization.
	fn set_quota() -> Weight {
		weight(15, 1, 1)
	}
	// Reads: caller, organization, member, former member, system account.
	// Writes: organization, member, account of the organization, former member, system account.
	fn add_member() -> Weight {
		weight(35, 5, 5)
	}
	// Reads: caller, organization, member. Writes: organization, member.
	fn set_roles() -> Weight {
		weight(25, 3, 2)
	}
	// Reads: caller, organization, member, system account.
	// Writes: organization, member, account of the organization, and system account or former member.
	fn remove_member() -> Weight {
		weight(35, 4, 4)
	}
	// Reads: caller, organization. Writes: organization, key.
	fn rotate_key() -> Weight {
		weight(25, 2, 2)
	}
	// Reads: member, organization. Writes: endpoints.
	fn set_endpoints() -> Weight {
		weight(25, 2, 1)
	}
	// Reads: member, organization, use of quota, and what `GovernanceCalls` reads, the council. Writes: use of quota.
	fn check_quota() -> Weight {
		weight(20, 4, 1)
	}
}
