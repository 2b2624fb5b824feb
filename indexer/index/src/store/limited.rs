//! Reads with a time limit, so that no caller of a server delays the others.

use super::{
	error::{Result, StoreError},
	handle::Store,
	limit::{Limit, Pool},
	schema,
	statement::Link,
};
use credio_database::Backend;
use sqlx::{
	Any, AssertSqlSafe, Sqlite, Transaction, any::AnyPoolOptions, sqlite::SqlitePoolOptions,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Limited reads at a time. Further ones wait, at most as long as one may take.
const CONNECTIONS: u32 = 8;
/// Instructions of SQLite between two looks at the clock.
const INSTRUCTIONS: i32 = 10_000;

/// A transaction that reads.
pub(super) enum Reading {
	Any(Transaction<'static, Any>),
	Sqlite(Transaction<'static, Sqlite>),
}

impl Reading {
	pub(super) fn link(&mut self) -> Link<'_> {
		match self {
			Self::Any(transaction) => Link::Any(transaction),
			Self::Sqlite(transaction) => Link::Sqlite(transaction),
		}
	}
}

impl Store {
	/// Returns the same index with a time limit. A longer search or aggregate fails with [`StoreError::TooSlow`].
	///
	/// # Errors
	///
	/// [`StoreError::Database`].
	pub async fn with_time_limit(&self, time: Duration) -> Result<Self> {
		let pool = match (self.backend, self.address.file()) {
			(Backend::Sqlite, None) => {
				// A database in memory has one connection.
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

	/// Starts a transaction that reads.
	pub(super) async fn reading(&self) -> Result<Reading> {
		let Some(limit) = &self.limit else { return Ok(Reading::Any(self.pool.begin().await?)) };
		let busy = |error| match error {
			sqlx::Error::PoolTimedOut => StoreError::Busy,
			error => error.into(),
		};
		match &limit.pool {
			Pool::Any(pool) => {
				let mut transaction = pool.begin().await.map_err(busy)?;
				// Zero would mean no limit.
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
