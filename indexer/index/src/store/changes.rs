//! Changes of a view since any point: for copies of its rows, and for processes that act on them.
//!
//! Every writing transaction has a number, its revision. Every entry stores the revision that last changed its rows. So
//! a reader that was away gets the state of every record that changed meanwhile, once.

use super::{
	cursor::{Cursor, cursor},
	decode::{author, bytes32, number},
	error::{Result, StoreError},
	handle::Store,
	page,
	place::{ROWS_PER_ENTRY, block_of, line_of},
	search::{MAX_PAGE_BYTES, condition, size_of_values},
	statement::{Statement, Table, value},
	write::stream_of,
};
use credio_primitives::{BlockNumber, OrganizationId, RecordId, Sequence, StreamId};
use credio_view::{value::Value, view::View};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::watch;

/// Entries that are read at once.
const ENTRIES_AT_ONCE: i64 = 200;

/// Some changes of a view.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
	/// Names of the columns.
	pub columns: Vec<String>,
	/// The changes, in their order.
	pub changes: Vec<Change>,
	/// Where to continue. Changes before it are not returned again.
	pub cursor: String,
	/// Whether this is all up to now.
	pub is_last: bool,
	/// The last final block that the index has.
	pub at: Option<Cursor>,
}

/// The present rows of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
	/// The record.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Owner of the stream.
	pub owner: OrganizationId,
	/// The organization that appended it.
	pub author: OrganizationId,
	/// Its block.
	pub block: BlockNumber,
	/// Its current rows that match the filter. Empty if the record was replaced, or may no longer be read.
	pub rows: Vec<ChangedRow>,
}

/// A row of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedRow {
	/// Number of the row in the document, counted from 0.
	pub line: u32,
	/// Values, in the order of the columns.
	pub values: Vec<Option<Value>>,
}

/// A position in the changes.
#[derive(Clone, Serialize, Deserialize)]
struct Position {
	/// Digest of the database, definition and filter.
	of: String,
	revision: i64,
	place: i64,
}

/// An entry that was written.
struct Written {
	change: Change,
	place: i64,
	revision: i64,
	/// Whether its document was removed.
	is_gone: bool,
}

/// Streams, with their owners and names if known.
struct Streams {
	/// The organization that owns the index.
	own: OrganizationId,
	known: BTreeMap<StreamId, Option<(OrganizationId, String)>>,
}

impl Streams {
	/// Whether a view is about a stream.
	fn takes(&self, view: &View, id: StreamId) -> bool {
		let stream = self.known.get(&id).and_then(Option::as_ref);
		view.takes_stream(self.own, id, stream.map(|(owner, name)| (*owner, name.as_str())))
	}
}

impl Store {
	/// Returns a receiver that changes whenever this process has written. `None` for a reader, which does not learn of
	/// writes of other processes.
	#[must_use]
	pub fn changed(&self) -> Option<watch::Receiver<()>> {
		(!self.is_reader).then(|| self.changed.subscribe())
	}

	pub(super) fn notify_changed(&self) {
		self.changed.send_replace(());
	}

	/// Returns the changes of a view after a cursor, or all rows without one: the state of each changed record, as of
	/// final blocks. A page may be empty and not the last, see [`Changes::is_last`].
	///
	/// # Errors
	///
	/// [`StoreError::UnknownView`], [`StoreError::Building`], [`StoreError::Filter`], [`StoreError::CursorGone`] if the
	/// index was rebuilt or the view was changed, [`StoreError::BadCursor`].
	pub async fn changes(
		&self,
		view: &str,
		filter: Option<&str>,
		after: Option<&str>,
	) -> Result<Changes> {
		let mut transaction = self.pool.begin().await?;
		let (table, view) = self.current(&mut transaction, view).await?;
		let of = self.name_of(&mut transaction, table, filter).await?;
		let mut position = match after {
			None => Position { of: of.clone(), revision: -1, place: -1 },
			Some(text) => page::open::<Position>(text).ok_or(StoreError::BadCursor)?,
		};
		if position.of != of {
			return Err(StoreError::CursorGone);
		}
		let at = cursor(&mut transaction).await?;
		let mut written = self.written(&mut transaction, &position).await?;
		let mut is_last = (written.len() as i64) < ENTRIES_AT_ONCE;
		let mut changes = Vec::new();
		let gone = written.iter().filter(|entry| entry.is_gone).map(|entry| entry.change.stream);
		let streams = self.streams_of(&mut transaction, gone.collect()).await?;
		let mut bytes = 0;
		for entry in &mut written {
			if bytes > MAX_PAGE_BYTES {
				is_last = false;
				break;
			}
			(position.revision, position.place) = (entry.revision, entry.place);
			let rows = self.rows_of(&mut transaction, table, &view, filter, entry.place).await?;
			let was_there = !rows.is_empty();
			bytes += rows.iter().map(|(row, _)| size_of_values(&row.values)).sum::<usize>();
			entry.change.rows = rows
				.into_iter()
				.filter_map(|(row, is_current)| is_current.then_some(row))
				.collect();
			if was_there || (entry.is_gone && streams.takes(&view, entry.change.stream)) {
				changes.push(entry.change.clone());
			}
		}
		Ok(Changes {
			columns: view.columns.iter().map(|column| column.name.clone()).collect(),
			changes,
			cursor: page::seal(&position)?,
			is_last,
			at,
		})
	}

	/// Returns a digest of this database, a definition and a filter.
	async fn name_of(
		&self,
		connection: &mut AnyConnection,
		table: Table,
		filter: Option<&str>,
	) -> Result<String> {
		let instance: String = sqlx::query("SELECT value FROM meta WHERE name = 'instance'")
			.fetch_one(connection)
			.await?
			.try_get(0)?;
		let digest = Sha256::new()
			.chain_update("credio/index/changes/v1")
			.chain_update(instance)
			.chain_update(table.0.to_le_bytes())
			.chain_update([u8::from(filter.is_some())])
			.chain_update(filter.unwrap_or_default());
		Ok(hex::encode(&digest.finalize()[..16]))
	}

	/// Returns owners and names of streams.
	async fn streams_of(
		&self,
		connection: &mut AnyConnection,
		ids: BTreeSet<StreamId>,
	) -> Result<Streams> {
		let mut streams = BTreeMap::new();
		for id in ids {
			streams.insert(id, stream_of(connection, self.backend, id).await?);
		}
		Ok(Streams { own: self.organization, known: streams })
	}

	/// Returns the next entries that were written after a position.
	async fn written(
		&self,
		connection: &mut AnyConnection,
		after: &Position,
	) -> Result<Vec<Written>> {
		let mut statement = Statement::new(
			self.backend,
			"SELECT place, revision, record, stream, sequence, owner, was_readable, problem, author FROM entries
			WHERE final = 1 AND (revision, place) > (",
		);
		statement.bind_all([after.revision.into(), after.place.into()]);
		statement.push(") ORDER BY revision, place LIMIT ");
		statement.bind(ENTRIES_AT_ONCE);
		let rows = statement.fetch_all(connection).await?;
		rows.iter().map(written).collect()
	}

	/// Returns the rows of an entry that match a filter, and whether they are current.
	async fn rows_of(
		&self,
		connection: &mut AnyConnection,
		table: Table,
		view: &View,
		filter: Option<&str>,
		place: i64,
	) -> Result<Vec<(ChangedRow, bool)>> {
		let names: Vec<String> =
			view.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
		let mut statement = Statement::new(
			self.backend,
			&format!("SELECT _place, _current, {} FROM {} WHERE ", names.join(", "), table.rows()),
		)
		.over(table);
		condition(&mut statement, view, filter, false, true)?;
		statement.push(" AND _place >= ");
		statement.bind(place);
		statement.push(" AND _place < ");
		statement.bind(place.saturating_add(ROWS_PER_ENTRY));
		statement.push(" ORDER BY _place");
		let rows = statement.fetch_all(connection).await?;
		rows.iter().map(|found| row(found, view)).collect()
	}
}

fn written(row: &AnyRow) -> Result<Written> {
	let place = row.try_get(0)?;
	let problem: Option<String> = row.try_get(7)?;
	Ok(Written {
		change: Change {
			record: RecordId(bytes32(row.try_get(2)?)?),
			stream: StreamId(bytes32(row.try_get(3)?)?),
			sequence: number(row.try_get(4)?)?,
			owner: number(row.try_get(5)?)?,
			author: author(row, 8)?,
			block: block_of(place)?,
			rows: Vec::new(),
		},
		place,
		revision: row.try_get(1)?,
		is_gone: problem.is_some() && row.try_get::<i64, _>(6)? == 1,
	})
}

fn row(found: &AnyRow, view: &View) -> Result<(ChangedRow, bool)> {
	let place: i64 = found.try_get(0)?;
	let values = view.columns.iter().enumerate();
	let row = ChangedRow {
		line: number(line_of(place))?,
		values: values
			.map(|(at, column)| value(found, at + 2, column.ty))
			.collect::<std::result::Result<_, _>>()?,
	};
	Ok((row, found.try_get::<i64, _>(1)? == 1))
}
