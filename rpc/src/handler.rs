//! What the methods share: client, pool, and reading at the finalized block.

use crate::{Error, FinalityProofs, PoolContents, Served, Submissions};
use credio_primitives::{
	limits,
	rpc::{At, BlockRef, ErrorName, PageRequest},
	BlockNumber, Digest,
};
use pallet_support::apis::RequestsApi;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::{
	traits::{Block as BlockT, Header as HeaderT},
	DispatchError,
};
use std::{marker::PhantomData, sync::Arc};

/// Blocks as Credio chains have them.
pub trait CredioBlock:
	BlockT<Hash = H256, Header: HeaderT<Number = BlockNumber, Hash = H256>>
{
}

impl<B> CredioBlock for B where
	B: BlockT<Hash = H256, Header: HeaderT<Number = BlockNumber, Hash = H256>>
{
}

/// Answers the `credio_v1` methods.
pub struct Credio<Block, Client, Pool> {
	pub(crate) client: Arc<Client>,
	pub(crate) pool: Arc<Pool>,
	pub(crate) contents: Arc<dyn PoolContents>,
	pub(crate) served: Arc<Served>,
	pub(crate) submissions: Arc<dyn Submissions>,
	pub(crate) finality: Arc<dyn FinalityProofs>,
	block: PhantomData<Block>,
}

impl<Block, Client, Pool> Clone for Credio<Block, Client, Pool> {
	fn clone(&self) -> Self {
		Self {
			client: self.client.clone(),
			pool: self.pool.clone(),
			contents: self.contents.clone(),
			served: self.served.clone(),
			submissions: self.submissions.clone(),
			finality: self.finality.clone(),
			block: PhantomData,
		}
	}
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>,
{
	/// Over this client and this pool, of which `contents` says what it holds. `served` is shared by all of a node; `submissions` reads what is uploaded;
	/// `finality` proves that blocks are final.
	pub fn new(
		client: Arc<Client>,
		pool: Arc<Pool>,
		contents: Arc<dyn PoolContents>,
		served: Arc<Served>,
		submissions: Arc<dyn Submissions>,
		finality: Arc<dyn FinalityProofs>,
	) -> Self {
		Self { client, pool, contents, served, submissions, finality, block: PhantomData }
	}

	/// The last finalized block.
	pub(crate) fn finalized(&self) -> BlockRef {
		let info = self.client.info();
		BlockRef { number: info.finalized_number, hash: Digest(info.finalized_hash.0) }
	}

	/// The best block, which may not become final.
	pub(crate) fn best(&self) -> BlockRef {
		let info = self.client.info();
		BlockRef { number: info.best_number, hash: Digest(info.best_hash.0) }
	}

	/// The hash that names the chain.
	pub(crate) fn genesis(&self) -> Digest {
		Digest(self.client.info().genesis_hash.0)
	}

	/// Answers by `read` at the finalized block.
	pub(crate) fn at_finalized<Answer>(
		&self,
		read: impl FnOnce(BlockRef) -> Result<Answer, Error>,
	) -> Result<At<Answer>, Error> {
		let at = self.finalized();
		read(at).map(|answer| At { at, answer })
	}
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: ProvideRuntimeApi<Block, Api: RequestsApi<Block>>,
{
	/// A dispatch error in words.
	pub(crate) fn error_name(
		&self,
		at: &BlockRef,
		error: DispatchError,
	) -> Result<ErrorName, Error> {
		let (name, description) =
			self.client.runtime_api().error_name(hash(at), error).map_err(Error::internal)?;
		let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
		Ok(ErrorName { name: text(name), description: text(description) })
	}
}

/// Hash of a block as the client takes it.
pub(crate) fn hash(block: &BlockRef) -> H256 {
	H256(block.hash.0)
}

/// Cursor and limit of a page. A limit of 0 or above the bound is refused, not bent.
pub(crate) fn page(request: Option<PageRequest>) -> Result<(Option<Digest>, u32), Error> {
	let request = request.unwrap_or_default();
	Ok((request.cursor, limit(request.limit)?))
}

/// Checks a limit.
pub(crate) fn limit(limit: Option<u32>) -> Result<u32, Error> {
	match limit {
		None => Ok(limits::MAX_PAGE_SIZE),
		Some(limit) if (1..=limits::MAX_PAGE_SIZE).contains(&limit) => Ok(limit),
		Some(limit) => Err(Error::InvalidParameters(format!(
			"limit is {limit}, and must be from 1 to {}",
			limits::MAX_PAGE_SIZE
		))),
	}
}
