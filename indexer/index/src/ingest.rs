//! Follows the chain: reads finalized blocks into the store, first past and then new ones, from one of several nodes.
//!
//! A batch of blocks and the store's cursor are written in one transaction. So after any end it continues without
//! losing or doubling anything.

mod access;
mod bounds;
mod convert;
mod erasures;
mod error;
mod history;
mod news;
mod objects;
mod trouble;

pub use convert::digest_of;
pub use erasures::proven_erasures;
pub use error::IngestError;

use crate::{
	block::{Block, Content},
	store::{ERASED, OBJECT, Scrubbed, Store, StoreError, TOO_LARGE, WriteLock},
};
use bounds::{CONCURRENCY, MAX_PART};
use convert::{content, indexed, sort};
use credio_client::{
	Client, ConnectError, ConnectOptions, Error, Heads, Trust, ahead_of, objects::ReadObjects,
};
use credio_primitives::{BlockNumber, Moment, StreamId, rpc::StreamJson};
use credio_vault::Vault;
use credio_view::view::View;
use error::Result;
use futures::{StreamExt, TryStreamExt, stream};
use news::{News, Seen};
use objects::Objects;
use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};
use tokio::{
	sync::{Mutex, watch},
	task::JoinSet,
};
use trouble::{Notify, Trouble};

/// Bounds of the time between two tries to reach a node.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// Size of the largest object that an index reads unless it is told otherwise.
pub const LARGEST_OBJECT: u64 = 16 << 20;

/// How an index follows the chain.
#[derive(Clone, Debug)]
pub struct Settings {
	/// WebSocket addresses of nodes. The first that responds is used; when it goes away, the next; and when finality
	/// stalls there but not elsewhere, the most advanced one.
	pub nodes: Vec<String>,
	/// How to connect to them. Nodes of another chain than the index are skipped.
	pub connect: ConnectOptions,
	/// Whether rows are shown before they are final, to those who ask for them.
	pub live: bool,
	/// Whether documents stay after the grant that opened them has ended.
	pub keep_revoked: bool,
	/// How responses of nodes are verified.
	pub trust: Trust,
	/// Where objects are read from; without it none is read.
	pub objects: Option<Arc<dyn ReadObjects>>,
	/// Size of the document of the largest object that is read.
	pub largest_object: u64,
}

/// Follows the chain for an index.
pub struct Ingest {
	store: Store,
	vault: Arc<dyn Vault>,
	settings: Settings,
	/// The right to write blocks, once acquired.
	write_lock: Mutex<Option<WriteLock>>,
	trouble: Trouble,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
	/// The index has everything that was final at the start.
	CaughtUp,
	/// Never.
	Stopped,
}

impl std::fmt::Debug for Ingest {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Ingest({:?})", self.settings)
	}
}

impl Ingest {
	/// Creates the ingest of a vault's organization.
	pub fn new(store: Store, vault: Arc<dyn Vault>, settings: Settings) -> Self {
		Self { store, vault, settings, write_lock: Mutex::default(), trouble: Trouble::default() }
	}

	/// Reports problems that do not end the work to `notify`: for example that no node can be reached, or that one is
	/// of another chain. Each is reported once, and at intervals while it lasts.
	#[must_use]
	pub fn notifying(mut self, notify: impl Fn(&str) + Send + Sync + 'static) -> Self {
		let notify: Notify = Arc::new(notify);
		self.trouble = Trouble::new(notify);
		self
	}

	/// Makes these the views of the index, see [`Store::set_views`].
	///
	/// # Errors
	///
	/// [`StoreError::KeptByAnother`], and as there.
	pub async fn set_views(&self, views: &[View]) -> Result<()> {
		self.acquire_writer().await?;
		Ok(self.store.set_views(views).await?)
	}

	/// Empties the index, so that it is rebuilt from the chain.
	///
	/// # Errors
	///
	/// [`StoreError::KeptByAnother`], [`StoreError::Database`].
	pub async fn clear(&self) -> Result<()> {
		self.acquire_writer().await?;
		if let Some(write_lock) = &*self.write_lock.lock().await {
			self.store.clear(write_lock).await?;
		}
		Ok(())
	}

	/// Acquires the right to write blocks, unless it is held.
	async fn acquire_writer(&self) -> Result<()> {
		let mut write_lock = self.write_lock.lock().await;
		if write_lock.is_none() {
			*write_lock = Some(self.store.acquire_writer().await?);
		}
		Ok(())
	}

	/// Follows the chain until `stop` resolves. Retries when a node goes away, with the next one, and when the database
	/// is restarted. Skips nodes of another chain as long as there are others.
	///
	/// # Errors
	///
	/// [`IngestError::Store`], [`IngestError::OtherChain`], [`IngestError::NoNode`].
	pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<()> {
		tokio::select! {
			result = self.work(Until::Stopped) => result,
			() = stop => {
				self.store.settled().await;
				Ok(())
			},
		}
	}

	/// Follows the chain until the index has everything that is final now.
	///
	/// # Errors
	///
	/// As [`Self::run`].
	pub async fn catch_up(&self) -> Result<()> {
		self.work(Until::CaughtUp).await
	}

	/// Reads some streams up to a final block: for an index as of that block.
	///
	/// # Errors
	///
	/// [`IngestError::Store`], [`IngestError::OtherChain`], [`IngestError::NoNode`], [`IngestError::Node`] if the
	/// block is not final.
	pub async fn catch_up_to(
		&self,
		block: BlockNumber,
		wanted: impl Fn(&StreamJson) -> bool,
	) -> Result<()> {
		let node = self.settings.nodes.first().ok_or(IngestError::NoNode)?;
		let client = self.connect(node).await?;
		if client.finalized_heads().await?.next().await? < block {
			let error = format!("block {block} is not final at the node");
			return Err(Error::Connect(ConnectError::Unreachable(error)).into());
		}
		self.store.claim_chain(client.limits().genesis_hash).await?;
		let mut streams = client.streams(None).await?;
		streams.retain(wanted);
		history::History::new(&client, &self.store, streams, block).await?.store().await?;
		self.follow_erasures(&client).await?;
		match self.objects(&client) {
			Some(objects) => objects.read().await,
			None => Ok(()),
		}
	}

	/// Returns the reader of objects, if they are read.
	fn objects<'a>(&'a self, client: &'a Client) -> Option<Objects<'a>> {
		let Self { store, trouble, settings, .. } = self;
		let largest = settings.largest_object;
		settings.objects.as_ref().map(|_| Objects { client, store, trouble, largest })
	}

	async fn connect(&self, node: &str) -> Result<Client> {
		let client = Client::connect_with(&self.settings.connect, node, self.vault.clone()).await?;
		let client = client.with_trust(self.settings.trust.clone());
		Ok(match &self.settings.objects {
			Some(objects) => client.with_objects(objects.clone()),
			None => client,
		})
	}

	/// Follows one node after the other.
	async fn work(&self, until: Until) -> Result<()> {
		let nodes = &self.settings.nodes;
		let mut wait = BACK_OFF.0;
		let mut current = 0;
		self.acquire_writer().await?;
		loop {
			let node = nodes.get(current).ok_or(IngestError::NoNode)?;
			// A write that was started with another node ends first.
			self.store.settled().await;
			let (tell, heard) = watch::channel(0);
			let served = tokio::select! {
				served = self.serve(node, until, &tell) => served,
				ahead = ahead_of(nodes, &self.settings.connect, heard) => {
					current = ahead;
					continue;
				},
			};
			match served {
				Err(error) if error.is_of_another_chain() => {
					self.trouble.other_chain(node, &error);
					// Another node may be of this chain and come back.
					if let Some(all) = self.trouble.all_of_other_chains(nodes) {
						return Err(match nodes.len() {
							1 => error,
							_ => IngestError::NoNodeOfChain(all),
						});
					}
				},
				Err(IngestError::Node(error)) => self.trouble.node_failed(node, &error.with_hint()),
				Err(IngestError::Store(error)) if error.is_passing() && until == Until::Stopped => {
					self.trouble.database_failed(&error);
					// The lock was lost with its connection.
					*self.write_lock.lock().await = None;
				},
				// It was ours: the database has not noticed yet that our connection is gone.
				Err(IngestError::Store(StoreError::KeptByAnother)) if until == Until::Stopped => {},
				other => return other,
			}
			if *tell.borrow() > 0 {
				wait = BACK_OFF.0;
			}
			// No event announces that a node is back.
			tokio::time::sleep(wait).await;
			wait = wait.saturating_mul(2).min(BACK_OFF.1);
			current = (current + 1) % nodes.len();
		}
	}

	/// Follows one node until it fails. Sends the finalized blocks that it hears of, also while it stores others.
	async fn serve(
		&self,
		node: &str,
		until: Until,
		heard: &watch::Sender<BlockNumber>,
	) -> Result<()> {
		self.acquire_writer().await?;
		let client = self.connect(node).await?;
		if client.is_syncing().await? {
			// Its responses are out of date.
			return Err(Error::Connect(ConnectError::Unreachable(
				"the node is behind the chain, and catches up".into(),
			))
			.into());
		}
		self.store.claim_chain(client.limits().genesis_hash).await?;
		if let Some(cursor) = self.store.cursor().await? {
			match client.block_hash(cursor.number).await? {
				Some(hash) if hash == cursor.hash => {},
				Some(_) => return Err(IngestError::OtherChain(cursor.number)),
				None => {
					let error = "the node is behind the index";
					return Err(Error::Connect(ConnectError::Unreachable(error.into())).into());
				},
			}
		}
		let following = self.follow_heads(node, &client, until, heard);
		match (self.objects(&client), until) {
			(None, _) => following.await,
			(Some(objects), Until::CaughtUp) => {
				following.await?;
				objects.read().await
			},
			// Blocks wait for no object.
			(Some(objects), Until::Stopped) => tokio::select! {
				followed = following => followed,
				Err(error) = objects.follow() => Err(error),
			},
		}
	}

	/// Stores blocks as they become final.
	async fn follow_heads(
		&self,
		node: &str,
		client: &Client,
		until: Until,
		heard: &watch::Sender<BlockNumber>,
	) -> Result<()> {
		let mut seen = None;
		// They end when this is dropped.
		let mut listening = JoinSet::new();
		let (tell_best, mut best) = watch::channel(0);
		let mut finalized = heard.subscribe();
		listening.spawn(listen(client.finalized_heads().await?, heard.clone()));
		if self.settings.live {
			listening.spawn(listen(client.best_heads().await?, tell_best));
		}
		loop {
			tokio::select! {
				Some(ended) = listening.join_next() => {
					let lost = || Error::Connect(ConnectError::Unreachable("the node is not listened to any more".into()));
					return Err(ended.unwrap_or_else(|_| lost()).into());
				},
				Ok(()) = finalized.changed() => {
					// Of the blocks that came meanwhile only the newest counts.
					let finalized = *finalized.borrow_and_update();
					client.follow_upgrade().await?;
					self.follow(client, finalized, &mut seen).await?;
					self.trouble.works(node);
					if until == Until::CaughtUp {
						return Ok(());
					}
				},
				Ok(()) = best.changed(), if self.settings.live => {
					best.borrow_and_update();
					self.show_live(client).await?;
				},
			}
		}
	}

	/// Stores everything that is final up to a block.
	async fn follow(
		&self,
		client: &Client,
		finalized: BlockNumber,
		seen: &mut Option<Seen>,
	) -> Result<()> {
		let news = match seen {
			Some(seen) => seen.news(client, finalized).await?,
			None => News::All,
		};
		let may_have_erasures = news == News::All;
		let streams = match news {
			News::Appended(streams) => {
				stream::iter(streams)
					.map(|stream| client.stream(stream))
					.buffer_unordered(CONCURRENCY)
					.try_collect()
					.await?
			},
			News::All => {
				let (streams, grants_end) = self.look_at_all(client).await?;
				*seen = Some(Seen { at: finalized, grants_end });
				streams
			},
		};
		if let Some(seen) = seen {
			seen.at = finalized;
		}
		self.scrub().await?;
		history::History::new(client, &self.store, streams, finalized).await?.store().await?;
		if may_have_erasures {
			self.follow_erasures(client).await?;
			self.scrub().await?;
		}
		Ok(())
	}

	/// Overwrites removed data.
	async fn scrub(&self) -> Result<()> {
		if self.store.scrub().await? == Scrubbed::Held {
			self.trouble.scrub_held();
		}
		Ok(())
	}

	/// Reads all streams and the access to them. Returns the streams, and when the next grant ends.
	async fn look_at_all(&self, client: &Client) -> Result<(Vec<StreamJson>, Option<Moment>)> {
		// Read first: later changes are found the next time.
		let access = access::Access::of(client, self.settings.keep_revoked).await?;
		let streams = client.streams(None).await?;
		if let Some(before) = self.store.access().await? {
			let changed = access.changed_since(client, &before).await?;
			if !access.has_all_of(&before) {
				// Noted before anything is removed, so that a crash does not lose it.
				self.store.scrub_later().await?;
			}
			for stream in streams.iter().filter(|stream| changed.contains(stream.id)) {
				self.read_again(client, stream.id).await?;
			}
		}
		self.store.set_access(&access.encoded()).await?;
		Ok((streams, access.next_end()))
	}

	/// Reads a stream again after its access has changed.
	async fn read_again(&self, client: &Client, stream: StreamId) -> Result<()> {
		let mut from = 0;
		loop {
			let known = self.store.known(stream, from, MAX_PART).await?;
			if known.is_empty() {
				return Ok(());
			}
			let part = client.fetch_stream(stream, from).await?;
			let (mut readable, mut removed) = (Vec::new(), Vec::new());
			for (entry, read) in part.entries {
				from = entry.header.sequence.saturating_add(1);
				let Some(problem) = known.get(&entry.record_id) else { continue };
				match content(read) {
					Content::Document(document) if problem.is_some() => {
						readable.push((entry.record_id, document));
					},
					_ if problem.as_deref() == Some(ERASED) => {},
					// An object that was read stays, and one that is too large is not tried again.
					Content::Unreadable(now)
						if now == OBJECT
							&& problem.as_deref().is_none_or(|problem| problem == TOO_LARGE) => {},
					Content::Unreadable(_) if problem.is_none() && self.settings.keep_revoked => {},
					Content::Unreadable(now) if problem.as_ref() != Some(&now) => {
						removed.push((entry.record_id, now));
					},
					_ => {},
				}
			}
			self.store.change(&readable, &removed).await?;
			if part.next_sequence.is_none() {
				return Ok(());
			}
		}
	}

	/// Replaces the live entries by those that are not final yet.
	async fn show_live(&self, client: &Client) -> Result<()> {
		let known = self.store.next_sequences().await?;
		let parts = stream::iter(known)
			.map(|(id, next)| async move {
				let part = client.fetch_unfinalized(id, next.sequence).await?;
				Ok::<_, Error>((next.owner, part))
			})
			.buffer_unordered(CONCURRENCY)
			.try_collect::<Vec<_>>()
			.await?;
		let cursor = self.store.cursor().await?.map_or(0, |cursor| cursor.number);
		let mut blocks = BTreeMap::new();
		for (owner, part) in parts {
			for (entry, read) in part.entries {
				let number = entry.header.block;
				if number > cursor {
					let block =
						blocks.entry(number).or_insert_with(|| Block::new(number, part.at.hash));
					block.entries.push(indexed(owner, entry, read));
				}
			}
		}
		let mut blocks = blocks.into_values().collect::<Vec<_>>();
		blocks.iter_mut().for_each(sort);
		self.store.set_live(&blocks).await?;
		Ok(())
	}
}

/// Listens for blocks in a separate task: a node is not silent while its blocks are being stored. Returns why it ended.
async fn listen(mut heads: Heads, tell: watch::Sender<BlockNumber>) -> Error {
	loop {
		match heads.next().await {
			Ok(head) => {
				tell.send_if_modified(|known| std::mem::replace(known, head) != head);
			},
			Err(error) => return error,
		}
	}
}
