//! The outbox itself: stores items, and returns their states.

use super::{
	body::{NamedBody, next_attempt},
	connection::Connection,
	error::{OutboxError, Result},
	item::{Enqueued, Item, ItemState},
	node_state::Nodes,
	prepare::{again, prepare},
	schema,
	store::{self, Inserted, Listed},
};
use credio_database::{Address, Backend};
use credio_primitives::{BlockNumber, OrganizationId, RequestKey};
use credio_vault::{ChainPin, Vault, VaultError};
use sqlx::AnyPool;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};

/// How often the database is polled for writes of other processes.
pub(super) const OTHER_PROCESSES: Duration = Duration::from_millis(500);

/// Most undecided items that an outbox takes by default.
pub const MAX_UNDECIDED: i64 = 1_000_000;

/// A store of requests, with their outcomes.
#[derive(Clone)]
pub struct Outbox {
	pub(super) pool: AnyPool,
	pub(super) is_postgres: bool,
	pub(super) vault: Arc<dyn Vault>,
	organization: OrganizationId,
	max_undecided: i64,
	/// State of this process's worker with its nodes.
	pub(super) nodes: Arc<watch::Sender<Nodes>>,
	/// Notified in this process when an item was enqueued or has ended.
	pub(super) changed: Arc<Notify>,
}

impl std::fmt::Debug for Outbox {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Outbox(organization {})", self.organization())
	}
}

impl Outbox {
	/// Opens an outbox, and creates missing tables: in a file (a path, or `sqlite://PATH`), in memory
	/// (`sqlite::memory:`), or in a PostgreSQL database (`postgres://…`).
	///
	/// The file is readable by its owner only.
	///
	/// # Errors
	///
	/// [`OutboxError::File`], [`OutboxError::Database`], [`OutboxError::NewerSchema`],
	/// [`OutboxError::OtherOrganization`], [`OutboxError::Vault`].
	pub async fn open(url: &str, vault: Arc<dyn Vault>) -> Result<Self> {
		let address = Address::new(url);
		address
			.create_file()
			.map_err(|source| OutboxError::File { path: address.to_string(), source })?;
		let is_postgres = address.backend() == Backend::Postgres;
		let pool = address
			.connect(move |connection| {
				Box::pin(async move {
					match is_postgres {
						true => Ok(()),
						false => schema::configure_sqlite(connection).await,
					}
				})
			})
			.await?;
		schema::migrate(&pool, is_postgres).await?;
		let organization = vault.organization().await?;
		schema::bind(&pool, organization).await?;
		Ok(Self {
			pool,
			is_postgres,
			vault,
			organization,
			max_undecided: MAX_UNDECIDED,
			nodes: Arc::default(),
			changed: Arc::default(),
		})
	}

	/// Pins the outbox to a chain. Otherwise the worker pins it to the chain of its first node. Requests are never sent
	/// to another chain.
	///
	/// # Errors
	///
	/// [`OutboxError::OtherChain`] if they are for another one, [`OutboxError::Database`].
	pub async fn pin(&self, chain: &ChainPin) -> Result<()> {
		schema::pin(&self.pool, chain).await
	}

	/// Returns the chain of the outbox, once it is known.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn chain(&self) -> Result<Option<ChainPin>> {
		schema::chain(&self.pool).await
	}

	/// Returns the state of this process's worker: the node that it works with, and the problems of others.
	#[must_use]
	pub fn nodes(&self) -> watch::Receiver<Nodes> {
		self.nodes.subscribe()
	}

	/// Limits the undecided items: back-pressure for applications.
	#[must_use]
	pub fn with_max_undecided(mut self, max_undecided: i64) -> Self {
		self.max_undecided = max_undecided;
		self
	}

	/// Returns the organization of the outbox.
	#[must_use]
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// Stores an item. When this returns, it will be sent, even if this process crashes. For the same item again it
	/// returns its state. Another item under the key of one that was rejected or has expired is the next attempt.
	///
	/// # Errors
	///
	/// [`OutboxError::KeyReused`] for a key that stands for something else, [`OutboxError::Full`],
	/// [`OutboxError::Item`], [`OutboxError::Database`].
	pub async fn enqueue(&self, item: &Item<'_>) -> Result<Enqueued> {
		let mut connection = self.pool.acquire().await?;
		let enqueued = self.enqueue_in(&mut *connection, item).await?;
		drop(connection);
		self.changed.notify_waiters();
		Ok(enqueued)
	}

	/// As [`Self::enqueue`], in a transaction of the application on the same database: the item is stored if that
	/// commits, and only then.
	///
	/// # Errors
	///
	/// As there.
	pub async fn enqueue_in(
		&self,
		transaction: &mut impl Connection,
		item: &Item<'_>,
	) -> Result<Enqueued> {
		let vault = &*self.vault;
		let mut secrets = vault.secret_versions().await?;
		let newest = secrets.pop().ok_or(VaultError::NoOrganizationKeys)?;
		if !secrets.is_empty() {
			transaction.begin_to_write().await?;
		}
		// Items of an earlier secret keep their keys.
		for secret in secrets.into_iter().rev() {
			let mut prepared = prepare(vault, item, 0, secret).await?;
			while let Some(known) = transaction.known(&prepared).await? {
				match known {
					Inserted::Stands(enqueued) => return Ok(enqueued),
					Inserted::NameIsFree { attempts } => {
						let begins_at = next_attempt(prepared.begins_at, attempts);
						prepared = prepare(vault, item, begins_at, secret).await?;
					},
				}
			}
		}
		let mut prepared = prepare(vault, item, 0, newest).await?;
		loop {
			match transaction.insert(&prepared, self.max_undecided).await? {
				Inserted::Stands(enqueued) => return Ok(enqueued),
				Inserted::NameIsFree { attempts } => {
					let begins_at = next_attempt(prepared.begins_at, attempts);
					prepared = prepare(vault, item, begins_at, newest).await?;
				},
			}
		}
	}

	/// Returns an item; `None` if there is none with this key.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn status(&self, key: RequestKey) -> Result<Option<Listed>> {
		store::find(&self.pool, key).await
	}

	/// Waits until an item has ended, and returns it.
	///
	/// # Errors
	///
	/// [`OutboxError::NotFound`], [`OutboxError::Database`].
	pub async fn wait(&self, key: RequestKey) -> Result<Listed> {
		loop {
			let changed = self.changed.clone();
			let notified = changed.notified();
			let item = self.status(key).await?.ok_or(OutboxError::NotFound(key))?;
			if item.state.has_ended() {
				return Ok(item);
			}
			// Writes of this process notify at once; those of others do not.
			let _ = tokio::time::timeout(OTHER_PROCESSES, notified).await;
		}
	}

	/// Returns outcomes after a number, at most `limit`, in their order.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn outcomes_after(&self, number: i64, limit: u32) -> Result<Vec<Listed>> {
		store::outcomes(&self.pool, number, limit).await
	}

	/// Returns the number of items in each state that occurs.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn counts(&self) -> Result<Vec<(ItemState, i64)>> {
		store::counts(&self.pool).await
	}

	/// Returns items in storing order, after the number `after`.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn list(
		&self,
		state: Option<ItemState>,
		after: i64,
		limit: u32,
	) -> Result<Vec<Listed>> {
		store::list(&self.pool, state, after, limit).await
	}

	/// Retries an item that has ended without being applied, under the key of the next attempt: the old key stays
	/// rejected. Calling this twice is one retry.
	///
	/// # Errors
	///
	/// [`OutboxError::NotFound`], [`OutboxError::NotEnded`], [`OutboxError::Database`].
	pub async fn retry(&self, key: RequestKey) -> Result<Enqueued> {
		let row = store::ended(&self.pool, key).await?;
		let prepared = again(&*self.vault, &row).await?;
		let mut connection = self.pool.acquire().await?;
		let inserted = store::any::insert(&mut connection, &prepared, self.max_undecided).await?;
		drop(connection);
		self.changed.notify_waiters();
		match inserted {
			Inserted::Stands(enqueued) => Ok(enqueued),
			// Another item was stored under the same name meanwhile.
			Inserted::NameIsFree { .. } => Err(OutboxError::KeyReused(prepared.request_key)),
		}
	}

	/// Returns the files of undecided objects, which have to stay where they are.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`], [`OutboxError::Vault`].
	pub async fn object_files(&self) -> Result<BTreeSet<PathBuf>> {
		let mut files = BTreeSet::new();
		for (key, body) in store::undecided_objects(&self.pool).await? {
			let body = NamedBody::open(&*self.vault, &key, &body).await?;
			files.extend(body.object().map(|object| object.file));
		}
		Ok(files)
	}

	/// Removes items with outcomes that all consumers have acknowledged and that were decided at or before block
	/// `until`. Returns how many.
	///
	/// Keep items at least as long as they may be enqueued again: a removed item is a new one.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn prune(&self, until: BlockNumber) -> Result<u64> {
		store::prune(&self.pool, until).await
	}
}
