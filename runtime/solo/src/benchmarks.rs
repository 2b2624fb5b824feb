//! Which benchmarks `frame-omni-bencher` finds in the runtime.

use crate::*;
use alloc::string::String;
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::WhitelistedStorageKeys;
use frame_system_benchmarking::{
	Pallet as SystemBench, extensions::Pallet as SystemExtensionsBench,
};

impl frame_system_benchmarking::Config for Runtime {}

frame_benchmarking::define_benchmarks!(
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_timestamp, Timestamp]
	[pallet_collective, Council]
	[pallet_membership, CouncilMembership]
	[pallet_governance, Governance]
	[pallet_validators, Validators]
	[pallet_utility, Utility]
	[pallet_organizations, Organizations]
	[pallet_anchor, Anchor]
	[pallet_records, Records]
	[pallet_grants, Grants]
	[pallet_idempotency, Idempotency]
	[pallet_bundles, Bundles]
);

/// Lists them.
pub fn list(list: &mut Vec<BenchmarkList>, extra: bool) {
	list_benchmarks!(list, extra);
}

/// Runs one.
pub fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
	let mut batches = Vec::<BenchmarkBatch>::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}
