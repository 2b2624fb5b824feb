//! Rows of a generation: making them of documents, and telling which of them are current.

use super::{generation::Generation, write::insert, Result};
use crate::{
	document,
	store::statement::{Argument, Backend, Statement},
	value::Value,
	view::View,
	words,
};
use credio_primitives::StreamId;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _};
use std::collections::BTreeSet;

/// Places for the rows of one entry: a power of two that is no less than [`document::MAX_ROWS`].
pub(super) const ROWS_PER_ENTRY: i64 = 1 << 14;
const _: () = assert!(document::MAX_ROWS < 1 << 14);
/// Rows that wait to be written.
const MAX_WAITING: usize = 5_000;
/// Keys that are dealt with in one statement.
const KEYS_AT_ONCE: usize = 500;

/// A generation, and what is to be written to it.
pub(super) struct Target {
	generation: Generation,
	rows: Vec<Vec<Argument>>,
	words: Vec<Vec<Argument>>,
	unfit: Vec<Vec<Argument>>,
	/// Keys of rows that have come, gone or been replaced.
	keys: BTreeSet<Vec<u8>>,
}

impl Target {
	pub fn new(generation: Generation) -> Self {
		Self {
			generation,
			rows: Vec::new(),
			words: Vec::new(),
			unfit: Vec::new(),
			keys: BTreeSet::new(),
		}
	}

	/// The table with its rows.
	pub fn table(&self) -> String {
		self.generation.table.rows()
	}

	pub fn view(&self) -> &View {
		&self.generation.view
	}

	/// Whether rows of a place are written as they come. One that is being built gets those of later places when it is
	/// there.
	pub fn takes(&self, place: i64) -> bool {
		self.generation.built_to.is_none_or(|built| place <= built)
	}

	/// Whether it is time to write what was added.
	pub fn is_full(&self) -> bool {
		self.rows.len() >= MAX_WAITING
	}

	/// Makes the rows of a document, or notes why it does not fit.
	pub fn add(
		&mut self,
		stream: StreamId,
		place: i64,
		is_final: bool,
		superseded: i64,
		media_type: &str,
		document: &[u8],
	) {
		let generation = self.generation.table.0;
		let view = self.generation.view.clone();
		let rows = match document::rows(&view, media_type, document) {
			Ok(rows) => rows.unwrap_or_default(),
			Err(reason) => {
				if is_final {
					self.unfit.push(vec![
						generation.into(),
						place.into(),
						reason.to_string().into(),
					]);
				}
				return;
			},
		};
		for (place, values) in (place..).zip(rows) {
			let key = key(&view, stream, &values);
			self.keys.extend(key.clone());
			let mut row: Vec<Argument> = vec![
				place.into(),
				key.into(),
				i64::from(is_final).into(),
				superseded.into(),
				i64::from(is_final && superseded < 2).into(),
				i64::from(superseded == 0).into(),
			];
			let values = || view.columns.iter().zip(&values);
			row.extend(values().map(|(column, value)| Argument::of(column.ty, value.as_ref())));
			let texts: Vec<&str> = view
				.full_text
				.iter()
				.filter_map(|column| match values().nth(*column) {
					Some((_, Some(Value::Text(text)))) => Some(text.as_str()),
					_ => None,
				})
				.collect();
			// Either form costs work, so only that of the database is made, in `flush`'s order of columns.
			self.words.push(vec![place.into(), texts.join("\0").into()]);
			self.rows.push(row);
		}
	}

	/// Writes what was added.
	pub async fn flush(&mut self, connection: &mut AnyConnection, backend: Backend) -> Result<()> {
		let table = self.generation.table;
		let has_words = !self.generation.view.full_text.is_empty();
		let mut rows = std::mem::take(&mut self.rows);
		let mut words = std::mem::take(&mut self.words);
		let mut columns: Vec<String> =
			["_place", "_key", "_final", "_superseded", "_current", "_live"].map(Into::into).into();
		let names = self.generation.view.columns.iter();
		columns.extend(names.map(|column| format!("\"{}\"", column.name)));
		if has_words && backend == Backend::Postgres {
			columns.push("_words".into());
		}
		let text_of = |row: &[Argument]| match row.get(1) {
			Some(Argument::Text(Some(text))) => text.clone(),
			_ => String::new(),
		};
		if has_words && backend == Backend::Postgres {
			for (row, words) in rows.iter_mut().zip(&words) {
				let text = text_of(words);
				let texts: Vec<&str> = text.split('\0').collect();
				row.push(Argument::Words(words::for_postgres(&texts)));
			}
		}
		let into = format!("INSERT INTO {} ({}) VALUES ", table.rows(), columns.join(", "));
		insert(connection, backend, &into, rows).await?;
		if has_words && backend == Backend::Sqlite {
			words.retain_mut(|row| {
				let text = text_of(row);
				let texts: Vec<&str> = text.split('\0').collect();
				let words = words::for_sqlite(&texts);
				let has_words = words.is_some();
				row[1] = words.into();
				has_words
			});
			let into = format!("INSERT INTO {} (rowid, words) VALUES ", table.words());
			insert(connection, backend, &into, words).await?;
		}
		let into = "INSERT INTO unfit (generation, place, reason) VALUES ";
		insert(connection, backend, into, std::mem::take(&mut self.unfit)).await
	}

	/// Removes the rows of an entry.
	pub async fn remove(
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
	pub async fn replace(
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
	pub async fn clear_live(
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

	/// Tells anew which rows are current, of all keys that were touched: the last one that is not replaced. Answers the
	/// places of entries of which rows have become current, or are no longer.
	pub async fn refresh(
		&mut self,
		connection: &mut AnyConnection,
		backend: Backend,
	) -> Result<BTreeSet<i64>> {
		let rows = self.generation.table.rows();
		let mut changed = BTreeSet::new();
		let keys: Vec<_> = std::mem::take(&mut self.keys).into_iter().collect();
		for keys in keys.chunks(KEYS_AT_ONCE) {
			let before = self.current_of(connection, backend, keys).await?;
			let is_last = |others: &str| {
				format!(
					"NOT EXISTS (SELECT 1 FROM {rows} o WHERE o._key = {rows}._key AND o._place > {rows}._place AND {others})"
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
			// Most keys have one row, which is current as it was written.
			statement.push(&format!(
				") AND (_current = 0 OR _live = 0
					OR EXISTS (SELECT 1 FROM {rows} o WHERE o._key = {rows}._key AND o._place <> {rows}._place))"
			));
			statement.execute(connection).await?;
			let after = self.current_of(connection, backend, keys).await?;
			let rows = before.symmetric_difference(&after);
			changed.extend(rows.map(|place| place - place % ROWS_PER_ENTRY));
		}
		Ok(changed)
	}

	/// Current rows of these keys.
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

/// The rows of an entry.
fn of_entry(place: i64) -> String {
	format!("_place >= {place} AND _place < {}", place.saturating_add(ROWS_PER_ENTRY))
}

/// Digest of the values of a key, within a stream; none if the view has no key or the row none of its values.
fn key(view: &View, stream: StreamId, values: &[Option<Value>]) -> Option<Vec<u8>> {
	let mut digest = Sha256::new().chain_update(stream.0);
	let mut has_value = false;
	for column in &view.key {
		let value = values.get(*column).and_then(Option::as_ref);
		has_value |= value.is_some();
		let text = value.map(ToString::to_string);
		// The length keeps two values from being taken for others with another border.
		let length = text.as_ref().map_or(u64::MAX, |text| text.len() as u64);
		digest.update(length.to_le_bytes());
		digest.update(text.unwrap_or_default());
	}
	has_value.then(|| digest.finalize()[..16].to_vec())
}
