//! Making sure that nothing is left of what was removed, as far as that is ours to do: SQLite keeps words in its full-text
//! index, and old pages until its log is written back. PostgreSQL keeps old rows until it vacuums.

use super::{error::Result, handle::Store};
use credio_database::{Backend, BUSY_TIMEOUT};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// How far scrubbing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
	/// Nothing is left to do.
	Done,
	/// Somebody reads the database and so holds it back: it is to be tried again.
	Held,
}

/// What is left to do, as it is noted: the words and the log, or the log alone.
const WORDS: &str = "words";
const LOG: &str = "log";

impl Store {
	/// Notes that [`Self::scrub`] has something to do, before something is removed: a crash does not let it be forgotten.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn scrub_later(&self) -> Result<()> {
		note(&mut *self.pool.acquire().await?, WORDS).await
	}

	/// Overwrites what was removed, if that was noted. It waits for nobody: whoever reads the database holds back a part of
	/// it, which is left for the next call.
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
		// The same, told as an error.
		Err(sqlx::Error::Database(error)) if error.message().contains("locked") => Ok(false),
		Err(error) => Err(error.into()),
	}
}
