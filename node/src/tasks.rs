//! Tasks of a running node besides consensus: those of `sc_service::spawn_tasks`, with another JSON-RPC server.

use crate::{
	client::{FullBackend, FullClient},
	pool::FairPool,
	rpc::{self, FinalityDeps},
};
use credio_runtime::opaque::Block;
use futures::FutureExt;
use sc_network_transactions::TransactionsHandlerController;
use sc_rpc_spec_v2::transaction::TransactionMetrics;
use sc_service::{Configuration, TaskManager, error::Error as ServiceError};
use sc_telemetry::Telemetry;
use sp_core::{H256, traits::SpawnNamed};
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// The parts that the tasks need.
pub(crate) struct Deps<'a> {
	pub config: Configuration,
	pub task_manager: &'a mut TaskManager,
	pub client: Arc<FullClient>,
	pub backend: Arc<FullBackend>,
	pub keystore: KeystorePtr,
	pub pool: Arc<FairPool>,
	pub network: Arc<dyn sc_network::service::traits::NetworkService>,
	pub sync: Arc<sc_network_sync::SyncingService<Block>>,
	pub system_requests: sc_utils::mpsc::TracingUnboundedSender<sc_rpc::system::Request<Block>>,
	pub transactions: TransactionsHandlerController<H256>,
	pub telemetry: Option<&'a mut Telemetry>,
	pub served: Arc<credio_rpc::Served>,
	pub finality: FinalityDeps,
}

/// Starts the tasks.
///
/// # Errors
///
/// If the keys of a development node cannot be made, a metric is already registered, or JSON-RPC cannot listen.
pub(crate) fn spawn(deps: Deps<'_>) -> Result<(), ServiceError> {
	let Deps { config, task_manager, client, backend, keystore, pool, network, sync, .. } = deps;
	let spawner = task_manager.spawn_handle();
	let chain = sp_blockchain::HeaderBackend::info(&*client);
	sp_session::generate_initial_session_keys(
		client.clone(),
		chain.best_hash,
		config.dev_key_seed.clone().into_iter().collect(),
		keystore.clone(),
	)
	.map_err(|error| ServiceError::Application(error.into()))?;
	log::info!("📦 Highest known block at #{}", chain.best_number);

	let telemetry = deps
		.telemetry
		.map(|telemetry| {
			sc_service::init_telemetry(
				config.network.node_name.clone(),
				config.impl_name.clone(),
				config.impl_version.clone(),
				config.chain_spec.name().to_owned(),
				config.role.is_authority(),
				network.clone(),
				client.clone(),
				telemetry,
				None,
			)
		})
		.transpose()?;

	spawner.spawn(
		"txpool-notifications",
		Some("transaction-pool"),
		sc_transaction_pool::notification_future(
			client.clone(),
			pool.clone(),
			config.transaction_pool.use_all_block_notifications(),
		),
	);
	spawner.spawn(
		"on-transaction-imported",
		Some("transaction-pool"),
		sc_service::propagate_transaction_notifications(
			pool.clone(),
			deps.transactions,
			telemetry.clone(),
		),
	);
	let metrics = match config.prometheus_config.clone() {
		Some(prometheus) => {
			let registry = prometheus.registry;
			let metrics = sc_service::MetricsService::with_prometheus(
				telemetry,
				&registry,
				config.role,
				&config.network.node_name,
				&config.impl_version,
			)?;
			let endpoint =
				substrate_prometheus_endpoint::init_prometheus(prometheus.port, registry);
			spawner.spawn("prometheus-endpoint", None, endpoint.map(drop));
			metrics
		},
		None => sc_service::MetricsService::new(telemetry),
	};
	spawner.spawn(
		"telemetry-periodic-send",
		None,
		metrics.run(client.clone(), pool.clone(), network.clone(), sync.clone()),
	);
	spawner.spawn("rpc-watcher", Some("credio"), {
		deps.served.watcher.clone().follow::<Block, _>(client.clone())
	});
	spawner.spawn("informant", None, sc_informant::build(client.clone(), network, sync));

	let runtime = rpc::server::runtime()?;
	let executor: Arc<dyn SpawnNamed> =
		Arc::new(sc_rpc_server::RpcSpawnHandle::new(runtime.handle().clone()));
	let registry = config.prometheus_registry();
	let standard = rpc::standard::Deps {
		config: &config,
		client: client.clone(),
		backend,
		pool: pool.clone(),
		keystore,
		system_requests: deps.system_requests,
		executor: executor.clone(),
		metrics: registry.map(TransactionMetrics::new).transpose()?,
	};
	let failed = |error: Box<dyn std::error::Error + Send + Sync>| ServiceError::Application(error);
	let mut module = rpc::standard::module(standard).map_err(|error| failed(error.into()))?;
	let ours = rpc::create_full(client, pool, deps.served.clone(), deps.finality, executor);
	module.merge(ours.map_err(failed)?).map_err(|error| failed(error.into()))?;
	let server = rpc::server::start(&config.rpc, module, runtime, registry, &deps.served)?;
	task_manager.keep_alive((config.base_path, server));
	Ok(())
}
