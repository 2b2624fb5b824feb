//! Objects: documents that are read after their block is stored, from stores that may fail.

use super::{decode::bytes32, error::Result, handle::Store, statement::Statement, write::Writer};
use crate::block::Document;
use credio_primitives::{RecordId, StreamId};
use sqlx::{AnyConnection, Row as _};

/// Why the document of an object is not there yet: it is to be read.
pub const OBJECT: &str = "object";
/// Why it is not read: it is larger than the index reads.
pub const TOO_LARGE: &str = "tooLarge";

/// The bound of size that objects were last read with.
const LARGEST: &str = "largestObject";

/// A position among the objects that are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
	revision: i64,
	place: i64,
}

impl Turn {
	/// Before all of them.
	pub const FIRST: Self = Self { revision: -1, place: -1 };
}

/// An object that is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
	/// Its record.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position: one that is new, or may be read again, has a later one.
	pub turn: Turn,
}

impl Store {
	/// Returns objects that are to be read, after a position, at most `limit`.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database), as for all methods here.
	pub async fn pending_objects(&self, after: Turn, limit: u32) -> Result<Vec<Pending>> {
		let mut statement = Statement::new(
			self.backend,
			"SELECT record, stream, revision, place FROM entries
			WHERE problem = 'object' AND final = 1 AND (revision, place) > (",
		);
		statement.bind_all([after.revision.into(), after.place.into()]);
		statement.push(") ORDER BY revision, place LIMIT ");
		statement.bind(i64::from(limit));
		let rows = statement.fetch_all(&mut *self.pool.acquire().await?).await?;
		let read = |row: &sqlx::any::AnyRow| {
			Ok(Pending {
				record: RecordId(bytes32(row.try_get(0)?)?),
				stream: StreamId(bytes32(row.try_get(1)?)?),
				turn: Turn { revision: row.try_get(2)?, place: row.try_get(3)? },
			})
		};
		rows.iter().map(read).collect()
	}

	/// Stores the document of an object, if it is still to be read: meanwhile it may have been erased, or a grant revoked.
	/// Returns whether it was stored.
	pub async fn put_object(&self, record: RecordId, document: Document) -> Result<bool> {
		self.settle_object(record, Ok(document)).await
	}

	/// Notes why the document of an object is not read, if it is still to be read. Returns whether it was noted.
	pub async fn refuse_object(&self, record: RecordId, reason: &str) -> Result<bool> {
		self.settle_object(record, Err(reason.to_owned())).await
	}

	async fn settle_object(
		&self,
		record: RecordId,
		content: std::result::Result<Document, String>,
	) -> Result<bool> {
		let store = self.clone();
		self.run_to_end(async move {
			let mut transaction = store.pool.begin().await?;
			let mut writer = Writer::new(&store, &mut transaction).await?;
			if !is_pending(writer.connection, &store, record).await? {
				return Ok(false);
			}
			match content {
				Ok(document) => writer.put(&[(record, document)]).await?,
				Err(reason) => writer.remove(&[(record, reason)]).await?,
			}
			writer.finish().await?;
			transaction.commit().await?;
			store.notify_changed();
			Ok(true)
		})
		.await
	}

	/// Sets the size of the largest objects that are read. If it has changed, those that were too large are to be read.
	pub async fn set_largest_object(&self, bytes: u64) -> Result<()> {
		let _writing = self.writing.lock().await;
		let mut transaction = self.pool.begin().await?;
		super::schema::lock(&mut transaction).await?;
		let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value";
		let changed = sqlx::query(sql).bind(LARGEST).bind(bytes.to_string());
		if changed.execute(&mut *transaction).await?.rows_affected() > 0 {
			let sql = "UPDATE entries SET problem = $1 WHERE problem = $2";
			sqlx::query(sql).bind(OBJECT).bind(TOO_LARGE).execute(&mut *transaction).await?;
		}
		transaction.commit().await?;
		Ok(())
	}
}

async fn is_pending(
	connection: &mut AnyConnection,
	store: &Store,
	record: RecordId,
) -> Result<bool> {
	let sql = "SELECT 1 FROM entries WHERE problem = 'object' AND final = 1 AND record = ";
	let mut statement = Statement::new(store.backend, sql);
	statement.bind(record.0.to_vec());
	Ok(!statement.fetch_all(connection).await?.is_empty())
}
