//! Verified reads: a client accepts a node's state only with a proof.
//!
//! A [`Verifier`] trusts one final block at a time. It advances to newer ones by the votes of the validators, with each
//! change of validators proven, and reads the newest state by storage proofs. So a node can withhold data, but not
//! forge it. [`Trust`] selects whether a client reads this way, which is the default.

mod checkpoint;
mod errors;
mod file;

#[cfg(test)]
mod tests;

use self::errors::{behind, not_final, other_chain};
use crate::error::{Error, ProofError, Result};
use codec::DecodeAll;
use credio_evidence::{Checkpoint, Head, Trusted, genesis_keys};
use credio_primitives::{
	BlockNumber, Digest, Moment,
	evidence::State as ReadState,
	rpc::{BlockRef, Bytes, FinalityJson},
	storage,
};
use std::{
	collections::{BTreeSet, HashMap},
	future::Future,
	path::{Path, PathBuf},
	sync::{Arc, Mutex as StdMutex, PoisonError},
	time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Mutex;

/// Default maximum age of the newest final block, by the chain's clock compared to this machine's.
pub const MAX_AGE: Duration = Duration::from_secs(600);
/// How long a block counts as recent.
const RECENT: Duration = Duration::from_secs(1);
/// How long the state of a block is read before the node is asked for a newer one. Nodes keep states for longer.
const HEAD_TTL: Duration = Duration::from_secs(30);
/// Default time to wait for a block to become final.
const PATIENCE: Duration = Duration::from_secs(20);
/// Time between two tries.
const RETRY: Duration = Duration::from_millis(200);
/// Maximum number of keys in one proof.
const MAX_KEYS: usize = 256;
/// Maximum number of cached values of a block.
const MAX_VALUES: usize = 16 * 1024;
/// Maximum number of responses by which a node proves that one block is final.
const MAX_ROUNDS: usize = 64;
/// How often a checkpoint is written while the validators stay the same.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// Whether a client verifies its node's responses.
#[derive(Clone, Debug)]
pub enum Trust {
	/// Verify: encryption keys, streams, epochs, grants, entries and outcomes are read by proof.
	Proofs(Arc<Verifier>),
	/// Trust the node. A lying node can then have secrets wrapped to its own key, and forge outcomes, owners and
	/// documents. Only for one's own node, on the same machine or behind TLS.
	Node,
}

impl Trust {
	/// Verifies, starting from one's own checkpoint or from genesis.
	#[must_use]
	pub fn proofs(settings: VerifierSettings) -> Self {
		Self::Proofs(Arc::new(Verifier::new(settings)))
	}
}

impl Default for Trust {
	fn default() -> Self {
		Self::proofs(VerifierSettings::default())
	}
}

/// Settings of a [`Verifier`].
#[derive(Clone, Debug)]
pub struct VerifierSettings {
	/// The trusted start: the chain's specification, or a checkpoint. Without it, and without a file, the first node's
	/// genesis hash selects the chain.
	pub trusted: Option<Trusted>,
	/// File for the last verified checkpoint, to continue from there. Without it, the checkpoint is kept in memory
	/// only.
	pub file: Option<PathBuf>,
	/// Maximum age of the newest final block, by the chain's clock compared to this machine's.
	pub max_age: Duration,
	/// How long to wait for a block to become final.
	pub patience: Duration,
}

impl Default for VerifierSettings {
	fn default() -> Self {
		Self { trusted: None, file: None, max_age: MAX_AGE, patience: PATIENCE }
	}
}

/// Returns the checkpoint that a verifier has stored in a file, if any.
///
/// # Errors
///
/// [`Error::Argument`] if it cannot be read.
pub fn stored_checkpoint(path: &Path) -> Result<Option<Trusted>> {
	let kept = file::read(path)?;
	Ok(kept.map(|checkpoint| Trusted::own(&checkpoint)).transpose()?)
}

/// Replaces the checkpoint in a verifier's file, for example by the chain's specification or by a checkpoint that the
/// council has signed.
///
/// # Errors
///
/// [`Error::Argument`] if it cannot be written.
pub fn store_checkpoint(path: &Path, trusted: &Trusted) -> Result<()> {
	file::replace(path, &Checkpoint::of(trusted))
}

/// An untrusted source of headers, finality and proofs.
pub(crate) trait Source: Sync {
	/// Returns the hash of block 0.
	fn genesis(&self) -> Digest;

	/// `chain_getHeader`.
	fn header(
		&self,
		block: Digest,
	) -> impl Future<Output = Result<Option<serde_json::Value>>> + Send;

	/// `credio_v1_finality`.
	fn finality(&self, from: Digest) -> impl Future<Output = Result<FinalityJson>> + Send;

	/// Returns the nodes of `state_getReadProof`.
	fn proof(
		&self,
		keys: &[Vec<u8>],
		at: Digest,
	) -> impl Future<Output = Result<Vec<Bytes>>> + Send;
}

/// How new a block has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
	/// At most [`RECENT`] old.
	Recent,
	/// The newest one.
	Newest,
	/// This one or a later one.
	Block(BlockNumber),
}

/// Values at a final block.
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
	/// Returns the value under one of the requested keys.
	pub(crate) fn get<T: DecodeAll>(&self, key: &[u8]) -> Result<Option<T>> {
		let Some(bytes) = self.value(key)? else { return Ok(None) };
		T::decode_all(&mut &bytes[..]).map(Some).map_err(|_| {
			Error::UnexpectedResponse(
				"the chain's storage has an unknown format: use the software of its release".into(),
			)
		})
	}
}

impl ReadState for Proven {
	type Error = Error;

	fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
		let not_asked = || Error::UnexpectedResponse("the key was not requested".into());
		self.values.get(key).cloned().ok_or_else(not_asked)
	}

	fn digest(&self, key: &[u8]) -> Result<Option<Digest>> {
		Ok(self.value(key)?.map(|value| Digest(sp_crypto_hashing::blake2_256(&value))))
	}
}

/// Reads proven state from a node. Serves any number of clients of a chain.
pub struct Verifier {
	settings: VerifierSettings,
	/// Keys that callers wait for: the next reader requests all of them.
	wanted: StdMutex<BTreeSet<Vec<u8>>>,
	known: Mutex<Known>,
}

/// The verified state.
#[derive(Default)]
struct Known {
	/// The newest final block.
	head: Option<Head>,
	/// The newest final block that is also proven to be of this chain, where the next run continues.
	of_chain: Option<Head>,
	/// When the node was last asked for it.
	asked_at: Option<Instant>,
	/// Cached values of its state.
	values: HashMap<Vec<u8>, Option<Vec<u8>>>,
	/// When it was last stored, and the set of validators then.
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
			// A read that another caller has started since is as good.
			Need::Newest => asked_at >= since,
			Need::Block(number) => head.block().number >= number && asked_at.elapsed() < HEAD_TTL,
		}
	}

	fn is_missing(&self, key: &[u8]) -> bool {
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
	/// Creates a verifier that starts from what the settings trust.
	#[must_use]
	pub fn new(settings: VerifierSettings) -> Self {
		Self { settings, wanted: StdMutex::default(), known: Mutex::default() }
	}

	/// Returns the newest verified final block; `None` before the first read.
	pub async fn block(&self) -> Option<BlockRef> {
		self.known.lock().await.head.as_ref().map(Head::block)
	}

	/// Requests a key together with the keys of the next read.
	pub(crate) fn want(&self, keys: impl IntoIterator<Item = Vec<u8>>) {
		let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
		for key in keys {
			if wanted.len() < MAX_VALUES {
				wanted.insert(key);
			}
		}
	}

	/// Reads keys at a final block that is new enough; waits for one if necessary.
	///
	/// # Errors
	///
	/// [`Error::Proof`], also if no block is new enough; [`Error::Connect`].
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
					// Of concurrent callers that wait for the same block, one asks for it.
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
		if let Need::Block(number) = need
			&& at.number < number
		{
			return Err(not_final(&format!(
				"block {number} is needed, and the node proves finality up to block {}",
				at.number
			)));
		}
		self.fetch(&mut known, source, &head, keys).await?;
		known.check_chain(&head)?;
		let now = self.check_age(&known, at).inspect_err(|_| known.asked_at = None)?;
		self.save(&mut known, &head)?;
		let value = |key: &Vec<u8>| Some((key.clone(), known.values.get(key)?.clone()));
		Ok(Proven { at, now, head, values: keys.iter().filter_map(value).collect() })
	}

	/// Advances to the newest block that the node proves to be final.
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
		Err(not_final("the validators changed too often since the trusted block: try again"))
	}

	/// Returns the block to start from.
	async fn start(&self, source: &impl Source) -> Result<Head> {
		let kept = match &self.settings.file {
			Some(path) => stored_checkpoint(path)?,
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

	/// Returns the error for a node that does not know the last verified block.
	fn behind(&self, block: BlockRef) -> Error {
		match &self.settings.file {
			Some(path) => not_final(&format!(
				"the node does not have block {}, which was verified before: it is behind, or the chain was restarted (then \
				 remove {})",
				block.number,
				path.display()
			)),
			None => behind(block.number),
		}
	}

	/// Fetches those of these keys that are not cached, and the keys that other callers wait for.
	async fn fetch(
		&self,
		known: &mut Known,
		source: &impl Source,
		head: &Head,
		keys: &[Vec<u8>],
	) -> Result<()> {
		let of_block = [storage::now(), storage::block_hash(0)];
		let own = keys.iter().chain(&of_block).filter(|key| known.is_missing(key));
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
				if known.is_missing(&key) {
					missing.push(key);
				}
			}
		}
		if known.values.len().saturating_add(missing.len()) > MAX_VALUES {
			known.values.retain(|key, _| of_block.contains(key) || keys.contains(key));
		}
		for keys in missing.chunks(MAX_KEYS) {
			let nodes = source.proof(keys, head.block().hash).await.inspect_err(|_| {
				// The node may have pruned the state, or be another one.
				known.asked_at = None;
			})?;
			let values = head.read(keys, &nodes).map_err(ProofError::NotProven)?;
			known.values.extend(keys.iter().cloned().zip(values));
		}
		Ok(())
	}

	/// Checks the age of the block. Returns its time.
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

	/// Stores the verified state.
	fn save(&self, known: &mut Known, head: &Head) -> Result<()> {
		let Some(path) = &self.settings.file else { return Ok(()) };
		let is_kept = known
			.saved
			.is_some_and(|(at, set_id)| set_id == head.set_id() && at.elapsed() < SAVE_EVERY);
		if !is_kept {
			file::store(path, &Checkpoint::of(head.trusted()))?;
			known.saved = Some((Instant::now(), head.set_id()));
		}
		Ok(())
	}
}

/// Returns block 0. Only its hash is taken from the node unproven.
///
/// # Errors
///
/// [`Error::Proof`], also if the node does not have its state; [`Error::Connect`].
pub(crate) async fn genesis_of(source: &impl Source) -> Result<Head> {
	let genesis = source.genesis();
	let header = source.header(genesis).await?.ok_or_else(|| behind(0))?;
	let nodes = source.proof(&genesis_keys(), genesis).await.map_err(|error| match error {
		Error::Proof(ProofError::NotFinal(cause)) => Error::Proof(ProofError::NoProofs(format!(
			"of block 0; it may have pruned its state: {cause}"
		))),
		other => other,
	})?;
	Head::of_genesis(genesis, header, &nodes)
		.map_err(|refused| Error::Proof(ProofError::NotProven(refused)))
}

/// Returns this machine's time in milliseconds since 1970.
fn milliseconds() -> Moment {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	Moment::try_from(since.as_millis()).unwrap_or(Moment::MAX)
}
