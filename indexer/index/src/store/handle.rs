//! The store itself: opens an index, and knows its owner.

use super::{
	cursor::{Cursor, cursor},
	error::{Result, StoreError},
	generation::Generations,
	limit::Limit,
	schema,
};
use credio_database::{Address, Backend};
use credio_primitives::{Digest, OrganizationId};
use sqlx::{AnyPool, Row as _};
use std::sync::{
	Arc,
	atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Mutex, watch};

/// Entries after which ANALYZE is due for the first time.
const FIRST_ANALYSIS: u64 = 1_000;

/// An index.
#[derive(Clone)]
pub struct Store {
	pub(super) pool: AnyPool,
	pub(super) backend: Backend,
	/// Whether it is opened for reading only.
	pub(super) is_reader: bool,
	pub(super) organization: OrganizationId,
	pub(super) address: Address,
	/// Connections for reads with a time limit.
	pub(super) limit: Option<Arc<Limit>>,
	/// Held while a task writes. The database locks out other processes.
	pub(super) writing: Arc<Mutex<()>>,
	pub(super) generations: Generations,
	/// Entries until ANALYZE is due.
	pub(super) until_analyzed: Arc<AtomicU64>,
	/// Entries between the last two times.
	pub(super) analyzed_after: Arc<AtomicU64>,
	/// Changes whenever this process has written.
	pub(super) changed: Arc<watch::Sender<()>>,
}

impl std::fmt::Debug for Store {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Store({:?})", self.backend)
	}
}

impl Store {
	/// Opens the index of an organization, and creates missing tables: in a file (a path, or `sqlite://PATH`), readable
	/// by its owner only, in memory (`sqlite::memory:`), or in a PostgreSQL database (`postgres://…`), in the schema
	/// `credio_ORGANIZATION`.
	///
	/// # Errors
	///
	/// [`StoreError::Database`], [`StoreError::File`], [`StoreError::NewerSchema`], [`StoreError::Foreign`].
	pub async fn open(url: &str, organization: OrganizationId) -> Result<Self> {
		let store = Self::connect(&Address::new(url), organization, false).await?;
		schema::migrate(&store.pool, store.backend).await?;
		store.claim("organization", &organization.to_string()).await?;
		Ok(store)
	}

	/// Opens the index of an organization, or the only one of a database, to read it. It may be one that another
	/// process writes, or a replica of a PostgreSQL server.
	///
	/// # Errors
	///
	/// [`StoreError::NoIndex`], [`StoreError::OlderSchema`], and those of [`Self::open`].
	pub async fn open_to_read(
		url: &str,
		organization: impl Into<Option<OrganizationId>>,
	) -> Result<Self> {
		let address = Address::new(url);
		let wanted = organization.into();
		let place = match wanted {
			Some(organization) => organization,
			None if address.backend() == Backend::Postgres => schema::only_one(&address).await?,
			// The file names its organization.
			None => OrganizationId::MAX,
		};
		let mut store = Self::connect(&address, place, true).await?;
		let mut connection = store.pool.acquire().await?;
		schema::check(&mut connection).await.map_err(|error| match error {
			StoreError::Replaced => StoreError::NoIndex(store.name()),
			StoreError::Database(error) if error.to_string().contains("no such table") => {
				StoreError::NoIndex(store.name())
			},
			other => other,
		})?;
		drop(connection);
		let found = store.noted("organization").await?;
		if let Some(wanted) = wanted.filter(|wanted| wanted.to_string() != found) {
			let wanted = wanted.to_string();
			return Err(StoreError::Foreign { what: "organization", found, wanted });
		}
		let no_number = |_| StoreError::Corrupted("it has no organization".into());
		store.organization = found.parse().map_err(no_number)?;
		Ok(store)
	}

	async fn connect(
		address: &Address,
		organization: OrganizationId,
		is_reader: bool,
	) -> Result<Self> {
		if is_reader && !address.exists() {
			return Err(StoreError::NoIndex(address.to_string()));
		}
		if !is_reader {
			let failed = |cause| StoreError::File { path: address.to_string(), cause };
			address.create_file().map_err(failed)?;
		}
		let backend = address.backend();
		let pool = address
			.connect(move |connection| {
				Box::pin(schema::configure(connection, backend, organization, is_reader))
			})
			.await?;
		Ok(Self {
			pool,
			backend,
			is_reader,
			organization,
			address: address.clone(),
			limit: None,
			writing: Arc::default(),
			generations: Arc::default(),
			until_analyzed: Arc::new(AtomicU64::new(FIRST_ANALYSIS)),
			analyzed_after: Arc::new(AtomicU64::new(FIRST_ANALYSIS)),
			changed: Arc::new(watch::Sender::new(())),
		})
	}

	/// Returns where it is, without a password.
	#[must_use]
	pub fn name(&self) -> String {
		match self.backend {
			Backend::Sqlite => self.address.to_string(),
			Backend::Postgres => format!("the schema {}", schema::name(self.organization)),
		}
	}

	/// Stores the chain of the index, by the hash of its first block. Later calls check it.
	///
	/// # Errors
	///
	/// [`StoreError::Foreign`] for another chain.
	pub async fn claim_chain(&self, genesis: Digest) -> Result<()> {
		self.claim("chain", &genesis.to_string()).await
	}

	async fn claim(&self, what: &'static str, wanted: &str) -> Result<()> {
		sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
			.bind(what)
			.bind(wanted.to_owned())
			.execute(&self.pool)
			.await?;
		self.ensure_is(what, wanted).await
	}

	async fn ensure_is(&self, what: &'static str, wanted: &str) -> Result<()> {
		let found = self.noted(what).await?;
		if found != wanted {
			return Err(StoreError::Foreign { what, found, wanted: wanted.into() });
		}
		Ok(())
	}

	/// Returns a stored property of the index.
	async fn noted(&self, what: &'static str) -> Result<String> {
		let row = sqlx::query("SELECT value FROM meta WHERE name = $1").bind(what);
		Ok(row.fetch_one(&self.pool).await?.try_get(0)?)
	}

	/// Returns the organization that owns the index.
	#[must_use]
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// Returns the last block of the index; `None` if it has none.
	///
	/// # Errors
	///
	/// [`StoreError::Database`].
	pub async fn cursor(&self) -> Result<Option<Cursor>> {
		cursor(&mut *self.pool.acquire().await?).await
	}

	/// Whether ANALYZE is due after further entries: whenever their number has doubled.
	pub(super) fn is_analysis_due(&self, entries: u64) -> bool {
		let left = self.until_analyzed.load(Ordering::Relaxed).saturating_sub(entries);
		if left > 0 {
			self.until_analyzed.store(left, Ordering::Relaxed);
			return false;
		}
		let next = self.analyzed_after.load(Ordering::Relaxed).saturating_mul(2);
		self.analyzed_after.store(next, Ordering::Relaxed);
		self.until_analyzed.store(next, Ordering::Relaxed);
		true
	}

	/// Closes the connections.
	pub async fn close(&self) {
		self.pool.close().await;
	}
}
