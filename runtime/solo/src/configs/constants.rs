//! Figures of the solo chain, and why they are what they are.

use crate::{
	BlockNumber,
	weights::{block_weights::BlockExecutionWeight, extrinsic_weights::ExtrinsicBaseWeight},
};
use frame_support::{
	dispatch::DispatchClass,
	parameter_types,
	weights::{Weight, constants::WEIGHT_REF_TIME_PER_MILLIS},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::Perbill;

/// Length of a slot. One block per slot, so this is the block time.
pub const SLOT_DURATION_MILLIS: u64 = 1_000;
/// Blocks in a minute.
pub const MINUTES: BlockNumber = (60_000 / SLOT_DURATION_MILLIS) as BlockNumber;
/// Blocks in an hour.
pub const HOURS: BlockNumber = 60 * MINUTES;
/// Blocks in a day.
pub const DAYS: BlockNumber = 24 * HOURS;

/// Largest block in bytes. The node sets it for the proposer (`set_default_block_size_limit`), which would
/// stop at 4 MiB otherwise.
pub const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

/// Part of a block that ordinary transactions may fill; the rest is for operational ones (the council's).
pub const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);

/// What a block spends on its beginning at most, on average: hooks and the time.
const AVERAGE_ON_INITIALIZE_RATIO: Perbill = Perbill::from_percent(5);

/// Execution time of a block. Half a slot: the author needs it once to build, every other node once to import
/// before it can build the next, and the rest of the slot is for the network and for finality.
pub const MAX_BLOCK_WEIGHT: Weight = Weight::from_parts(500 * WEIGHT_REF_TIME_PER_MILLIS, u64::MAX);

parameter_types! {
	/// Weights of blocks and of each class.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::builder()
		.base_block(BlockExecutionWeight::get())
		.for_class(DispatchClass::all(), |weights| {
			weights.base_extrinsic = ExtrinsicBaseWeight::get();
		})
		.for_class(DispatchClass::Normal, |weights| {
			weights.max_total = Some(NORMAL_DISPATCH_RATIO * MAX_BLOCK_WEIGHT);
		})
		.for_class(DispatchClass::Operational, |weights| {
			weights.max_total = Some(MAX_BLOCK_WEIGHT);
			weights.reserved = Some(MAX_BLOCK_WEIGHT - NORMAL_DISPATCH_RATIO * MAX_BLOCK_WEIGHT);
		})
		.avg_block_initialization(AVERAGE_ON_INITIALIZE_RATIO)
		.build_or_panic();
	/// Lengths of blocks.
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_BLOCK_LENGTH)
		.modify_max_length_for_class(DispatchClass::Normal, |length| {
			*length = NORMAL_DISPATCH_RATIO * MAX_BLOCK_LENGTH
		})
		.build();
}
