//! The node's transaction pool, as uploads use it.

use super::refusal::{Refusal, refusal};
use codec::Encode;
use futures::{StreamExt, stream::BoxStream};
use jsonrpsee::core::async_trait;
use sc_transaction_pool_api::{
	InPoolTransaction, TransactionPool, TransactionSource, TransactionStatus,
};
use sp_core::H256;
use sp_runtime::traits::Block as BlockT;

/// The events of one transaction in the pool.
pub type Statuses = BoxStream<'static, TransactionStatus<H256, H256>>;

/// Takes transactions.
#[async_trait]
pub trait TransactionQueue<Extrinsic>: Send + Sync {
	/// Returns the hash of a transaction.
	fn hash_of(&self, extrinsic: &Extrinsic) -> H256;

	/// Adds a transaction, as valid at block `at`.
	async fn submit(&self, at: H256, extrinsic: Extrinsic) -> Result<(), Refusal>;

	/// Adds a transaction and returns its events.
	async fn submit_and_watch(&self, at: H256, extrinsic: Extrinsic) -> Result<Statuses, Refusal>;

	/// Returns the ready transaction that provides a tag, with its hash. Looks at all that are ready.
	fn find_ready(&self, tag: &[u8]) -> Option<(H256, Vec<u8>)>;
}

#[async_trait]
impl<Pool> TransactionQueue<<Pool::Block as BlockT>::Extrinsic> for Pool
where
	Pool: TransactionPool<Block: BlockT<Hash = H256>, Hash = H256> + 'static,
{
	fn hash_of(&self, extrinsic: &<Pool::Block as BlockT>::Extrinsic) -> H256 {
		TransactionPool::hash_of(self, extrinsic)
	}

	async fn submit(
		&self,
		at: H256,
		extrinsic: <Pool::Block as BlockT>::Extrinsic,
	) -> Result<(), Refusal> {
		let added = self.submit_one(at, TransactionSource::External, extrinsic).await;
		added.map(|_| ()).map_err(refusal)
	}

	async fn submit_and_watch(
		&self,
		at: H256,
		extrinsic: <Pool::Block as BlockT>::Extrinsic,
	) -> Result<Statuses, Refusal> {
		let source = TransactionSource::External;
		let added = TransactionPool::submit_and_watch(self, at, source, extrinsic).await;
		added.map(StreamExt::boxed).map_err(refusal)
	}

	fn find_ready(&self, tag: &[u8]) -> Option<(H256, Vec<u8>)> {
		let found = self.ready().find(|held| held.provides().iter().any(|one| one == tag))?;
		Some((*found.hash(), found.data().encode()))
	}
}
