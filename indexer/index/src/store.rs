//! The store: a database, SQLite or PostgreSQL, with entries, documents, views and their rows.

mod aggregate;
mod apply;
mod build;
mod changes;
mod condition;
mod dump;
pub mod export;
mod generation;
mod known;
mod limited;
mod make;
mod page;
mod rows;
mod schema;
mod scrub;
mod search;
pub(crate) mod statement;
mod upkeep;
mod write;

pub use aggregate::{Aggregate, Aggregated, MAX_GROUPS};
pub use changes::{Change, ChangedRow, Changes};
pub use generation::ViewState;
pub use scrub::Scrubbed;
pub use search::{Page, Query, Row, SortKey, Unfit, DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE_BYTES};
pub use upkeep::Upkeep;

use credio_primitives::{BlockNumber, Digest, OrganizationId, RecordId};
use credio_view::{filter::FilterError, view::View, ViewError};
use generation::Generations;
use limited::Limit;
use sqlx::{
	any::{AnyConnectOptions, AnyPoolOptions, AnyRow},
	AnyConnection, AnyPool, Row as _,
};
use statement::{Backend, Link, Statement};
use std::{
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::sync::{watch, Mutex};

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
	/// The database cannot be used.
	#[error("the index's database: {0}")]
	Database(#[source] sqlx::Error),
	/// There are several indexes to read.
	#[error("there are indexes of organizations {0}: say which one you mean (--organization)")]
	SeveralIndexes(String),
	/// There is no index to read.
	#[error("there is no index at {0}: `credio index sync` makes one")]
	NoIndex(String),
	/// Another process keeps the index up to date.
	#[error(
		"another process keeps this index up to date: end that one first, or search while it runs"
	)]
	KeptByAnother,
	/// The process ends before the write does.
	#[error("the index was not written: the process ends")]
	Stopped,
	/// The tables of a view went while it was read, which holds nobody back.
	#[error("a view was changed meanwhile: ask again")]
	Replaced,
	/// A statement took longer than its caller is allowed.
	#[error("the search takes too long: narrow it, best by a column with an index")]
	TooSlow,
	/// Too many others read at the same time.
	#[error("the index is busy: try again in a moment")]
	Busy,
	/// The file cannot be made.
	#[error("the index's file {path}: {cause}")]
	File {
		/// The file.
		path: String,
		/// Why.
		cause: std::io::Error,
	},
	/// The database was made by older software, and whoever only reads does not change it.
	#[error("the index has version {found} of its tables, and this software knows version {known}: `credio index sync` brings it up to date")]
	OlderSchema {
		/// The version found.
		found: i64,
		/// The version known.
		known: i64,
	},
	/// The database was made by newer software.
	#[error("the index has version {found} of its tables, and this software knows version {known}: use a newer one")]
	NewerSchema {
		/// The version found.
		found: i64,
		/// The version known.
		known: i64,
	},
	/// The database is of another organization or chain.
	#[error("the index is of {what} {found}, and not of {wanted}: use another file or database")]
	Foreign {
		/// What is another one.
		what: &'static str,
		/// Of which it is.
		found: String,
		/// Of which it should be.
		wanted: String,
	},
	/// A block is not above the cursor.
	#[error("block {number} cannot come after block {cursor}, which the index has")]
	NotNext {
		/// The block.
		number: BlockNumber,
		/// The index's last one.
		cursor: BlockNumber,
	},
	/// A block has more entries than there are places for.
	#[error("block {0} has more entries than an index takes")]
	TooManyEntries(BlockNumber),
	/// The index has no such record.
	#[error("the index has no record {0}")]
	UnknownRecord(RecordId),
	/// Two views have one name.
	#[error("two views are named {0}: rename one")]
	DuplicateView(String),
	/// The index has no such view.
	#[error("the index has no view {view}; it has {known}")]
	UnknownView {
		/// The view.
		view: String,
		/// The views that it has.
		known: String,
	},
	/// The view is being built for the first time.
	#[error("view {0} is being built: try again in a moment")]
	Building(String),
	/// The view has no such column.
	#[error("view {view} has no column {column}; it has {known}")]
	UnknownColumn {
		/// The view.
		view: String,
		/// The column.
		column: String,
		/// The columns that it has.
		known: String,
	},
	/// A query cannot be used.
	#[error("{0}")]
	Query(String),
	/// The place from which changes are asked for is of another index or definition of the view.
	#[error("the cursor is of another index, or the view was changed since: leave it out to begin with all rows")]
	CursorGone,
	/// The cursor of a page is none of ours, or of another query.
	#[error("the cursor is not one of this query: leave it out to begin with the first page")]
	BadCursor,
	/// A filter cannot be used.
	#[error(transparent)]
	Filter(#[from] FilterError),
	/// A stored definition cannot be used.
	#[error(transparent)]
	View(#[from] ViewError),
	/// What is stored makes no sense.
	#[error("the index cannot be read, and has to be built anew: {0}")]
	Corrupted(String),
	/// The dump cannot be written.
	#[error("the dump cannot be written: {0}")]
	Write(#[from] std::io::Error),
}

impl From<sqlx::Error> for StoreError {
	fn from(error: sqlx::Error) -> Self {
		// SQLSTATE for a table that is not there.
		match error.as_database_error().and_then(|error| error.code()) {
			Some(code) if code == "42P01" => Self::Replaced,
			_ if limited::is_too_slow(&error) => Self::TooSlow,
			_ => Self::Database(error),
		}
	}
}

impl StoreError {
	/// Whether the database is away, and may be back: it was restarted, or the connection was lost.
	pub fn is_passing(&self) -> bool {
		let Self::Database(error) = self else { return false };
		match error {
			sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
			// Classes of SQLSTATE: connection exception, and operator intervention such as a shutdown.
			error => error
				.as_database_error()
				.and_then(|error| error.code())
				.is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
		}
	}
}

/// Answer or [`StoreError`].
pub type Result<Answer> = std::result::Result<Answer, StoreError>;

/// Entries after which the database looks at how values are spread for the first time.
const FIRST_ANALYSIS: u64 = 1_000;

/// The last block that a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Digest,
}

/// An index.
#[derive(Clone)]
pub struct Store {
	pool: AnyPool,
	backend: Backend,
	/// Whether it is only read, from here.
	is_reader: bool,
	/// Whose it is, and where its file is, if it is one.
	organization: OrganizationId,
	path: Option<PathBuf>,
	/// How it is connected to, and how long reads may take.
	options: Arc<AnyConnectOptions>,
	limit: Option<Arc<Limit>>,
	/// One at a time writes; the database holds other processes back, and this lock other tasks.
	writing: Arc<Mutex<()>>,
	generations: Generations,
	/// Entries until the database looks anew at how values are spread.
	until_analyzed: Arc<AtomicU64>,
	/// How many those were the last time.
	analyzed_after: Arc<AtomicU64>,
	/// Tells that this process has written.
	changed: Arc<watch::Sender<()>>,
}

impl std::fmt::Debug for Store {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Store({:?})", self.backend)
	}
}

impl Store {
	/// Opens the index of an organization, and makes its tables if they are not there: in a file (a path, or
	/// `sqlite://PATH`), which only its owner can read, in memory (`sqlite::memory:`), or in a PostgreSQL database
	/// (`postgres://…`), in the schema `credio_ORGANIZATION`.
	///
	/// Errors: [`StoreError::Database`], [`StoreError::File`], [`StoreError::NewerSchema`], [`StoreError::Foreign`].
	pub async fn open(url: &str, organization: OrganizationId) -> Result<Self> {
		let store = Self::connect(url, organization, false).await?;
		schema::migrate(&store.pool, store.backend).await?;
		store.claim("organization", &organization.to_string()).await?;
		Ok(store)
	}

	/// Opens the index of an organization, or the only one that there is, to read it, and changes nothing: it may be one that another process keeps up to
	/// date, or a replica of a PostgreSQL server.
	///
	/// Errors: [`StoreError::NoIndex`], [`StoreError::OlderSchema`], and those of [`Self::open`].
	pub async fn open_to_read(
		url: &str,
		organization: impl Into<Option<OrganizationId>>,
	) -> Result<Self> {
		sqlx::any::install_default_drivers();
		let wanted = organization.into();
		let place = match wanted {
			Some(organization) => organization,
			None if is_postgres(url) => schema::only_one(url).await?,
			// A file says whose it is.
			None => OrganizationId::MAX,
		};
		let mut store = Self::connect(url, place, true).await?;
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

	async fn connect(url: &str, organization: OrganizationId, is_reader: bool) -> Result<Self> {
		sqlx::any::install_default_drivers();
		let is_postgres = is_postgres(url);
		let in_memory = url.contains(":memory:");
		let backend = if is_postgres { Backend::Postgres } else { Backend::Sqlite };
		let mut path = None;
		let url = match url {
			url if is_postgres || in_memory => url.to_owned(),
			url => {
				let file = url.strip_prefix("sqlite:").unwrap_or(url);
				let file = Path::new(file.strip_prefix("//").unwrap_or(file));
				let name = file.display();
				match is_reader {
					true if !file.exists() => return Err(StoreError::NoIndex(name.to_string())),
					true => {},
					false => credio_files::ensure(file)
						.map_err(|cause| StoreError::File { path: name.to_string(), cause })?,
				}
				path = Some(file.to_owned());
				format!("sqlite://{name}?mode=rw")
			},
		};
		// Statements that take long would be logged with the names of columns.
		let options: AnyConnectOptions = url.parse()?;
		let options = sqlx::ConnectOptions::disable_statement_logging(options);
		let pool = AnyPoolOptions::new()
			// A database in memory belongs to its connection.
			.max_connections(if in_memory { 1 } else { 8 })
			.acquire_timeout(Duration::from_secs(30))
			.after_connect(move |connection, _| {
				Box::pin(schema::configure(connection, backend, organization, is_reader))
			})
			.connect_with(options.clone())
			.await?;
		Ok(Self {
			pool,
			backend,
			is_reader,
			organization,
			path,
			options: Arc::new(options),
			limit: None,
			writing: Arc::default(),
			generations: Arc::default(),
			until_analyzed: Arc::new(AtomicU64::new(FIRST_ANALYSIS)),
			analyzed_after: Arc::new(AtomicU64::new(FIRST_ANALYSIS)),
			changed: Arc::new(watch::Sender::new(())),
		})
	}

	/// Where it is, without a password.
	fn name(&self) -> String {
		match &self.path {
			Some(path) => path.display().to_string(),
			None => format!("the schema {}", schema::name(self.organization)),
		}
	}

	/// Notes of which chain the index is, by the hash of its first block; later calls check it.
	///
	/// Errors: [`StoreError::Foreign`] for another chain.
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

	/// Something that was noted of the index.
	async fn noted(&self, what: &'static str) -> Result<String> {
		let row = sqlx::query("SELECT value FROM meta WHERE name = $1").bind(what);
		Ok(row.fetch_one(&self.pool).await?.try_get(0)?)
	}

	/// The organization whose index it is.
	pub fn organization(&self) -> OrganizationId {
		self.organization
	}

	/// The last block that the index has; `None` if it has none.
	///
	/// Errors: [`StoreError::Database`].
	pub async fn cursor(&self) -> Result<Option<Cursor>> {
		cursor(&mut *self.pool.acquire().await?).await
	}

	/// Whether so many entries more make it time to look at how values are spread: after every doubling.
	fn is_analysis_due(&self, entries: u64) -> bool {
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

/// Whether an address is one of PostgreSQL.
fn is_postgres(url: &str) -> bool {
	url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// The last block that the index has.
async fn cursor(connection: &mut AnyConnection) -> Result<Option<Cursor>> {
	cursor_in(&mut Link::Any(connection)).await
}

/// The same wherever is read.
async fn cursor_in(link: &mut Link<'_>) -> Result<Option<Cursor>> {
	// The text is the same for both databases.
	let statement = Statement::new(Backend::Sqlite, "SELECT block, hash FROM chain_cursor");
	let rows = statement.fetch_from(link).await?;
	let row = rows.first();
	row.map(|row| {
		let hash = bytes32(row.try_get(1)?)?;
		Ok(Cursor { number: number(row.try_get(0)?)?, hash: Digest(hash) })
	})
	.transpose()
}

fn number<To: TryFrom<i64>>(number: i64) -> Result<To> {
	To::try_from(number).map_err(|_| StoreError::Corrupted(format!("number {number}")))
}

fn bytes32(bytes: Vec<u8>) -> Result<[u8; 32]> {
	bytes.try_into().map_err(|_| StoreError::Corrupted("an id has not 32 bytes".into()))
}

/// The organization that appended an entry.
fn author(row: &AnyRow, at: usize) -> Result<OrganizationId> {
	let author: Option<i64> = row.try_get(at)?;
	let before = "older software did not note who appended an entry (credio index rebuild)";
	number(author.ok_or_else(|| StoreError::Corrupted(before.into()))?)
}

/// Number of a column of a view.
fn column_of(view: &View, name: &str) -> Result<usize> {
	view.column(name).ok_or_else(|| {
		let known: Vec<_> = view.columns.iter().map(|column| column.name.as_str()).collect();
		StoreError::UnknownColumn {
			view: view.name.clone(),
			column: name.chars().take(credio_view::view::MAX_NAME_LENGTH).collect(),
			known: known.join(", "),
		}
	})
}
