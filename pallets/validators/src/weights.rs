//! Weights of the calls.
//!
//! The numbers here are derived from the reads and writes that each call makes, with the constants of ParityDB, and
//! an estimate of the time it takes besides. They are to be replaced by measured numbers.

use frame_support::weights::{Weight, constants::ParityDbWeight};

/// Weights of this pallet's calls.
pub trait WeightInfo {
	/// `add_validator`.
	fn add_validator() -> Weight;
	/// `remove_validator`.
	fn remove_validator() -> Weight;
	/// `reinstate_validator`.
	fn reinstate_validator() -> Weight;
	/// `resume_finality`.
	fn resume_finality() -> Weight;
	/// `set_keys`, without what the session pallet does.
	fn set_keys() -> Weight;
}

/// `micros` of time, and storage. A proof of one small item is about 3 KiB.
fn weight(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(1_000_000), reads.saturating_mul(3_600))
		.saturating_add(ParityDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
	// Reads: keys, validators. Writes: validators, rotations.
	fn add_validator() -> Weight {
		weight(30, 2, 2)
	}
	// Reads: validators; keys and offence of fifty of them. Writes: validators, offence, rotations.
	fn remove_validator() -> Weight {
		weight(60, 101, 3)
	}
	// Reads: offence. Writes: offence, rotations.
	fn reinstate_validator() -> Weight {
		weight(20, 1, 2)
	}
	// Reads: validators, the gadget's state; keys and offence of fifty. Writes: validators, offence and change of keys of
	// fifty, rotations, stall, events.
	fn resume_finality() -> Weight {
		weight(300, 105, 104)
	}
	// Reads: validators, last change. Writes: last change.
	fn set_keys() -> Weight {
		weight(15, 2, 1)
	}
}
