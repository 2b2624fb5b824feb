//! All methods together.

use crate::{
	bundles::{Bundles, BundlesRpcServer},
	chain::{Chain, CredioBlock, CredioClient},
	evidence::{Evidence, EvidenceRpcServer, FinalityProofs},
	grants::{Grants, GrantsRpcServer},
	network::{Network, NetworkRpcServer},
	organizations::{Organizations, OrganizationsRpcServer},
	pool::{Pool, PoolContents, PoolRpcServer},
	records::{Records, RecordsRpcServer},
	requests::{Requests, RequestsRpcServer, Submissions, TransactionQueue},
	served::Served,
	streams::{Streams, StreamsRpcServer},
};
use jsonrpsee::{RpcModule, core::RegisterMethodError};
use std::{fmt, sync::Arc};

/// The parts of a node that the methods use.
pub struct Deps<Client, Extrinsic> {
	/// Reads blocks, states and runtime APIs.
	pub client: Arc<Client>,
	/// Takes transactions.
	pub queue: Arc<dyn TransactionQueue<Extrinsic>>,
	/// Lists the transactions that the pool holds.
	pub contents: Arc<dyn PoolContents>,
	/// Shared by all connections of the node.
	pub served: Arc<Served>,
	/// Reads uploaded requests.
	pub submissions: Arc<dyn Submissions>,
	/// Proves that blocks are final.
	pub finality: Arc<dyn FinalityProofs>,
}

impl<Client, Extrinsic> fmt::Debug for Deps<Client, Extrinsic> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Deps").finish_non_exhaustive()
	}
}

/// Returns the `credio_v1` methods and `rpc.discover`.
///
/// # Errors
///
/// If two of them have one name.
pub fn methods<Block, Client>(
	deps: Deps<Client, Block::Extrinsic>,
) -> Result<RpcModule<()>, RegisterMethodError>
where
	Block: CredioBlock,
	Client: CredioClient<Block>,
{
	let Deps { client, queue, contents, served, submissions, finality } = deps;
	let chain = Chain::<Block, Client>::new(client);
	let mut module = RpcModule::new(());
	let requests = Requests {
		chain: chain.clone(),
		queue,
		contents: contents.clone(),
		served: served.clone(),
		submissions,
	};
	module.merge(requests.into_rpc())?;
	module.merge(Pool(contents).into_rpc())?;
	module.merge(Records { chain: chain.clone(), served: served.clone() }.into_rpc())?;
	module.merge(Streams { chain: chain.clone(), served }.into_rpc())?;
	module.merge(Grants(chain.clone()).into_rpc())?;
	module.merge(Organizations(chain.clone()).into_rpc())?;
	module.merge(Bundles(chain.clone()).into_rpc())?;
	module.merge(Evidence { chain: chain.clone(), proofs: finality }.into_rpc())?;
	module.merge(Network(chain).into_rpc())?;
	Ok(module)
}
