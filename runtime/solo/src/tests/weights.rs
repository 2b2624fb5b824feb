//! That weights are measured, those of every call and those of blocks and transactions.

use crate::*;
use std::{any::type_name, fs, path::Path};

/// The files that the measurement writes, with their names.
fn measured() -> Vec<(String, String)> {
	let folder = Path::new("src/weights");
	let files = fs::read_dir(folder).expect("the weights are there");
	let mut measured = files
		.map(|file| {
			let path = file.expect("a file").path();
			let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
			(name, fs::read_to_string(&path).expect("a text"))
		})
		.filter(|(name, _)| name != "storage_weights")
		.collect::<Vec<_>>();
	measured.sort();
	measured
}

#[test]
fn weights_are_what_was_measured() {
	let names = [
		type_name::<<Runtime as frame_system::Config>::SystemWeightInfo>(),
		type_name::<<Runtime as frame_system::Config>::ExtensionsWeightInfo>(),
		type_name::<<Runtime as pallet_timestamp::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_collective::Config<pallet_collective::Instance1>>::WeightInfo>(
		),
		type_name::<<Runtime as pallet_membership::Config<pallet_collective::Instance1>>::WeightInfo>(
		),
		type_name::<<Runtime as pallet_governance::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_validators::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_utility::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_organizations::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_anchor::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_records::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_grants::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_idempotency::Config>::WeightInfo>(),
		type_name::<<Runtime as pallet_bundles::Config>::WeightInfo>(),
	];
	for name in names {
		assert!(name.starts_with("credio_runtime::weights::"), "{name} is a placeholder");
	}
	// One file for each of these, and one for blocks and one for transactions.
	assert_eq!(measured().len(), names.len() + 2);
}

/// Calls with weights derived from their reads and writes, generously, and yet to be measured.
const DERIVED: [(&str, &str); 10] = [
	("pallet_bundles", "clean_up(n: u32, )"),
	("pallet_bundles", "unlist(p: u32, )"),
	("pallet_grants", "remove_keys(n: u32, )"),
	("pallet_organizations", "set_endpoints()"),
	("pallet_records", "append_object(g: u32, )"),
	("pallet_records", "demand_objects()"),
	("pallet_records", "erase()"),
	("pallet_records", "acknowledge_erasure()"),
	("pallet_validators", "resume_finality()"),
	("pallet_validators", "set_keys()"),
];

#[test]
fn each_weight_says_how_it_was_measured() {
	for (name, text) in measured() {
		let (command, header) =
			("// Executed Command:", "AUTO-GENERATED USING THE SUBSTRATE BENCHMARK CLI");
		assert!(text.contains(header) && text.contains(command), "{name} was not measured");
		if name.ends_with("_weights") {
			assert!(text.contains("Std-Dev:"), "{name} has no figures");
			continue;
		}
		// Enough samples to trust the slopes.
		assert!(text.contains("STEPS: `50`, REPEAT: `20`"), "{name} has too few samples");
		let functions = text.matches("\tfn ").count();
		let times = text.matches("// Minimum execution time: ").count();
		let derived = DERIVED.iter().filter(|(pallet, _)| *pallet == name).collect::<Vec<_>>();
		for (_, call) in &derived {
			let says_so = format!("\tfn {call} -> Weight {{\n\t\t// Derived by hand");
			assert!(text.contains(&says_so), "{name} does not say how {call} was derived");
		}
		let known = times + derived.len();
		assert!(functions > 0 && functions == known, "{name} has functions that were not measured");
		assert!(!text.contains("// Minimum execution time: 0_000"), "{name} took no time");
	}
}

#[test]
fn blocks_and_transactions_weigh_what_was_measured() {
	let limits = configs::constants::RuntimeBlockWeights::get();
	assert_eq!(limits.base_block, weights::block_weights::BlockExecutionWeight::get());
	for class in frame_support::dispatch::DispatchClass::all() {
		let base = weights::extrinsic_weights::ExtrinsicBaseWeight::get();
		assert_eq!(limits.get(*class).base_extrinsic, base);
	}
}

/// What a transaction carries beside its call.
pub(super) fn extension() -> TxExtension {
	extension_with_era(generic::Era::Immortal)
}

/// The same, of a transaction that may be mortal.
pub(super) fn extension_with_era(era: generic::Era) -> TxExtension {
	(
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		pallet_idempotency::CheckMortality::from(era),
		pallet_idempotency::CheckRequest::from(0),
		frame_system::CheckWeight::new(),
		pallet_organizations::CheckQuota::new(),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	)
}

/// The dearest request there can be, by each of its measures, fits in a block; so no member is refused for ever.
#[test]
fn the_heaviest_requests_fit_in_a_block() {
	use credio_primitives::{Reference, Request, RequestKey, StreamId, limits};
	use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
	let append = |payload: usize| -> RuntimeCall {
		pallet_records::Call::append {
			stream: StreamId([0; 32]),
			reference: Reference([0; 32]),
			epoch: 0,
			commitment: Default::default(),
			payload: vec![0; payload],
			supersedes: None,
		}
		.into()
	};
	let most = limits::MAX_PAYLOAD_SIZE as usize;
	let longest = *constants::RuntimeBlockLength::get().max.get(DispatchClass::Normal) as usize;
	let request = Request { organization: 0, key: RequestKey([0; 32]), expires_at: 1, lane: None };
	let heaviest = constants::RuntimeBlockWeights::get().get(DispatchClass::Normal).max_extrinsic;
	for calls in [vec![append(0); limits::MAX_CALLS as usize], vec![append(most); longest / most]] {
		let call: RuntimeCall = pallet_idempotency::Call::submit { request, calls }.into();
		let mut info = call.get_dispatch_info();
		let extension: TxExtension = extension();
		info.extension_weight = sp_runtime::traits::TransactionExtension::weight(&extension, &call);
		let heaviest = heaviest.expect("there is a bound");
		assert!(info.total_weight().all_lte(heaviest), "{:?} of {heaviest:?}", info.total_weight());
	}
}

/// Receipts go as fast as they come: what ordinary transactions leave of a block at least is enough to remove a thousand
/// receipts four times over, whatever else is cleaned up.
#[test]
fn idle_time_is_enough_for_the_receipts_of_a_thousand_requests() {
	use frame_support::dispatch::DispatchClass;
	use pallet_idempotency::WeightInfo;
	let limits = constants::RuntimeBlockWeights::get();
	let ordinary = limits.get(DispatchClass::Normal).max_total.expect("the class is bounded");
	let idle = limits.max_block.ref_time() - ordinary.ref_time() - limits.base_block.ref_time();
	let removal = <Runtime as pallet_idempotency::Config>::WeightInfo::remove_receipts(1_000);
	assert!(4 * removal.ref_time() < idle, "{} of {idle}", removal.ref_time());
}

/// Bundles go as fast as they come: what a proposal pays for cleaning up is enough for what it leaves behind, and what
/// ordinary transactions leave of a block is enough for hundreds more, each of as many organizations as there can be.
#[test]
fn idle_time_is_enough_for_hundreds_of_bundles() {
	use credio_primitives::limits::MAX_LEGS;
	use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
	use pallet_bundles::{VISITS_PER_PROPOSAL, WeightInfo};
	type Weights = <Runtime as pallet_bundles::Config>::WeightInfo;
	let removal = |bundles: u32| {
		let unlist = Weights::unlist(bundles * MAX_LEGS) - Weights::unlist(0);
		Weights::clean_up(bundles) + unlist
	};
	let propose = pallet_bundles::Call::<Runtime>::propose {
		reference: Default::default(),
		deadline: 1,
		legs: vec![],
	};
	let declared = propose.get_dispatch_info().call_weight;
	let own = Weights::propose(0, 0, 1);
	// A bundle is visited twice.
	assert!((own + removal(2)).all_lte(declared) && VISITS_PER_PROPOSAL >= 2);

	let limits = constants::RuntimeBlockWeights::get();
	let ordinary = limits.get(DispatchClass::Normal).max_total.expect("the class is bounded");
	let idle = limits.max_block.ref_time() - ordinary.ref_time() - limits.base_block.ref_time();
	assert!(removal(500).ref_time() < idle, "{} of {idle}", removal(500).ref_time());
}
