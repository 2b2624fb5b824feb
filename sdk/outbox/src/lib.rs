//! The outbox: requests that are stored before they are sent, and followed until their outcome is final.
//!
//! *Accepted means stored*: when [`Outbox::enqueue`] returns, the request survives any crash of this process. A worker,
//! [`Outbox::run`], sends what is stored, sends it again under the same key as long as it is undecided, and ends each
//! item in exactly one state: applied, rejected or expired. It believes finalized blocks only. What became of the items
//! is read with a cursor, [`Outbox::outcomes`], so that a reader that was away misses nothing and sees nothing twice.
//!
//! The store is a database, SQLite or PostgreSQL, in tables of its own (`credio_outbox_…`). An application that keeps its
//! data in the same database writes both in one transaction ([`Outbox::enqueue_in`], [`Outbox::acknowledge_in`]): then
//! what it believes and what the chain was asked agree, whatever crashes when.
//!
//! Documents and calls are stored encrypted under a key of the vault's organization. `docs/outbox.md` says what is
//! promised, and where it ends.

mod expiry;
mod item;
mod lanes;
mod lease;
mod nodes;
mod outcomes;
mod renewed;
mod schema;
mod sending;
mod settling;
mod store;
mod worker;

pub use item::{Body, Enqueued, Item, ItemState};
pub use nodes::{NodeProblem, Nodes};
pub use outcomes::{ItemOutcome, Outcomes};
use store::Inserted;
pub use store::Listed;
pub use worker::{Settings, Worker};

use credio_primitives::{OrganizationId, RequestKey};
use credio_vault::{ChainPin, Vault, VaultError};
use sqlx::{any::AnyPoolOptions, AnyConnection, AnyPool, PgConnection, SqliteConnection};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::{watch, Notify};

/// What can go wrong with an outbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
	/// The database cannot be used.
	#[error("the outbox's database: {0}")]
	Database(#[from] sqlx::Error),
	/// The database's file cannot be made.
	#[error("the outbox {path}: {source}")]
	File {
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
	/// The database was made by newer software.
	#[error("the outbox has version {found} of its tables, and this software knows version {known}: use a newer one")]
	NewerSchema {
		/// The version found.
		found: i64,
		/// The version known.
		known: i64,
	},
	/// The outbox holds requests of another organization.
	#[error("the outbox holds requests of organization {found}, and the vault acts for organization {organization}: use an outbox of its own for each")]
	OtherOrganization {
		/// The organization whose requests are in there.
		found: i64,
		/// The vault's organization.
		organization: OrganizationId,
	},
	/// The outbox holds requests for another chain.
	#[error("the outbox holds requests for the chain {pinned}, and all nodes are of others, {found} for one: use nodes of that chain, or an outbox of its own for the other one")]
	OtherChain {
		/// The chain that the outbox is for.
		pinned: Box<ChainPin>,
		/// The other one.
		found: Box<ChainPin>,
	},
	/// Another worker has taken this one's place.
	#[error("another worker has taken this one's place, since it was not heard of for too long")]
	Superseded,
	/// The key stands for something else already.
	#[error("the key {0} is in the outbox already, for something else: use a new key")]
	KeyReused(RequestKey),
	/// The outbox has no such item.
	#[error("the outbox has no item with the key {0}")]
	NotFound(RequestKey),
	/// The item has not ended.
	#[error("the item {0} has not ended yet; only what has ended without being applied can be tried again")]
	NotEnded(RequestKey),
	/// The outbox is full.
	#[error(
		"the outbox holds {0} undecided items, which is its bound: wait until some are decided"
	)]
	Full(i64),
	/// An item cannot be used.
	#[error("{0}")]
	Item(String),
	/// The vault could not do its part: what is stored is of another organization, say.
	#[error(transparent)]
	Vault(#[from] VaultError),
	/// The stored form of an item makes no sense.
	#[error("an item of the outbox cannot be read: {0}")]
	Corrupted(String),
}

/// Answer or [`OutboxError`].
pub type Result<Answer> = std::result::Result<Answer, OutboxError>;

/// How often the database is asked for what another process has written.
const OTHER_PROCESSES: Duration = Duration::from_millis(500);

/// Most undecided items that an outbox takes, unless its owner says otherwise.
pub const MAX_UNDECIDED: i64 = 1_000_000;

/// A store of requests, with their outcomes.
#[derive(Clone)]
pub struct Outbox {
	pool: AnyPool,
	is_postgres: bool,
	vault: Arc<dyn Vault>,
	organization: OrganizationId,
	max_undecided: i64,
	/// How the worker of this process stands with its nodes.
	nodes: Arc<watch::Sender<Nodes>>,
	/// Told in this process when something was enqueued or has ended.
	changed: Arc<Notify>,
}

impl std::fmt::Debug for Outbox {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Outbox(organization {})", self.organization())
	}
}

impl Outbox {
	/// Opens an outbox, and makes its tables if they are not there: in a file (a path, or `sqlite://PATH`), in memory
	/// (`sqlite::memory:`), or in a PostgreSQL database (`postgres://…`).
	///
	/// The file can be read by its owner only.
	///
	/// # Errors
	///
	/// [`OutboxError::File`], [`OutboxError::Database`], [`OutboxError::NewerSchema`],
	/// [`OutboxError::OtherOrganization`], [`OutboxError::Vault`].
	pub async fn open(url: &str, vault: Arc<dyn Vault>) -> Result<Self> {
		sqlx::any::install_default_drivers();
		let is_postgres = url.starts_with("postgres:") || url.starts_with("postgresql:");
		let in_memory = url.contains(":memory:");
		let url = match url {
			url if is_postgres || in_memory => url.to_owned(),
			url => {
				let path = url.strip_prefix("sqlite:").unwrap_or(url);
				let path = path.strip_prefix("//").unwrap_or(path);
				credio_files::ensure(Path::new(path))
					.map_err(|source| OutboxError::File { path: path.to_owned(), source })?;
				format!("sqlite://{path}?mode=rwc")
			},
		};
		let pool = AnyPoolOptions::new()
			// A database in memory belongs to its connection.
			.max_connections(if in_memory { 1 } else { 8 })
			.acquire_timeout(Duration::from_secs(30))
			.after_connect(move |connection, _| {
				Box::pin(async move {
					if !is_postgres {
						schema::configure_sqlite(connection).await?;
					}
					Ok(())
				})
			})
			.connect(&url)
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

	/// Notes that the requests in here are for this chain. Without it they are for the chain of the first node that the
	/// worker works with. They are never sent to another one.
	///
	/// # Errors
	///
	/// [`OutboxError::OtherChain`] if they are for another one, [`OutboxError::Database`].
	pub async fn pin(&self, chain: &ChainPin) -> Result<()> {
		schema::pin(&self.pool, chain).await
	}

	/// The chain that the requests in here are for, once that is known.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn chain(&self) -> Result<Option<ChainPin>> {
		schema::chain(&self.pool).await
	}

	/// How the worker of this process stands with its nodes: with which it works, and what is wrong with others.
	pub fn nodes(&self) -> watch::Receiver<Nodes> {
		self.nodes.subscribe()
	}

	/// Takes at most so many undecided items: back-pressure for those who enqueue.
	pub fn with_max_undecided(mut self, max_undecided: i64) -> Self {
		self.max_undecided = max_undecided;
		self
	}

	/// The organization whose requests are in here.
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// Stores an item. When this returns, it will be sent, whatever happens to this process. The same item again answers
	/// where it stands. Another one under the key of an item that was rejected or has expired is the next attempt.
	///
	/// Errors: [`OutboxError::KeyReused`] for a key that stands for something else, [`OutboxError::Full`],
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
	/// Errors: as there.
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
		// What was stored before the secret was renewed stands under its key.
		for secret in secrets.into_iter().rev() {
			let mut prepared = item::prepare(vault, item, 0, secret).await?;
			while let Some(known) = transaction.known(&prepared).await? {
				match known {
					Inserted::Stands(enqueued) => return Ok(enqueued),
					Inserted::NameIsFree { attempts } => {
						let begins_at = item::next_attempt(prepared.begins_at, attempts);
						prepared = item::prepare(vault, item, begins_at, secret).await?;
					},
				}
			}
		}
		let mut prepared = item::prepare(vault, item, 0, newest).await?;
		loop {
			match transaction.insert(&prepared, self.max_undecided).await? {
				Inserted::Stands(enqueued) => return Ok(enqueued),
				Inserted::NameIsFree { attempts } => {
					let begins_at = item::next_attempt(prepared.begins_at, attempts);
					prepared = item::prepare(vault, item, begins_at, newest).await?;
				},
			}
		}
	}

	/// Where an item stands; `None` if there is none with this key.
	///
	/// Errors: [`OutboxError::Database`].
	pub async fn status(&self, key: RequestKey) -> Result<Option<Listed>> {
		store::find(&self.pool, key).await
	}

	/// Waits until an item has ended, and answers how.
	///
	/// Errors: [`OutboxError::NotFound`], [`OutboxError::Database`].
	pub async fn wait(&self, key: RequestKey) -> Result<Listed> {
		loop {
			let changed = self.changed.clone();
			let told = changed.notified();
			let item = self.status(key).await?.ok_or(OutboxError::NotFound(key))?;
			if item.state.has_ended() {
				return Ok(item);
			}
			// What this process writes is told at once; of others nobody tells.
			let _ = tokio::time::timeout(OTHER_PROCESSES, told).await;
		}
	}

	/// All outcomes after a number, at most so many, in their order.
	///
	/// Errors: [`OutboxError::Database`].
	pub async fn outcomes_after(&self, number: i64, limit: u32) -> Result<Vec<Listed>> {
		store::outcomes(&self.pool, number, limit).await
	}

	/// How many items there are in each state that any is in.
	///
	/// Errors: [`OutboxError::Database`].
	pub async fn counts(&self) -> Result<Vec<(ItemState, i64)>> {
		store::counts(&self.pool).await
	}

	/// Items in the order in which they were stored, from the one after `after` on.
	///
	/// Errors: [`OutboxError::Database`].
	pub async fn list(
		&self,
		state: Option<ItemState>,
		after: i64,
		limit: u32,
	) -> Result<Vec<Listed>> {
		store::list(&self.pool, state, after, limit).await
	}

	/// Tries an item again that has ended without being applied, under the key of the next attempt: what was rejected stays
	/// rejected under the old one. Doing so twice is one more try.
	///
	/// Errors: [`OutboxError::NotFound`], [`OutboxError::NotEnded`], [`OutboxError::Database`].
	pub async fn retry(&self, key: RequestKey) -> Result<Enqueued> {
		let row = store::ended(&self.pool, key).await?;
		let prepared = item::again(&*self.vault, &row).await?;
		let mut connection = self.pool.acquire().await?;
		let inserted = store::any::insert(&mut connection, &prepared, self.max_undecided).await?;
		drop(connection);
		self.changed.notify_waiters();
		match inserted {
			Inserted::Stands(enqueued) => Ok(enqueued),
			// Something else has come under the same name meanwhile.
			Inserted::NameIsFree { .. } => Err(OutboxError::KeyReused(prepared.request_key)),
		}
	}

	/// Forgets items whose outcome all consumers have acknowledged and that were decided at or before block `until`.
	/// Answers how many.
	///
	/// Keep them at least as long as somebody may enqueue them again: a forgotten item is a new one.
	///
	/// Errors: [`OutboxError::Database`].
	pub async fn prune(&self, until: credio_primitives::BlockNumber) -> Result<u64> {
		store::prune(&self.pool, until).await
	}
}

mod sealed {
	pub trait Sealed {}
}

/// A connection of the application: `&mut *transaction` of `sqlx::Transaction<Sqlite>` or `sqlx::Transaction<Postgres>`.
#[allow(async_fn_in_trait)]
pub trait Connection: sealed::Sealed {
	#[doc(hidden)]
	async fn insert(&mut self, prepared: &item::Prepared, max_undecided: i64) -> Result<Inserted>;
	#[doc(hidden)]
	async fn begin_to_write(&mut self) -> Result<()>;
	#[doc(hidden)]
	async fn known(&mut self, prepared: &item::Prepared) -> Result<Option<Inserted>>;
	#[doc(hidden)]
	async fn acknowledge(&mut self, consumer: &str, number: i64) -> Result<()>;
}

/// Connections of a database, by the statements for it.
macro_rules! connections {
	($($connection:ty: $statements:ident),*) => {$(
		impl sealed::Sealed for $connection {}

		impl Connection for $connection {
			async fn insert(
				&mut self,
				prepared: &item::Prepared,
				max_undecided: i64,
			) -> Result<Inserted> {
				store::$statements::insert(self, prepared, max_undecided).await
			}
			async fn begin_to_write(&mut self) -> Result<()> {
				store::$statements::begin_to_write(self).await
			}
			async fn known(&mut self, prepared: &item::Prepared) -> Result<Option<Inserted>> {
				store::$statements::known(self, prepared).await
			}
			async fn acknowledge(&mut self, consumer: &str, number: i64) -> Result<()> {
				store::$statements::acknowledge(self, consumer, number).await
			}
		}
	)*};
}

connections!(AnyConnection: any, SqliteConnection: sqlite, PgConnection: postgres);

#[cfg(test)]
mod tests;
