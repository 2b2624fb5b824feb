//! What reading and writing the chain's state costs beside the time that the calls' own weights count.

use frame_support::{
	parameter_types,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight},
};

parameter_types! {
	/// A value read for the first time in a block, and a value written, each with its share of the new state's root.
	///
	/// Blocks of a chain in ParityDB were executed again by JSON-RPC (`docs/performance.md`): beyond what their calls
	/// took when they were measured, a value that was written cost 11 µs on a small chain. This is for chains whose
	/// state is larger than the cache of its trie, so that the way to a new value is read from the database.
	pub const StorageWeight: RuntimeDbWeight = RuntimeDbWeight {
		read: 3 * WEIGHT_REF_TIME_PER_MICROS,
		write: 12 * WEIGHT_REF_TIME_PER_MICROS,
	};
}
