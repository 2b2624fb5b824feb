//! Sends stored items, and follows them until their outcomes are final.

use super::{
	chain::Chain,
	error::{OutboxError, Result as OutboxResult},
	expiry::{Bounds, Heads},
	fault::Fault,
	lease::{self, LEASE, Lease},
	objects::{Objects, next_done},
	outbox::Outbox,
	store,
};
use credio_client::{
	Client, ConnectError, ConnectOptions, Error, Runtimes, Trust, objects::WriteObjects,
};
use credio_primitives::{
	BlockNumber,
	rpc::{At, RequestState, RequestStatusJson},
};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use std::{
	collections::{BTreeMap, BTreeSet},
	future::Future,
	sync::Arc,
};
use tokio::{sync::watch, task::JoinSet};

/// Blocks between two checks of all items while finality stands still: lost requests are sent again, and expiring ones
/// are signed again.
const BLOCKS_PER_LOOK: BlockNumber = 10;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
	/// WebSocket addresses of nodes. The first that responds is used; when it goes away, the next; and when finality
	/// stalls there but not elsewhere, the most advanced one. Nodes of another chain are skipped.
	pub nodes: Vec<String>,
	/// How to connect to them.
	pub connect: ConnectOptions,
	/// Most items that are being sent at a time.
	pub max_sending: u32,
	/// Most calls to the node at a time.
	pub concurrency: usize,
	/// How responses of nodes are verified.
	pub trust: Trust,
	/// The runtimes for which requests are signed.
	pub runtimes: Runtimes,
	/// Where objects are stored. Without it, objects of the outbox wait until they expire.
	pub objects: Option<Arc<dyn WriteObjects>>,
}

impl Settings {
	/// Returns the defaults, with these nodes.
	#[must_use]
	pub fn new(nodes: Vec<String>) -> Self {
		Self {
			nodes,
			connect: ConnectOptions::default(),
			trust: Trust::default(),
			runtimes: Runtimes::built_in(),
			max_sending: 1_000,
			concurrency: 64,
			objects: None,
		}
	}
}

/// Sends the items of an outbox. Several workers may run on one database, in several processes: one works, and the
/// others are on standby.
#[derive(Debug)]
pub struct Worker {
	pub(super) outbox: Outbox,
	pub(super) settings: Settings,
	/// Names this worker among others.
	name: String,
	/// Objects that it stores.
	objects: Objects,
}

/// States of the items that are being sent.
type States = BTreeMap<i64, RequestState>;

/// Lanes that stand still: the next position, and the finalized block since which it has not changed.
pub(super) type Standstills = BTreeMap<u32, (u64, BlockNumber)>;

/// The context of a worker that holds the lease: a node, and the right to write.
pub(super) struct Turn<'a> {
	pub outbox: &'a Outbox,
	pub settings: &'a Settings,
	pub chain: &'a dyn Chain,
	pub lease: &'a Lease,
	pub objects: &'a Objects,
	pub heads: Heads,
}

impl Outbox {
	/// Creates a worker for this outbox.
	///
	/// # Errors
	///
	/// [`OutboxError::Vault`] if the system gives no random bytes, [`OutboxError::Item`] without a node, or with
	/// the address of one that may not be used.
	pub fn worker(&self, settings: Settings) -> OutboxResult<Worker> {
		if settings.nodes.is_empty() {
			return Err(OutboxError::Item("a worker needs the address of a node".into()));
		}
		for node in &settings.nodes {
			let checked = settings.connect.check_address(node);
			checked.map_err(|error| OutboxError::Item(error.with_hint()))?;
		}
		let name = hex::encode(&credio_vault::random()?[..8]);
		Ok(Worker { outbox: self.clone(), settings, name, objects: Objects::default() })
	}

	/// Sends and follows until `stop` resolves.
	///
	/// # Errors
	///
	/// Those of [`Self::worker`], [`OutboxError::Database`], and [`OutboxError::OtherChain`] if all nodes are of
	/// another chain than the one that the outbox is for. When a node goes away, the worker tries the next one, again
	/// and again, and [`Self::nodes`] reports it.
	pub async fn run(
		&self,
		settings: Settings,
		stop: impl Future<Output = ()>,
	) -> OutboxResult<()> {
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
	/// # Errors
	///
	/// As [`Self::run`].
	pub async fn run_until_decided(&self, settings: Settings) -> OutboxResult<()> {
		let worker = self.worker(settings)?;
		let result = worker.work(true).await;
		lease::resign(&self.pool, &worker.name).await?;
		result
	}
}

impl Worker {
	/// Works with one node until it fails. Sends the finalized blocks that it hears of, and sets `has_worked` after its
	/// first turn.
	pub(super) async fn serve(
		&self,
		node: &str,
		options: &ConnectOptions,
		until_decided: bool,
		heard: &watch::Sender<BlockNumber>,
		has_worked: &mut bool,
	) -> Result<(), Fault> {
		let Self { outbox, settings, name, objects } = self;
		let client = Client::connect_with(options, node, outbox.vault.clone()).await?;
		let client =
			client.with_trust(settings.trust.clone()).with_runtimes(settings.runtimes.clone());
		let client = Arc::new(client);
		let chain: Arc<dyn Chain> = client.clone();
		outbox.pin(client.chain()).await?;
		if client.is_syncing().await? {
			// Its responses are out of date.
			return Err(Error::Connect(ConnectError::Unreachable(
				"the node is behind the chain, and catches up".into(),
			))
			.into());
		}
		let (mut finalized, mut best) =
			tokio::try_join!(client.finalized_heads(), client.best_heads())?;
		let mut heads = Heads { finalized: finalized.next().await?, best: best.next().await? };
		let mut standstills = Standstills::new();
		let mut looked_at: Option<Heads> = None;
		// They end when this is dropped.
		let mut storing = JoinSet::new();
		objects.restart();
		self.note_working(node);
		loop {
			heard.send_if_modified(|known| {
				std::mem::replace(known, heads.finalized) != heads.finalized
			});
			if let Some(lease) = Lease::acquire(&outbox.pool, outbox.is_postgres, name).await? {
				let turn = Turn { outbox, settings, chain: &*chain, lease: &lease, objects, heads };
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
			objects.start(&mut storing, outbox, &chain, settings.objects.as_ref());
			let changed = outbox.changed.notified();
			let before = heads;
			tokio::select! {
				head = finalized.next() => heads.finalized = head?,
				head = best.next() => heads.best = head?,
				() = changed => {},
				done = next_done(&mut storing) => {
					objects.keep(done, heads.finalized);
					// Its item may be among those that are being sent.
					looked_at = None;
				},
			}
			// Of the blocks that came meanwhile only the newest counts.
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

/// Works as long as the lease is ours. Renews it meanwhile, since work may take longer.
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
	/// Whether a check is due after the one at these blocks: states change with finalized blocks only.
	fn is_look_due(&self, before: Heads) -> bool {
		let new_blocks = self.heads.best.saturating_sub(before.best);
		self.heads.finalized != before.finalized
			|| self.heads.is_stalled() && new_blocks >= BLOCKS_PER_LOOK
	}

	/// Checks the items that are being sent: ends decided ones, and sends lost ones again.
	pub(super) async fn look(&self, standstills: &mut Standstills) -> Result<(), Fault> {
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

	/// Returns the limits of the chain.
	pub(super) fn bounds(&self) -> Bounds {
		let limits = self.chain.limits();
		Bounds { max_lifetime: limits.max_request_lifetime, retention: limits.receipt_retention }
	}

	/// Returns the status of an item's request, with the block that it is read at.
	pub(super) async fn status(
		&self,
		item: &store::Undecided,
	) -> Result<At<RequestStatusJson>, Fault> {
		let organization = self.outbox.organization();
		Ok(self.chain.status(organization, item.current_key, item.expires_at).await?)
	}
}
