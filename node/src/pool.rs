//! The node's pool: the SDK's, with bounds that are kept by refusing what is new and never by dropping what was taken.
//!
//! By itself, the SDK's pool makes room by dropping older transactions, without a word to those who did not watch them,
//! and lets only a tenth of its size wait for a predecessor, which would lose requests that reach a lane early. Here
//! the SDK's pool is made ten times as large as what is ever let into it, so its own bounds are never met; whether
//! there is room is decided at the door. Nobody can take all of it: an organization holds at most half. A request at
//! the very next position of its lane, for which others may be waiting in here, gets in on a reserve.
//!
//! The SDK's pool also drops what waits for a predecessor when it is told that a block is final of which the last view
//! is younger than the transaction: what came in while that view was being made is in none that is left. So it hears of
//! a final block only once there is a view of one after it.

use async_trait::async_trait;
use codec::Encode;
use credio_primitives::OrganizationId;
use credio_runtime::opaque::Block;
use sc_transaction_pool::{TransactionPoolOptions, TransactionPoolType};
use sc_transaction_pool_api::{
	error::Error as PoolError, ChainEvent, ImportNotificationStream, InPoolTransaction,
	LocalTransactionFor, LocalTransactionPool, MaintainedTransactionPool, PoolStatus,
	ReadyTransactions, TransactionFor, TransactionPool, TransactionSource,
	TransactionStatusStreamFor, TxHash, TxInvalidityReportMap,
};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use std::{
	collections::{HashMap, HashSet, VecDeque},
	pin::Pin,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex,
	},
	time::Duration,
};

use crate::{best::BestBlock, lock::lock, metrics::Taken, service::FullClient};

type Inner = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
type Error = <Inner as TransactionPool>::Error;
type Extrinsic = TransactionFor<Inner>;

/// The SDK's pool keeps a tenth of its size for transactions that wait; this makes that tenth the whole of ours.
const WAITING_FACTOR: usize = 10;

/// An organization holds at most one part in so many.
const SHARES: usize = 2;

/// What is let in on the reserve, beyond all bounds: one part in so many.
const RESERVE: usize = 8;

/// So many final blocks at most are kept from the SDK's pool until there is a view of one after them.
const FINAL_HELD: usize = 64;

/// How much the pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
	/// Transactions.
	pub count: usize,
	/// Their encoded size.
	pub bytes: usize,
}

impl Amount {
	fn of(bytes: usize) -> Self {
		Self { count: 1, bytes }
	}

	fn plus(self, other: Self) -> Self {
		Self {
			count: self.count.saturating_add(other.count),
			bytes: self.bytes.saturating_add(other.bytes),
		}
	}

	fn minus(self, other: Self) -> Self {
		Self {
			count: self.count.saturating_sub(other.count),
			bytes: self.bytes.saturating_sub(other.bytes),
		}
	}

	fn fits(self, limit: Self) -> bool {
		self.count <= limit.count && self.bytes <= limit.bytes
	}

	fn part(self, of: usize) -> Self {
		Self { count: self.count / of, bytes: self.bytes / of }
	}

	/// The options of an SDK's pool whose own bounds are never met below this limit.
	pub fn options(self, ban: Duration) -> TransactionPoolOptions {
		TransactionPoolOptions::new_with_params(
			self.count.saturating_mul(WAITING_FACTOR),
			self.bytes.saturating_mul(WAITING_FACTOR),
			Some(ban.as_secs()),
			TransactionPoolType::ForkAware,
			false,
			false,
		)
	}
}

/// Final blocks of which the SDK's pool does not know yet, the oldest first.
#[derive(Debug, Default)]
struct Finality(VecDeque<(u32, ChainEvent<Block>)>);

impl Finality {
	/// What to tell the SDK's pool now that `event` happened, of the block with `number`: what is new at once, what is
	/// final after a block that follows it. Whose number nobody knows is told at once.
	fn order(&mut self, event: ChainEvent<Block>, number: Option<u32>) -> Vec<ChainEvent<Block>> {
		let Some(number) = number else { return vec![event] };
		if event.is_finalized() {
			self.0.push_back((number, event));
			let surplus = self.0.len().saturating_sub(FINAL_HELD);
			return self.0.drain(..surplus).map(|(_, event)| event).collect();
		}
		let before = self.0.iter().take_while(|(finalized, _)| *finalized < number).count();
		let told = self.0.drain(..before).map(|(_, event)| event);
		std::iter::once(event).chain(told).collect()
	}
}

/// What is in the pool, and whose it is.
#[derive(Debug, Default)]
struct Ledger {
	transactions: HashMap<H256, (Option<OrganizationId>, usize)>,
	organizations: HashMap<OrganizationId, Amount>,
	total: Amount,
}

impl Ledger {
	/// Makes room for a transaction; `false` if there is none. One that is in already needs none.
	fn enter(
		&mut self,
		limit: Amount,
		hash: H256,
		owner: Option<OrganizationId>,
		bytes: usize,
	) -> bool {
		if self.holds(&hash) {
			return true;
		}
		let total = self.total.plus(Amount::of(bytes));
		let held = owner.and_then(|owner| self.organizations.get(&owner)).copied();
		let of_owner = held.unwrap_or_default().plus(Amount::of(bytes));
		if !total.fits(limit) || (owner.is_some() && !of_owner.fits(limit.part(SHARES))) {
			return false;
		}
		self.add(hash, owner, bytes);
		true
	}

	fn holds(&self, hash: &H256) -> bool {
		self.transactions.contains_key(hash)
	}

	/// Counts a transaction, once, whether or not there is room.
	fn add(&mut self, hash: H256, owner: Option<OrganizationId>, bytes: usize) {
		if self.holds(&hash) {
			return;
		}
		self.total = self.total.plus(Amount::of(bytes));
		if let Some(owner) = owner {
			let held = self.organizations.entry(owner).or_default();
			*held = held.plus(Amount::of(bytes));
		}
		self.transactions.insert(hash, (owner, bytes));
	}

	/// Gives up the room of a transaction.
	fn leave(&mut self, hash: &H256) {
		let Some((owner, bytes)) = self.transactions.remove(hash) else { return };
		self.total = self.total.minus(Amount::of(bytes));
		if let Some(owner) = owner {
			let left = self.organizations.get(&owner).copied().unwrap_or_default();
			let left = left.minus(Amount::of(bytes));
			if left == Amount::default() {
				self.organizations.remove(&owner);
			} else {
				self.organizations.insert(owner, left);
			}
		}
	}

	/// Gives up the room of all that the pool no longer holds.
	fn keep(&mut self, held: &HashSet<H256>) {
		let gone = self.transactions.keys().filter(|hash| !held.contains(hash));
		for hash in gone.copied().collect::<Vec<_>>() {
			self.leave(&hash);
		}
	}
}

/// The pool.
pub struct FairPool {
	inner: Inner,
	client: Arc<FullClient>,
	best: Arc<BestBlock>,
	limit: Amount,
	ledger: Mutex<Ledger>,
	finality: Mutex<Finality>,
	/// When which transaction was taken.
	taken: Taken,
	/// Transactions that there was no room for.
	refused: AtomicU64,
}

fn full() -> Error {
	PoolError::ImmediatelyDropped.into()
}

impl FairPool {
	/// Keeps `inner`, which was made with [`Amount::options`], within `limit`.
	pub fn new(inner: Inner, client: Arc<FullClient>, limit: Amount) -> Self {
		Self {
			inner,
			best: Arc::new(BestBlock::new(client.clone())),
			client,
			limit,
			ledger: Mutex::default(),
			finality: Mutex::default(),
			taken: Taken::default(),
			refused: AtomicU64::default(),
		}
	}

	/// What the best block says, as the pool remembers it.
	pub fn best(&self) -> &Arc<BestBlock> {
		&self.best
	}

	/// When which transaction was taken.
	pub fn taken(&self) -> &Taken {
		&self.taken
	}

	/// How many transactions there was no room for.
	pub fn refused_count(&self) -> u64 {
		self.refused.load(Ordering::Relaxed)
	}

	/// How full it is, from 0 to 1, by the scarcer of transactions and bytes. With the reserve, it may be more.
	pub fn fill(&self) -> f64 {
		let held = lock(&self.ledger).total;
		let ratio = |held: usize, limit: usize| held as f64 / limit.max(1) as f64;
		ratio(held.count, self.limit.count).max(ratio(held.bytes, self.limit.bytes))
	}

	/// How many transactions of each organization wait for another one.
	pub fn backlog(&self) -> HashMap<OrganizationId, u64> {
		let mut backlog = HashMap::new();
		let waiting = self.inner.futures();
		let ledger = lock(&self.ledger);
		for transaction in waiting {
			let owner = ledger.transactions.get(transaction.hash()).and_then(|(owner, _)| *owner);
			if let Some(owner) = owner {
				*backlog.entry(owner).or_default() += 1;
			}
		}
		backlog
	}

	/// The organization that a transaction counts for. `None` if it has no signer or that is no member: the runtime
	/// refuses those.
	fn owner(&self, extrinsic: &Extrinsic) -> Option<OrganizationId> {
		let signer = credio_runtime::configs::product::signer(extrinsic)?;
		self.best.organization(&signer).ok()?
	}

	/// Makes room for a transaction, which [`Self::refused`] gives up if the pool does not take it.
	fn enter(&self, hash: H256, extrinsic: &Extrinsic) -> Result<(), Error> {
		let owner = self.owner(extrinsic);
		let bytes = extrinsic.encoded_size();
		if lock(&self.ledger).enter(self.limit, hash, owner, bytes) {
			return Ok(());
		}
		let with_reserve = self.limit.plus(self.limit.part(RESERVE));
		let is_next = owner.is_some() && self.is_next(extrinsic);
		if is_next && lock(&self.ledger).enter(with_reserve, hash, owner, bytes) {
			return Ok(());
		}
		self.refused.fetch_add(1, Ordering::Relaxed);
		Err(full())
	}

	/// Whether the transaction is of a request at the next position of its lane.
	fn is_next(&self, extrinsic: &Extrinsic) -> bool {
		let Ok(Ok(submission)) = self.best.submission(&extrinsic.encode()) else { return false };
		submission.request.lane.is_some_and(|lane| {
			let next = self.best.next_position(submission.organization, lane.lane);
			next.is_ok_and(|next| next == lane.sequence)
		})
	}

	/// Notes what the pool answers to a transaction that there was room for.
	fn answered<T>(&self, hash: &H256, answer: Result<T, Error>) -> Result<T, Error> {
		match &answer {
			Ok(_) => self.taken.note(*hash),
			Err(error) => self.refused(hash, error),
		}
		answer
	}

	/// Gives up the room of a transaction that was not taken, unless the pool holds it from before.
	fn refused(&self, hash: &H256, error: &Error) {
		if !matches!(error, Error::Pool(PoolError::AlreadyImported(_))) {
			lock(&self.ledger).leave(hash);
		}
	}
}

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
		let mut taken = Vec::new();
		let mut results = Vec::with_capacity(extrinsics.len());
		for extrinsic in extrinsics {
			let hash = self.inner.hash_of(&extrinsic);
			results.push(self.enter(hash, &extrinsic).map(|()| hash));
			if results.last().is_some_and(Result::is_ok) {
				taken.push(extrinsic);
			}
		}
		let mut answers = match self.inner.submit_at(at, source, taken).await {
			Ok(answers) => answers.into_iter(),
			Err(error) => {
				results.iter().flatten().for_each(|hash| self.refused(hash, &error));
				return Err(error);
			},
		};
		Ok(results
			.into_iter()
			.map(|entered| {
				let hash = entered?;
				let answer = answers.next().unwrap_or_else(|| Err(full()));
				self.answered(&hash, answer)
			})
			.collect())
	}

	async fn submit_one(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<H256, Error> {
		let hash = self.inner.hash_of(&extrinsic);
		self.enter(hash, &extrinsic)?;
		let result = self.inner.submit_one(at, source, extrinsic).await;
		self.answered(&hash, result)
	}

	async fn submit_and_watch(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		let hash = self.inner.hash_of(&extrinsic);
		self.enter(hash, &extrinsic)?;
		let result = self.inner.submit_and_watch(at, source, extrinsic).await;
		self.answered(&hash, result)
	}

	async fn ready_at(
		&self,
		at: H256,
	) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.inner.ready_at(at).await
	}

	fn ready(&self) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.inner.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<H256>,
		errors: TxInvalidityReportMap<H256>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		self.inner.report_invalid(at, errors).await
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

	async fn ready_at_with_timeout(
		&self,
		at: H256,
		timeout: Duration,
	) -> Box<dyn ReadyTransactions<Item = Arc<Self::InPoolTransaction>> + Send> {
		self.inner.ready_at_with_timeout(at, timeout).await
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
		for event in events {
			self.inner.maintain(event).await;
		}
		// What came back from abandoned blocks counts too, whether or not there is room.
		let (mut held, mut unknown) = (HashSet::new(), Vec::new());
		let mut look = |transaction: &Self::InPoolTransaction| {
			let hash = *transaction.hash();
			held.insert(hash);
			if !lock(&self.ledger).holds(&hash) {
				unknown.push((hash, transaction.data().clone()));
			}
		};
		self.inner.ready().for_each(|transaction| look(&transaction));
		self.inner.futures().iter().for_each(look);
		for (hash, extrinsic) in unknown {
			let owner = self.owner(&extrinsic);
			lock(&self.ledger).add(hash, owner, extrinsic.encoded_size());
		}
		lock(&self.ledger).keep(&held);
	}
}

impl LocalTransactionPool for FairPool {
	type Block = Block;
	type Hash = H256;
	type Error = Error;

	fn submit_local(&self, at: H256, extrinsic: LocalTransactionFor<Self>) -> Result<H256, Error> {
		let hash = self.inner.hash_of(&extrinsic);
		self.enter(hash, &extrinsic)?;
		let result = self.inner.submit_local(at, extrinsic);
		self.answered(&hash, result)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const LIMIT: Amount = Amount { count: 4, bytes: 100 };

	fn hash(n: u8) -> H256 {
		H256([n; 32])
	}

	#[test]
	fn an_organization_gets_half_and_no_more() {
		let mut ledger = Ledger::default();
		assert!(ledger.enter(LIMIT, hash(1), Some(1), 10));
		assert!(ledger.enter(LIMIT, hash(2), Some(1), 10));
		assert!(!ledger.enter(LIMIT, hash(3), Some(1), 10), "half of the transactions");
		assert!(!ledger.enter(LIMIT, hash(3), Some(2), 51), "half of the bytes");
		assert!(ledger.enter(LIMIT, hash(3), Some(2), 50));
		assert!(ledger.enter(LIMIT, hash(4), Some(3), 30));
		assert!(!ledger.enter(LIMIT, hash(5), Some(4), 0), "all of the transactions");
		assert_eq!(ledger.total, LIMIT);
		// One that is in already.
		assert!(ledger.enter(LIMIT, hash(4), Some(3), 30));
		assert_eq!(ledger.total, LIMIT);
	}

	#[test]
	fn what_leaves_makes_room() {
		let mut ledger = Ledger::default();
		for n in 0..2 {
			assert!(ledger.enter(LIMIT, hash(n), Some(1), 20));
		}
		ledger.leave(&hash(9));
		ledger.leave(&hash(0));
		assert!(ledger.enter(LIMIT, hash(2), Some(1), 20));
		ledger.keep(&HashSet::from([hash(1), hash(7)]));
		assert_eq!(ledger.total, Amount { count: 1, bytes: 20 });
		ledger.keep(&HashSet::new());
		assert_eq!(ledger.total, Amount::default());
		assert!(ledger.organizations.is_empty() && ledger.transactions.is_empty());
	}

	#[test]
	fn what_comes_back_counts_once_even_without_room() {
		let mut ledger = Ledger::default();
		for n in 0..6 {
			ledger.add(hash(n), Some(1), 20);
			ledger.add(hash(n), Some(1), 20);
		}
		assert_eq!(ledger.total, Amount { count: 6, bytes: 120 });
		assert!(!ledger.enter(LIMIT, hash(9), Some(2), 1));
	}

	fn best(n: u8) -> ChainEvent<Block> {
		ChainEvent::NewBestBlock { hash: hash(n), tree_route: None }
	}

	fn finalized(n: u8) -> ChainEvent<Block> {
		ChainEvent::Finalized { hash: hash(n), tree_route: Arc::new([]) }
	}

	/// What the SDK's pool is told of each event: which block, and whether it is final.
	fn told(events: Vec<(ChainEvent<Block>, Option<u32>)>) -> Vec<Vec<(u8, bool)>> {
		let mut finality = Finality::default();
		let mut order = |(event, number)| finality.order(event, number);
		let tell = |event: ChainEvent<Block>| (event.hash().0[0], event.is_finalized());
		events.into_iter().map(|event| order(event).into_iter().map(tell).collect()).collect()
	}

	#[test]
	fn a_block_is_told_to_be_final_after_one_that_follows_it() {
		let events = vec![
			(best(1), Some(1)),
			(finalized(1), Some(1)),
			// Made on the same parent.
			(best(21), Some(1)),
			(best(2), Some(2)),
			// Final before it is told to be the best one.
			(finalized(3), Some(3)),
			(best(3), Some(3)),
			(best(4), Some(4)),
			// Final without each before it having been told to be.
			(finalized(4), Some(4)),
			(finalized(5), Some(5)),
			(best(6), Some(6)),
			(finalized(9), None),
		];
		let expected = [
			vec![(1, false)],
			vec![],
			vec![(21, false)],
			vec![(2, false), (1, true)],
			vec![],
			vec![(3, false)],
			vec![(4, false), (3, true)],
			vec![],
			vec![],
			vec![(6, false), (4, true), (5, true)],
			vec![(9, true)],
		];
		assert_eq!(told(events), expected);
	}

	#[test]
	fn no_more_final_blocks_are_held_than_there_is_room_for() {
		let events = (0..100).map(|n| (finalized(n), Some(u32::from(n)))).collect();
		let told = told(events).concat();
		assert_eq!(told, (0..36).map(|n| (n, true)).collect::<Vec<_>>());
	}
}
