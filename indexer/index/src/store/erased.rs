//! Erasures: everything that an index has of an object goes, apart from its entry.

use super::{error::Result, handle::Store, schema, scrub, statement::Statement, write::Writer};
use credio_primitives::RecordId;
use sqlx::Row as _;

/// Why an erased object has no document.
pub const ERASED: &str = "erased";

/// The number of the next erasure of the network that the index has not followed yet.
const NEXT: &str = "erasures";

/// What an index had of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
	/// Whether it had the document, now or before.
	pub held: bool,
	/// Whether there was something left to remove.
	pub removed: bool,
}

impl Store {
	/// Removes the document of an erased object, its rows and its words, and notes that they are to be overwritten by
	/// [`Self::scrub`], in one transaction. `next` is the number of the erasure to continue with, if the index follows
	/// them.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn erase(&self, record: RecordId, next: Option<u64>) -> Result<Erased> {
		let store = self.clone();
		self.run_to_end(async move { store.erase_now(record, next).await }).await
	}

	async fn erase_now(&self, record: RecordId, next: Option<u64>) -> Result<Erased> {
		let mut transaction = self.pool.begin().await?;
		schema::lock(&mut transaction).await?;
		let mut statement = Statement::new(
			self.backend,
			"SELECT problem, was_readable FROM entries WHERE final = 1 AND record = ",
		);
		statement.bind(record.0.to_vec());
		let found = statement.fetch_all(&mut transaction).await?;
		let mut erased = Erased::default();
		if let Some(row) = found.first() {
			let problem: Option<String> = row.try_get(0)?;
			erased.held = row.try_get::<i64, _>(1)? == 1;
			if problem.as_deref() != Some(ERASED) {
				let mut writer = Writer::new(self, &mut transaction).await?;
				writer.remove(&[(record, ERASED.into())]).await?;
				writer.finish().await?;
				// What a revoked grant had opened may not be overwritten yet.
				erased.removed = erased.held;
			}
		}
		if erased.removed {
			scrub::note_erasure(&mut transaction, self.backend).await?;
		}
		if let Some(next) = next {
			let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
			let noted = sqlx::query(sql).bind(NEXT).bind(next.to_string());
			noted.execute(&mut *transaction).await?;
		}
		transaction.commit().await?;
		self.notify_changed();
		Ok(erased)
	}

	/// Returns the number of the next erasure that the index has not followed yet.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database), [`StoreError::Corrupted`](super::StoreError::Corrupted).
	pub async fn next_erasure(&self) -> Result<u64> {
		let row = sqlx::query("SELECT value FROM meta WHERE name = $1").bind(NEXT);
		let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(0) };
		let unread = |_| super::StoreError::Corrupted("meta has no number of an erasure".into());
		row.try_get::<String, _>(0)?.parse().map_err(unread)
	}
}
