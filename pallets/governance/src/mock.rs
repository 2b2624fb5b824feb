//! A runtime for the tests: account 1 is the council.

#![allow(
	missing_debug_implementations,
	clippy::needless_pass_by_value,
	clippy::use_self,
	reason = "the macro"
)]

use crate as pallet_governance;
use frame_support::{derive_impl, ord_parameter_types, parameter_types, traits::ConstU32};
use frame_system::EnsureSignedBy;
use sp_runtime::BuildStorage;
use std::collections::BTreeMap;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Governance = pallet_governance;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Self>;
}

ord_parameter_types! {
	pub const Council: u64 = 1;
}

impl crate::Config for Test {
	type RuntimeCall = RuntimeCall;
	type RootOrigin = EnsureSignedBy<Council, u64>;
	type Motions = Table;
	type MaxOpenMotions = ConstU32<2>;
	type WeightInfo = ();
}

parameter_types! {
	/// Open motions by proposer, and how many closed ones are remembered.
	pub static Open: BTreeMap<u64, u32> = BTreeMap::new();
	pub static Closed: u32 = 0;
}

/// Stands for the council's table.
pub struct Table;

impl pallet_governance::Motions<u64> for Table {
	fn open_of(proposer: &u64) -> u32 {
		Open::get().get(proposer).copied().unwrap_or_default()
	}
	fn forget_closed(most: u32) {
		Closed::mutate(|closed| *closed = closed.saturating_sub(most));
	}
}

pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage();
	let mut ext: sp_io::TestExternalities = storage.expect("the default genesis is valid").into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}
