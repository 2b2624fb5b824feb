//! Genesis presets: `development` (one validator) and `local` (four), both with example organizations.

use crate::{AccountId, RuntimeGenesisConfig, SessionKeys};
use alloc::{vec, vec::Vec};
use credio_primitives::{Roles, development};
use frame_support::build_struct_json_patch;
use pallet_organizations::{GenesisMember, GenesisOrganization};
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// One validator, a council of one, and the example organizations.
pub const DEVELOPMENT: &str = sp_genesis_builder::DEV_RUNTIME_PRESET;
/// Four validators, a council of one, and the example organizations.
pub const LOCAL: &str = sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;

/// The preset of that name as a JSON patch.
pub fn get(id: &PresetId) -> Option<Vec<u8>> {
	let validators: &[_] = match id.as_str() {
		DEVELOPMENT => &[(Sr25519Keyring::Alice, Ed25519Keyring::Alice)],
		LOCAL => &[
			(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
			(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
			(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
			(Sr25519Keyring::Dave, Ed25519Keyring::Dave),
		],
		_ => return None,
	};
	serde_json::to_string(&preset(validators)).ok().map(alloc::string::String::into_bytes)
}

/// The names of the presets.
#[must_use]
pub fn names() -> Vec<PresetId> {
	vec![PresetId::from(DEVELOPMENT), PresetId::from(LOCAL)]
}

/// The accounts of the example organizations, in the order of [`development::ORGANIZATIONS`].
fn example_account(index: usize) -> AccountId {
	[
		Sr25519Keyring::Alice,
		Sr25519Keyring::Bob,
		Sr25519Keyring::Charlie,
		Sr25519Keyring::Dave,
		Sr25519Keyring::Eve,
	][index]
		.to_account_id()
}

fn preset(validators: &[(Sr25519Keyring, Ed25519Keyring)]) -> Value {
	let organizations = development::ORGANIZATIONS
		.iter()
		.enumerate()
		.map(|(index, organization)| GenesisOrganization {
			name: organization.name.into(),
			encryption_key: organization.encryption_key,
			quota: None,
			members: vec![GenesisMember { account: example_account(index), roles: Roles::ALL }],
		})
		.collect::<Vec<_>>();
	let keys = validators
		.iter()
		.map(|(aura, grandpa)| {
			let account = aura.to_account_id();
			let keys = SessionKeys { aura: aura.public().into(), grandpa: grandpa.public().into() };
			(account.clone(), account, keys)
		})
		.collect::<Vec<_>>();
	let accounts = keys.iter().map(|(account, ..)| account.clone()).collect::<Vec<_>>();
	build_struct_json_patch!(RuntimeGenesisConfig {
		governance: pallet_governance::GenesisConfig { network_id: development::NETWORK_ID.into() },
		validators: pallet_validators::GenesisConfig { validators: accounts },
		session: pallet_session::GenesisConfig { keys },
		council_membership: pallet_membership::GenesisConfig {
			members: vec![example_account(0)].try_into().expect("one fits the bound; qed"),
		},
		organizations: pallet_organizations::GenesisConfig { organizations },
	})
}
