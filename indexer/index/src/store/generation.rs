//! Generations: versions of a view's definition, each with its tables.

use super::{
	error::{Result, StoreError},
	statement::{Statement, Table},
};
use credio_database::Backend;
use credio_view::{value::Type, view::View};
use sqlx::{AnyConnection, Row as _};
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex},
};

/// Cache of definitions by generation: a generation never changes.
pub(super) type Generations = Arc<Mutex<BTreeMap<i64, Arc<View>>>>;

/// A generation of a view.
#[derive(Clone, Debug)]
pub(super) struct Generation {
	pub table: Table,
	pub view: Arc<View>,
	pub digest: Vec<u8>,
	/// The place up to which it has rows; `None` once it is complete.
	pub built_to: Option<i64>,
}

/// Creates the tables of a new generation, without rows.
pub(super) async fn create(
	connection: &mut AnyConnection,
	backend: Backend,
	view: &View,
) -> Result<Generation> {
	// A number is never used again: tables or cached definitions of it may remain.
	let row = sqlx::query(
		"INSERT INTO meta (name, value) VALUES ('generation', '1')
		ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) RETURNING value",
	)
	.fetch_one(&mut *connection)
	.await?;
	let counted: String = row.try_get(0)?;
	let counted = counted.parse();
	let table = Table(counted.map_err(|_| StoreError::Corrupted("meta has no number".into()))?);
	for sql in tables(backend, table, view) {
		Statement::new(backend, &sql).execute(&mut *connection).await?;
	}
	let digest = view.digest().to_vec();
	let mut statement = Statement::new(
		backend,
		"INSERT INTO generations (id, view, definition, digest, built_to) VALUES (",
	);
	statement.bind_all([
		table.0.into(),
		view.name.as_str().into(),
		view.stored().into(),
		digest.clone().into(),
		(-1).into(),
	]);
	statement.push(")");
	statement.execute(connection).await?;
	Ok(Generation { table, view: Arc::new(view.clone()), digest, built_to: Some(-1) })
}

/// Returns the statements that create the tables of a generation. `_place` identifies a row, in the order of blocks;
/// `_key` is a digest of the key's values. `_current` marks rows that no other has replaced, as of final blocks;
/// `_live` does so including blocks that are not final.
fn tables(backend: Backend, table: Table, view: &View) -> Vec<String> {
	let rows = table.rows();
	let bytes = if backend == Backend::Postgres { "BYTEA" } else { "BLOB" };
	let place = if backend == Backend::Postgres { "BIGINT" } else { "INTEGER" };
	let mut columns = format!(
		"_place {place} PRIMARY KEY, _key {bytes}, _final BIGINT NOT NULL, _superseded BIGINT NOT NULL, \
		_current BIGINT NOT NULL, _live BIGINT NOT NULL"
	);
	for column in &view.columns {
		let ty = match column.ty {
			Type::Integer | Type::Boolean => "BIGINT",
			Type::Text | Type::Decimal { .. } | Type::Date | Type::Timestamp => match backend {
				Backend::Postgres => "TEXT COLLATE \"C\"",
				Backend::Sqlite => "TEXT",
			},
		};
		columns.push_str(&format!(", \"{}\" {ty}", column.name));
	}
	let has_words = !view.full_text.is_empty();
	let mut statements = Vec::new();
	if has_words && backend == Backend::Postgres {
		columns.push_str(", _words TSVECTOR");
	}
	statements.push(format!("CREATE TABLE {rows} ({columns})"));
	if backend == Backend::Postgres {
		// Statistics hold values, and outlive their rows. Those of our own columns are enough for the planner.
		let names = view.columns.iter().map(|column| format!("\"{}\"", column.name));
		let names = names.chain(["_key".into()]).chain(has_words.then(|| "_words".into()));
		statements.extend(
			names.map(|name| format!("ALTER TABLE {rows} ALTER COLUMN {name} SET STATISTICS 0")),
		);
	}
	if has_words {
		statements.push(match backend {
			Backend::Postgres => format!("CREATE INDEX {rows}_words ON {rows} USING GIN (_words)"),
			// Words are split and folded by us, with spaces between them.
			Backend::Sqlite => format!(
				"CREATE VIRTUAL TABLE {} USING fts5(words, content = '', contentless_delete = 1, tokenize = 'ascii')",
				table.words()
			),
		});
	}
	statements
		.push(format!("CREATE INDEX {rows}_key ON {rows} (_key, _place) WHERE _key IS NOT NULL"));
	statements.push(format!("CREATE INDEX {rows}_live ON {rows} (_place) WHERE _final = 0"));
	statements.push(format!(
		"CREATE INDEX {rows}_superseded_live ON {rows} (_place) WHERE _superseded = 1"
	));
	for (number, column) in view.columns.iter().enumerate().filter(|(_, column)| column.is_indexed)
	{
		// Missing values come first in both databases.
		let nulls = if backend == Backend::Postgres { "NULLS FIRST" } else { "" };
		statements.push(format!(
			"CREATE INDEX {rows}_{number} ON {rows} (\"{}\" {nulls}, _place)",
			column.name
		));
	}
	statements
}

/// Removes a generation and its tables.
pub(super) async fn remove(
	connection: &mut AnyConnection,
	backend: Backend,
	generation: &Generation,
) -> Result<()> {
	let table = generation.table;
	let mut statements = vec![format!("DROP TABLE {}", table.rows())];
	if backend == Backend::Sqlite && !generation.view.full_text.is_empty() {
		statements.push(format!("DROP TABLE {}", table.words()));
	}
	statements.push(format!("DELETE FROM unfit WHERE generation = {}", table.0));
	statements.push(format!("DELETE FROM generations WHERE id = {}", table.0));
	for sql in statements {
		Statement::new(backend, &sql).execute(&mut *connection).await?;
	}
	Ok(())
}

/// Returns the newest definition of each view, by name, of generations with the oldest first.
pub(super) fn newest(generations: Vec<Generation>) -> Vec<Arc<View>> {
	let named = generations.into_iter().map(|of| (of.view.name.clone(), of.view));
	named.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Removes the rows of all views. Their newest definitions stay, and are built by [`Store::set_views`](super::Store::set_views).
pub(super) async fn restart(
	connection: &mut AnyConnection,
	backend: Backend,
	generations: Vec<Generation>,
) -> Result<()> {
	for generation in &generations {
		remove(connection, backend, generation).await?;
	}
	sqlx::query("DELETE FROM views").execute(&mut *connection).await?;
	for view in newest(generations) {
		create(connection, backend, &view).await?;
	}
	Ok(())
}

/// Restarts all views of an index whose tables are of an older software.
pub(super) async fn restart_stored(connection: &mut AnyConnection, backend: Backend) -> Result<()> {
	let sql = "SELECT id, definition, digest, built_to FROM generations ORDER BY id";
	let rows = sqlx::query(sql).fetch_all(&mut *connection).await?;
	let generations = rows.iter().map(|row| {
		let definition: String = row.try_get(1)?;
		Ok(Generation {
			table: Table(row.try_get(0)?),
			view: Arc::new(View::from_stored(&definition)?),
			digest: row.try_get(2)?,
			built_to: row.try_get(3)?,
		})
	});
	let generations = generations.collect::<Result<_>>()?;
	restart(connection, backend, generations).await
}
