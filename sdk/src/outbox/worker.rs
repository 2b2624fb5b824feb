//! Sends what is stored, and follows it until its outcome is final.

use super::{
	item::{self, StoredBody},
	store::{self, End, Undecided},
	ItemState, Outbox, OutboxError,
};
use crate::{
	client::{is_rejected_for, Upload},
	Client, Error, Trust,
};
use credio_primitives::{
	rpc::{At, RequestState, RequestStatus},
	BlockNumber, LanePosition, Reference, Request,
};
use futures::{stream, FutureExt, StreamExt, TryStreamExt};
use std::{
	collections::{BTreeMap, BTreeSet},
	future::Future,
	time::Duration,
};
use tokio::sync::watch;

/// How long a worker that has died keeps others from taking its place.
const LEASE: Duration = Duration::from_secs(15);
/// How often an upload is tried anew because its key epoch ended before it was applied.
const MAX_ATTEMPTS: i64 = 8;
/// Blocks that are left out of the longest lifetime of a request, since the best block is ahead of the finalized one.
const MARGIN: BlockNumber = 20;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
	/// WebSocket addresses of nodes. The first one that answers is used; when it goes away, the next; and when finality
	/// stands still there, but not elsewhere, the one that is furthest.
	pub nodes: Vec<String>,
	/// Most items that are being sent at a time.
	pub max_sending: u32,
	/// Most calls to the node at a time.
	pub concurrency: usize,
	/// What is believed of the nodes.
	pub trust: Trust,
}

impl Settings {
	/// The defaults, with these nodes.
	pub fn new(nodes: Vec<String>) -> Self {
		Self { nodes, max_sending: 1_000, concurrency: 64, trust: Trust::default() }
	}
}

/// Sends the items of an outbox. Several may run on one database, in several processes: one works, and the others stand
/// by to take its place.
#[derive(Debug)]
pub struct Worker {
	pub(super) outbox: Outbox,
	pub(super) settings: Settings,
	/// Names this worker among others.
	name: String,
}

/// What stops work with a node.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
	/// The outbox cannot go on.
	#[error(transparent)]
	Outbox(#[from] OutboxError),
	/// The node cannot: another one may.
	#[error(transparent)]
	Node(#[from] Error),
}

/// What is known of items that are being sent, after a look at each.
type States = BTreeMap<i64, RequestState>;

/// How long a lane has stood still: its next position, and the finalized block since which it is that.
pub(super) type Standstills = BTreeMap<u32, (u64, BlockNumber)>;

impl Outbox {
	/// A worker for this outbox.
	///
	/// Errors: [`OutboxError::Vault`] if the system gives no random bytes, [`OutboxError::Item`] without a node.
	pub fn worker(&self, settings: Settings) -> super::Result<Worker> {
		if settings.nodes.is_empty() {
			return Err(OutboxError::Item("a worker needs the address of a node".into()));
		}
		let name = hex::encode(&crate::vault::random()?[..8]);
		Ok(Worker { outbox: self.clone(), settings, name })
	}

	/// Sends and follows until `stop` resolves.
	///
	/// Errors: those of [`Self::worker`], and [`OutboxError::Database`]. A node that goes away is no error: the worker
	/// tries the next one, again and again.
	pub async fn run(
		&self,
		settings: Settings,
		stop: impl Future<Output = ()>,
	) -> super::Result<()> {
		let worker = self.worker(settings)?;
		let result = tokio::select! {
			result = worker.work(false) => result,
			() = stop => Ok(()),
		};
		store::resign(&self.pool, &worker.name).await?;
		result
	}

	/// Sends and follows until nothing is undecided.
	///
	/// Errors: as [`Self::run`].
	pub async fn run_until_decided(&self, settings: Settings) -> super::Result<()> {
		let worker = self.worker(settings)?;
		let result = worker.work(true).await;
		store::resign(&self.pool, &worker.name).await?;
		result
	}
}

impl Worker {
	/// Works with one node until it goes away. Tells the finalized blocks of which it hears, and whether it has worked.
	pub(super) async fn serve(
		&self,
		node: &str,
		until_decided: bool,
		heard: &watch::Sender<BlockNumber>,
		has_worked: &mut bool,
	) -> Result<(), Fault> {
		let client = Client::connect(node, self.outbox.vault.clone()).await?;
		let client = client.with_trust(self.settings.trust.clone());
		if client.is_syncing().await? {
			// What it tells is of the past.
			return Err(
				Error::Connection("the node is behind the chain, and catches up".into()).into()
			);
		}
		let mut heads = client.finalized_heads().await?;
		let mut standstills = Standstills::new();
		let mut finalized = heads.next().await?;
		let mut looked_at = None;
		loop {
			heard.send_if_modified(|known| std::mem::replace(known, finalized) != finalized);
			let (now, lease) =
				(store::milliseconds(), i64::try_from(LEASE.as_millis()).unwrap_or(0));
			if store::lead(&self.outbox.pool, &self.name, now, now.saturating_add(lease)).await? {
				// Where items stand changes with finalized blocks only.
				if looked_at.replace(finalized) != Some(finalized) {
					self.look(&client, finalized, &mut standstills).await?;
				}
				self.send_waiting(&client, finalized).await?;
				*has_worked = true;
			}
			if until_decided && store::count_undecided(&self.outbox.pool).await? == 0 {
				return Ok(());
			}
			let changed = self.outbox.changed.notified();
			tokio::select! {
				head = heads.next() => finalized = head?,
				() = changed => {},
			}
			// What came meanwhile: only the newest counts.
			while let Some(head) = heads.next().now_or_never() {
				finalized = head?;
			}
			if looked_at != Some(finalized) {
				client.follow_upgrade().await?;
			}
		}
	}

	/// Looks at what is being sent: ends what is decided, and sends again what nobody has.
	async fn look(
		&self,
		client: &Client,
		finalized: BlockNumber,
		standstills: &mut Standstills,
	) -> Result<(), Fault> {
		let most = i64::from(self.settings.max_sending);
		let sending = store::sending(&self.outbox.pool, most).await?;
		let lanes = sending.iter().filter_map(|item| item.lane).collect::<BTreeSet<_>>();
		let states = stream::iter(sending)
			.map(|item| self.settle(client, item, finalized))
			.buffer_unordered(self.settings.concurrency)
			.try_collect::<Vec<_>>()
			.await?
			.into_iter()
			.flatten()
			.collect::<States>();
		standstills.retain(|lane, _| lanes.contains(lane));
		for lane in lanes {
			self.order(client, lane, &states, finalized, standstills).await?;
		}
		Ok(())
	}

	/// Sends as many waiting items as there is room for.
	async fn send_waiting(&self, client: &Client, finalized: BlockNumber) -> Result<(), Fault> {
		let sending = store::count_sending(&self.outbox.pool).await?;
		let room = i64::from(self.settings.max_sending).saturating_sub(sending);
		if room <= 0 {
			return Ok(());
		}
		let mut waiting = store::waiting(&self.outbox.pool, room).await?;
		let longest = client.limits().max_request_lifetime.saturating_sub(MARGIN);
		let mut next = BTreeMap::new();
		for item in &mut waiting {
			let lifetime = BlockNumber::try_from(item.lifetime).unwrap_or(longest).min(longest);
			item.expires_at = Some(finalized.saturating_add(lifetime));
			if let Some(lane) = item.lane {
				if let std::collections::btree_map::Entry::Vacant(entry) = next.entry(lane) {
					entry.insert(self.free_position(client, lane).await?);
				}
				let free = next.entry(lane).or_default();
				item.position = *free;
				*free = free.map(|free| free.saturating_add(1));
			}
			// Stored before it is sent: what was sent once expires when it was to expire.
			store::fix(&self.outbox.pool, item).await?;
		}
		// Those of a lane in the order of their positions, so that the first of them does not wait for room.
		let (in_lanes, free): (Vec<_>, Vec<_>) =
			waiting.into_iter().partition(|item| item.lane.is_some());
		stream::iter(in_lanes.into_iter().chain(free))
			.map(|item| self.send(client, item, finalized))
			.buffered(self.settings.concurrency)
			.try_collect()
			.await
	}

	/// Signs an item as it stands and hands it over. What keeps it from being taken is noted, and it is tried again.
	pub(super) async fn send(
		&self,
		client: &Client,
		mut item: Undecided,
		finalized: BlockNumber,
	) -> Result<(), Fault> {
		let problem = match self.try_to_send(client, &mut item).await {
			Ok(()) => None,
			Err(Fault::Node(Error::Connection(cause))) => {
				return Err(Error::Connection(cause).into());
			},
			// It may be decided already, or cannot be sent for now. What cannot be sent to the end expires. A position that
			// is taken in a block that is not final may be free again; when it is taken finally, [`Self::order`] sees that.
			Err(Fault::Node(error)) => Some(error.to_string()),
			Err(Fault::Outbox(error @ (OutboxError::Vault(_) | OutboxError::Corrupted(_)))) => {
				Some(error.to_string())
			},
			Err(error) => return Err(error),
		};
		store::note(&self.outbox.pool, item.id, finalized.into(), problem.as_deref()).await?;
		Ok(())
	}

	async fn try_to_send(&self, client: &Client, item: &mut Undecided) -> Result<(), Fault> {
		let lane = match (item.lane, item.position) {
			(None, _) => None,
			(Some(lane), Some(sequence)) => Some(LanePosition { lane, sequence }),
			// Too far ahead to be given a position now.
			(Some(_), None) => return Ok(()),
		};
		let expires_at = item.expires_at.ok_or_else(|| {
			OutboxError::Corrupted("an item is being sent that has no expiry".into())
		})?;
		let body = StoredBody::open(&*self.outbox.vault, &item.request_key, &item.body)?;
		let calls = match &body {
			StoredBody::Calls { calls, .. } => calls.clone(),
			StoredBody::Upload { stream, media_type, document, supersedes, .. } => {
				let upload = Upload {
					stream: *stream,
					key: None,
					media_type,
					document,
					supersedes: *supersedes,
				};
				// The record's name follows from the item's first key, whatever its attempt.
				let reference = Reference::derive(&item.request_key, 0);
				vec![client.seal_soon(&upload, reference).await?.1]
			},
		};
		// For the organization that the item was stored for, whoever the account acts for by now.
		let organization = self.outbox.organization();
		let request = Request { organization, key: item.current_key, expires_at, lane };
		let signed = client.sign(request, &calls)?;
		item.body_digest = Some(signed.body_digest);
		store::fix(&self.outbox.pool, item).await?;
		client.hand_over(&signed).await?;
		Ok(())
	}

	/// Looks where an item stands: ends it if that is final, sends it again if nobody has it. Answers its state if it has
	/// not ended.
	async fn settle(
		&self,
		client: &Client,
		item: Undecided,
		finalized: BlockNumber,
	) -> Result<Option<(i64, RequestState)>, Fault> {
		let organization = self.outbox.organization();
		let found = client.status_by(organization, item.current_key, item.expires_at).await?;
		let At { at, answer: status } = found;
		match status.status {
			RequestState::Applied | RequestState::Rejected => {
				self.decide(client, &item, &status, at.number).await?;
				Ok(None)
			},
			RequestState::Expired => {
				self.expire(client, &item, &status, at.number).await?;
				Ok(None)
			},
			RequestState::Pending => {
				store::note(&self.outbox.pool, item.id, finalized.into(), None).await?;
				Ok(Some((item.id, status.status)))
			},
			// It cannot be applied any more, and the chain cannot tell whether it was.
			RequestState::Unknown if item.expires_at.is_some_and(|last| last < at.number) => {
				self.expire(client, &item, &status, at.number).await?;
				Ok(None)
			},
			RequestState::Unknown => {
				let id = item.id;
				if item.lane.is_none() {
					self.send(client, item, finalized).await?;
				}
				Ok(Some((id, status.status)))
			},
		}
	}

	/// Ends an item whose request has a receipt.
	async fn decide(
		&self,
		client: &Client,
		item: &Undecided,
		status: &RequestStatus,
		block: BlockNumber,
	) -> Result<(), Fault> {
		let digest = status.receipt.as_ref().map(|receipt| receipt.body_digest);
		let is_ours = digest.is_some() && digest == item.body_digest;
		let epoch_ended = is_rejected_for(status, &["RotationDue", "EpochNotCurrent"]);
		if epoch_ended && item.attempt < MAX_ATTEMPTS {
			// No answer to the upload, but a race with a rotation: it goes in under the next epoch.
			let body = StoredBody::open(&*self.outbox.vault, &item.request_key, &item.body)?;
			let attempt = item.attempt.saturating_add(1);
			let number = u32::try_from(attempt).unwrap_or(u32::MAX);
			let key = body.request_key(&*self.outbox.vault, number);
			if let StoredBody::Upload { stream, .. } = &body {
				client.forget_epoch(*stream).await;
			}
			store::requeue(&self.outbox.pool, item.id, key, attempt).await?;
			return Ok(());
		}
		let (state, problem) = match status.status {
			RequestState::Applied if is_ours || self.is_recorded(client, item).await? => {
				(ItemState::Applied, None)
			},
			RequestState::Applied => {
				let problem =
					"the key was used for something else, by other software of the organization";
				(ItemState::Rejected, Some(problem.to_owned()))
			},
			_ => {
				let error = status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref());
				let problem =
					error.map(|error| format!("{}: {}", error.name, error.description.trim()));
				(ItemState::Rejected, problem)
			},
		};
		self.end(item, state, status, block, problem).await
	}

	/// Ends an item whose expiry has passed: as expired if the node can tell for certain that it was not applied.
	async fn expire(
		&self,
		client: &Client,
		item: &Undecided,
		status: &RequestStatus,
		block: BlockNumber,
	) -> Result<(), Fault> {
		let expires_at = item.expires_at.unwrap_or(block);
		let retention = client.limits().receipt_retention;
		let is_certain = Request::has_expired(block, expires_at, expires_at, retention);
		if status.status == RequestState::Expired && is_certain {
			return self.end(item, ItemState::Expired, status, block, None).await;
		}
		// The receipt may have been removed meanwhile. An entry stays.
		if self.is_recorded(client, item).await? {
			return self.end(item, ItemState::Applied, status, block, None).await;
		}
		let problem =
			"the chain keeps receipts for some days past the expiry, and these have passed";
		self.end(item, ItemState::Undetermined, status, block, Some(problem.into())).await
	}

	/// Whether an upload's record is on the chain, with its very document.
	async fn is_recorded(&self, client: &Client, item: &Undecided) -> Result<bool, Fault> {
		let body = StoredBody::open(&*self.outbox.vault, &item.request_key, &item.body)?;
		let StoredBody::Upload { document, .. } = &body else { return Ok(false) };
		let record = item::record_id(self.outbox.organization(), &item.request_key);
		let key = match client.commitment_key(record).await {
			Ok(key) => key,
			Err(error) if error.is_no_answer() => return Err(error.into()),
			Err(_) => return Ok(false),
		};
		match client.verify(record, document, &key).await {
			Err(error) if error.is_no_answer() => Err(error.into()),
			verified => Ok(verified.is_ok()),
		}
	}

	async fn end(
		&self,
		item: &Undecided,
		state: ItemState,
		status: &RequestStatus,
		block: BlockNumber,
		problem: Option<String>,
	) -> Result<(), Fault> {
		let end = End { state, status, block, problem };
		store::end(&self.outbox.pool, item.id, &end).await?;
		self.outbox.changed.notify_waiters();
		Ok(())
	}
}
