//! Rows of a generation: writes and removes them, and computes which are current.

use super::{
	error::Result,
	generation::Generation,
	make::{Job, Made},
	place::{ROWS_PER_ENTRY, entry_of},
	statement::{Argument, Statement, insert},
};
use credio_database::Backend;
use credio_view::view::{Replaces, View};
use sqlx::{AnyConnection, Row as _};
use std::{collections::BTreeSet, sync::Arc};

/// Most pending rows, and most bytes of text in them.
const MAX_WAITING: usize = 5_000;
const MAX_WAITING_BYTES: usize = 8 << 20;
/// Keys of one statement.
const KEYS_AT_ONCE: usize = 500;

/// A generation, with its pending rows.
pub(super) struct Target {
	generation: Generation,
	rows: Vec<Vec<Argument>>,
	words: Vec<Vec<Argument>>,
	unfit: Vec<Vec<Argument>>,
	/// Bytes of pending text.
	waiting: usize,
	/// Keys of rows that were added, removed or replaced.
	keys: BTreeSet<Vec<u8>>,
}

impl Target {
	pub(super) fn new(generation: Generation) -> Self {
		Self {
			generation,
			rows: Vec::new(),
			words: Vec::new(),
			unfit: Vec::new(),
			waiting: 0,
			keys: BTreeSet::new(),
		}
	}

	/// Returns the name of its table.
	pub(super) fn table(&self) -> String {
		self.generation.table.rows()
	}

	pub(super) fn view(&self) -> &Arc<View> {
		&self.generation.view
	}

	/// Whether it takes rows of a place now. A generation that is being built takes later places when it gets there.
	pub(super) fn takes(&self, place: i64) -> bool {
		self.generation.built_to.is_none_or(|built| place <= built)
	}

	/// Whether the pending rows should be written.
	pub(super) fn is_full(&self) -> bool {
		self.rows.len() >= MAX_WAITING || self.waiting >= MAX_WAITING_BYTES
	}

	/// Adds the rows of a document, or notes why it does not fit.
	pub(super) fn add(&mut self, backend: Backend, job: &Job, made: Made) {
		let rows = match made {
			Made::Rows(rows) => rows,
			Made::Unfit(reason) => {
				if job.is_final {
					let generation = self.generation.table.0;
					self.unfit.push(vec![generation.into(), job.place.into(), reason.into()]);
				}
				return;
			},
		};
		let has_words = !self.generation.view.full_text.is_empty();
		for (place, made) in (job.place..).zip(rows) {
			let texts = made.values.iter().map(Argument::size).sum::<usize>();
			self.waiting += texts + made.words.as_ref().map_or(0, String::len);
			self.keys.extend(made.key.clone());
			let mut row: Vec<Argument> = vec![
				place.into(),
				made.key.into(),
				i64::from(job.is_final).into(),
				job.superseded.into(),
				i64::from(job.is_final && job.superseded < 2).into(),
				i64::from(job.superseded == 0).into(),
			];
			row.extend(made.values);
			match (backend, made.words) {
				(Backend::Postgres, words) if has_words => row.push(Argument::Words(words)),
				(Backend::Sqlite, Some(words)) if has_words => {
					self.words.push(vec![place.into(), words.into()]);
				},
				_ => {},
			}
			self.rows.push(row);
		}
	}

	/// Writes the pending rows.
	pub(super) async fn flush(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
	) -> Result<()> {
		let table = self.generation.table;
		let mut columns: Vec<String> =
			["_place", "_key", "_final", "_superseded", "_current", "_live"].map(Into::into).into();
		let names = self.generation.view.columns.iter();
		columns.extend(names.map(|column| format!("\"{}\"", column.name)));
		if !self.generation.view.full_text.is_empty() && backend == Backend::Postgres {
			columns.push("_words".into());
		}
		let into = format!("INSERT INTO {} ({}) VALUES ", table.rows(), columns.join(", "));
		insert(connection, backend, &into, std::mem::take(&mut self.rows)).await?;
		let into = format!("INSERT INTO {} (rowid, words) VALUES ", table.words());
		insert(connection, backend, &into, std::mem::take(&mut self.words)).await?;
		let into = "INSERT INTO unfit (generation, place, reason) VALUES ";
		insert(connection, backend, into, std::mem::take(&mut self.unfit)).await?;
		self.waiting = 0;
		Ok(())
	}

	/// Removes the rows of an entry.
	pub(super) async fn remove(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
		place: i64,
	) -> Result<()> {
		let rows = of_entry(place);
		self.note_keys(connection, backend, &rows).await?;
		let table = self.generation.table;
		let mut statements = vec![format!("DELETE FROM {} WHERE {rows}", table.rows())];
		if backend == Backend::Sqlite && !self.view().full_text.is_empty() {
			let selected = format!("SELECT _place FROM {} WHERE {rows}", table.rows());
			statements
				.insert(0, format!("DELETE FROM {} WHERE rowid IN ({selected})", table.words()));
		}
		statements
			.push(format!("DELETE FROM unfit WHERE generation = {} AND place = {place}", table.0));
		for sql in statements {
			Statement::new(backend, &sql).execute(connection).await?;
		}
		Ok(())
	}

	/// Notes that an entry was replaced: 1 by a live one, 2 by a final one.
	pub(super) async fn replace(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
		place: i64,
		by: i64,
	) -> Result<()> {
		let rows = of_entry(place);
		self.note_keys(connection, backend, &rows).await?;
		let current = if by > 1 { "0" } else { "_current" };
		let sql = format!(
			"UPDATE {} SET _superseded = {by}, _current = {current}, _live = 0 WHERE {rows}",
			self.generation.table.rows()
		);
		Statement::new(backend, &sql).execute(connection).await?;
		Ok(())
	}

	/// Removes all rows that are not final.
	pub(super) async fn clear_live(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
	) -> Result<()> {
		let table = self.generation.table;
		self.note_keys(connection, backend, "_final = 0").await?;
		self.note_keys(connection, backend, "_superseded = 1").await?;
		let rows = table.rows();
		let mut statements = vec![
			format!("DELETE FROM {rows} WHERE _final = 0"),
			format!("UPDATE {rows} SET _superseded = 0, _live = _current WHERE _superseded = 1"),
		];
		if backend == Backend::Sqlite && !self.view().full_text.is_empty() {
			let selected = format!("SELECT _place FROM {rows} WHERE _final = 0");
			statements
				.insert(0, format!("DELETE FROM {} WHERE rowid IN ({selected})", table.words()));
		}
		for sql in statements {
			Statement::new(backend, &sql).execute(connection).await?;
		}
		Ok(())
	}

	async fn note_keys(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
		rows: &str,
	) -> Result<()> {
		let table = self.generation.table.rows();
		let sql = format!("SELECT DISTINCT _key FROM {table} WHERE {rows} AND _key IS NOT NULL");
		for row in Statement::new(backend, &sql).fetch_all(connection).await? {
			self.keys.insert(row.try_get(0)?);
		}
		Ok(())
	}

	/// Recomputes the current row of every touched key: the last one that is not replaced. Returns the places of
	/// entries with rows that became current, or ceased to be.
	pub(super) async fn refresh(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
	) -> Result<BTreeSet<i64>> {
		let rows = self.generation.table.rows();
		let mut changed = BTreeSet::new();
		let keys: Vec<_> = std::mem::take(&mut self.keys).into_iter().collect();
		for keys in keys.chunks(KEYS_AT_ONCE) {
			let before = self.current_of(connection, backend, keys).await?;
			// The first place of a row that replaces this one.
			let later = match self.view().replaces {
				Replaces::Rows => format!("{rows}._place + 1"),
				Replaces::Documents => next_entry(&format!("{rows}._place")),
			};
			let is_last = |others: &str| {
				format!(
					"NOT EXISTS (SELECT 1 FROM {rows} o WHERE o._key = {rows}._key AND o._place >= {later} AND {others})"
				)
			};
			let current = is_last("o._final = 1 AND o._superseded < 2");
			let live = is_last("o._superseded = 0");
			let mut statement = Statement::new(
				backend,
				&format!(
					"UPDATE {rows} SET
						_current = CASE WHEN _final = 1 AND _superseded < 2 AND {current} THEN 1 ELSE 0 END,
						_live = CASE WHEN _superseded = 0 AND {live} THEN 1 ELSE 0 END
					WHERE _key IN ("
				),
			);
			statement.bind_all(keys.iter().map(|key| key.clone().into()));
			// Most keys have one row, which was written as current.
			statement.push(&format!(
				") AND (_current = 0 OR _live = 0
					OR EXISTS (SELECT 1 FROM {rows} o WHERE o._key = {rows}._key AND o._place <> {rows}._place))"
			));
			statement.execute(connection).await?;
			let after = self.current_of(connection, backend, keys).await?;
			let rows = before.symmetric_difference(&after);
			changed.extend(rows.copied().map(entry_of));
		}
		Ok(changed)
	}

	/// Returns the current rows of these keys.
	async fn current_of(
		&self,
		connection: &mut AnyConnection,
		backend: Backend,
		keys: &[Vec<u8>],
	) -> Result<BTreeSet<i64>> {
		let rows = self.generation.table.rows();
		let sql = format!("SELECT _place FROM {rows} WHERE _current = 1 AND _key IN (");
		let mut statement = Statement::new(backend, &sql);
		statement.bind_all(keys.iter().map(|key| key.clone().into()));
		statement.push(")");
		let found = statement.fetch_all(connection).await?;
		Ok(found.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?)
	}
}

/// Returns the condition for the rows of an entry.
fn of_entry(place: i64) -> String {
	format!("_place >= {place} AND _place < {}", place.saturating_add(ROWS_PER_ENTRY))
}

/// Returns the expression for the first place of the entry after that of a row.
pub(super) fn next_entry(place: &str) -> String {
	format!("{place} - {place} % {ROWS_PER_ENTRY} + {ROWS_PER_ENTRY}")
}
