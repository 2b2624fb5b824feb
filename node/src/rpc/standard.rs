//! The methods that every node of the SDK has.

use crate::{
	client::{FullBackend, FullClient},
	pool::FairPool,
};
use credio_runtime::opaque::Block;
use jsonrpsee::{RpcModule, core::RegisterMethodError};
use sc_client_api::Backend;
use sc_rpc::{
	author::{Author, AuthorApiServer},
	chain::ChainApiServer,
	offchain::{Offchain, OffchainApiServer},
	state::{ChildStateApiServer, StateApiServer},
	system::{Request as SystemRequest, System, SystemApiServer, SystemInfo},
};
use sc_rpc_spec_v2::{
	archive::{Archive, ArchiveApiServer},
	chain_head::{ChainHead, ChainHeadApiServer, ChainHeadConfig},
	chain_spec::{ChainSpec, ChainSpecApiServer},
	transaction::{
		Transaction, TransactionApiServer, TransactionBroadcast, TransactionBroadcastApiServer,
		TransactionMetrics,
	},
};
use sc_service::Configuration;
use sc_utils::mpsc::TracingUnboundedSender;
use sp_blockchain::HeaderBackend;
use sp_core::traits::SpawnNamed;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// Most broadcasts of a connection at a time.
const MAX_BROADCASTS: usize = 16;

/// The parts that the methods need.
pub(crate) struct Deps<'a> {
	pub config: &'a Configuration,
	pub client: Arc<FullClient>,
	pub backend: Arc<FullBackend>,
	pub pool: Arc<FairPool>,
	pub keystore: KeystorePtr,
	pub system_requests: TracingUnboundedSender<SystemRequest<Block>>,
	pub executor: Arc<dyn SpawnNamed>,
	pub metrics: Option<TransactionMetrics>,
}

/// Collects the methods.
///
/// # Errors
///
/// If two methods have the same name.
pub(crate) fn module(deps: Deps<'_>) -> Result<RpcModule<()>, RegisterMethodError> {
	let Deps { config, client, backend, pool, keystore, system_requests, executor, metrics } = deps;
	let mut module = RpcModule::new(());
	let spec = &config.chain_spec;

	module.merge(sc_rpc::chain::new_full(client.clone(), executor.clone()).into_rpc())?;
	let (state, child_state) = sc_rpc::state::new_full(client.clone(), executor.clone(), None);
	module.merge(state.into_rpc())?;
	module.merge(child_state.into_rpc())?;
	module
		.merge(Author::new(client.clone(), pool.clone(), keystore, executor.clone()).into_rpc())?;
	let about = SystemInfo {
		chain_name: spec.name().to_owned(),
		impl_name: config.impl_name.clone(),
		impl_version: config.impl_version.clone(),
		properties: spec.properties(),
		chain_type: spec.chain_type(),
	};
	module.merge(System::new(about, system_requests).into_rpc())?;
	if let Some(storage) = backend.offchain_storage() {
		module.merge(Offchain::new(storage).into_rpc())?;
	}

	let genesis = client.info().genesis_hash;
	let chain = ChainSpec::new(spec.name().to_owned(), genesis, spec.properties());
	module.merge(chain.into_rpc())?;
	let head = ChainHead::new(
		client.clone(),
		backend.clone(),
		executor.clone(),
		ChainHeadConfig::default(),
	);
	module.merge(head.into_rpc())?;
	let transaction =
		Transaction::new(client.clone(), pool.clone(), executor.clone(), metrics).into_rpc();
	module.merge(transaction)?;
	let broadcast =
		TransactionBroadcast::new(client.clone(), pool, executor.clone(), MAX_BROADCASTS);
	module.merge(broadcast.into_rpc())?;
	let keeps_states = config.state_pruning.as_ref().is_some_and(|pruning| pruning.is_archive());
	if keeps_states && config.blocks_pruning.is_archive() {
		module.merge(Archive::new(client, backend, genesis, executor).into_rpc())?;
	}
	Ok(module)
}
