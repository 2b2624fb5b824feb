//! The right to write an index, which one process has at a time.

use super::{
	error::{Result, StoreError},
	generation,
	handle::Store,
	schema,
};
use credio_database::Backend;
use sha2::{Digest as _, Sha256};
use sqlx::{Any, AssertSqlSafe, pool::PoolConnection};
use std::fs::{File, TryLockError};

/// How long PostgreSQL waits for another process to release the lock.
const LOCK_TIMEOUT: &str = "5s";
/// SQLSTATE for a lock that was not available in that time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The right to write blocks into an index. No other process gets it before this is dropped or this process ends.
#[derive(Debug)]
pub struct WriteLock(
	// Held until it is dropped.
	#[allow(dead_code)] Lock,
);

#[derive(Debug)]
#[allow(dead_code)]
enum Lock {
	/// A lock on a file beside the index.
	File(File),
	/// A lock of the connection's session.
	Session(PoolConnection<Any>),
	/// A database in memory belongs to its process.
	Own,
}

impl Store {
	/// Acquires the right to write blocks.
	///
	/// # Errors
	///
	/// [`StoreError::KeptByAnother`], [`StoreError::File`], [`StoreError::Database`].
	pub async fn acquire_writer(&self) -> Result<WriteLock> {
		if self.backend == Backend::Postgres {
			let name = format!("credio/index/upkeep/{}", schema::name(self.organization));
			let digest: [u8; 32] = Sha256::digest(name).into();
			let [a, b, c, d, e, f, g, h, ..] = digest;
			let mut connection = self.pool.acquire().await?;
			// Returned to the pool, the connection would keep the lock.
			connection.close_on_drop();
			// The server takes a moment to notice that a process was killed.
			sqlx::query(AssertSqlSafe(format!("SET lock_timeout = '{LOCK_TIMEOUT}'")))
				.execute(&mut *connection)
				.await?;
			let locked = sqlx::query("SELECT 1 FROM pg_advisory_lock($1)")
				.bind(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
				.execute(&mut *connection)
				.await;
			match locked {
				Ok(_) => {},
				Err(sqlx::Error::Database(error))
					if error.code().is_some_and(|code| code == LOCK_NOT_AVAILABLE) =>
				{
					return Err(StoreError::KeptByAnother);
				},
				Err(error) => return Err(error.into()),
			}
			return Ok(WriteLock(Lock::Session(connection)));
		}
		let Some(path) = self.address.file() else { return Ok(WriteLock(Lock::Own)) };
		let path = path.with_added_extension("lock");
		let failed = |cause| StoreError::File { path: path.display().to_string(), cause };
		let file = credio_files::open_or_create(&path).map_err(failed)?;
		match file.try_lock() {
			Ok(()) => Ok(WriteLock(Lock::File(file))),
			Err(TryLockError::WouldBlock) => Err(StoreError::KeptByAnother),
			Err(TryLockError::Error(cause)) => Err(failed(cause)),
		}
	}

	/// Empties the index in one transaction. Its views stay, without rows, until [`Store::set_views`] builds them. It
	/// takes the right to write as proof.
	///
	/// # Errors
	///
	/// [`StoreError::Database`].
	pub async fn clear(&self, _: &WriteLock) -> Result<()> {
		let _writing = self.writing.lock().await;
		let mut transaction = self.pool.begin().await?;
		schema::lock(&mut transaction).await?;
		let generations = self.load_generations(&mut transaction).await?;
		for sql in [
			"DELETE FROM unfit",
			"DELETE FROM documents",
			"DELETE FROM entries",
			"DELETE FROM streams",
			"DELETE FROM chain_cursor",
			"DELETE FROM meta WHERE name IN ('chain', 'access', 'instance', 'erasures', 'largestObject')",
		] {
			sqlx::query(sql).execute(&mut *transaction).await?;
		}
		schema::name_instance(&mut transaction, self.backend).await?;
		generation::restart(&mut transaction, self.backend, generations).await?;
		transaction.commit().await?;
		self.notify_changed();
		Ok(())
	}
}
