//! Overwrites removed data. SQLite keeps removed words in its full-text index, and old pages until its log is written
//! back. PostgreSQL keeps old rows until it vacuums.

use super::{error::Result, handle::Store};
use credio_database::{BUSY_TIMEOUT, Backend};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// Result of scrubbing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
	/// Everything is overwritten.
	Done,
	/// A reader of the database holds it back: try again.
	Held,
}

/// Stored steps to do: the words and the log, or the log alone.
const WORDS: &str = "words";
const LOG: &str = "log";

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
		}
		sqlx::query("DELETE FROM meta WHERE name = 'scrub'").execute(&mut *connection).await?;
		Ok(Scrubbed::Done)
	}
}

async fn note(connection: &mut AnyConnection, what: &str) -> Result<()> {
	let sql = "INSERT INTO meta (name, value) VALUES ('scrub', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
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
