//! The pool as the SDK uses it.

use super::{
	fair_pool::{Error, Extrinsic, FairPool, FairReady, Inner, Origin, full},
	ledger::NoRoom,
};
use crate::lock::lock;
use async_trait::async_trait;
use credio_runtime::opaque::Block;
use sc_transaction_pool_api::{
	ChainEvent, ImportNotificationStream, InPoolTransaction, LocalTransactionFor,
	LocalTransactionPool, MaintainedTransactionPool, PoolStatus, TransactionPool,
	TransactionSource, TransactionStatusStreamFor, TxHash, TxInvalidityReportMap,
};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use std::{
	collections::{HashMap, HashSet},
	pin::Pin,
	sync::Arc,
	time::Duration,
};
#[async_trait]
impl TransactionPool for FairPool {
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
		self.submit_from(Origin::Local, at, source, extrinsic).await
	}

	async fn submit_and_watch(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		let entered = self.enter(Origin::Local, &extrinsic).await?;
		let result = self.inner.submit_and_watch(at, source, extrinsic.clone()).await;
		self.finish_entry(entered, &extrinsic, result).await
	}

	async fn ready_at(&self, at: H256) -> Box<FairReady> {
		self.fair(self.inner.ready_at(at).await)
	}

	fn ready(&self) -> Box<FairReady> {
		self.inner.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<H256>,
		errors: TxInvalidityReportMap<H256>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		let removed = self.inner.report_invalid(at, errors).await;
		let mut ledger = lock(&self.ledger);
		removed.iter().for_each(|transaction| ledger.leave(transaction.hash()));
		drop(ledger);
		removed
	}

	fn futures(&self) -> Vec<Self::InPoolTransaction> {
		self.inner.futures()
	}

	fn status(&self) -> PoolStatus {
		self.inner.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<H256> {
		self.inner.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<H256, Vec<String>>) {
		self.inner.on_broadcasted(propagations);
	}

	fn hash_of(&self, extrinsic: &Extrinsic) -> H256 {
		self.inner.hash_of(extrinsic)
	}

	fn ready_transaction(&self, hash: &H256) -> Option<Arc<Self::InPoolTransaction>> {
		self.inner.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(&self, at: H256, timeout: Duration) -> Box<FairReady> {
		self.fair(self.inner.ready_at_with_timeout(at, timeout).await)
	}
}

#[async_trait]
impl MaintainedTransactionPool for FairPool {
	async fn maintain(&self, event: ChainEvent<Block>) {
		let number = self.client.number(event.hash()).ok().flatten();
		let events = lock(&self.finality).order(event, number);
		if events.is_empty() {
			return;
		}
		let mut included = HashSet::new();
		for event in events {
			included.extend(self.included(&event));
			self.inner.maintain(event).await;
		}
		for (hash, extrinsic) in self.reconcile(&included) {
			self.resubmit(hash, extrinsic).await;
		}
		self.drop_stale().await;
	}
}

impl LocalTransactionPool for FairPool {
	type Block = Block;
	type Hash = H256;
	type Error = Error;

	fn submit_local(&self, at: H256, extrinsic: LocalTransactionFor<Self>) -> Result<H256, Error> {
		let (claim, check) = self.claims().read(&extrinsic);
		let hash = self.inner.hash_of(&extrinsic);
		// The node's own transactions are few and trusted, so they need no door.
		let entered = self.admit(hash, claim, check, Origin::Local, None)?;
		let result = self.inner.submit_local(at, extrinsic.clone());
		result.inspect_err(|error| self.note_refusal(error))?;
		entered.accept(&extrinsic).map(|()| hash).map_err(|NoRoom| full())
	}
}
