//! Sends what is stored, and follows it until its outcome is final.

use super::{
	expiry::{Bounds, Heads},
	lease::{self, Lease, LEASE},
	store, Outbox, OutboxError,
};
use credio_client::{Client, ConnectOptions, Error, Runtimes, Trust};
use credio_primitives::{
	rpc::{At, RequestState, RequestStatusJson},
	BlockNumber,
};
use futures::{stream, FutureExt, StreamExt, TryStreamExt};
use std::{
	collections::{BTreeMap, BTreeSet},
	future::Future,
};
use tokio::sync::watch;

/// While finality stands still, items are looked at every so many blocks: what a node has lost is sent again, and what
/// would expire is signed anew.
const BLOCKS_PER_LOOK: BlockNumber = 10;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
	/// WebSocket addresses of nodes. The first one that answers is used; when it goes away, the next; and when finality
	/// stands still there, but not elsewhere, the one that is furthest. One of another chain than the outbox's is skipped.
	pub nodes: Vec<String>,
	/// How they are connected to.
	pub connect: ConnectOptions,
	/// Most items that are being sent at a time.
	pub max_sending: u32,
	/// Most calls to the node at a time.
	pub concurrency: usize,
	/// What is believed of the nodes.
	pub trust: Trust,
	/// The runtimes for which requests are signed.
	pub runtimes: Runtimes,
}

impl Settings {
	/// The defaults, with these nodes.
	pub fn new(nodes: Vec<String>) -> Self {
		Self {
			nodes,
			connect: ConnectOptions::default(),
			trust: Trust::default(),
			runtimes: Runtimes::built_in(),
			max_sending: 1_000,
			concurrency: 64,
		}
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

/// What a worker works with while it has the place: a node, and the right to write.
pub(super) struct Turn<'a> {
	pub outbox: &'a Outbox,
	pub settings: &'a Settings,
	pub client: &'a Client,
	pub lease: &'a Lease,
	pub heads: Heads,
}

impl Outbox {
	/// A worker for this outbox.
	///
	/// Errors: [`OutboxError::Vault`] if the system gives no random bytes, [`OutboxError::Item`] without a node, or with
	/// the address of one that may not be used.
	pub fn worker(&self, settings: Settings) -> super::Result<Worker> {
		if settings.nodes.is_empty() {
			return Err(OutboxError::Item("a worker needs the address of a node".into()));
		}
		for node in &settings.nodes {
			let checked = settings.connect.check_address(node);
			checked.map_err(|error| OutboxError::Item(error.to_string()))?;
		}
		let name = hex::encode(&credio_vault::random()?[..8]);
		Ok(Worker { outbox: self.clone(), settings, name })
	}

	/// Sends and follows until `stop` resolves.
	///
	/// Errors: those of [`Self::worker`], [`OutboxError::Database`], and [`OutboxError::OtherChain`] if all nodes are of
	/// another chain than the one that the outbox is for. A node that goes away is no error: the worker tries the next one,
	/// again and again, and [`Self::nodes`] tells.
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
		lease::resign(&self.pool, &worker.name).await?;
		result
	}

	/// Sends and follows until nothing is undecided.
	///
	/// Errors: as [`Self::run`].
	pub async fn run_until_decided(&self, settings: Settings) -> super::Result<()> {
		let worker = self.worker(settings)?;
		let result = worker.work(true).await;
		lease::resign(&self.pool, &worker.name).await?;
		result
	}
}

impl Worker {
	/// Works with one node until it goes away. Tells the finalized blocks of which it hears, and whether it has worked.
	pub(super) async fn serve(
		&self,
		node: &str,
		options: &ConnectOptions,
		until_decided: bool,
		heard: &watch::Sender<BlockNumber>,
		has_worked: &mut bool,
	) -> Result<(), Fault> {
		let Self { outbox, settings, name } = self;
		let client = Client::connect_with(options, node, outbox.vault.clone()).await?;
		let client =
			client.with_trust(settings.trust.clone()).with_runtimes(settings.runtimes.clone());
		outbox.pin(client.chain()).await?;
		if client.is_syncing().await? {
			// What it tells is of the past.
			return Err(
				Error::Connection("the node is behind the chain, and catches up".into()).into()
			);
		}
		let (mut finalized, mut best) =
			tokio::try_join!(client.finalized_heads(), client.best_heads())?;
		let mut heads = Heads { finalized: finalized.next().await?, best: best.next().await? };
		let mut standstills = Standstills::new();
		let mut looked_at: Option<Heads> = None;
		self.tell_working(node);
		loop {
			heard.send_if_modified(|known| {
				std::mem::replace(known, heads.finalized) != heads.finalized
			});
			if let Some(lease) = Lease::take(&outbox.pool, outbox.is_postgres, name).await? {
				let client = &client;
				let turn = Turn { outbox, settings, client, lease: &lease, heads };
				let is_due = looked_at.is_none_or(|before| turn.is_look_due(before));
				let work = async {
					if is_due {
						turn.look(&mut standstills).await?;
					}
					turn.send_waiting().await
				};
				match while_leased(&lease, work).await {
					Err(Fault::Outbox(OutboxError::Superseded)) => looked_at = None,
					worked => {
						worked?;
						*has_worked = true;
						if is_due {
							looked_at = Some(heads);
						}
					},
				}
			}
			if until_decided && store::count_undecided(&outbox.pool).await? == 0 {
				return Ok(());
			}
			let changed = outbox.changed.notified();
			let before = heads;
			tokio::select! {
				head = finalized.next() => heads.finalized = head?,
				head = best.next() => heads.best = head?,
				() = changed => {},
			}
			// What came meanwhile: only the newest counts.
			while let Some(head) = finalized.next().now_or_never() {
				heads.finalized = head?;
			}
			while let Some(head) = best.next().now_or_never() {
				heads.best = head?;
			}
			if before.finalized != heads.finalized {
				client.follow_upgrade().await?;
			}
		}
	}
}

/// Works for as long as the place is ours. Renews the lease meanwhile, since work may take longer than that.
async fn while_leased(
	lease: &Lease,
	work: impl Future<Output = Result<(), Fault>>,
) -> Result<(), Fault> {
	let renew = async {
		loop {
			tokio::time::sleep(LEASE / 3).await;
			if let Err(error) = lease.renew().await {
				return error;
			}
		}
	};
	tokio::select! {
		done = work => done,
		lost = renew => Err(lost.into()),
	}
}

impl Turn<'_> {
	/// Whether it is time for a look, after the one at these blocks: where items stand changes with finalized blocks only.
	fn is_look_due(&self, before: Heads) -> bool {
		let new_blocks = self.heads.best.saturating_sub(before.best);
		self.heads.finalized != before.finalized
			|| self.heads.is_stalled() && new_blocks >= BLOCKS_PER_LOOK
	}

	/// Looks at what is being sent: ends what is decided, and sends again what nobody has.
	async fn look(&self, standstills: &mut Standstills) -> Result<(), Fault> {
		let most = i64::from(self.settings.max_sending);
		let sending = store::sending(&self.outbox.pool, most).await?;
		let lanes = sending.iter().filter_map(|item| item.lane).collect::<BTreeSet<_>>();
		let states = stream::iter(sending)
			.map(|item| self.settle(item))
			.buffer_unordered(self.settings.concurrency)
			.try_collect::<Vec<_>>()
			.await?
			.into_iter()
			.flatten()
			.collect::<States>();
		standstills.retain(|lane, _| lanes.contains(lane));
		for lane in lanes {
			self.order(lane, &states, standstills).await?;
		}
		Ok(())
	}

	/// What the chain bounds.
	pub(super) fn bounds(&self) -> Bounds {
		let limits = self.client.limits();
		Bounds { max_lifetime: limits.max_request_lifetime, retention: limits.receipt_retention }
	}

	/// Where the request of an item stands, and by which block.
	pub(super) async fn status(
		&self,
		item: &store::Undecided,
	) -> Result<At<RequestStatusJson>, Fault> {
		let organization = self.outbox.organization();
		Ok(self.client.status_by(organization, item.current_key, item.expires_at).await?)
	}
}
