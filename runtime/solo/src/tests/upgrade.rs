//! What an upgrade to this runtime makes of a chain's state, tried before the council votes on it.
//!
//! `scripts/check-upgrade.sh` runs it on the state of a chain: `CREDIO_STATE` names the file that
//! `credio-node export-state` wrote.

use crate::*;
use frame_support::traits::TryState;
use frame_try_runtime::{TryStateSelect, UpgradeCheckSelect};
use serde_json::Value;
use sp_runtime::Storage;

fn bytes(hex: &str) -> Vec<u8> {
	sp_core::bytes::from_hex(hex).expect("an exported state is in hex")
}

/// The state that `CREDIO_STATE` names, or without it that of the local network's genesis.
fn state() -> sp_io::TestExternalities {
	let Ok(file) = std::env::var("CREDIO_STATE") else {
		return super::genesis(&genesis_presets::LOCAL.into());
	};
	let text = std::fs::read_to_string(&file).expect("CREDIO_STATE names a file");
	let spec: Value = serde_json::from_str(&text).expect("an exported state is JSON");
	let top = spec["genesis"]["raw"]["top"].as_object().expect("an exported state is raw");
	let top = top
		.iter()
		.map(|(key, value)| (bytes(key), bytes(value.as_str().expect("values are in hex"))));
	Storage { top: top.collect(), ..Default::default() }.into()
}

#[test]
fn an_upgrade_to_this_runtime_holds() {
	let mut before = state();
	let items = before.execute_with(|| {
		let version = frame_system::LastRuntimeUpgrade::<Runtime>::get();
		println!("the state is of runtime version {:?}", version.map(|it| it.spec_version.0));
		pallet_organizations::Organizations::<Runtime>::iter().count()
	});
	assert!(items > 0, "the state has no organizations: is it of a Credio chain?");
	before.execute_with(|| {
		// Migrations with their own checks, and what has to hold of every pallet after them.
		let weight = Executive::try_runtime_upgrade(UpgradeCheckSelect::All)
			.expect("migrations do what they promise");
		let limit = constants::RuntimeBlockWeights::get().max_block;
		println!("migrations weigh {weight:?}, of {limit:?} in a block");
		assert!(weight.all_lte(limit), "the migrations fit one block");
		frame_system::Pallet::<Runtime>::note_finished_initialize();
		AllPalletsWithSystem::try_state(System::block_number(), TryStateSelect::All)
			.expect("the state is consistent");
	});
	// The council still governs, and the chain has validators.
	before.execute_with(|| {
		assert!(Validators::validator_states().iter().any(|one| one.chosen && one.has_keys));
		assert!(
			!pallet_collective::Members::<Runtime, pallet_collective::Instance1>::get().is_empty()
		);
	});
}
