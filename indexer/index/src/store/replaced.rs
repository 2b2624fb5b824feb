//! Replaced rows that differ from their replacements in what money depends on.

use super::{
	decode::{author, bytes32, number},
	error::{Result, StoreError},
	handle::Store,
	page,
	place::{ROWS_PER_ENTRY, block_of, line_of},
	query::MAX_LIMIT,
	rows::next_entry,
	search::{MAX_PAGE_BYTES, size_of_values},
	statement::{Statement, Table, value},
};
use credio_database::Backend;
use credio_primitives::{BlockNumber, OrganizationId, RecordId, Sequence, StreamId};
use credio_view::{
	value::Value,
	view::{Replaces, Role, View},
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, any::AnyRow};

/// Roles of the columns that are compared.
const COMPARED: [Role; 4] = [Role::Amount, Role::Currency, Role::Seller, Role::Buyer];

/// Some replaced rows of a view.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplacedPage {
	/// Names of the columns of the key.
	pub key: Vec<String>,
	/// Names of the compared columns: those with the roles amount, currency, seller and buyer.
	pub columns: Vec<String>,
	/// The rows, in the order of the chain.
	pub rows: Vec<Replaced>,
	/// Cursor of the next page, if there is one.
	pub next: Option<String>,
}

/// A row that is not current any more, and differs from the one that replaced it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replaced {
	/// Values of its key.
	pub key: Vec<Option<Value>>,
	/// The row itself.
	pub old: Version,
	/// Its replacement: the next row of the same key, or that of the record that names its record as superseded.
	pub new: Version,
}

/// A row, with its record and the values that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
	/// Its record.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// The organization that appended it.
	pub author: OrganizationId,
	/// Its block.
	pub block: BlockNumber,
	/// Number of the row in the document, counted from 0.
	pub line: u32,
	/// Values of the compared columns.
	pub values: Vec<Option<Value>>,
}

/// A position in the replaced rows of one generation of a view.
#[derive(Serialize, Deserialize)]
struct Position {
	generation: i64,
	place: i64,
}

/// The columns that are read.
struct Columns {
	key: Vec<usize>,
	compared: Vec<usize>,
}

impl Store {
	/// Returns replaced rows of a view whose amount, currency, seller or buyer changed: at most `limit`, after a page.
	/// Rows of blocks that are not final are left out. A page ends early at [`MAX_PAGE_BYTES`].
	///
	/// # Errors
	///
	/// [`StoreError::UnknownView`], [`StoreError::Building`], [`StoreError::BadCursor`], [`StoreError::Query`] for a
	/// view without these roles, [`StoreError::Database`].
	pub async fn replaced(
		&self,
		view: &str,
		after: Option<&str>,
		limit: u32,
	) -> Result<ReplacedPage> {
		let mut reading = self.reading().await?;
		let link = &mut reading.link();
		let (table, view) = self.current_in(link, view).await?;
		let columns = columns(&view)?;
		let after = match after {
			None => -1,
			Some(text) => match page::open::<Position>(text) {
				Some(position) if position.generation == table.0 => position.place,
				_ => return Err(StoreError::BadCursor),
			},
		};
		let limit = limit.min(MAX_LIMIT);
		let statement = select(self.backend, table, &view, &columns, after, limit);
		let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
		let mut rows = Vec::new();
		let (mut place, mut bytes, mut has_more) = (after, 0, false);
		let take = |found: AnyRow| {
			let row = read(&found, &view, &columns)?;
			bytes += [&row.key, &row.old.values, &row.new.values]
				.map(|of| size_of_values(of))
				.iter()
				.sum::<usize>();
			if rows.len() == wanted || (bytes > MAX_PAGE_BYTES && !rows.is_empty()) {
				has_more = true;
				return Ok::<_, StoreError>(false);
			}
			place = found.try_get(0)?;
			rows.push(row);
			Ok(true)
		};
		statement.fetch_while(link, take).await?;
		let names = |columns: &[usize]| -> Vec<String> {
			columns.iter().map(|at| view.columns[*at].name.clone()).collect()
		};
		let next = Position { generation: table.0, place };
		Ok(ReplacedPage {
			key: names(&columns.key),
			columns: names(&columns.compared),
			rows,
			next: has_more.then(|| page::seal(&next)).transpose()?,
		})
	}
}

fn columns(view: &View) -> Result<Columns> {
	let compared: Vec<usize> = COMPARED.iter().filter_map(|role| view.column_with(*role)).collect();
	if compared.is_empty() {
		return Err(StoreError::Query(format!(
			"no column of the view {} has the role amount, currency, seller or buyer: add role = \"amount\" to its amount \
			in the definition, and so on",
			view.name
		)));
	}
	Ok(Columns { key: view.key.clone(), compared })
}

/// Selects rows `o` that are not current, with their replacements `n`.
fn select(
	backend: Backend,
	table: Table,
	view: &View,
	columns: &Columns,
	after: i64,
	limit: u32,
) -> Statement {
	let rows = table.rows();
	let name = |at: &usize| format!("\"{}\"", view.columns[*at].name);
	let list = |of: &str, columns: &[usize]| {
		columns.iter().map(|at| format!(", {of}.{}", name(at))).collect::<String>()
	};
	let selected =
		[list("o", &columns.key), list("o", &columns.compared), list("n", &columns.compared)]
			.concat();
	let entry = |of: &str| format!("{of}.record, {of}.stream, {of}.sequence, {of}.author");
	let place = |of: &str| format!("{of}._place - {of}._place % {ROWS_PER_ENTRY}");
	// The next row of the key, or the same row of the next document.
	let (later, next) = match view.replaces {
		Replaces::Rows => ("o._place + 1".into(), "MIN(k._place)".into()),
		Replaces::Documents => (
			next_entry("o._place"),
			format!(
				"MIN(k._place) - MIN(k._place) % {ROWS_PER_ENTRY} + o._place % {ROWS_PER_ENTRY}"
			),
		),
	};
	let differs =
		columns.compared.iter().map(|at| format!("o.{0} IS DISTINCT FROM n.{0}", name(at)));
	let differs = differs.collect::<Vec<_>>().join(" OR ");
	let sql = format!(
		"SELECT o._place, n._place, {}, {}{selected} FROM {rows} o
		JOIN entries a ON a.place = {}
		JOIN {rows} n ON n._place = COALESCE(
			(SELECT {next} FROM {rows} k WHERE k._key = o._key AND k._place >= {later} AND k._final = 1),
			(SELECT MIN(s.place) + o._place % {ROWS_PER_ENTRY} FROM entries s WHERE s.final = 1 AND s.supersedes = a.record)
		)
		JOIN entries b ON b.place = {}
		WHERE o._final = 1 AND o._current = 0 AND ({differs}) AND o._place > ",
		entry("a"),
		entry("b"),
		place("o"),
		place("n"),
	);
	let mut statement = Statement::new(backend, &sql);
	statement.bind(after);
	statement.push(" ORDER BY o._place LIMIT ");
	statement.bind(i64::from(limit) + 1);
	statement
}

fn read(row: &AnyRow, view: &View, columns: &Columns) -> Result<Replaced> {
	let mut at = 10;
	let mut values = |columns: &[usize]| -> Result<Vec<Option<Value>>> {
		let values = columns.iter().map(|column| {
			at += 1;
			value(row, at - 1, view.columns[*column].ty)
		});
		Ok(values.collect::<std::result::Result<_, _>>()?)
	};
	let key = values(&columns.key)?;
	let (old, new) = (values(&columns.compared)?, values(&columns.compared)?);
	Ok(Replaced { key, old: version(row, 0, 2, old)?, new: version(row, 1, 6, new)? })
}

/// Reads the row at a place, with its entry from a column on.
fn version(
	row: &AnyRow,
	place: usize,
	entry: usize,
	values: Vec<Option<Value>>,
) -> Result<Version> {
	let place: i64 = row.try_get(place)?;
	Ok(Version {
		record: RecordId(bytes32(row.try_get(entry)?)?),
		stream: StreamId(bytes32(row.try_get(entry + 1)?)?),
		sequence: number(row.try_get(entry + 2)?)?,
		author: author(row, entry + 3)?,
		block: block_of(place)?,
		line: number(line_of(place))?,
		values,
	})
}
