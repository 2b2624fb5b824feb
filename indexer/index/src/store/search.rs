//! Searches the rows of a view, page by page.

use super::{
	column::column_of,
	condition,
	cursor::{Cursor, cursor_in},
	decode::{author, bytes32, number},
	error::{Result, StoreError},
	handle::Store,
	page::Position,
	place::{ROWS_PER_ENTRY, block_of, line_of},
	query::{MAX_LIMIT, Query, SortKey},
	statement::{Argument, Statement, Table, value},
};
use credio_database::Backend;
use credio_primitives::{BlockNumber, OrganizationId, RecordId, Sequence, StreamId};
use credio_view::{
	filter::{self, Operand},
	value::Value,
	view::View,
};
use serde::Serialize;
use sqlx::{Row as _, any::AnyRow};

/// Bytes of values after which a page ends early.
pub const MAX_PAGE_BYTES: usize = 2 << 20;
/// Approximate bytes of a row beside its values.
const ROW_BYTES: usize = 256;
/// Most columns to sort by.
pub(super) const MAX_SORT: usize = 8;

/// Rows that were found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
	/// Names of the columns.
	pub columns: Vec<String>,
	/// The rows.
	pub rows: Vec<Row>,
	/// Cursor of the next page, if there is one.
	pub next: Option<String>,
	/// The last final block that the index has.
	pub at: Option<Cursor>,
}

/// A row, with its record, which leads to its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
	/// Its record.
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
	/// Number of the row in the document, counted from 0.
	pub line: u32,
	/// Whether the block is final.
	pub is_final: bool,
	/// Values, in the order of the columns.
	pub values: Vec<Option<Value>>,
}

/// A document that does not fit a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfit {
	/// Its record.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Its block.
	pub block: BlockNumber,
	/// Why it does not fit.
	pub reason: String,
}

/// Restricts entries `e` to a page of them in the order of the chain: at most `limit`, after a record.
pub(super) fn push_page(statement: &mut Statement, after: Option<RecordId>, limit: u32) {
	if let Some(after) = after {
		statement.push(" AND e.place > (SELECT place FROM entries WHERE record = ");
		statement.bind(after.0.to_vec());
		statement.push(")");
	}
	statement.push(" ORDER BY e.place LIMIT ");
	statement.bind(i64::from(limit.min(MAX_LIMIT)));
}

impl Store {
	/// Returns a page of the rows of a view that match a query. A page ends early at [`MAX_PAGE_BYTES`].
	///
	/// # Errors
	///
	/// [`StoreError::UnknownView`], [`StoreError::Building`], [`StoreError::Filter`],
	/// [`StoreError::UnknownColumn`], [`StoreError::Query`], [`StoreError::BadCursor`], [`StoreError::Database`].
	pub async fn search(&self, view: &str, query: &Query) -> Result<Page> {
		if query.limit == 0 || query.limit > MAX_LIMIT {
			return Err(StoreError::Query(format!("a page has 1 to {MAX_LIMIT} rows")));
		}
		let mut reading = self.reading().await?;
		let link = &mut reading.link();
		let (table, view) = self.current_in(link, view).await?;
		let sort = sort_columns(&view, &query.sort)?;
		let after = query.after.as_deref();
		let columns: Vec<usize> = sort.iter().map(|(column, _)| *column).collect();
		let after =
			after.map(|after| Position::decode(after, &view, query, &columns)).transpose()?;
		let statement = select(self.backend, table, &view, query, &sort, after.as_ref())?;
		let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
		let mut rows: Vec<Row> = Vec::new();
		let (mut place, mut bytes, mut has_more) = (0, 0, false);
		let take = |found: AnyRow| {
			let row = row(&found, &view)?;
			bytes += size_of_values(&row.values);
			if rows.len() == limit || (bytes > MAX_PAGE_BYTES && !rows.is_empty()) {
				has_more = true;
				return Ok::<_, StoreError>(false);
			}
			place = found.try_get(0)?;
			rows.push(row);
			Ok(true)
		};
		statement.fetch_while(link, take).await?;
		let next = match rows.last() {
			Some(row) if has_more => {
				let values = columns.iter().map(|column| row.values[*column].clone()).collect();
				Some(Position { values, place }.encode(&view, query)?)
			},
			_ => None,
		};
		let at = cursor_in(link).await?;
		let columns = view.columns.iter().map(|column| column.name.clone()).collect();
		Ok(Page { columns, rows, next, at })
	}

	/// Returns documents that do not fit a view, in the order of the chain: at most `limit`, after a record.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownView`], [`StoreError::Building`], [`StoreError::Database`].
	pub async fn unfit(
		&self,
		view: &str,
		after: Option<RecordId>,
		limit: u32,
	) -> Result<Vec<Unfit>> {
		let mut transaction = self.pool.begin().await?;
		let (table, _) = self.current(&mut transaction, view).await?;
		let mut statement = Statement::new(
			self.backend,
			"SELECT u.place, e.record, e.stream, e.sequence, u.reason
			FROM unfit u JOIN entries e ON e.place = u.place WHERE u.generation = ",
		);
		statement.bind(table.0);
		push_page(&mut statement, after, limit);
		let rows = statement.fetch_all(&mut transaction).await?;
		let unfit = rows.iter().map(|row| {
			Ok(Unfit {
				record: RecordId(bytes32(row.try_get(1)?)?),
				stream: StreamId(bytes32(row.try_get(2)?)?),
				sequence: number(row.try_get(3)?)?,
				block: block_of(row.try_get(0)?)?,
				reason: row.try_get(4)?,
			})
		});
		unfit.collect()
	}

	/// Returns the database's plan for a query, for tuning indexes.
	///
	/// # Errors
	///
	/// As [`Self::search`].
	pub async fn explain(&self, view: &str, query: &Query) -> Result<Vec<String>> {
		let mut transaction = self.pool.begin().await?;
		let (table, view) = self.current(&mut transaction, view).await?;
		let sort = sort_columns(&view, &query.sort)?;
		let statement = select(self.backend, table, &view, query, &sort, None)?;
		let (before, at) = match self.backend {
			Backend::Sqlite => ("EXPLAIN QUERY PLAN ", 3),
			Backend::Postgres => ("EXPLAIN ", 0),
		};
		let rows = statement.after(before).fetch_all(&mut transaction).await?;
		rows.iter().map(|row| Ok(row.try_get(at)?)).collect()
	}
}

/// Columns to sort by, and whether the largest comes first.
fn sort_columns(view: &View, keys: &[SortKey]) -> Result<Vec<(usize, bool)>> {
	if keys.len() > MAX_SORT {
		return Err(StoreError::Query(format!("rows are sorted by up to {MAX_SORT} columns")));
	}
	let mut columns: Vec<(usize, bool)> = Vec::new();
	for key in keys {
		let column = column_of(view, &key.column)?;
		if columns.iter().any(|(other, _)| *other == column) {
			let name = &key.column;
			return Err(StoreError::Query(format!("rows are sorted by {name} twice")));
		}
		columns.push((column, key.is_descending));
	}
	Ok(columns)
}

/// Adds which rows of a view a query is about.
pub(super) fn condition(
	statement: &mut Statement,
	view: &View,
	filter: Option<&str>,
	live: bool,
	history: bool,
) -> Result<()> {
	statement.push(match (live, history) {
		(false, false) => "_current = 1",
		(true, false) => "_live = 1",
		(false, true) => "_final = 1",
		(true, true) => "_place >= 0",
	});
	if let Some(filter) = filter {
		let expression = filter::parse(view, filter)?;
		statement.push(" AND ");
		condition::expression(statement, view, &expression);
	}
	Ok(())
}

fn select(
	backend: Backend,
	table: Table,
	view: &View,
	query: &Query,
	sort: &[(usize, bool)],
	after: Option<&Position>,
) -> Result<Statement> {
	let names = |prefix: &str| {
		let names: Vec<String> =
			view.columns.iter().map(|column| format!("{prefix}\"{}\"", column.name)).collect();
		names.join(", ")
	};
	let mut statement = Statement::new(
		backend,
		&format!(
			"SELECT r._place, r._final, e.record, e.stream, e.sequence, e.owner, e.author, {} FROM (SELECT _place, _final, {} \
			FROM {} WHERE ",
			names("r."),
			names(""),
			table.rows()
		),
	)
	.over(table);
	condition(&mut statement, view, query.filter.as_deref(), query.live, query.history)?;
	if let Some(after) = after {
		statement.push(" AND ");
		comes_after(&mut statement, view, sort, after);
	}
	let is_descending = sort.last().is_some_and(|(_, is_descending)| *is_descending);
	let order = |prefix: &str| {
		let mut order = String::new();
		for (column, is_descending) in sort {
			let name = &view.columns[*column].name;
			let direction = if *is_descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
			order.push_str(&format!("{prefix}\"{name}\" {direction}, "));
		}
		format!(" ORDER BY {order}{prefix}_place {}", if is_descending { "DESC" } else { "ASC" })
	};
	statement.push(&format!("{} LIMIT ", order("")));
	statement.bind(i64::from(query.limit) + 1);
	statement.push(&format!(
		") r JOIN entries e ON e.place = r._place - r._place % {ROWS_PER_ENTRY}{}",
		order("r.")
	));
	Ok(statement)
}

/// Adds that a row comes after a position: `(a > x) OR (a = x AND ((b > y) OR …))`, where a missing value is the least.
fn comes_after(statement: &mut Statement, view: &View, sort: &[(usize, bool)], after: &Position) {
	let mut is_last_descending = false;
	let mut open = 0;
	for ((column, is_descending), value) in sort.iter().zip(&after.values) {
		is_last_descending = *is_descending;
		let operand = Operand::Column(*column);
		let ty = view.columns[*column].ty;
		let compare = |statement: &mut Statement, operator: &str| {
			condition::column(statement, view, operand);
			statement.push(operator);
			if let Some(value) = value {
				statement.bind(Argument::of(ty, Some(value)));
			}
		};
		statement.push("(");
		match (value, is_descending) {
			(Some(_), false) => {
				// Redundant, but lets an index start at the right place.
				compare(statement, " >= ");
				statement.push(" AND (");
				compare(statement, " > ");
				statement.push(" OR (");
				compare(statement, " = ");
			},
			(Some(_), true) => {
				statement.push("TRUE AND (");
				compare(statement, " < ");
				statement.push(" OR ");
				condition::column(statement, view, operand);
				statement.push(" IS NULL OR (");
				compare(statement, " = ");
			},
			(None, false) => {
				statement.push("TRUE AND (");
				compare(statement, " IS NOT NULL");
				statement.push(" OR (");
				compare(statement, " IS NULL");
			},
			(None, true) => {
				statement.push("TRUE AND (FALSE OR (");
				compare(statement, " IS NULL");
			},
		}
		statement.push(" AND ");
		open += 3;
	}
	statement.push(if is_last_descending { "_place < " } else { "_place > " });
	statement.bind(after.place);
	statement.push(&")".repeat(open));
}

/// Returns the approximate bytes of a row.
pub(super) fn size_of_values(values: &[Option<Value>]) -> usize {
	let sizes = values.iter().map(|value| value.as_ref().map_or(0, Value::size) + 8);
	ROW_BYTES + sizes.sum::<usize>()
}

fn row(found: &AnyRow, view: &View) -> Result<Row> {
	let place: i64 = found.try_get(0)?;
	let values = view.columns.iter().enumerate();
	Ok(Row {
		record: RecordId(bytes32(found.try_get(2)?)?),
		stream: StreamId(bytes32(found.try_get(3)?)?),
		sequence: number(found.try_get(4)?)?,
		owner: number(found.try_get(5)?)?,
		author: author(found, 6)?,
		block: block_of(place)?,
		line: number(line_of(place))?,
		is_final: found.try_get::<i64, _>(1)? != 0,
		values: values
			.map(|(at, column)| value(found, at + 7, column.ty))
			.collect::<std::result::Result<_, _>>()?,
	})
}
