//! Overwrites removed data. SQLite keeps removed words in its full-text index, and old pages until its log is written
//! back. PostgreSQL keeps old rows until it vacuums, and those of erased objects are removed at once.

use super::{
	error::{Result, StoreError},
	handle::Store,
};
use credio_database::{BUSY_TIMEOUT, Backend};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::time::Duration;

/// Result of scrubbing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
	/// Everything is overwritten.
	Done,
	/// A reader of the database holds it back: try again.
	Held,
}

/// Stored steps to do: the words and the log of SQLite, or the log alone; the tables of PostgreSQL.
const WORDS: &str = "words";
const LOG: &str = "log";
const TABLES: &str = "tables";

/// How often PostgreSQL is asked whether somebody may still read removed rows, and the time in between.
const LOOKS: usize = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// How long PostgreSQL waits for readers of a table to end.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '3s'";
/// SQLSTATE for a lock that was not available in that time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

impl Store {
	/// Notes that [`Self::scrub`] has work to do. Called before data is removed, so that a crash does not lose it.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn scrub_later(&self) -> Result<()> {
		note(&mut *self.pool.acquire().await?, WORDS).await
	}

	/// Overwrites removed data, if that was noted. It does not wait for readers of the database, which hold back a part
	/// of the work for the next call.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn scrub(&self) -> Result<Scrubbed> {
		let _writing = self.writing.lock().await;
		let mut connection = self.pool.acquire().await?;
		let noted = sqlx::query("SELECT value FROM meta WHERE name = 'scrub'")
			.fetch_optional(&mut *connection)
			.await?;
		let Some(noted) = noted else { return Ok(Scrubbed::Done) };
		if self.backend == Backend::Sqlite {
			if noted.try_get::<String, _>(0)? == WORDS {
				for generation in self.load_generations(&mut connection).await? {
					if !generation.view.full_text.is_empty() {
						let words = generation.table.words();
						let sql = format!("INSERT INTO {words} ({words}) VALUES ('optimize')");
						sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
					}
				}
				note(&mut connection, LOG).await?;
			}
			if !write_log_back(&mut connection).await? {
				return Ok(Scrubbed::Held);
			}
		} else if noted.try_get::<String, _>(0)? == TABLES {
			let tables = self.load_generations(&mut connection).await?;
			let tables = tables.iter().map(|generation| generation.table.rows());
			let tables =
				["documents", "unfit", "entries"].map(String::from).into_iter().chain(tables);
			if !rewrite(&mut connection, &tables.collect::<Vec<_>>()).await? {
				return Ok(Scrubbed::Held);
			}
		}
		sqlx::query("DELETE FROM meta WHERE name = 'scrub'").execute(&mut *connection).await?;
		Ok(Scrubbed::Done)
	}
}

/// Notes that [`Store::scrub`] has to overwrite an erased object.
pub(super) async fn note_erasure(connection: &mut AnyConnection, backend: Backend) -> Result<()> {
	let what = if backend == Backend::Postgres { TABLES } else { WORDS };
	note(connection, what).await
}

async fn note(connection: &mut AnyConnection, what: &str) -> Result<()> {
	// The note of an erasure stays until it is done.
	let sql = "INSERT INTO meta (name, value) VALUES ('scrub', $1)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value <> 'tables'";
	sqlx::query(sql).bind(what.to_owned()).execute(connection).await?;
	Ok(())
}

/// Writes SQLite's log back and empties it. Returns whether that could be done without waiting for readers.
async fn write_log_back(connection: &mut AnyConnection) -> Result<bool> {
	sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
	let written = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
	sqlx::query(BUSY_TIMEOUT).execute(&mut *connection).await?;
	match written {
		Ok(row) => Ok(row.try_get::<i64, _>(0)? == 0),
		// The same, as an error.
		Err(sqlx::Error::Database(error)) if error.message().contains("locked") => Ok(false),
		Err(error) => Err(error.into()),
	}
}

/// Rewrites tables of PostgreSQL without their removed rows. Returns whether that could be done: not while somebody may
/// still read these rows, or reads the tables for long.
async fn rewrite(connection: &mut AnyConnection, tables: &[String]) -> Result<bool> {
	// Removed rows stay for snapshots that are older than this transaction.
	let sql = "SELECT CAST(CAST(pg_current_xact_id() AS xid) AS TEXT)";
	let now: String = sqlx::query(sql).fetch_one(&mut *connection).await?.try_get(0)?;
	let is_older = |xid: &str| format!("age({xid}) > age(CAST(CAST($1 AS TEXT) AS xid))");
	let older = format!(
		"SELECT (
			SELECT COUNT(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ({} OR {})
				AND (datname IS NULL OR datname = current_database())
		) + (SELECT COUNT(*) FROM pg_replication_slots WHERE {})
		+ (SELECT COUNT(*) FROM pg_prepared_xacts WHERE {})",
		is_older("backend_xmin"),
		is_older("backend_xid"),
		is_older("xmin"),
		is_older("transaction"),
	);
	let mut looks = LOOKS;
	loop {
		let count = sqlx::query(AssertSqlSafe(older.clone())).bind(now.clone());
		let count: i64 = count.fetch_one(&mut *connection).await?.try_get(0)?;
		if count == 0 {
			break;
		}
		looks = looks.saturating_sub(1);
		if looks == 0 {
			return Ok(false);
		}
		tokio::time::sleep(BETWEEN_LOOKS).await;
	}
	sqlx::query(LOCK_TIMEOUT).execute(&mut *connection).await?;
	let mut rewritten = Ok(true);
	for table in tables {
		let sql = AssertSqlSafe(format!("VACUUM (FULL) {table}"));
		if let Err(error) = sqlx::query(sql).execute(&mut *connection).await {
			rewritten = Err(error);
			break;
		}
	}
	sqlx::query("RESET lock_timeout").execute(&mut *connection).await?;
	match rewritten {
		Ok(done) => Ok(done),
		Err(sqlx::Error::Database(error))
			if error.code().is_some_and(|code| code == LOCK_NOT_AVAILABLE) =>
		{
			Ok(false)
		},
		Err(error) => Err(StoreError::from(error)),
	}
}
