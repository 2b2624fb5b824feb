//! Reading with a time limit: for callers of a server, of whom none is to hold up the others.

use super::{
	error::{Result, StoreError},
	handle::Store,
	limit::{Limit, Pool},
	schema,
	statement::Link,
};
use credio_database::Backend;
use sqlx::{
	any::AnyPoolOptions, sqlite::SqlitePoolOptions, Any, AssertSqlSafe, Sqlite, Transaction,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Reads with a limit at a time. More of them wait, and no longer than one may take.
const CONNECTIONS: u32 = 8;
/// Instructions of SQLite after which it looks at the time.
const INSTRUCTIONS: i32 = 10_000;

/// A transaction that reads.
pub(super) enum Reading {
	Any(Transaction<'static, Any>),
	Sqlite(Transaction<'static, Sqlite>),
}

impl Reading {
	pub fn link(&mut self) -> Link<'_> {
		match self {
			Self::Any(transaction) => Link::Any(transaction),
			Self::Sqlite(transaction) => Link::Sqlite(transaction),
		}
	}
}

impl Store {
	/// The same index, of which a search or an aggregate may take so long, and then fails with [`StoreError::TooSlow`].
	///
	/// # Errors
	///
	/// [`StoreError::Database`].
	pub async fn with_time_limit(&self, time: Duration) -> Result<Self> {
		let pool = match (self.backend, self.address.file()) {
			(Backend::Sqlite, None) => {
				// In memory: it belongs to its one connection.
				return Ok(self.clone());
			},
			(Backend::Sqlite, Some(path)) => {
				let options = sqlx::sqlite::SqliteConnectOptions::new()
					.filename(path)
					.pragma("query_only", "ON")
					.busy_timeout(time);
				let options = sqlx::ConnectOptions::disable_statement_logging(options);
				let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS);
				Pool::Sqlite(pool.acquire_timeout(time).connect_lazy_with(options))
			},
			(Backend::Postgres, _) => {
				let (backend, organization) = (self.backend, self.organization);
				let pool = AnyPoolOptions::new()
					.max_connections(CONNECTIONS)
					.acquire_timeout(time)
					.after_connect(move |connection, _| {
						Box::pin(schema::configure(connection, backend, organization, true))
					});
				Pool::Any(pool.connect_lazy_with(self.address.options()?))
			},
		};
		Ok(Self { limit: Some(Arc::new(Limit { time, pool })), ..self.clone() })
	}

	/// Begins to read.
	pub(super) async fn reading(&self) -> Result<Reading> {
		let Some(limit) = &self.limit else { return Ok(Reading::Any(self.pool.begin().await?)) };
		let busy = |error| match error {
			sqlx::Error::PoolTimedOut => StoreError::Busy,
			error => error.into(),
		};
		match &limit.pool {
			Pool::Any(pool) => {
				let mut transaction = pool.begin().await.map_err(busy)?;
				// Without any it would be none.
				let milliseconds = limit.time.as_millis().max(1);
				let sql = format!("SET LOCAL statement_timeout = {milliseconds}");
				sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
				Ok(Reading::Any(transaction))
			},
			Pool::Sqlite(pool) => {
				let mut transaction = pool.begin().await.map_err(busy)?;
				let end = Instant::now() + limit.time;
				let mut handle = transaction.lock_handle().await?;
				handle.set_progress_handler(INSTRUCTIONS, move || Instant::now() < end);
				drop(handle);
				Ok(Reading::Sqlite(transaction))
			},
		}
	}
}
