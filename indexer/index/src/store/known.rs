//! State of an index that following the chain needs.

use super::{
	decode::{bytes32, number},
	error::Result,
	handle::Store,
	statement::Statement,
};
use crate::block::Document;
use credio_primitives::{OrganizationId, RecordId, Sequence, StreamId};
use sqlx::Row as _;
use std::collections::HashMap;

/// The next entry of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
	/// The organization that owns it.
	pub owner: OrganizationId,
	/// Number of its next final entry.
	pub sequence: Sequence,
}

impl Store {
	/// Returns the next sequence number of each stream.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn next_sequences(&self) -> Result<HashMap<StreamId, Next>> {
		let sql = "SELECT id, owner, (
				SELECT sequence FROM entries WHERE stream = id AND final = 1 ORDER BY sequence DESC LIMIT 1
			) FROM streams";
		let rows =
			Statement::new(self.backend, sql).fetch_all(&mut *self.pool.acquire().await?).await?;
		let read = |row: &sqlx::any::AnyRow| {
			let last: Option<i64> = row.try_get(2)?;
			let sequence = last.map(number).transpose()?.map_or(0, |last: Sequence| last + 1);
			Ok((
				StreamId(bytes32(row.try_get(0)?)?),
				Next { owner: number(row.try_get(1)?)?, sequence },
			))
		};
		rows.iter().map(read).collect()
	}

	/// Returns final entries of a stream from a position on, at most `limit`, each with the reason why it cannot be
	/// read.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn known(
		&self,
		stream: StreamId,
		from: Sequence,
		limit: u32,
	) -> Result<HashMap<RecordId, Option<String>>> {
		let sql = "SELECT record, problem FROM entries WHERE final = 1 AND stream = ";
		let mut statement = Statement::new(self.backend, sql);
		statement.bind(stream.0.to_vec());
		statement.push(" AND sequence >= ");
		statement.bind(i64::try_from(from).unwrap_or(i64::MAX));
		statement.push(" ORDER BY sequence LIMIT ");
		statement.bind(i64::from(limit));
		let rows = statement.fetch_all(&mut *self.pool.acquire().await?).await?;
		rows.iter().map(|row| Ok((RecordId(bytes32(row.try_get(0)?)?), row.try_get(1)?))).collect()
	}

	/// Stores documents of newly readable records, and removes those of others, in one transaction.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownRecord`](super::StoreError::UnknownRecord),
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn change(
		&self,
		readable: &[(RecordId, Document)],
		removed: &[(RecordId, String)],
	) -> Result<()> {
		if readable.is_empty() && removed.is_empty() {
			return Ok(());
		}
		self.write(readable, removed).await
	}

	/// Returns the stored access of the organization.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn access(&self) -> Result<Option<String>> {
		let rows = Statement::new(self.backend, "SELECT value FROM meta WHERE name = 'access'")
			.fetch_all(&mut *self.pool.acquire().await?)
			.await?;
		Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
	}

	/// Stores the access of the organization. All entries of the index correspond to it.
	///
	/// # Errors
	///
	/// [`StoreError::Database`](super::StoreError::Database).
	pub async fn set_access(&self, access: &str) -> Result<()> {
		let mut statement =
			Statement::new(self.backend, "INSERT INTO meta (name, value) VALUES ('access', ");
		statement.bind(access);
		statement.push(
			") ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value",
		);
		statement.execute(&mut *self.pool.acquire().await?).await?;
		Ok(())
	}
}
