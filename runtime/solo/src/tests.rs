//! What must not change by accident: pallet indices, storage prefixes, sizes of stored types.

mod bundles;
mod finality;
mod governance;
mod requests;
mod submissions;
#[cfg(feature = "try-runtime")]
mod upgrade;
mod validators;
mod weights;

use crate::*;
use codec::MaxEncodedLen;
use frame_support::traits::{Contains, PalletInfoAccess, StorageInfoTrait};
use sp_runtime::BuildStorage;

#[test]
fn pallet_indices_are_frozen() {
	let indices = [
		(System::name(), System::index()),
		(Timestamp::name(), Timestamp::index()),
		(Authorship::name(), Authorship::index()),
		(Session::name(), Session::index()),
		(Aura::name(), Aura::index()),
		(Grandpa::name(), Grandpa::index()),
		(Council::name(), Council::index()),
		(CouncilMembership::name(), CouncilMembership::index()),
		(Validators::name(), Validators::index()),
		(Historical::name(), Historical::index()),
		(Offences::name(), Offences::index()),
		(Governance::name(), Governance::index()),
		(Utility::name(), Utility::index()),
		(Organizations::name(), Organizations::index()),
		(Anchor::name(), Anchor::index()),
		(Records::name(), Records::index()),
		(Grants::name(), Grants::index()),
		(Idempotency::name(), Idempotency::index()),
		(Bundles::name(), Bundles::index()),
	];
	assert_eq!(
		indices,
		[
			("System", 0),
			("Timestamp", 1),
			("Authorship", 10),
			("Session", 11),
			("Aura", 12),
			("Grandpa", 13),
			("Council", 30),
			("CouncilMembership", 31),
			("Validators", 14),
			("Historical", 15),
			("Offences", 16),
			("Governance", 32),
			("Utility", 35),
			("Organizations", 50),
			("Anchor", 51),
			("Records", 52),
			("Grants", 53),
			("Idempotency", 54),
			("Bundles", 55),
		]
	);
}

#[test]
fn storage_prefixes_of_the_product_are_frozen() {
	let prefixes = AllPalletsWithSystem::storage_info()
		.into_iter()
		.map(|info| {
			let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("names are UTF-8");
			format!("{}.{}", text(info.pallet_name), text(info.storage_name))
		})
		.filter(|name| {
			let product = ["Organizations.", "Anchor.", "Records.", "Grants.", "Idempotency."];
			let product = product.iter().chain(&["Bundles.", "Validators.", "Governance."]);
			product.into_iter().any(|pallet| name.starts_with(pallet))
		})
		.collect::<Vec<_>>();
	let frozen = include_str!("../storage_prefixes.txt").lines().collect::<Vec<_>>();
	assert_eq!(prefixes, frozen, "if the change is meant, add a migration and freeze the new list");
}

#[test]
fn keys_of_what_evidence_proves_are_those_of_the_runtime() {
	use credio_primitives::{storage, *};
	let [stream, record, grant, request] = [1, 2, 3, 4].map(|n| [n; 32]);
	let (stream, record) = (StreamId(stream), RecordId(record));
	let (grant, access_request) = (GrantId(grant), AccessRequestId(request));
	let key = RequestKey([5; 32]);
	assert_eq!(storage::stream(&stream), pallet_anchor::Streams::<Runtime>::hashed_key_for(stream));
	assert_eq!(storage::header(&record), pallet_anchor::Headers::<Runtime>::hashed_key_for(record));
	let position = SequenceKey::from(7);
	assert_eq!(
		storage::position(&stream, 7),
		pallet_anchor::Positions::<Runtime>::hashed_key_for(stream, position)
	);
	assert_eq!(
		storage::envelope(&stream, 7),
		pallet_records::Envelopes::<Runtime>::hashed_key_for(stream, position)
	);
	assert_eq!(
		storage::key_epoch(&stream),
		pallet_grants::Epochs::<Runtime>::hashed_key_for(stream)
	);
	assert_eq!(
		storage::epoch_secret(&stream, 7),
		pallet_grants::EpochSecrets::<Runtime>::hashed_key_for(stream, 7)
	);
	for resource in [Resource::Stream(stream), Resource::Record(record)] {
		assert_eq!(
			storage::grant_count(&resource),
			pallet_grants::GrantCounts::<Runtime>::hashed_key_for(resource)
		);
		assert_eq!(
			storage::grant_on(&resource, 7),
			pallet_grants::GrantsByResource::<Runtime>::hashed_key_for(resource, 7)
		);
	}
	assert_eq!(storage::grant(&grant), pallet_grants::Grants::<Runtime>::hashed_key_for(grant));
	assert_eq!(
		storage::access_request(&access_request),
		pallet_grants::AccessRequests::<Runtime>::hashed_key_for(access_request)
	);
	assert_eq!(
		storage::receipt(9, &key),
		pallet_idempotency::Receipts::<Runtime>::hashed_key_for(9, key)
	);
	assert_eq!(
		storage::organization(9),
		pallet_organizations::Organizations::<Runtime>::hashed_key_for(9)
	);
	assert_eq!(
		storage::encryption_key(9, 7),
		pallet_organizations::EncryptionKeys::<Runtime>::hashed_key_for(9, 7)
	);
	let name: credio_primitives::OrganizationName = b"funder".to_vec().try_into().unwrap();
	assert_eq!(
		storage::organization_named(&name),
		pallet_organizations::NameIndex::<Runtime>::hashed_key_for(name)
	);
	let account = credio_primitives::AccountId::from([5; 32]);
	assert_eq!(
		storage::member(&account),
		pallet_organizations::Members::<Runtime>::hashed_key_for(account)
	);
	let bundle = BundleId([6; 32]);
	assert_eq!(
		storage::bundle(&bundle),
		pallet_bundles::Bundles::<Runtime>::hashed_key_for(bundle)
	);
	assert_eq!(storage::block_hash(9), frame_system::BlockHash::<Runtime>::hashed_key_for(9));
	assert_eq!(storage::network_id(), pallet_governance::NetworkId::<Runtime>::hashed_key());
	assert_eq!(storage::now(), pallet_timestamp::Now::<Runtime>::hashed_key());
	assert_eq!(
		storage::grandpa_authorities(),
		pallet_grandpa::Authorities::<Runtime>::hashed_key()
	);
	assert_eq!(storage::council_members(), configs::governance::council_members());
	assert_eq!(storage::grandpa_set_id(), pallet_grandpa::CurrentSetId::<Runtime>::hashed_key());
	assert_eq!(
		storage::grandpa_pending_change(),
		pallet_grandpa::PendingChange::<Runtime>::hashed_key()
	);
	let motion = credio_primitives::Digest([7; 32]);
	type Council = pallet_collective::Instance1;
	assert_eq!(
		storage::council_motions(),
		pallet_collective::Proposals::<Runtime, Council>::hashed_key()
	);
	assert_eq!(
		storage::council_motion(&motion),
		pallet_collective::ProposalOf::<Runtime, Council>::hashed_key_for(sp_core::H256(motion.0))
	);
	assert_eq!(
		storage::council_votes(&motion),
		pallet_collective::Voting::<Runtime, Council>::hashed_key_for(sp_core::H256(motion.0))
	);
	assert_eq!(
		storage::next_organization_id(),
		pallet_organizations::NextOrganizationId::<Runtime>::hashed_key()
	);
	assert_eq!(
		storage::quota_use(9),
		pallet_organizations::QuotaUses::<Runtime>::hashed_key_for(9)
	);
	assert_eq!(
		storage::last_runtime_upgrade(),
		frame_system::LastRuntimeUpgrade::<Runtime>::hashed_key()
	);
}

#[test]
fn sizes_of_what_is_stored_are_frozen() {
	use credio_primitives::*;
	assert_eq!(
		[
			("Organization", Organization::max_encoded_len()),
			("Member", Member::max_encoded_len()),
			("Stream", Stream::max_encoded_len()),
			("EntryHeader", EntryHeader::max_encoded_len()),
			("RecordPayload", RecordPayload::max_encoded_len()),
			("Grant", Grant::max_encoded_len()),
			("WrappedKey", WrappedKey::max_encoded_len()),
			("AccessRequest", AccessRequest::max_encoded_len()),
			("Receipt", Receipt::max_encoded_len()),
			("Bundle", Bundle::max_encoded_len()),
		],
		[
			("Organization", 95),
			("Member", 11),
			("Stream", 83),
			("EntryHeader", 190),
			("RecordPayload", 69_636),
			("Grant", 388),
			("WrappedKey", 86),
			("AccessRequest", 571),
			("Receipt", 68),
			("Bundle", 964),
		]
	);
}

/// The genesis of a preset.
fn genesis(name: &sp_genesis_builder::PresetId) -> sp_io::TestExternalities {
	let patch = genesis_presets::get(name).expect("listed presets exist");
	let patch: serde_json::Value = serde_json::from_slice(&patch).expect("a preset is JSON");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serializes");
	merge(&mut config, patch);
	let config: RuntimeGenesisConfig =
		serde_json::from_value(config).expect("a preset fits the genesis config");
	config.build_storage().expect("a preset builds").into()
}

#[test]
fn unneeded_calls_are_not_available() {
	use configs::system::AvailableCalls;
	let remark: RuntimeCall = frame_system::Call::remark { remark: Vec::new() }.into();
	let nested = || Box::new(remark.clone());
	let as_origin = Box::new(frame_system::RawOrigin::Root.into());
	for unavailable in [
		RuntimeCall::from(frame_system::Call::set_code { code: Vec::new() }),
		frame_system::Call::kill_prefix { prefix: Vec::new(), subkeys: 0 }.into(),
		pallet_utility::Call::as_derivative { index: 0, call: nested() }.into(),
		pallet_utility::Call::dispatch_as { as_origin, call: nested() }.into(),
		pallet_grandpa::Call::note_stalled { delay: 0, best_finalized_block_number: 0 }.into(),
		pallet_session::Call::purge_keys {}.into(),
		pallet_session::Call::set_keys {
			keys: SessionKeys {
				aura: sp_core::sr25519::Public::from_raw([1; 32]).into(),
				grandpa: sp_core::ed25519::Public::from_raw([1; 32]).into(),
			},
			proof: Vec::new(),
		}
		.into(),
	] {
		assert!(!AvailableCalls::contains(&unavailable), "{unavailable:?}");
		// Nor inside of another one: `batch` dispatches with the filter of its own origin.
		let batch = pallet_utility::Call::batch_all { calls: vec![unavailable] };
		let mut ext = sp_io::TestExternalities::default();
		ext.execute_with(|| {
			let origin = RuntimeOrigin::signed(AccountId::new([1; 32]));
			let refused =
				sp_runtime::traits::Dispatchable::dispatch(RuntimeCall::from(batch), origin);
			let error = refused.expect_err("it is not available").error;
			assert_eq!(error, frame_system::Error::<Runtime>::CallFiltered.into());
		});
	}
	assert!(AvailableCalls::contains(&remark));
}

#[test]
fn presets_build_and_name_the_example_organizations() {
	for name in genesis_presets::names() {
		let mut ext = genesis(&name);
		ext.execute_with(|| {
			for (id, expected) in credio_primitives::development::ORGANIZATIONS.iter().enumerate() {
				let organization = pallet_organizations::Organizations::<Runtime>::get(id as u32)
					.expect("the organization is admitted");
				assert_eq!(organization.name.as_slice(), expected.name.as_bytes());
			}
			assert_eq!(
				pallet_collective::Members::<Runtime, pallet_collective::Instance1>::get().len(),
				1
			);
		});
	}
}

fn merge(into: &mut serde_json::Value, patch: serde_json::Value) {
	match (into, patch) {
		(serde_json::Value::Object(into), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(into, patch) => *into = patch,
	}
}

/// polkadot.js Apps shows these lines to people.
#[test]
fn every_call_event_and_error_of_the_product_has_documentation() {
	use scale_info::{TypeDef, TypeInfo};
	let missing = [
		pallet_governance::Call::<Runtime>::type_info(),
		pallet_governance::Event::<Runtime>::type_info(),
		pallet_validators::Call::<Runtime>::type_info(),
		pallet_validators::Event::<Runtime>::type_info(),
		pallet_validators::Error::<Runtime>::type_info(),
		pallet_organizations::Call::<Runtime>::type_info(),
		pallet_organizations::Event::<Runtime>::type_info(),
		pallet_organizations::Error::<Runtime>::type_info(),
		pallet_anchor::Call::<Runtime>::type_info(),
		pallet_anchor::Event::<Runtime>::type_info(),
		pallet_anchor::Error::<Runtime>::type_info(),
		pallet_records::Call::<Runtime>::type_info(),
		pallet_records::Error::<Runtime>::type_info(),
		pallet_grants::Call::<Runtime>::type_info(),
		pallet_grants::Event::<Runtime>::type_info(),
		pallet_grants::Error::<Runtime>::type_info(),
		pallet_idempotency::Call::<Runtime>::type_info(),
		pallet_idempotency::Event::<Runtime>::type_info(),
		pallet_idempotency::Error::<Runtime>::type_info(),
		pallet_bundles::Call::<Runtime>::type_info(),
		pallet_bundles::Event::<Runtime>::type_info(),
		pallet_bundles::Error::<Runtime>::type_info(),
	]
	.into_iter()
	.flat_map(|ty| {
		let name = ty.path.segments.join("::");
		let TypeDef::Variant(variants) = ty.type_def else { panic!("{name} is an enum") };
		variants
			.variants
			.into_iter()
			.filter(|variant| variant.docs.iter().all(|line| line.trim().is_empty()))
			.map(move |variant| format!("{name}::{}", variant.name))
	})
	.collect::<Vec<_>>();
	assert!(missing.is_empty(), "without documentation: {missing:?}");
}
