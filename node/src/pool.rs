//! The node's pool: the SDK's, with bounds that are kept by refusing what is new and never by dropping what was taken.
//!
//! By itself, the SDK's pool makes room by dropping older transactions, without a word to those who did not watch them,
//! lets only a tenth of its size wait for a predecessor, and knows no organizations. Here the SDK's pool is made so large
//! that its own bounds are never met; a [ledger](ledger) decides at the door whether there is room:
//!
//! - each organization has some that nobody else can take, and so has each seat of the council for what it governs by,
//!   and the node for reports of equivocation;
//! - what waits for a predecessor has room of its own, far less than what is ready;
//! - room is charged to an account only if it has signed.
//!
//! A block takes from all organizations in [turns](order).
//!
//! The SDK's pool drops what waits for a predecessor when it is told that a block is final of which the last view is
//! younger than the transaction, since it is in no view then. So it hears of a final block only once there is a view of
//! one after it: see [`finality`].

mod amount;
mod claim;
mod contents;
mod door;
mod finality;
mod ledger;
mod network;
mod order;
mod room;

pub use amount::Amount;
pub use network::NetworkPool;

use self::{
	amount::Division,
	claim::Claims,
	door::{Door, Pass},
	finality::Finality,
	ledger::{Claim, Ledger, NoRoom, State},
	order::Fair,
	room::Strictness,
};
use crate::{best::BestBlock, lock::lock, metrics::Taken, service::FullClient};
use async_trait::async_trait;
use credio_primitives::OrganizationId;
use credio_runtime::{native::SignatureCheck, opaque::Block};
use sc_client_api::BlockBackend;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	ChainEvent, ImportNotificationStream, InPoolTransaction, LocalTransactionFor,
	LocalTransactionPool, MaintainedTransactionPool, PoolStatus, ReadyTransactions, TransactionFor,
	TransactionPool, TransactionSource, TransactionStatusStreamFor, TxHash, TxInvalidityReportMap,
};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;
use std::{
	collections::{HashMap, HashSet},
	pin::Pin,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex,
	},
	time::Duration,
};

type Inner = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
type Error = <Inner as TransactionPool>::Error;
type Extrinsic = TransactionFor<Inner>;

/// Blocks after which a transaction that was ready in all of them is given up, though it was offered to other nodes again:
/// its sender is told, and signs it anew.
const GIVEN_UP_AFTER: u32 = 64;

/// Transactions that wait in line at a door, and their size. The SDK hands over as many of other nodes at most.
const LINE: Amount = Amount { count: 8_192, bytes: 64 * 1024 * 1024 };

/// How a transaction came. The SDK's sources do not tell a client of this node from another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
	/// From a client of this node, or from the node itself.
	Local,
	/// From another node.
	Network,
}

/// The pool.
pub struct FairPool {
	inner: Inner,
	client: Arc<FullClient>,
	best: Arc<BestBlock>,
	ledger: Mutex<Ledger>,
	finality: Mutex<Finality>,
	/// Lets in what cannot be checked before it is validated: a few at a time, from here and from elsewhere.
	local_door: Door,
	network_door: Door,
	/// When which transaction was taken.
	taken: Taken,
	/// Transactions that there was no room for.
	refused: AtomicU64,
	/// Transactions that the SDK's pool dropped because of its own bounds.
	overrun: AtomicU64,
}

/// A transaction that was let in, with its place at the door while it cannot be checked. Unless it is accepted, its room is
/// given up when this is dropped, also if whoever handed it in has gone.
struct Entered<'pool> {
	pool: &'pool FairPool,
	hash: H256,
	claim: Claim,
	origin: Origin,
	is_accepted: bool,
	_door: Option<Pass<'pool>>,
}

impl Entered<'_> {
	/// Notes that the SDK's pool has taken it.
	fn accept(mut self, extrinsic: &Extrinsic) -> Result<(), NoRoom> {
		self.is_accepted = true;
		let Self { pool, hash, claim, .. } = &self;
		let is_ready = pool.inner.ready_transaction(hash).is_some();
		let state = if is_ready { State::Ready } else { State::Waiting };
		let since = pool.client.info().best_number;
		let is_local = self.origin == Origin::Local;
		lock(&pool.ledger).accepted(*hash, claim, extrinsic, state, since, is_local)
	}
}

impl Drop for Entered<'_> {
	fn drop(&mut self) {
		if !self.is_accepted {
			lock(&self.pool.ledger).refused(&self.hash);
		}
	}
}

fn full() -> Error {
	PoolError::ImmediatelyDropped.into()
}

impl FairPool {
	/// Keeps `inner`, which was made with [`Amount::options`], within `limit`.
	pub fn new(inner: Inner, client: Arc<FullClient>, limit: Amount) -> Self {
		let division = Division::new(limit);
		Self {
			inner,
			best: Arc::new(BestBlock::new(client.clone())),
			client,
			ledger: Mutex::new(Ledger::new(division)),
			finality: Mutex::default(),
			local_door: Door::new(division.unchecked(), LINE),
			network_door: Door::new(division.unchecked(), LINE),
			taken: Taken::default(),
			refused: AtomicU64::default(),
			overrun: AtomicU64::default(),
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

	/// How many transactions the SDK's pool has dropped because of its own bounds, which are never to be met.
	pub fn overrun_count(&self) -> u64 {
		self.overrun.load(Ordering::Relaxed)
	}

	/// How full it is, from 0 to 1, by the scarcer of transactions and bytes.
	pub fn fill(&self) -> f64 {
		let ledger = lock(&self.ledger);
		let held = ledger.total();
		let limit = ledger.limit();
		let ratio = |held: usize, limit: usize| held as f64 / limit.max(1) as f64;
		let held = held.ready.plus(held.waiting);
		ratio(held.count, limit.count).max(ratio(held.bytes, limit.bytes))
	}

	/// How many transactions of each organization wait for another one.
	pub fn backlog(&self) -> HashMap<OrganizationId, u64> {
		let ledger = lock(&self.ledger);
		let totals = ledger.totals().iter();
		totals
			.filter_map(|(owner, totals)| Some(((*owner)?, totals.waiting.count as u64)))
			.filter(|(_, waiting)| *waiting > 0)
			.collect()
	}

	fn claims(&self) -> Claims<'_> {
		Claims { client: &self.client, best: &self.best }
	}

	/// Whether a transaction is going to wait for the one before it in its lane, as far as is known now.
	fn waits(&self, claim: &Claim) -> bool {
		let (Some(organization), Some(lane)) = (claim.organization, claim.lane) else {
			return false;
		};
		let next = self.best.next_position(organization, lane.lane).unwrap_or_default();
		let Some(before) = lane.sequence.checked_sub(1) else { return false };
		let before = credio_primitives::LanePosition { sequence: before, ..lane };
		lane.sequence > next && !lock(&self.ledger).is_ready_at(organization, before)
	}

	/// Lets a transaction in if there is room for it. Each is to be [answered](Self::answered).
	async fn enter(&self, origin: Origin, extrinsic: &Extrinsic) -> Result<Entered<'_>, Error> {
		let hash = self.inner.hash_of(extrinsic);
		let (claim, check) = self.claims().read(extrinsic);
		let door = match check {
			SignatureCheck::Good => None,
			SignatureCheck::Bad => {
				return Err(PoolError::InvalidTransaction(InvalidTransaction::BadProof).into());
			},
			SignatureCheck::Unknown => {
				let door = match origin {
					Origin::Local => &self.local_door,
					Origin::Network => &self.network_door,
				};
				Some(door.pass(claim.bytes).await.ok_or_else(|| self.no_room())?)
			},
		};
		self.admit(hash, claim, check, origin, door)
	}

	fn admit<'pool>(
		&'pool self,
		hash: H256,
		claim: Claim,
		check: SignatureCheck,
		origin: Origin,
		door: Option<Pass<'pool>>,
	) -> Result<Entered<'pool>, Error> {
		let waits = self.waits(&claim);
		let is_checked = check == SignatureCheck::Good;
		let strictness = match origin {
			Origin::Local => Strictness::Local,
			Origin::Network => Strictness::Network,
		};
		let let_in = lock(&self.ledger).enter(hash, &claim, waits, is_checked, strictness);
		let_in.map_err(|NoRoom| self.no_room())?;
		Ok(Entered { pool: self, hash, claim, origin, is_accepted: false, _door: door })
	}

	fn no_room(&self) -> Error {
		self.refused.fetch_add(1, Ordering::Relaxed);
		full()
	}

	/// Submits a transaction that came in a certain way.
	pub async fn submit_from(
		&self,
		origin: Origin,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<H256, Error> {
		let entered = self.enter(origin, &extrinsic).await?;
		let result = self.inner.submit_one(at, source, extrinsic.clone()).await;
		self.answered(entered, &extrinsic, result).await
	}

	/// Notes what the SDK's pool answers to a transaction that was let in. If it turns out to have taken one that there is
	/// no room for, that is taken out again.
	async fn answered<T>(
		&self,
		entered: Entered<'_>,
		extrinsic: &Extrinsic,
		answer: Result<T, Error>,
	) -> Result<T, Error> {
		let hash = entered.hash;
		let answer = answer.inspect_err(|error| self.note_refusal(error))?;
		if entered.accept(extrinsic).is_ok() {
			self.taken.note(hash);
			return Ok(answer);
		}
		self.inner.report_invalid(None, [(hash, None)].into_iter().collect()).await;
		Err(self.no_room())
	}

	fn note_refusal(&self, error: &Error) {
		if matches!(error, Error::Pool(PoolError::ImmediatelyDropped)) {
			self.note_overrun();
		}
	}

	fn note_overrun(&self) {
		self.overrun.fetch_add(1, Ordering::Relaxed);
		log::error!(
			target: "credio-pool",
			"the SDK's pool has met its own bounds, and may have dropped what this node has taken"
		);
	}

	/// What the view of the SDK's pool holds, and whose what is new in it is.
	fn reconcile(&self, included: &HashSet<H256>) -> Vec<(H256, Extrinsic)> {
		let mut seen = HashMap::new();
		let mut unknown = Vec::new();
		let mut look = |transaction: &<Inner as TransactionPool>::InPoolTransaction, state| {
			let hash = *transaction.hash();
			seen.insert(hash, state);
			if !lock(&self.ledger).knows(&hash) {
				unknown.push((hash, transaction.data().clone(), state));
			}
		};
		self.inner.ready().for_each(|transaction| look(&transaction, State::Ready));
		self.inner.futures().iter().for_each(|transaction| look(transaction, State::Waiting));
		let since = self.client.info().best_number;
		for (hash, extrinsic, state) in unknown {
			let claim = self.claims().read_validated(&extrinsic);
			lock(&self.ledger).returned(hash, claim, (*extrinsic).clone(), state, since);
		}
		lock(&self.ledger).reconcile(&seen, included, since)
	}

	/// Asks the SDK's pool about what is in no view: it takes it again, or says why it does not.
	async fn ask(&self, hash: H256, extrinsic: Extrinsic) {
		let at = self.client.info().best_hash;
		let answer = self.inner.submit_one(at, TransactionSource::Local, extrinsic).await;
		let Err(error) = answer else { return };
		if !matches!(error.into_pool_error(), Ok(PoolError::AlreadyImported(_))) {
			lock(&self.ledger).leave(&hash);
		}
	}

	/// Returns what was handed in here and is to be offered to other nodes again at a block. It is not again for a while.
	pub fn overdue(&self, at: u32, limit: Amount) -> Vec<Extrinsic> {
		lock(&self.ledger).overdue(at, limit)
	}

	/// Gives up what was ready for so long that nobody else has it.
	async fn give_up(&self) {
		let now = self.client.info().best_number;
		let due = lock(&self.ledger).ready_since(now.saturating_sub(GIVEN_UP_AFTER));
		if due.is_empty() {
			return;
		}
		let report = due.iter().map(|hash| (*hash, None)).collect();
		self.inner.report_invalid(None, report).await;
		let mut ledger = lock(&self.ledger);
		due.iter().for_each(|hash| ledger.leave(hash));
	}

	/// Hashes of the transactions in a block and in those that became part of the best chain with it.
	fn included(&self, event: &ChainEvent<Block>) -> HashSet<H256> {
		let ChainEvent::NewBestBlock { hash, tree_route } = event else { return HashSet::new() };
		let enacted = tree_route.iter().flat_map(|route| route.enacted());
		let blocks = enacted.map(|block| block.hash).chain([*hash]);
		blocks
			.filter_map(|block| self.client.block_body(block).ok().flatten())
			.flatten()
			.map(|extrinsic| self.inner.hash_of(&extrinsic))
			.collect()
	}

	fn fair<Ready>(&self, ready: Ready) -> Box<FairReady>
	where
		Ready: Iterator<Item = Arc<<Inner as TransactionPool>::InPoolTransaction>>,
	{
		let ledger = lock(&self.ledger);
		let fair = Fair::new(ready, |transaction| {
			ledger.get(transaction.hash()).map_or(ledger::Owner::Nobody, |held| held.claim.owner)
		});
		Box::new(fair)
	}
}

type FairReady =
	dyn ReadyTransactions<Item = Arc<<Inner as TransactionPool>::InPoolTransaction>> + Send;

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
		self.answered(entered, &extrinsic, result).await
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
			self.ask(hash, extrinsic).await;
		}
		self.give_up().await;
	}
}

impl LocalTransactionPool for FairPool {
	type Block = Block;
	type Hash = H256;
	type Error = Error;

	fn submit_local(&self, at: H256, extrinsic: LocalTransactionFor<Self>) -> Result<H256, Error> {
		let (claim, check) = self.claims().read(&extrinsic);
		let hash = self.inner.hash_of(&extrinsic);
		// What the node itself brings is not many, and comes from no stranger.
		let entered = self.admit(hash, claim, check, Origin::Local, None)?;
		let result = self.inner.submit_local(at, extrinsic.clone());
		result.inspect_err(|error| self.note_refusal(error))?;
		entered.accept(&extrinsic).map(|()| hash).map_err(|NoRoom| full())
	}
}
