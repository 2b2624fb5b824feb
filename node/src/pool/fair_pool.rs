//! The pool itself: entry, acceptance and reconciliation.

use super::{
	amount::Amount,
	arrivals::ArrivalTimes,
	claim::{Claim, Owner},
	claims::Claims,
	division::Division,
	door::{Door, Pass},
	finality::Finality,
	ledger::{Ledger, NoRoom},
	order::Fair,
	room::Strictness,
	state::State,
};
use crate::{best::BestBlock, client::FullClient, lock::lock};
use credio_primitives::OrganizationId;
use credio_runtime::{native::SignatureCheck, opaque::Block};
use sc_client_api::BlockBackend;
use sc_transaction_pool_api::{
	ChainEvent, InPoolTransaction, ReadyTransactions, TransactionFor, TransactionPool,
	TransactionSource,
	error::{Error as PoolError, IntoPoolError},
};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;
use std::{
	collections::{HashMap, HashSet},
	sync::{
		Arc, Mutex,
		atomic::{AtomicU64, Ordering},
	},
};

/// The SDK's pool.
pub(super) type Inner = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
/// The error of the SDK's pool.
pub(super) type Error = <Inner as TransactionPool>::Error;
/// A transaction of the pool.
pub(super) type Extrinsic = TransactionFor<Inner>;
/// Ready transactions, in the order of a block.
pub(super) type FairReady =
	dyn ReadyTransactions<Item = Arc<<Inner as TransactionPool>::InPoolTransaction>> + Send;

/// Blocks after which a transaction that was ready in all of them is dropped, although it was offered to other nodes
/// again. Its sender is notified and signs it again.
const DROPPED_AFTER: u32 = 64;

/// Bound on the transactions that wait in line at a door. The SDK passes on at most as many from other nodes.
const LINE: Amount = Amount { count: 8_192, bytes: 64 * 1024 * 1024 };

/// The origin of a transaction. The SDK's sources do not distinguish clients of this node from other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
	/// From a client of this node, or from the node itself.
	Local,
	/// From another node.
	Network,
}

/// The pool.
pub(crate) struct FairPool {
	pub(super) inner: Inner,
	pub(super) client: Arc<FullClient>,
	best: Arc<BestBlock>,
	pub(super) ledger: Mutex<Ledger>,
	pub(super) finality: Mutex<Finality>,
	/// Doors for transactions that cannot be checked before validation: a few at a time, local ones and others.
	local_door: Door,
	network_door: Door,
	arrivals: ArrivalTimes,
	/// Transactions rejected for lack of room.
	refused: AtomicU64,
	/// Transactions that the SDK's pool dropped because of its own bounds.
	overrun: AtomicU64,
}

/// A transaction that was let in, with its place at the door if its signature is unchecked. Its room is freed on drop
/// unless it is accepted, so a sender that disconnects leaves nothing behind.
pub(super) struct Entered<'pool> {
	pool: &'pool FairPool,
	hash: H256,
	claim: Claim,
	origin: Origin,
	is_accepted: bool,
	_door: Option<Pass<'pool>>,
}

impl Entered<'_> {
	/// Records that the SDK's pool has taken it.
	///
	/// # Errors
	///
	/// If there is no room for it in its actual state.
	pub(super) fn accept(mut self, extrinsic: &Extrinsic) -> Result<(), NoRoom> {
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

/// Returns the error of a full pool.
pub(super) fn full() -> Error {
	PoolError::ImmediatelyDropped.into()
}

impl FairPool {
	/// Returns a pool that keeps `inner`, made with [`Amount::options`], within `limit`.
	pub(crate) fn new(inner: Inner, client: Arc<FullClient>, limit: Amount) -> Self {
		let division = Division::new(limit);
		Self {
			inner,
			best: Arc::new(BestBlock::new(client.clone())),
			client,
			ledger: Mutex::new(Ledger::new(division)),
			finality: Mutex::default(),
			local_door: Door::new(division.unchecked(), LINE),
			network_door: Door::new(division.unchecked(), LINE),
			arrivals: ArrivalTimes::default(),
			refused: AtomicU64::default(),
			overrun: AtomicU64::default(),
		}
	}

	/// Returns the pool's cached view of the best block.
	pub(crate) fn best(&self) -> &Arc<BestBlock> {
		&self.best
	}

	/// Returns the times at which transactions were accepted.
	pub(crate) fn arrivals(&self) -> &ArrivalTimes {
		&self.arrivals
	}

	/// Returns the number of transactions rejected for lack of room.
	pub(crate) fn refused_count(&self) -> u64 {
		self.refused.load(Ordering::Relaxed)
	}

	/// Returns the number of transactions that the SDK's pool dropped at its own bounds. It should stay 0.
	pub(crate) fn overrun_count(&self) -> u64 {
		self.overrun.load(Ordering::Relaxed)
	}

	/// Returns how full the pool is, from 0 to 1, by the scarcer of transactions and bytes.
	pub(crate) fn fill(&self) -> f64 {
		let ledger = lock(&self.ledger);
		let held = ledger.total();
		let limit = ledger.limit();
		let ratio = |held: usize, limit: usize| held as f64 / limit.max(1) as f64;
		let held = held.ready.plus(held.waiting);
		ratio(held.count, limit.count).max(ratio(held.bytes, limit.bytes))
	}

	/// Returns the number of waiting transactions of each organization.
	pub(crate) fn backlog(&self) -> HashMap<OrganizationId, u64> {
		let ledger = lock(&self.ledger);
		let totals = ledger.totals().iter();
		totals
			.filter_map(|(owner, totals)| Some(((*owner)?, totals.waiting.count as u64)))
			.filter(|(_, waiting)| *waiting > 0)
			.collect()
	}

	/// Returns the reader of claims.
	pub(super) fn claims(&self) -> Claims<'_> {
		Claims { client: &self.client, best: &self.best }
	}

	/// Returns whether a transaction is expected to wait for its predecessor in its lane.
	fn waits(&self, claim: &Claim) -> bool {
		let (Some(organization), Some(lane)) = (claim.organization, claim.lane) else {
			return false;
		};
		let next = self.best.next_position(organization, lane.lane).unwrap_or_default();
		let Some(before) = lane.sequence.checked_sub(1) else { return false };
		let before = credio_primitives::LanePosition { sequence: before, ..lane };
		lane.sequence > next && !lock(&self.ledger).is_ready_at(organization, before)
	}

	/// Lets a transaction in if there is room for it. The caller must pass the result to [`Self::finish_entry`].
	pub(super) async fn enter(
		&self,
		origin: Origin,
		extrinsic: &Extrinsic,
	) -> Result<Entered<'_>, Error> {
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

	/// Lets in a transaction that has passed the door.
	pub(super) fn admit<'pool>(
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

	/// Submits a transaction of an origin.
	pub(crate) async fn submit_from(
		&self,
		origin: Origin,
		at: H256,
		source: TransactionSource,
		extrinsic: Extrinsic,
	) -> Result<H256, Error> {
		let entered = self.enter(origin, &extrinsic).await?;
		let result = self.inner.submit_one(at, source, extrinsic.clone()).await;
		self.finish_entry(entered, &extrinsic, result).await
	}

	/// Records the result of the SDK's pool for a transaction that was let in. If it was taken although there is no room
	/// for it, it is removed again.
	pub(super) async fn finish_entry<T>(
		&self,
		entered: Entered<'_>,
		extrinsic: &Extrinsic,
		result: Result<T, Error>,
	) -> Result<T, Error> {
		let hash = entered.hash;
		let value = result.inspect_err(|error| self.note_refusal(error))?;
		if entered.accept(extrinsic).is_ok() {
			self.arrivals.note(hash);
			return Ok(value);
		}
		self.inner.report_invalid(None, [(hash, None)].into_iter().collect()).await;
		Err(self.no_room())
	}

	/// Counts an overrun if the SDK's pool dropped a transaction.
	pub(super) fn note_refusal(&self, error: &Error) {
		if matches!(error, Error::Pool(PoolError::ImmediatelyDropped)) {
			self.note_overrun();
		}
	}

	fn note_overrun(&self) {
		self.overrun.fetch_add(1, Ordering::Relaxed);
		log::error!(
			target: "credio-pool",
			"the SDK's pool has reached its own bounds and may have dropped accepted transactions; check --pool-limit and --pool-kbytes"
		);
	}

	/// Reconciles the ledger with the view of the SDK's pool. Returns the transactions to submit to it again.
	pub(super) fn reconcile(&self, included: &HashSet<H256>) -> Vec<(H256, Extrinsic)> {
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

	/// Submits a transaction that is in no view to the SDK's pool again, and removes it from the ledger if it is refused.
	pub(super) async fn resubmit(&self, hash: H256, extrinsic: Extrinsic) {
		let at = self.client.info().best_hash;
		let result = self.inner.submit_one(at, TransactionSource::Local, extrinsic).await;
		let Err(error) = result else { return };
		if !matches!(error.into_pool_error(), Ok(PoolError::AlreadyImported(_))) {
			lock(&self.ledger).leave(&hash);
		}
	}

	/// Returns local transactions to offer to other nodes again at a block, and schedules their next offer.
	pub(crate) fn overdue(&self, at: u32, limit: Amount) -> Vec<Extrinsic> {
		lock(&self.ledger).overdue(at, limit)
	}

	/// Drops transactions that have been ready for too long: no other node holds them.
	pub(super) async fn drop_stale(&self) {
		let now = self.client.info().best_number;
		let due = lock(&self.ledger).ready_since(now.saturating_sub(DROPPED_AFTER));
		if due.is_empty() {
			return;
		}
		let report = due.iter().map(|hash| (*hash, None)).collect();
		self.inner.report_invalid(None, report).await;
		let mut ledger = lock(&self.ledger);
		due.iter().for_each(|hash| ledger.leave(hash));
	}

	/// Returns the hashes of the transactions in a new best block and in the blocks that joined the best chain with it.
	pub(super) fn included(&self, event: &ChainEvent<Block>) -> HashSet<H256> {
		let ChainEvent::NewBestBlock { hash, tree_route } = event else { return HashSet::new() };
		let enacted = tree_route.iter().flat_map(|route| route.enacted());
		let blocks = enacted.map(|block| block.hash).chain([*hash]);
		blocks
			.filter_map(|block| self.client.block_body(block).ok().flatten())
			.flatten()
			.map(|extrinsic| self.inner.hash_of(&extrinsic))
			.collect()
	}

	/// Puts ready transactions into the order of a block.
	pub(super) fn fair<Ready>(&self, ready: Ready) -> Box<FairReady>
	where
		Ready: Iterator<Item = Arc<<Inner as TransactionPool>::InPoolTransaction>>,
	{
		let ledger = lock(&self.ledger);
		let fair = Fair::new(ready, |transaction| {
			ledger.get(transaction.hash()).map_or(Owner::Nobody, |held| held.claim.owner)
		});
		Box::new(fair)
	}
}
