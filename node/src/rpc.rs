//! JSON-RPC of the node: the SDK's system methods, GRANDPA's, and ours.

use credio_primitives::AccountId;
use credio_rpc::{Credio, CredioApiServer, Served};
use credio_runtime::{opaque::Block, Nonce};
use jsonrpsee::RpcModule;
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_service::SpawnTaskHandle;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::service::{FullBackend, FullClient, TransactionPool};

/// What finality is told from.
#[derive(Clone)]
pub struct FinalityDeps {
	pub shared_voter_state: SharedVoterState,
	pub shared_authority_set: SharedAuthoritySet<sp_core::H256, u32>,
	pub justification_stream: GrandpaJustificationStream<Block>,
	pub proof_provider: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// All methods that are not the SDK's own.
pub fn create_full(
	client: Arc<FullClient>,
	pool: Arc<TransactionPool>,
	served: Arc<Served>,
	finality: FinalityDeps,
	executor: Arc<SpawnTaskHandle>,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	let mut module = RpcModule::new(());
	module.merge(SystemApiServer::<sp_core::H256, AccountId, Nonce>::into_rpc(System::new(
		client.clone(),
		pool.clone(),
	)))?;
	module.merge(
		Grandpa::new(
			executor,
			finality.shared_authority_set,
			finality.shared_voter_state,
			finality.justification_stream,
			finality.proof_provider,
		)
		.into_rpc(),
	)?;
	module.merge(Credio::<Block, _, _>::new(client, pool, served).into_rpc())?;
	Ok(module)
}
