//! What the node asks the runtime.

#![allow(clippy::use_self, reason = "paths in the macro are no paths in an impl")]

use crate::*;
use codec::Encode;
use credio_primitives as primitives;
use credio_runtime_common::apis::ProductApis;
#[cfg(feature = "try-runtime")]
use frame_support::weights::Weight;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::KeyOwnerProofSystem,
};
use pallet_support as support;
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{OpaqueMetadata, crypto::KeyTypeId};
use sp_runtime::{
	ApplyExtrinsicResult, DispatchError,
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
};

type Product = ProductApis<Runtime>;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> sp_runtime::ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Self::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Self::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Self::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Self::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
		fn slot_duration() -> sp_consensus_aura::SlotDuration {
			sp_consensus_aura::SlotDuration::from_millis(constants::SLOT_DURATION_MILLIS)
		}

		fn authorities() -> Vec<AuraId> {
			pallet_aura::Authorities::<Self>::get().into_inner()
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> sp_session::OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Self>::get()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				NumberFor<Block>,
			>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			let key_owner_proof = key_owner_proof.decode()?;
			Grandpa::submit_unsigned_equivocation_report(equivocation_proof, key_owner_proof)
		}

		fn generate_key_ownership_proof(
			_: sp_consensus_grandpa::SetId,
			authority: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			Historical::prove((sp_consensus_grandpa::KEY_TYPE, authority))
				.map(|proof| sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, crate::genesis_presets::get)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			crate::genesis_presets::names()
		}
	}

	impl support::apis::OrganizationsApi<Block> for Runtime {
		fn organization(id: primitives::OrganizationId) -> Option<primitives::organization::OrganizationInfo> {
			Product::organization(id)
		}

		fn organizations(
			from: primitives::OrganizationId,
			limit: u32,
		) -> Vec<primitives::organization::OrganizationInfo> {
			Product::organizations(from, limit)
		}

		fn member(account: AccountId) -> Option<primitives::Member> {
			Product::member(account)
		}

		fn members(id: primitives::OrganizationId) -> Vec<primitives::organization::MemberInfo> {
			Product::members(id)
		}

		fn encryption_key(
			id: primitives::OrganizationId,
			version: primitives::KeyVersion,
		) -> Option<primitives::EncryptionKey> {
			Product::encryption_key(id, version)
		}

		fn quota(id: primitives::OrganizationId) -> Option<primitives::organization::QuotaInfo> {
			Product::quota(id)
		}

		fn endpoints(id: primitives::OrganizationId) -> primitives::Endpoints {
			Product::endpoints(id)
		}
	}

	impl support::apis::StreamsApi<Block> for Runtime {
		fn stream(id: primitives::StreamId) -> Option<primitives::entry::StreamInfo> {
			Product::stream(id)
		}

		fn streams(
			owner: Option<primitives::OrganizationId>,
			cursor: Option<primitives::Digest>,
			limit: u32,
		) -> (Vec<primitives::entry::StreamInfo>, Option<primitives::Digest>) {
			Product::streams(owner, cursor, limit)
		}

		fn header(id: primitives::RecordId) -> Option<primitives::EntryHeader> {
			Product::header(id)
		}

		fn entries(
			stream: primitives::StreamId,
			from: primitives::Sequence,
			limit: u32,
		) -> Vec<primitives::Entry> {
			Product::entries(stream, from, limit)
		}

		fn query_entries(
			filter: primitives::entry::EntryFilter,
			cursor: Option<primitives::Digest>,
			limit: u32,
		) -> (Vec<primitives::Entry>, Option<primitives::Digest>) {
			Product::query_entries(filter, cursor, limit)
		}

		fn verify_inclusion(
			id: primitives::RecordId,
			index: u32,
			commitment: primitives::Digest,
			proof: Vec<primitives::Digest>,
		) -> Option<bool> {
			Product::verify_inclusion(id, index, commitment, proof)
		}
	}

	impl support::apis::RecordsApi<Block> for Runtime {
		fn payload(id: primitives::RecordId) -> Option<primitives::RecordPayload> {
			Product::payload(id)
		}

		fn read(
			account: AccountId,
			id: primitives::RecordId,
		) -> Result<primitives::access::ReadRecord, primitives::Denial> {
			Product::read(account, id)
		}

		fn erasure(id: primitives::RecordId) -> Option<primitives::object::NamedErasure> {
			Product::erasure(id)
		}

		fn erasures(from: u64, limit: u32) -> Vec<primitives::object::NamedErasure> {
			Product::erasures(from, limit)
		}

		fn demands_objects(stream: primitives::StreamId) -> bool {
			Product::demands_objects(stream)
		}
	}

	impl support::apis::GrantsApi<Block> for Runtime {
		fn read_access(
			account: AccountId,
			id: primitives::RecordId,
		) -> Result<primitives::ReadAccess, primitives::Denial> {
			Product::read_access(account, id)
		}

		fn grants(
			filter: primitives::grant::GrantFilter,
			cursor: Option<primitives::Digest>,
			limit: u32,
		) -> (Vec<primitives::grant::NamedGrant>, Option<primitives::Digest>) {
			Product::grants(filter, cursor, limit)
		}

		fn access_requests(
			filter: primitives::grant::AccessRequestFilter,
			cursor: Option<primitives::Digest>,
			limit: u32,
		) -> (Vec<primitives::grant::NamedAccessRequest>, Option<primitives::Digest>) {
			Product::access_requests(filter, cursor, limit)
		}

		fn key_epoch(stream: primitives::StreamId) -> Option<primitives::KeyEpochState> {
			Product::key_epoch(stream)
		}

		fn stream_keys(
			stream: primitives::StreamId,
			organization: primitives::OrganizationId,
			from: primitives::KeyEpoch,
			limit: u32,
		) -> Vec<primitives::StreamKey> {
			Product::stream_keys(stream, organization, from, limit)
		}
	}

	impl support::apis::RequestsApi<Block> for Runtime {
		fn receipt(
			organization: primitives::OrganizationId,
			key: primitives::RequestKey,
		) -> Option<primitives::Receipt> {
			Product::receipt(organization, key)
		}

		fn submission(
			extrinsic: Vec<u8>,
		) -> Result<primitives::Submission, primitives::request::NotASubmission> {
			crate::configs::product::submission(&extrinsic)
		}

		fn request_limits() -> primitives::request::RequestLimits {
			Product::request_limits()
		}

		fn next_position(organization: primitives::OrganizationId, lane: u32) -> u64 {
			Product::next_position(organization, lane)
		}

		fn error_name(error: DispatchError) -> (Vec<u8>, Vec<u8>) {
			credio_runtime_common::apis::error_name::<RuntimeError>(error)
		}
	}

	impl support::apis::MonitoringApi<Block> for Runtime {
		fn activity() -> primitives::block::Activity {
			let mut activity =
				primitives::block::Activity { time: Timestamp::get(), ..Default::default() };
			for record in System::read_events_no_consensus() {
				let count = match record.event {
					RuntimeEvent::Idempotency(pallet_idempotency::Event::Applied { .. }) => {
						&mut activity.applied
					},
					RuntimeEvent::Idempotency(pallet_idempotency::Event::Rejected { .. }) => {
						&mut activity.rejected
					},
					RuntimeEvent::Anchor(pallet_anchor::Event::EntryAppended { .. }) => {
						&mut activity.entries
					},
					_ => continue,
				};
				*count = count.saturating_add(1);
			}
			activity
		}

		fn changes() -> primitives::block::Changes {
			let mut changes = primitives::block::Changes::default();
			for record in System::read_events_no_consensus() {
				match record.event {
					RuntimeEvent::Anchor(pallet_anchor::Event::EntryAppended { stream, .. }) => {
						changes.streams.push(stream);
					},
					RuntimeEvent::Idempotency(
						pallet_idempotency::Event::Applied { organization, key }
						| pallet_idempotency::Event::Rejected { organization, key, .. },
					) => changes.requests.push((organization, key)),
					_ => {},
				}
			}
			changes.streams.sort_unstable();
			changes.streams.dedup();
			changes
		}

		fn expiring_grants(within: primitives::Moment, limit: u32) -> u32 {
			Product::expiring_grants(within, limit)
		}
	}

	impl support::apis::ValidatorsApi<Block> for Runtime {
		fn validators() -> Vec<primitives::ValidatorState> {
			Validators::validator_states()
		}
	}

	impl support::apis::BundlesApi<Block> for Runtime {
		fn bundle(id: primitives::BundleId) -> Option<primitives::bundle::BundleDetail> {
			Product::bundle(id)
		}

		fn bundles(
			filter: primitives::bundle::BundleFilter,
			cursor: Option<primitives::Digest>,
			limit: u32,
		) -> (Vec<primitives::bundle::NamedBundle>, Option<primitives::Digest>) {
			Product::bundles(filter, cursor, limit)
		}

		fn bundle_limits() -> primitives::bundle::BundleLimits {
			Product::bundle_limits()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(extra: bool) -> (
			Vec<frame_benchmarking::BenchmarkList>,
			Vec<frame_support::traits::StorageInfo>,
		) {
			use frame_benchmarking::BenchmarkList;
			use frame_support::traits::StorageInfoTrait;
			let mut list = Vec::<BenchmarkList>::new();
			crate::benchmarks::list(&mut list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			crate::benchmarks::dispatch(config)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			match Executive::try_runtime_upgrade(checks) {
				Ok(weight) => (weight, constants::RuntimeBlockWeights::get().max_block),
				Err(error) => panic!("the runtime upgrade does not hold: {error:?}"),
			}
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			match Executive::try_execute_block(block, state_root_check, signature_check, select) {
				Ok(weight) => weight,
				Err(error) => panic!("the block does not hold: {error:?}"),
			}
		}
	}
}
