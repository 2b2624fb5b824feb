//! Reads for exports: the whole index at one moment, and later rows by their places.

pub use super::place::line_of;
use super::{
	condition,
	cursor::{Cursor, cursor},
	decode::{author, bytes32, number},
	error::{Result, StoreError},
	handle::Store,
	place::{ROWS_PER_ENTRY, block_of, entry_of},
	portions::portions,
	statement::{Statement, Table, value},
};
use credio_database::Backend;
use credio_primitives::{BlockNumber, Digest, OrganizationId, RecordId, Sequence, StreamId};
use credio_view::{filter::Expression, value::Value, view::View};
use sqlx::{Any, Connection as _, Row as _, Transaction, any::AnyRow, pool::PoolConnection};
use std::{ops::RangeInclusive, sync::Arc};

/// Most places of one statement.
pub const PLACES_AT_ONCE: usize = 500;

/// The index at one moment: later writes do not show.
#[derive(Debug)]
pub struct Snapshot {
	transaction: Transaction<'static, Any>,
	backend: Backend,
}

/// One connection for many reads. Each connection has a cache, which should not be filled eight times.
#[derive(Debug)]
pub struct Reader<'a> {
	store: &'a Store,
	connection: PoolConnection<Any>,
}

/// A view with the table of its rows.
#[derive(Debug, Clone)]
pub struct ViewTable {
	/// The view.
	pub view: Arc<View>,
	table: Table,
}

/// The origin of a row on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
	/// The record id.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position in the stream.
	pub sequence: Sequence,
	/// The owner of the stream.
	pub owner: OrganizationId,
	/// The organization that appended it.
	pub author: OrganizationId,
	/// Its block.
	pub block: BlockNumber,
}

/// A final entry.
#[derive(Debug)]
pub struct StoredEntry {
	/// Its place in the index, in the order of the chain.
	pub place: i64,
	/// Where it stands on the chain.
	pub origin: Origin,
	/// Kind of the entry: record, digest or merkle.
	pub kind: String,
	/// The record that it replaces.
	pub supersedes: Option<RecordId>,
	/// Media type of its document.
	pub media_type: Option<String>,
	/// Why it cannot be read.
	pub problem: Option<String>,
	/// Identifies everything that the chain has of it; missing in an index of older software.
	pub digest: Option<Digest>,
	/// Why it does not fit the view.
	pub unfit: Option<String>,
	/// Its document, if requested.
	pub document: Option<Vec<u8>>,
}

/// A final row of a view.
#[derive(Debug)]
pub struct ViewRow {
	/// Its place in the index, in the order of the chain.
	pub place: i64,
	/// Whether it is the current row of its key.
	pub is_current: bool,
	/// Whether it matches the filter.
	pub is_taken: bool,
	/// Its values, one for each column of the view.
	pub values: Vec<Option<Value>>,
}

impl ViewRow {
	/// Returns the place of its entry.
	#[must_use]
	pub fn entry(&self) -> i64 {
		entry_of(self.place)
	}
}

const ENTRY: &str = "e.place, e.record, e.stream, e.sequence, e.owner, e.kind, e.supersedes, e.media_type, e.problem, \
	e.digest, e.author";

/// Place and size of a document.
const SIZES: &str = "e.place, CAST(COALESCE(LENGTH(d.bytes), 0) AS BIGINT)";

fn portions_of(sizes: &[AnyRow]) -> Result<Vec<RangeInclusive<i64>>> {
	let sizes = sizes.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
	Ok(portions(sizes.collect::<Result<Vec<_>>>()?))
}

fn origin(row: &AnyRow, author_at: usize) -> Result<Origin> {
	Ok(Origin {
		record: RecordId(bytes32(row.try_get(1)?)?),
		stream: StreamId(bytes32(row.try_get(2)?)?),
		sequence: number(row.try_get(3)?)?,
		owner: number(row.try_get(4)?)?,
		author: author(row, author_at)?,
		block: block_of(row.try_get(0)?)?,
	})
}

fn entry(row: &AnyRow) -> Result<StoredEntry> {
	let id = |bytes: Option<Vec<u8>>| bytes.map(bytes32).transpose();
	Ok(StoredEntry {
		place: row.try_get(0)?,
		origin: origin(row, 10)?,
		kind: row.try_get(5)?,
		supersedes: id(row.try_get(6)?)?.map(RecordId),
		media_type: row.try_get(7)?,
		problem: row.try_get(8)?,
		digest: id(row.try_get(9)?)?.map(Digest),
		unfit: row.try_get(11)?,
		document: row.try_get(12)?,
	})
}

impl Store {
	/// Opens a snapshot of the index.
	pub async fn snapshot(&self) -> Result<Snapshot> {
		let mut transaction = self.pool.begin().await?;
		if self.backend == Backend::Postgres {
			// In SQLite every transaction is a snapshot.
			let sql = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
			sqlx::query(sql).execute(&mut *transaction).await?;
		}
		Ok(Snapshot { transaction, backend: self.backend })
	}

	/// Opens a connection for many reads.
	pub async fn reader(&self) -> Result<Reader<'_>> {
		Ok(Reader { store: self, connection: self.pool.acquire().await? })
	}
}

impl Reader<'_> {
	/// Returns the rows of a view at these places, in their order; `None` if the view has changed.
	pub async fn rows_at(
		&mut self,
		view: &View,
		places: &[i64],
	) -> Result<Option<Vec<(i64, Origin, Vec<Option<Value>>)>>> {
		let mut transaction = self.connection.begin().await?;
		let (table, current) = match self.store.current(&mut transaction, &view.name).await {
			Err(StoreError::UnknownView { .. } | StoreError::Building(_)) => return Ok(None),
			other => other?,
		};
		if current.digest() != view.digest() {
			return Ok(None);
		}
		let names = current.columns.iter().map(|column| format!(", r.\"{}\"", column.name));
		let mut statement = Statement::new(
			self.store.backend,
			&format!(
				"SELECT r._place, e.record, e.stream, e.sequence, e.owner, e.author{} FROM {} r \
				JOIN entries e ON e.place = r._place - r._place % {ROWS_PER_ENTRY} WHERE r._final = 1 AND r._place IN (",
				names.collect::<String>(),
				table.rows()
			),
		);
		statement.bind_all(places.iter().map(|place| (*place).into()));
		statement.push(") ORDER BY r._place");
		let rows = statement.fetch_all(&mut transaction).await?;
		let read = |row: &AnyRow| {
			let columns = current.columns.iter().enumerate();
			let values = columns.map(|(at, column)| value(row, at + 6, column.ty));
			Ok((row.try_get(0)?, origin(row, 5)?, values.collect::<std::result::Result<_, _>>()?))
		};
		rows.iter().map(read).collect::<Result<_>>().map(Some)
	}

	/// Splits places, which increase, into portions whose documents are read into memory at once.
	pub async fn portions<'p>(&mut self, places: &'p [i64]) -> Result<Vec<&'p [i64]>> {
		let mut statement = Statement::new(
			self.store.backend,
			&format!(
				"SELECT {SIZES} FROM entries e LEFT JOIN documents d ON d.place = e.place WHERE e.place IN ("
			),
		);
		statement.bind_all(places.iter().map(|place| (*place).into()));
		statement.push(") ORDER BY e.place");
		let sizes = statement.fetch_all(&mut self.connection).await?;
		let (mut portions, mut rest) = (Vec::new(), places);
		for portion in portions_of(&sizes)? {
			let end = rest.partition_point(|place| place <= portion.end());
			let (first, others) = rest.split_at(end);
			portions.push(first);
			rest = others;
		}
		// Entries that are not there any more.
		portions.push(rest);
		portions.retain(|portion| !portion.is_empty());
		Ok(portions)
	}

	/// Returns the entries at these places, with their documents, in their order.
	pub async fn entries_at(&mut self, places: &[i64]) -> Result<Vec<StoredEntry>> {
		let mut statement = Statement::new(
			self.store.backend,
			&format!(
				"SELECT {ENTRY}, NULL, d.bytes FROM entries e LEFT JOIN documents d ON d.place = e.place \
				WHERE e.final = 1 AND e.place IN ("
			),
		);
		statement.bind_all(places.iter().map(|place| (*place).into()));
		statement.push(") ORDER BY e.place");
		let rows = statement.fetch_all(&mut self.connection).await?;
		rows.iter().map(entry).collect()
	}
}

impl Snapshot {
	/// Returns the last block.
	pub async fn cursor(&mut self) -> Result<Option<Cursor>> {
		cursor(&mut self.transaction).await
	}

	/// Returns a stored property of the index.
	async fn meta(&mut self, name: &str) -> Result<Option<String>> {
		let mut statement = Statement::new(self.backend, "SELECT value FROM meta WHERE name = ");
		statement.bind(name);
		let rows = statement.fetch_all(&mut self.transaction).await?;
		Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
	}

	/// Returns the hash of the chain's first block, once it is known.
	pub async fn chain(&mut self) -> Result<Option<Digest>> {
		let chain = self.meta("chain").await?;
		let read = |text: String| text.parse();
		let wrong = |_| StoreError::Corrupted("meta has no chain".into());
		chain.map(read).transpose().map_err(wrong)
	}

	/// Returns the organization that owns the index.
	pub async fn organization(&mut self) -> Result<OrganizationId> {
		let organization = self.meta("organization").await?.and_then(|text| text.parse().ok());
		organization.ok_or_else(|| StoreError::Corrupted("meta has no organization".into()))
	}

	/// Returns all streams: id, owner and name.
	pub async fn streams(&mut self) -> Result<Vec<(StreamId, OrganizationId, String)>> {
		let sql = "SELECT id, owner, name FROM streams ORDER BY id";
		let rows = Statement::new(self.backend, sql).fetch_all(&mut self.transaction).await?;
		let read = |row: &AnyRow| {
			Ok((StreamId(bytes32(row.try_get(0)?)?), number(row.try_get(1)?)?, row.try_get(2)?))
		};
		rows.iter().map(read).collect()
	}

	/// Returns the view of a name, as it is searched.
	pub async fn view(&mut self, store: &Store, name: &str) -> Result<ViewTable> {
		let (table, view) = store.current(&mut self.transaction, name).await?;
		Ok(ViewTable { view, table })
	}

	/// Returns final entries after a place, at most `limit`, without documents, with the reason why they do not fit a
	/// view.
	pub async fn entries(
		&mut self,
		view: &ViewTable,
		after: i64,
		limit: u32,
	) -> Result<Vec<StoredEntry>> {
		let mut statement = Statement::new(
			self.backend,
			&format!(
				"SELECT {ENTRY}, u.reason, NULL FROM entries e LEFT JOIN unfit u ON u.place = e.place AND u.generation = "
			),
		);
		statement.bind(view.table.0);
		statement.push(" WHERE e.final = 1 AND e.place > ");
		statement.bind(after);
		statement.push(" ORDER BY e.place LIMIT ");
		statement.bind(i64::from(limit));
		let rows = statement.fetch_all(&mut self.transaction).await?;
		rows.iter().map(entry).collect()
	}

	/// Returns final entries of a stream from a position on, with their documents: at most `limit`, and fewer if the
	/// documents are large.
	pub async fn stream(
		&mut self,
		stream: StreamId,
		from: Sequence,
		limit: u32,
	) -> Result<Vec<StoredEntry>> {
		let of_stream = |columns: &str| {
			let mut statement = Statement::new(
				self.backend,
				&format!(
					"SELECT {columns} FROM entries e LEFT JOIN documents d ON d.place = e.place \
					WHERE e.final = 1 AND e.stream = "
				),
			);
			statement.bind(stream.0.to_vec());
			statement.push(" AND e.sequence >= ");
			statement.bind(i64::try_from(from).unwrap_or(i64::MAX));
			statement
		};
		let mut sizes = of_stream(SIZES);
		sizes.push(" ORDER BY e.sequence LIMIT ");
		sizes.bind(i64::from(limit));
		let sizes = sizes.fetch_all(&mut self.transaction).await?;
		let Some(first) = portions_of(&sizes)?.into_iter().next() else { return Ok(Vec::new()) };
		let mut statement = of_stream(&format!("{ENTRY}, NULL, d.bytes"));
		// Places have the order of the stream.
		statement.push(" AND e.place <= ");
		statement.bind(*first.end());
		statement.push(" ORDER BY e.sequence");
		let rows = statement.fetch_all(&mut self.transaction).await?;
		rows.iter().map(entry).collect()
	}

	/// Returns final rows of a view after a place, at most `limit`, each with whether it matches the filter.
	pub async fn rows(
		&mut self,
		of: &ViewTable,
		filter: Option<&Expression>,
		after: i64,
		limit: u32,
	) -> Result<Vec<ViewRow>> {
		let mut statement =
			Statement::new(self.backend, "SELECT _place, _current, ").over(of.table);
		match filter {
			None => statement.push("CAST(1 AS BIGINT)"),
			Some(filter) => {
				statement.push("CASE WHEN ");
				condition::expression(&mut statement, &of.view, filter);
				statement.push(" THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END");
			},
		}
		for column in &of.view.columns {
			statement.push(&format!(", \"{}\"", column.name));
		}
		statement.push(&format!(" FROM {} WHERE _final = 1 AND _place > ", of.table.rows()));
		statement.bind(after);
		statement.push(" ORDER BY _place LIMIT ");
		statement.bind(i64::from(limit));
		let rows = statement.fetch_all(&mut self.transaction).await?;
		let read = |row: &AnyRow| {
			let columns = of.view.columns.iter().enumerate();
			let values = columns.map(|(at, column)| value(row, at + 3, column.ty));
			Ok(ViewRow {
				place: row.try_get(0)?,
				is_current: row.try_get::<i64, _>(1)? == 1,
				is_taken: row.try_get::<i64, _>(2)? == 1,
				values: values.collect::<std::result::Result<_, _>>()?,
			})
		};
		rows.iter().map(read).collect()
	}
}
