//! What every mock runtime repeats.

use super::{accounts, world};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, TryRuntimeError};

/// Declares the runtime `Test` of `frame_system`, as `System`, and the given pallets, with a configuration of
/// `frame_system`. `base_filter` names its call filter; without it, all calls are allowed.
#[macro_export]
macro_rules! mock_runtime {
	($(base_filter: $filter:ty,)? $($index:literal: $name:ident = $pallet:ident),+ $(,)?) => {
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
			$(
				#[runtime::pallet_index($index)]
				pub type $name = $pallet;
			)+
		}

		use frame_support::derive_impl;

		#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
		impl frame_system::Config for Test {
			type Block = frame_system::mocking::MockBlockU32<Test>;
			type AccountId = credio_primitives::AccountId;
			type Lookup = sp_runtime::traits::IdentityLookup<credio_primitives::AccountId>;
			$(type BaseCallFilter = $filter;)?
		}
	};
}

/// Returns the state of block 1, with the organizations and accounts of [`mock`](super).
pub fn new_test_ext(genesis: &impl BuildStorage) -> TestExternalities {
	let mut ext: TestExternalities = genesis.build_storage().expect("the genesis builds").into();
	ext.execute_with(|| {
		accounts::populate();
		world::start();
	});
	ext
}

/// Runs a test and checks the storage at its end.
pub fn execute(
	mut ext: TestExternalities,
	test: impl FnOnce(),
	try_state: impl FnOnce() -> Result<(), TryRuntimeError>,
) {
	ext.execute_with(|| {
		test();
		try_state().expect("the storage is consistent");
	});
}
