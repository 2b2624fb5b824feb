//! Follows blocks, and finds transactions in them.

use super::figures::Samples;
use crate::lock::lock;
use credio_client::{
	Client, ConnectError, Error, Heads,
	primitives::{BlockNumber, Request},
};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard},
	time::Instant,
};
use tokio::{
	sync::{Semaphore, watch},
	task::JoinSet,
};

/// The hash of an extrinsic: `blake2_256` of its bytes.
pub(super) type Hash = [u8; 32];

/// Blocks between two checks for expired requests.
const SWEEP: BlockNumber = 16;

/// Returns the hash of an extrinsic.
pub(super) fn hash(extrinsic: &[u8]) -> Hash {
	sp_crypto_hashing::blake2_256(extrinsic)
}

/// The transactions of one loop.
pub(super) struct Tally {
	/// One for each further transaction that may be in flight.
	pub permits: Arc<Semaphore>,
	settled: Mutex<Settled>,
}

/// Transactions of one loop that are final or expired, with their requests for reading the outcomes.
#[derive(Default)]
pub(super) struct Settled {
	/// Their times.
	pub samples: Samples,
	/// The number of final ones.
	pub count: u64,
	/// The requests in them.
	pub requests: Vec<Request>,
	/// Accepted requests that have expired.
	pub expired: Vec<Request>,
	/// The number of blocks with any of them.
	pub blocks: u64,
	/// The time at which the last one was seen as final.
	pub last: Option<Instant>,
	/// The last of these blocks.
	block: BlockNumber,
}

impl Tally {
	/// Returns the tally of a loop with a bound on transactions in flight.
	pub(super) fn new(in_flight: u32) -> Arc<Self> {
		let permits = Arc::new(Semaphore::new(in_flight as usize));
		Arc::new(Self { permits, settled: Mutex::default() })
	}

	/// Returns the transactions settled so far.
	pub(super) fn settled(&self) -> MutexGuard<'_, Settled> {
		lock(&self.settled)
	}
}

/// A transaction that is not final yet.
struct Awaited {
	due: Instant,
	/// The time at which it was first seen in a best block.
	in_block: Option<Instant>,
	request: Option<Request>,
	tally: Arc<Tally>,
}

/// The state of a follower.
#[derive(Default)]
struct State {
	awaited: HashMap<Hash, Awaited>,
	/// The times at which blocks with awaited transactions were seen as final, and the numbers of such transactions.
	progress: Vec<(Instant, usize)>,
}

/// Follows the best and the final blocks of a node, and finds transactions in them. Stops on drop.
pub(super) struct Follower {
	state: Arc<Mutex<State>>,
	finalized: watch::Receiver<BlockNumber>,
	_tasks: JoinSet<()>,
}

impl Follower {
	/// Starts at the next blocks.
	pub(super) async fn start(client: Arc<Client>) -> Result<Self, Error> {
		let state = Arc::new(Mutex::new(State::default()));
		let (best, mut finalized) = (client.best_heads().await?, client.finalized_heads().await?);
		let first = finalized.next().await?;
		let (sender, receiver) = watch::channel(first);
		let mut tasks = JoinSet::new();
		let (of_best, known) = (client.clone(), state.clone());
		tasks.spawn(async move {
			if let Err(error) = follow_best(of_best, best, known).await {
				eprintln!("stopped following best blocks: {error}");
			}
		});
		let known = state.clone();
		tasks.spawn(async move {
			if let Err(error) = follow_final(client, finalized, &known, &sender).await {
				eprintln!("stopped following final blocks: {error}");
			}
			lock(&known).close();
		});
		Ok(Self { state, finalized: receiver, _tasks: tasks })
	}

	/// Awaits a transaction. Its times count from when it was due.
	pub(super) fn expect(
		&self,
		hash: Hash,
		due: Instant,
		request: Option<Request>,
		tally: &Arc<Tally>,
	) {
		let awaited = Awaited { due, in_block: None, request, tally: tally.clone() };
		lock(&self.state).awaited.insert(hash, awaited);
	}

	/// Stops awaiting a transaction that the node did not accept.
	pub(super) fn give_up(&self, hash: &Hash) {
		if let Some(awaited) = lock(&self.state).awaited.remove(hash) {
			awaited.tally.permits.add_permits(1);
		}
	}

	/// Returns the number of awaited transactions of a loop.
	pub(super) fn left(&self, tally: &Arc<Tally>) -> usize {
		let state = lock(&self.state);
		state.awaited.values().filter(|one| Arc::ptr_eq(&one.tally, tally)).count()
	}

	/// Stops awaiting the transactions of a loop. Returns their number, and their requests.
	pub(super) fn give_up_all(&self, tally: &Arc<Tally>) -> (u64, Vec<Request>) {
		let (mut count, mut requests) = (0, Vec::new());
		lock(&self.state).awaited.retain(|_, one| {
			let is_other = !Arc::ptr_eq(&one.tally, tally);
			if !is_other {
				count += 1;
				requests.extend(one.request);
			}
			is_other
		});
		(count, requests)
	}

	/// Returns the last final block that was read.
	pub(super) fn finalized(&self) -> BlockNumber {
		*self.finalized.borrow()
	}

	/// Waits until another final block was read.
	///
	/// # Errors
	///
	/// [`Error::Connect`] if blocks can no longer be followed.
	pub(super) async fn next_block(&self) -> Result<BlockNumber, Error> {
		let mut finalized = self.finalized.clone();
		finalized.borrow_and_update();
		let ended = |_| {
			Error::Connect(ConnectError::Unreachable("its blocks can no longer be followed".into()))
		};
		finalized.changed().await.map_err(ended)?;
		let number = *finalized.borrow();
		Ok(number)
	}

	/// Returns the finalized transactions a second from the first block to the last but one, since the last one need not
	/// be full; `None` for fewer than three blocks.
	pub(super) fn steady(&self) -> Option<f64> {
		steady(&lock(&self.state).progress)
	}
}

fn steady(progress: &[(Instant, usize)]) -> Option<f64> {
	let ((from, _), rest) = progress.split_first()?;
	let (_, full) = rest.split_last()?;
	let (until, _) = full.last()?;
	let count: usize = full.iter().map(|(_, count)| count).sum();
	let time = until.saturating_duration_since(*from).as_secs_f64();
	(time > 0.0).then(|| count as f64 / time)
}

impl State {
	fn in_block(&mut self, at: Instant, extrinsics: Vec<Hash>) {
		for hash in extrinsics {
			if let Some(awaited) = self.awaited.get_mut(&hash) {
				awaited.in_block.get_or_insert(at);
			}
		}
	}

	fn finalize(&mut self, number: BlockNumber, at: Instant, extrinsics: Vec<Hash>) {
		let mut count = 0;
		for hash in extrinsics {
			let Some(awaited) = self.awaited.remove(&hash) else { continue };
			let since = |at: Instant| at.saturating_duration_since(awaited.due);
			count += 1;
			let mut settled = awaited.tally.settled();
			settled.samples.add(awaited.in_block.map_or(since(at), since), since(at));
			settled.count += 1;
			settled.requests.extend(awaited.request);
			if settled.block < number {
				settled.block = number;
				settled.blocks += 1;
			}
			settled.last = Some(at);
			drop(settled);
			awaited.tally.permits.add_permits(1);
		}
		match self.progress.last_mut() {
			_ if count == 0 => {},
			// Several blocks became final at once.
			Some((last, of_last)) if *last == at => *of_last += count,
			_ => self.progress.push((at, count)),
		}
		if number.is_multiple_of(SWEEP) {
			self.sweep(number);
		}
	}

	/// Stops awaiting expired transactions, which would occupy a place in flight for ever.
	fn sweep(&mut self, finalized: BlockNumber) {
		self.awaited.retain(|_, one| match one.request {
			Some(request) if request.expires_at < finalized => {
				one.tally.settled().expired.push(request);
				one.tally.permits.add_permits(1);
				false
			},
			_ => true,
		});
	}

	/// Ends the waiting loops when blocks are no longer followed.
	fn close(&self) {
		self.awaited.values().for_each(|one| one.tally.permits.close());
	}
}

async fn follow_best(
	client: Arc<Client>,
	mut heads: Heads,
	state: Arc<Mutex<State>>,
) -> Result<(), Error> {
	loop {
		let number = heads.next().await?;
		let at = Instant::now();
		let extrinsics = extrinsics(&client, number).await?;
		lock(&state).in_block(at, extrinsics);
	}
}

async fn follow_final(
	client: Arc<Client>,
	mut heads: Heads,
	state: &Mutex<State>,
	sender: &watch::Sender<BlockNumber>,
) -> Result<(), Error> {
	let mut next = sender.borrow().saturating_add(1);
	loop {
		let until = heads.next().await?;
		let at = Instant::now();
		for number in next..=until {
			let extrinsics = extrinsics(&client, number).await?;
			lock(state).finalize(number, at, extrinsics);
		}
		next = until.saturating_add(1).max(next);
		sender.send_replace(next.saturating_sub(1));
	}
}

/// Returns the hashes of the signed extrinsics in a block of the best chain.
async fn extrinsics(client: &Client, number: BlockNumber) -> Result<Vec<Hash>, Error> {
	let Some(block) = client.block_hash(number).await? else { return Ok(Vec::new()) };
	let block: serde_json::Value = client.call("chain_getBlock", (block,)).await?;
	let extrinsics = block["block"]["extrinsics"].as_array().into_iter().flatten();
	let bytes = extrinsics.filter_map(|extrinsic| {
		let bytes = hex::decode(extrinsic.as_str()?.trim_start_matches("0x")).ok()?;
		is_signed(&bytes).then(|| hash(&bytes))
	});
	Ok(bytes.collect())
}

/// Returns whether an extrinsic is signed: the highest bit after its length is set.
fn is_signed(extrinsic: &[u8]) -> bool {
	let length = match extrinsic.first().map(|first| first & 3) {
		Some(0) => 1,
		Some(1) => 2,
		_ => 4,
	};
	extrinsic.get(length).is_some_and(|version| version & 0x80 != 0)
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::primitives::RequestKey;
	use std::time::Duration;

	fn awaited(tally: &Arc<Tally>, due: Instant, expires_at: BlockNumber) -> Awaited {
		let key = RequestKey([7; 32]);
		let request = Request { organization: 1, key, expires_at, lane: None };
		Awaited { due, in_block: None, request: Some(request), tally: tally.clone() }
	}

	#[test]
	fn final_transactions_count_for_their_loop() {
		let (one, other) = (Tally::new(0), Tally::new(0));
		let (due, mut state) = (Instant::now(), State::default());
		state.awaited.insert([1; 32], awaited(&one, due, 50));
		state.awaited.insert([2; 32], awaited(&other, due, 50));
		state.in_block(due + Duration::from_secs(1), vec![[1; 32]]);
		state.finalize(3, due + Duration::from_secs(2), vec![[1; 32], [9; 32]]);
		assert_eq!((one.permits.available_permits(), other.permits.available_permits()), (1, 0));
		let settled = one.settled();
		assert_eq!((settled.count, settled.blocks, settled.requests.len()), (1, 1, 1));
		assert_eq!(settled.samples.to_in_block().map(|times| times.max), Some(1.0));
		assert_eq!(settled.samples.to_final().map(|times| times.max), Some(2.0));
		assert_eq!(other.settled().count, 0);
	}

	#[test]
	fn expired_transactions_free_their_place() {
		let tally = Tally::new(0);
		let (due, mut state) = (Instant::now(), State::default());
		state.awaited.insert([1; 32], awaited(&tally, due, 31));
		state.awaited.insert([2; 32], awaited(&tally, due, 32));
		state.finalize(32, due, Vec::new());
		assert_eq!(tally.permits.available_permits(), 1);
		assert_eq!(tally.settled().expired.len(), 1);
		assert_eq!(state.awaited.len(), 1);
	}

	#[test]
	fn steady_rate_excludes_start_and_end() {
		let from = Instant::now();
		let at = |seconds| from + Duration::from_secs(seconds);
		let progress = [(at(0), 500), (at(1), 10), (at(3), 20), (at(4), 1)];
		assert_eq!(steady(&progress), Some(10.0));
		assert_eq!(steady(&progress[..2]), None);
	}
}
