//! Documents that no view takes.

use super::{
	decode::{bytes32, number},
	error::{Result, StoreError},
	handle::Store,
	place::{ROWS_PER_ENTRY, block_of},
	search::push_page,
	statement::{Statement, Table},
};
use credio_primitives::{BlockNumber, RecordId, Sequence, StreamId};
use serde::Serialize;
use sqlx::Row as _;

/// A document that makes no row in any view, and is unfit in none: no view is for its stream, its format or its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Untaken {
	/// Its record.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Its block.
	pub block: BlockNumber,
	/// Its media type.
	pub media_type: Option<String>,
}

impl Store {
	/// Returns documents that no view takes, in the order of the chain: at most `limit`, after a record.
	///
	/// # Errors
	///
	/// [`StoreError::Building`] while a view is built, [`StoreError::Database`].
	pub async fn untaken(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<Untaken>> {
		let mut transaction = self.pool.begin().await?;
		let building = "SELECT view FROM generations WHERE built_to IS NOT NULL";
		let building = Statement::new(self.backend, building).fetch_all(&mut transaction).await?;
		if let Some(view) = building.first() {
			return Err(StoreError::Building(view.try_get(0)?));
		}
		let generations = "SELECT generation FROM views ORDER BY generation";
		let generations =
			Statement::new(self.backend, generations).fetch_all(&mut transaction).await?;
		let mut statement = Statement::new(
			self.backend,
			"SELECT e.place, e.record, e.stream, e.sequence, e.media_type
			FROM documents d JOIN entries e ON e.place = d.place
			WHERE NOT EXISTS (SELECT 1 FROM unfit u JOIN views v ON v.generation = u.generation WHERE u.place = d.place)",
		);
		for generation in &generations {
			let rows = Table(generation.try_get(0)?).rows();
			statement.push(&format!(
				" AND NOT EXISTS (SELECT 1 FROM {rows} r WHERE r._place >= d.place AND r._place < d.place + {ROWS_PER_ENTRY})"
			));
		}
		push_page(&mut statement, after, limit);
		let rows = statement.fetch_all(&mut transaction).await?;
		let untaken = rows.iter().map(|row| {
			Ok(Untaken {
				record: RecordId(bytes32(row.try_get(1)?)?),
				stream: StreamId(bytes32(row.try_get(2)?)?),
				sequence: number(row.try_get(3)?)?,
				block: block_of(row.try_get(0)?)?,
				media_type: row.try_get(4)?,
			})
		});
		untaken.collect()
	}
}
