//! What reading and writing the chain's state costs beside the time that the calls' own weights count.

use frame_support::{
	parameter_types,
	weights::{RuntimeDbWeight, constants::WEIGHT_REF_TIME_PER_MICROS},
};

parameter_types! {
	/// A value read for the first time in a block, and a value written, each with its share of the new state's root.
	///
	/// Calibrated on a chain of one million records in ParityDB, whose blocks were executed again: they took three
	/// quarters to nine tenths of what they weigh with these figures and the calls' own
	/// (`docs/adr/0008-weights-with-the-states-root.md`).
	pub const StorageWeight: RuntimeDbWeight = RuntimeDbWeight {
		read: 2 * WEIGHT_REF_TIME_PER_MICROS,
		write: 6 * WEIGHT_REF_TIME_PER_MICROS,
	};
}
