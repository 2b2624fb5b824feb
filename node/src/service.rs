//! Assembles the node.

use crate::{
	authorship::Punctual,
	client::{FullBackend, FullClient},
	health, metrics, offers,
	pool::{Amount, FairPool, NetworkPool},
	rpc::FinalityDeps,
	signatures::HostFunctions,
	tasks,
};
use credio_runtime::{apis::RuntimeApi, configs::constants::MAX_BLOCK_LENGTH, opaque::Block};
use sc_client_api::BlockBackend;
use sc_consensus_aura::{ImportQueueParams, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::{FinalityProofProvider, SharedVoterState};
use sc_network::service::traits::NetworkBackend;
use sc_service::{Configuration, TaskManager, WarpSyncConfig, error::Error as ServiceError};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::sr25519::AuthorityPair as AuraPair;
use sp_core::H256;
use std::{net::SocketAddr, sync::Arc, time::Duration};

type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;

/// Blocks between two stored GRANDPA justifications. Evidence needs one near every block.
const GRANDPA_JUSTIFICATION_PERIOD: u32 = 32;

/// Gossip period of GRANDPA, the unit of its timers. The default of 333 ms is meant for slots of 6 s.
const GRANDPA_GOSSIP_PERIOD: Duration = Duration::from_millis(100);

/// Part of a slot for making its block. A late block is discarded. By its weight, a full block takes a good third of a
/// slot; the rest is for validators that are busy with other work, such as serving clients.
const BLOCK_PORTION: f32 = 0.75;

/// The parts that every command of the node needs.
pub(crate) type Partial = sc_service::PartialComponents<
	FullClient,
	FullBackend,
	FullSelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	FairPool,
	(
		sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>,
		sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>,
		Option<Telemetry>,
	),
>;

/// Opens the database and makes the parts that need no network.
///
/// `pool_limit` bounds the pool; `config` has the options of the SDK's pool that match it.
///
/// # Errors
///
/// If the database cannot be opened, or a part cannot be made.
pub(crate) fn new_partial(
	config: &Configuration,
	pool_limit: Amount,
) -> Result<Partial, ServiceError> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			Vec::new(),
		)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = sc_transaction_pool::Builder::new(
		task_manager.spawn_essential_handle(),
		client.clone(),
		config.role.is_authority().into(),
	)
	.with_options(config.transaction_pool.clone())
	.with_prometheus(config.prometheus_registry())
	.build();
	let transaction_pool = Arc::new(FairPool::new(transaction_pool, client.clone(), pool_limit));

	let (grandpa_block_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		GRANDPA_JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	)?;

	let slot_duration_client = client.clone();
	let import_queue =
		sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
			block_import: grandpa_block_import.clone(),
			justification_import: Some(Box::new(grandpa_block_import.clone())),
			client: client.clone(),
			create_inherent_data_providers: move |parent_hash, _| {
				let client = slot_duration_client.clone();
				async move {
					let slot_duration =
						sc_consensus_aura::standalone::slot_duration_at(&*client, parent_hash)?;
					Ok(inherent_data_providers(slot_duration))
				}
			},
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			check_for_equivocation: Default::default(),
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			compatibility_mode: Default::default(),
		})?;

	Ok(sc_service::PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (grandpa_block_import, grandpa_link, telemetry),
	})
}

type InherentDataProviders =
	(sp_consensus_aura::inherents::InherentDataProvider, sp_timestamp::InherentDataProvider);

fn inherent_data_providers(
	slot_duration: sp_consensus_aura::SlotDuration,
) -> InherentDataProviders {
	let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
	let slot = sp_consensus_aura::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
		*timestamp,
		slot_duration,
	);
	(slot, timestamp)
}

/// Returns the rule by which validators vote for the best block; the SDK's default stays two blocks behind, which takes
/// two seconds on this chain. Votes on different forks of the last block agree on the block before, so voting for the best
/// block costs a round at a fork and nothing otherwise. In a long unfinalized chain, a vote covers three quarters of it, so
/// that returning validators agree sooner.
fn voting_rule() -> impl sc_consensus_grandpa::VotingRule<Block, FullClient> + Clone {
	sc_consensus_grandpa::VotingRulesBuilder::new()
		.add(sc_consensus_grandpa::ThreeQuartersOfTheUnfinalizedChain)
		.build()
}

/// Starts a full node with the configured network backend.
///
/// # Errors
///
/// If a part cannot be made, or an address cannot be listened on.
pub(crate) fn new_full(
	config: Configuration,
	storage_monitor: sc_storage_monitor::StorageMonitorParams,
	pool_limit: Amount,
	health: Option<SocketAddr>,
) -> Result<TaskManager, ServiceError> {
	match config.network.network_backend {
		sc_network::config::NetworkBackendType::Libp2p => {
			new_full_on::<sc_network::NetworkWorker<Block, H256>>(
				config,
				storage_monitor,
				pool_limit,
				health,
			)
		},
		sc_network::config::NetworkBackendType::Litep2p => {
			new_full_on::<sc_network::Litep2pNetworkBackend>(
				config,
				storage_monitor,
				pool_limit,
				health,
			)
		},
	}
}

fn new_full_on<Network: NetworkBackend<Block, H256>>(
	config: Configuration,
	storage_monitor: sc_storage_monitor::StorageMonitorParams,
	pool_limit: Amount,
	health: Option<SocketAddr>,
) -> Result<TaskManager, ServiceError> {
	let sc_service::PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (block_import, grandpa_link, mut telemetry),
	} = new_partial(&config, pool_limit)?;

	if let Some(path) = config.database.path() {
		sc_storage_monitor::StorageMonitorService::try_spawn(
			storage_monitor,
			path.to_path_buf(),
			&task_manager.spawn_essential_handle(),
		)
		.map_err(|error| ServiceError::Application(error.into()))?;
	}

	let mut net_config = sc_network::config::FullNetworkConfiguration::<Block, H256, Network>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let metrics = Network::register_notification_metrics(config.prometheus_registry());
	let genesis_hash = client.block_hash(0)?.ok_or_else(|| {
		ServiceError::Other("the database has no genesis block; purge it and start again".into())
	})?;
	let grandpa_protocol_name =
		sc_consensus_grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
	let (grandpa_protocol_config, grandpa_notification_service) =
		sc_consensus_grandpa::grandpa_peers_set_config::<_, Network>(
			grandpa_protocol_name.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
	net_config.add_notification_protocol(grandpa_protocol_config);

	let offers_protocol = offers::protocol(genesis_hash);
	let (offers_config, incoming_offers) =
		offers::configuration::<Network>(offers_protocol.clone());
	net_config.add_request_response_protocol(offers_config);

	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	));
	let (network, system_requests, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: Arc::new(NetworkPool(transaction_pool.clone())),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync.clone())),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	let serve = offers::serve(transaction_pool.clone(), client.clone(), incoming_offers);
	task_manager.spawn_handle().spawn("answer-offers", Some("credio"), serve);
	let offer = offers::offer(
		transaction_pool.clone(),
		client.clone(),
		network.clone(),
		sync_service.clone(),
		offers_protocol,
	);
	task_manager.spawn_handle().spawn("offer", Some("credio"), offer);
	let role = config.role;
	let force_authoring = config.force_authoring;
	let name = config.network.node_name.clone();
	let enable_grandpa = !config.disable_grandpa;
	let prometheus_registry = config.prometheus_registry().cloned();

	let shared_voter_state = SharedVoterState::empty();
	let finality = FinalityDeps {
		shared_voter_state: shared_voter_state.clone(),
		shared_authority_set: grandpa_link.shared_authority_set().clone(),
		justification_stream: grandpa_link.justification_stream(),
		proof_provider: FinalityProofProvider::new_for_service(
			backend.clone(),
			Some(grandpa_link.shared_authority_set().clone()),
		),
		warp_proofs: warp_sync,
	};
	let served = Arc::<credio_rpc::Served>::default();
	if let Some(registry) = &prometheus_registry {
		let sources = metrics::Sources {
			client: client.clone(),
			pool: transaction_pool.clone(),
			served: served.clone(),
		};
		let watch = sources.watch(registry)?;
		task_manager.spawn_handle().spawn("metrics", Some("credio"), watch);
	}
	if let Some(listen) = health {
		let alone = config.chain_spec.chain_type() == sc_service::ChainType::Development;
		let chain = health::Chain { client: client.clone(), sync: sync_service.clone(), alone };
		health::listen(listen, chain, &task_manager.spawn_handle())?;
	}
	tasks::spawn(tasks::Deps {
		config,
		task_manager: &mut task_manager,
		client: client.clone(),
		backend,
		keystore: keystore_container.keystore(),
		pool: transaction_pool.clone(),
		network: network.clone(),
		sync: sync_service.clone(),
		system_requests,
		transactions: tx_handler_controller,
		telemetry: telemetry.as_mut(),
		served,
		finality,
	})?;

	if role.is_authority() {
		let mut proposer_factory = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus_registry.as_ref(),
			telemetry.as_ref().map(|telemetry| telemetry.handle()),
		);
		proposer_factory.set_default_block_size_limit(MAX_BLOCK_LENGTH as usize);

		let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
		let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(
			StartAuraParams {
				slot_duration,
				client,
				select_chain,
				block_import,
				proposer_factory: Punctual(proposer_factory),
				create_inherent_data_providers: move |_, ()| async move {
					Ok(inherent_data_providers(slot_duration))
				},
				force_authoring,
				backoff_authoring_blocks: None::<()>,
				keystore: keystore_container.keystore(),
				sync_oracle: sync_service.clone(),
				justification_sync_link: sync_service.clone(),
				block_proposal_slot_portion: SlotProportion::new(BLOCK_PORTION),
				max_block_proposal_slot_portion: None,
				telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
				compatibility_mode: Default::default(),
			},
		)?;
		task_manager.spawn_essential_handle().spawn_blocking("aura", Some("block-authoring"), aura);
	}

	if enable_grandpa {
		let config = sc_consensus_grandpa::Config {
			gossip_duration: GRANDPA_GOSSIP_PERIOD,
			justification_generation_period: GRANDPA_JUSTIFICATION_PERIOD,
			name: Some(name),
			observer_enabled: false,
			keystore: role.is_authority().then(|| keystore_container.keystore()),
			local_role: role,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			protocol_name: grandpa_protocol_name,
		};
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config,
			link: grandpa_link,
			network,
			sync: sync_service,
			notification_service: grandpa_notification_service,
			voting_rule: voting_rule(),
			prometheus_registry,
			shared_voter_state,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}
