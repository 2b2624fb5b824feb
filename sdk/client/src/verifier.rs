//! Verified reads: what a client takes of a node only with a proof.
//!
//! A [`Verifier`] trusts one final block at a time. It moves on to newer ones by the votes of the validators, each change
//! of them proven, and reads the state of the newest by storage proof. So a node can hold answers back, and cannot make
//! them up. [`Trust`] says whether a client reads so; it does unless it is told otherwise.

mod checkpoint;
mod file;

#[cfg(test)]
mod tests;

use crate::error::{ConnectError, Error, ProofError, Result};
use codec::DecodeAll;
use credio_evidence::{genesis_keys, Checkpoint, Head, Trusted};
use credio_primitives::{
	evidence::State as ReadState,
	rpc::{BlockRef, Bytes, FinalityJson},
	storage, BlockNumber, Digest, Moment,
};
use std::{
	collections::{BTreeSet, HashMap},
	future::Future,
	path::{Path, PathBuf},
	sync::{Arc, Mutex as StdMutex, PoisonError},
	time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Mutex;

/// How old the newest final block may be, by the chain's clock held against this machine's, unless told otherwise.
pub const MAX_AGE: Duration = Duration::from_secs(600);
/// For how long a block counts as recent.
const RECENT: Duration = Duration::from_secs(1);
/// For how long the state of a block is read before the node is asked for a newer one. Nodes keep states for longer.
const HEAD_LASTS: Duration = Duration::from_secs(30);
/// For how long a block that is not final yet is waited for, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long between two tries.
const RETRY: Duration = Duration::from_millis(200);
/// Most keys in one proof.
const MAX_KEYS: usize = 256;
/// Most values that are kept of a block.
const MAX_VALUES: usize = 16 * 1024;
/// Most answers in which a node proves that one block is final.
const MAX_ROUNDS: usize = 64;
/// How often a checkpoint is written while the validators stay the same.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// What a client believes of its node.
#[derive(Clone, Debug)]
pub enum Trust {
	/// What it proves. Encryption keys, streams, epochs, grants, entries and outcomes are read so.
	Proofs(Arc<Verifier>),
	/// Everything. A node that lies can then have secrets wrapped to its own key, and make up outcomes, owners and
	/// documents: for a node that is run by oneself, on the same machine or behind TLS.
	Node,
}

impl Trust {
	/// Proofs, from a checkpoint of one's own or genesis on.
	pub fn proofs(settings: VerifierSettings) -> Self {
		Self::Proofs(Arc::new(Verifier::new(settings)))
	}
}

impl Default for Trust {
	fn default() -> Self {
		Self::proofs(VerifierSettings::default())
	}
}

/// What a [`Verifier`] starts from.
#[derive(Clone, Debug)]
pub struct VerifierSettings {
	/// What is trusted already: the chain's specification, or a checkpoint. Without it, and without a file, the chain is
	/// the one whose genesis hash the first node names.
	pub trusted: Option<Trusted>,
	/// Where what was verified is kept, to go on from there: a checkpoint of one's own. Without it, in memory only.
	pub file: Option<PathBuf>,
	/// How old the newest final block may be, by the chain's clock held against this machine's.
	pub max_age: Duration,
	/// For how long a block that is not final yet is waited for.
	pub patience: Duration,
}

impl Default for VerifierSettings {
	fn default() -> Self {
		Self { trusted: None, file: None, max_age: MAX_AGE, patience: PATIENCE }
	}
}

/// What a verifier has kept in a file, if there is one.
///
/// # Errors
///
/// [`Error::Argument`] if it cannot be read.
pub fn kept(path: &Path) -> Result<Option<Trusted>> {
	let kept = file::read(path)?;
	Ok(kept.map(|checkpoint| Trusted::own(&checkpoint)).transpose()?)
}

/// Puts what is trusted in place of what a verifier has kept in a file: the chain's specification, say, or a checkpoint that
/// the council has signed.
///
/// # Errors
///
/// [`Error::Argument`] if it cannot be written.
pub fn keep(path: &Path, trusted: &Trusted) -> Result<()> {
	file::replace(path, &Checkpoint::of(trusted))
}

/// What a node is asked, and may answer as it likes.
pub(crate) trait Source: Sync {
	/// Hash of block 0.
	fn genesis(&self) -> Digest;

	/// `chain_getHeader`.
	fn header(
		&self,
		block: Digest,
	) -> impl Future<Output = Result<Option<serde_json::Value>>> + Send;

	/// `credio_v1_finality`.
	fn finality(&self, from: Digest) -> impl Future<Output = Result<FinalityJson>> + Send;

	/// The nodes of `state_getReadProof`.
	fn proof(
		&self,
		keys: &[Vec<u8>],
		at: Digest,
	) -> impl Future<Output = Result<Vec<Bytes>>> + Send;
}

/// How new a block has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
	/// The newest one of a moment ago.
	Recent,
	/// The newest one.
	Newest,
	/// At least this one.
	Block(BlockNumber),
}

/// What is stored at a final block.
#[derive(Debug)]
pub(crate) struct Proven {
	/// The block.
	pub at: BlockRef,
	/// Its time, by the chain's clock.
	pub now: Moment,
	head: Head,
	values: HashMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Proven {
	/// What is stored under a key that was asked for.
	pub fn get<T: DecodeAll>(&self, key: &[u8]) -> Result<Option<T>> {
		let Some(bytes) = self.value(key)? else { return Ok(None) };
		T::decode_all(&mut &bytes[..]).map(Some).map_err(|_| {
			Error::UnexpectedResponse("the chain stores something in a form that this software does not know: use that of its release".into())
		})
	}
}

impl ReadState for Proven {
	type Error = Error;

	fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
		let not_asked = || Error::UnexpectedResponse("what was not asked for is not proven".into());
		self.values.get(key).cloned().ok_or_else(not_asked)
	}

	fn digest(&self, key: &[u8]) -> Result<Option<Digest>> {
		Ok(self.value(key)?.map(|value| Digest(sp_crypto_hashing::blake2_256(&value))))
	}
}

/// Reads of a node what it proves, and nothing else. One serves any number of clients of a chain.
pub struct Verifier {
	settings: VerifierSettings,
	/// Keys that somebody waits for: whoever asks next asks for all of them.
	wanted: StdMutex<BTreeSet<Vec<u8>>>,
	known: Mutex<Known>,
}

/// What is verified so far.
#[derive(Default)]
struct Known {
	/// The newest final block.
	head: Option<Head>,
	/// The newest one of which it is proven, too, that it is of this chain. From this one it goes on.
	of_chain: Option<Head>,
	/// When the node was asked for it.
	asked_at: Option<Instant>,
	/// What was read of its state.
	values: HashMap<Vec<u8>, Option<Vec<u8>>>,
	/// When it was written to the file, and the set of validators then.
	saved: Option<(Instant, u64)>,
}

impl std::fmt::Debug for Verifier {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Verifier").field("settings", &self.settings).finish_non_exhaustive()
	}
}

impl Known {
	fn satisfies(&self, need: Need, since: Instant) -> bool {
		let (Some(head), Some(asked_at)) = (&self.head, self.asked_at) else { return false };
		match need {
			Need::Recent => asked_at.elapsed() < RECENT,
			// Asked for by somebody else after this caller came is as good.
			Need::Newest => asked_at >= since,
			Need::Block(number) => head.block().number >= number && asked_at.elapsed() < HEAD_LASTS,
		}
	}

	fn lacks(&self, key: &[u8]) -> bool {
		!self.values.contains_key(key)
	}

	fn stored(&self, key: &[u8]) -> Option<&Vec<u8>> {
		self.values.get(key)?.as_ref()
	}

	/// Checks that the block is of the chain.
	fn check_chain(&mut self, head: &Head) -> Result<()> {
		let genesis = self.stored(&storage::block_hash(0)).map(Vec::as_slice);
		match head.check_chain(genesis) {
			Ok(()) => {
				self.of_chain = Some(head.clone());
				Ok(())
			},
			Err(refused) => {
				self.head = None;
				self.asked_at = None;
				self.values.clear();
				Err(ProofError::NotProven(refused).into())
			},
		}
	}
}

impl Verifier {
	/// Starts from what is trusted.
	pub fn new(settings: VerifierSettings) -> Self {
		Self { settings, wanted: StdMutex::default(), known: Mutex::default() }
	}

	/// The newest final block that it has verified; `None` before the first read.
	pub async fn block(&self) -> Option<BlockRef> {
		self.known.lock().await.head.as_ref().map(Head::block)
	}

	/// Asks for a key together with the next ones that somebody reads.
	pub(crate) fn want(&self, keys: impl IntoIterator<Item = Vec<u8>>) {
		let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
		for key in keys {
			if wanted.len() < MAX_VALUES {
				wanted.insert(key);
			}
		}
	}

	/// Reads what is stored under keys at a final block, and waits a while for one that is new enough.
	///
	/// # Errors
	///
	/// [`Error::Proof`] if there is none, [`Error::Proof`] for an answer that does not hold, [`Error::Proof`],
	/// [`Error::Connect`].
	pub(crate) async fn read(
		&self,
		source: &impl Source,
		keys: &[Vec<u8>],
		need: Need,
	) -> Result<Proven> {
		let start = Instant::now();
		let mut since = start;
		loop {
			self.want(keys.iter().cloned());
			match self.try_read(source, keys, need, since).await {
				Err(Error::Proof(ProofError::NotFinal(_)))
					if start.elapsed() < self.settings.patience =>
				{
					tokio::time::sleep(RETRY).await;
					// Of many that wait for the same block, one asks for it.
					let now = Instant::now();
					since = now.checked_sub(RETRY / 2).unwrap_or(now);
				},
				other => return other,
			}
		}
	}

	async fn try_read(
		&self,
		source: &impl Source,
		keys: &[Vec<u8>],
		need: Need,
		since: Instant,
	) -> Result<Proven> {
		let mut known = self.known.lock().await;
		if !known.satisfies(need, since) && known.asked_at.is_none_or(|at| at < since) {
			self.advance(&mut known, source).await?;
		}
		let Some(head) = known.head.clone() else { return Err(not_final("no block is")) };
		let at = head.block();
		if let Need::Block(number) = need {
			if at.number < number {
				return Err(not_final(&format!(
					"block {number} is asked for, and the node proves blocks up to {} to be final",
					at.number
				)));
			}
		}
		self.fetch(&mut known, source, &head, keys).await?;
		known.check_chain(&head)?;
		let now = self.check_age(&known, at).inspect_err(|_| known.asked_at = None)?;
		self.save(&mut known, &head)?;
		let value = |key: &Vec<u8>| Some((key.clone(), known.values.get(key)?.clone()));
		Ok(Proven { at, now, head, values: keys.iter().filter_map(value).collect() })
	}

	/// Moves on to the newest block that the node proves to be final.
	async fn advance(&self, known: &mut Known, source: &impl Source) -> Result<()> {
		let mut head = match known.of_chain.clone() {
			Some(head) => head,
			None => self.start(source).await?,
		};
		if head.genesis() != source.genesis() {
			return Err(other_chain(head.genesis(), source.genesis()));
		}
		for _ in 0..MAX_ROUNDS {
			let asked_at = Instant::now();
			let answer = source.finality(head.block().hash).await?;
			if !answer.finality.is_empty() {
				head = head.follow(&answer.finality).map_err(ProofError::NotProven)?;
			}
			if known.head.as_ref() != Some(&head) {
				known.head = Some(head.clone());
				known.values.clear();
			}
			if !answer.more || answer.finality.is_empty() {
				known.asked_at = Some(asked_at);
				return Ok(());
			}
		}
		Err(not_final("the validators changed too often since what is trusted: try again"))
	}

	/// The block from which everything else follows.
	async fn start(&self, source: &impl Source) -> Result<Head> {
		let kept = match &self.settings.file {
			Some(path) => kept(path)?,
			None => None,
		};
		let trusted = match (kept, self.settings.trusted.clone()) {
			(Some(kept), Some(given)) if kept.genesis() != given.genesis() => {
				return Err(other_chain(kept.genesis(), given.genesis()));
			},
			(Some(kept), Some(given)) if given.number() > kept.number() => Some(given),
			(kept, given) => kept.or(given),
		};
		let genesis = source.genesis();
		let Some(trusted) = trusted else {
			return genesis_of(source).await;
		};
		if trusted.genesis() != genesis {
			return Err(other_chain(trusted.genesis(), genesis));
		}
		let block = trusted.block();
		let header = source.header(block.hash).await?.ok_or_else(|| self.behind(block))?;
		Head::at(trusted, header).map_err(|refused| Error::Proof(ProofError::NotProven(refused)))
	}

	/// A node does not know the block that was seen before.
	fn behind(&self, block: BlockRef) -> Error {
		match &self.settings.file {
			Some(path) => not_final(&format!(
				"block {} was seen before, and the node does not have it: it is behind, or the chain was started anew (then \
				 remove {})",
				block.number,
				path.display()
			)),
			None => behind(block.number),
		}
	}

	/// Asks for what is not known yet of these keys, and of those that others wait for.
	async fn fetch(
		&self,
		known: &mut Known,
		source: &impl Source,
		head: &Head,
		keys: &[Vec<u8>],
	) -> Result<()> {
		let of_block = [storage::now(), storage::block_hash(0)];
		let own = keys.iter().chain(&of_block).filter(|key| known.lacks(key));
		let mut missing: Vec<Vec<u8>> = own.cloned().collect::<BTreeSet<_>>().into_iter().collect();
		{
			let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
			for key in keys {
				wanted.remove(key);
			}
			if missing.is_empty() {
				return Ok(());
			}
			while missing.len() < MAX_KEYS {
				let Some(key) = wanted.pop_first() else { break };
				if known.lacks(&key) {
					missing.push(key);
				}
			}
		}
		if known.values.len().saturating_add(missing.len()) > MAX_VALUES {
			known.values.retain(|key, _| of_block.contains(key) || keys.contains(key));
		}
		for keys in missing.chunks(MAX_KEYS) {
			let nodes = source.proof(keys, head.block().hash).await.inspect_err(|_| {
				// The node may have thrown the state away, or be another one by now.
				known.asked_at = None;
			})?;
			let values = head.read(keys, &nodes).map_err(ProofError::NotProven)?;
			known.values.extend(keys.iter().cloned().zip(values));
		}
		Ok(())
	}

	/// Checks that the block is not old. Returns its time.
	fn check_age(&self, known: &Known, block: BlockRef) -> Result<Moment> {
		let now = known.stored(&storage::now());
		let now = now.and_then(|now| Moment::decode_all(&mut &now[..]).ok()).unwrap_or_default();
		let age = Duration::from_millis(milliseconds().saturating_sub(now));
		if age > self.settings.max_age {
			return Err(not_final(&format!(
				"the newest block that the node proves to be final is block {}, which is {} minutes old. Blocks may not become \
				 final at present, the node may be cut off, or the clock of this machine is wrong",
				block.number,
				age.as_secs() / 60
			)));
		}
		Ok(now)
	}

	/// Keeps what was verified.
	fn save(&self, known: &mut Known, head: &Head) -> Result<()> {
		let Some(path) = &self.settings.file else { return Ok(()) };
		let is_kept = known
			.saved
			.is_some_and(|(at, set_id)| set_id == head.set_id() && at.elapsed() < SAVE_EVERY);
		if !is_kept {
			file::keep(path, &Checkpoint::of(head.trusted()))?;
			known.saved = Some((Instant::now(), head.set_id()));
		}
		Ok(())
	}
}

/// Block 0, of which only the hash is the node's word.
///
/// # Errors
///
/// [`Error::Proof`] if the node does not have its state, [`Error::Proof`], [`Error::Connect`].
pub(crate) async fn genesis_of(source: &impl Source) -> Result<Head> {
	let genesis = source.genesis();
	let header = source.header(genesis).await?.ok_or_else(|| behind(0))?;
	let nodes = source.proof(&genesis_keys(), genesis).await.map_err(|error| match error {
		Error::Proof(ProofError::NotFinal(cause)) => Error::Proof(ProofError::NoProofs(format!(
			"of block 0, whose state it may have thrown away: {cause}"
		))),
		other => other,
	})?;
	Head::of_genesis(genesis, header, &nodes)
		.map_err(|refused| Error::Proof(ProofError::NotProven(refused)))
}

/// The time by this machine's clock, in milliseconds since 1970.
fn milliseconds() -> Moment {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	Moment::try_from(since.as_millis()).unwrap_or(Moment::MAX)
}

fn not_final(cause: &str) -> Error {
	Error::Proof(ProofError::NotFinal(cause.into()))
}

fn behind(number: BlockNumber) -> Error {
	not_final(&format!(
		"block {number} was seen before, and the node does not have it: it is behind"
	))
}

fn other_chain(expected: Digest, found: Digest) -> Error {
	Error::Connect(ConnectError::WrongChain(format!(
		"the node is of the chain {found}, and {expected} is trusted"
	)))
}
