//! The pool for transactions of other nodes.

use super::fair_pool::{Error, Extrinsic, FairPool, Inner, Origin};
use async_trait::async_trait;
use credio_runtime::opaque::Block;
use sc_transaction_pool_api::{
	ImportNotificationStream, PoolStatus, ReadyTransactions, TransactionPool, TransactionSource,
	TransactionStatusStreamFor, TxHash, TxInvalidityReportMap, error::Error as PoolError,
};
use sp_core::H256;
use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

/// The pool for transactions of other nodes. They have a separate door, and leave room for local ones.
pub(crate) struct NetworkPool(pub Arc<FairPool>);

/// Replaces the error of a full pool, for which the SDK would lower the reputation of the peer. The SDK does so for errors
/// of the pool only.
fn blameless(error: Error) -> Error {
	match error {
		Error::Pool(PoolError::ImmediatelyDropped) => {
			Error::RuntimeApi("the pool has no room for a transaction of another node".into())
		},
		other => other,
	}
}

#[async_trait]
impl TransactionPool for NetworkPool {
	type Block = Block;
	type Hash = TxHash<Inner>;
	type InPoolTransaction = <Inner as TransactionPool>::InPoolTransaction;
	type Error = Error;

	async fn submit_at(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsics: Vec<Extrinsic>,
	) -> Result<Vec<Result<H256, Error>>, Error> {
		let mut results = Vec::with_capacity(extrinsics.len());
		for extrinsic in extrinsics {
			results.push(self.submit_one(at, source, extrinsic).await);
		}
		Ok(results)
	}

	async fn submit_one(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<H256, Error> {
		self.0.submit_from(Origin::Network, at, source, extrinsic).await.map_err(blameless)
	}

	async fn submit_and_watch(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		self.0.submit_and_watch(at, source, extrinsic).await
	}

	async fn ready_at(
		&self,
		at: H256,
	) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.0.ready_at(at).await
	}

	fn ready(&self) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.0.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<H256>,
		errors: TxInvalidityReportMap<H256>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		self.0.report_invalid(at, errors).await
	}

	fn futures(&self) -> Vec<Self::InPoolTransaction> {
		self.0.futures()
	}

	fn status(&self) -> PoolStatus {
		self.0.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<H256> {
		self.0.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<H256, Vec<String>>) {
		self.0.on_broadcasted(propagations);
	}

	fn hash_of(&self, extrinsic: &Extrinsic) -> H256 {
		self.0.hash_of(extrinsic)
	}

	fn ready_transaction(&self, hash: &H256) -> Option<Arc<Self::InPoolTransaction>> {
		self.0.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(
		&self,
		at: H256,
		timeout: Duration,
	) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.0.ready_at_with_timeout(at, timeout).await
	}
}
