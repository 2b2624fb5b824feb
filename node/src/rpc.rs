//! JSON-RPC of the node: the SDK's methods, GRANDPA's, and `credio_v1_*`.

mod gate;
mod limit;
pub(crate) mod server;
pub(crate) mod standard;

use credio_primitives::{AccountId, Submission, request::NotASubmission};
use credio_rpc::{Deps, FinalityProofs, Served, Submissions, methods};
use credio_runtime::{Nonce, opaque::Block};
use jsonrpsee::RpcModule;
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_network_sync::strategy::warp::WarpSyncProvider;
use sp_core::traits::SpawnNamed;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::{
	best::BestBlock,
	client::{FullBackend, FullClient},
	pool::FairPool,
};

/// The sources of finality.
#[derive(Clone)]
pub(crate) struct FinalityDeps {
	pub shared_voter_state: SharedVoterState,
	pub shared_authority_set: SharedAuthoritySet<sp_core::H256, u32>,
	pub justification_stream: GrandpaJustificationStream<Block>,
	pub proof_provider: Arc<FinalityProofProvider<FullBackend, Block>>,
	pub warp_proofs: Arc<dyn WarpSyncProvider<Block>>,
}

/// Proofs of finality for evidence: the proofs by which a new node follows the validators.
struct WarpProofs(Arc<dyn WarpSyncProvider<Block>>);

impl FinalityProofs for WarpProofs {
	fn prove(&self, from: sp_core::H256) -> Result<Vec<u8>, String> {
		self.0.generate(from).map(|proof| proof.0).map_err(|error| error.to_string())
	}
}

impl Submissions for BestBlock {
	fn read(&self, extrinsic: &[u8]) -> Result<Result<Submission, NotASubmission>, String> {
		self.submission(extrinsic).map_err(|error| error.to_string())
	}
}

/// Collects all methods that are not in [`standard`].
///
/// # Errors
///
/// If two methods have the same name.
pub(crate) fn create_full(
	client: Arc<FullClient>,
	pool: Arc<FairPool>,
	served: Arc<Served>,
	finality: FinalityDeps,
	executor: Arc<dyn SpawnNamed>,
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
	let deps = Deps {
		client,
		submissions: pool.best().clone(),
		queue: pool.clone(),
		contents: pool,
		served,
		finality: Arc::new(WarpProofs(finality.warp_proofs)),
	};
	module.merge(methods::<Block, _>(deps)?)?;
	Ok(module)
}
