//! The dump: everything that the index has of final blocks, in an order that follows from the chain alone.

use super::{
	cursor::cursor,
	error::Result,
	handle::Store,
	place::{ROWS_PER_ENTRY, block_of, line_of},
	portions::portions,
	statement::{Statement, value},
};
use credio_primitives::text::VisibleJson;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use std::{collections::HashMap, io::Write};

/// Rows that are read at once.
const AT_ONCE: i64 = 100;

impl Store {
	/// Writes the index as lines of JSON: the cursor, streams, entries, and of each view the definition, its rows and
	/// the documents that do not fit. Two indexes of one organization at one block have the same dump, byte for byte,
	/// in either database. Documents are shown by their digests.
	///
	/// # Errors
	///
	/// [`StoreError::Write`](super::StoreError::Write), [`StoreError::Database`](super::StoreError::Database).
	pub async fn dump(&self, to: &mut (dyn Write + Send)) -> Result<()> {
		// No other task writes meanwhile; blocks of other processes would show in the cursor.
		let _writing = self.writing.lock().await;
		let mut transaction = self.pool.begin().await?;
		let cursor = cursor(&mut transaction).await?;
		line(to, &json!({ "cursor": cursor }))?;
		let sql = "SELECT id, owner, name FROM streams ORDER BY id";
		for row in Statement::new(self.backend, sql).fetch_all(&mut transaction).await? {
			let (id, owner): (Vec<u8>, i64) = (row.try_get(0)?, row.try_get(1)?);
			let name: String = row.try_get(2)?;
			line(to, &json!({ "stream": hex::encode(id), "owner": owner, "name": name }))?;
		}
		self.dump_entries(&mut transaction, to).await?;
		let sql = "SELECT name FROM views ORDER BY name";
		for row in Statement::new(self.backend, sql).fetch_all(&mut transaction).await? {
			let name: String = row.try_get(0)?;
			self.dump_view(&mut transaction, &name, to).await?;
		}
		Ok(())
	}

	async fn dump_entries(
		&self,
		connection: &mut AnyConnection,
		to: &mut (dyn Write + Send),
	) -> Result<()> {
		let mut last = -1;
		loop {
			let mut statement = Statement::new(
				self.backend,
				"SELECT e.place, e.record, e.stream, e.sequence, e.owner, e.kind, e.supersedes, e.superseded, \
				e.media_type, e.problem, CAST(LENGTH(d.bytes) AS BIGINT), e.digest, e.author
				FROM entries e LEFT JOIN documents d ON d.place = e.place WHERE e.final = 1 AND e.place > ",
			);
			statement.bind(last);
			statement.push(" ORDER BY e.place LIMIT ");
			statement.bind(AT_ONCE);
			let rows = statement.fetch_all(connection).await?;
			if rows.is_empty() {
				return Ok(());
			}
			let mut digests = self.digests(connection, &rows).await?;
			for row in rows {
				last = row.try_get(0)?;
				let supersedes: Option<Vec<u8>> = row.try_get(6)?;
				let digest: Option<Vec<u8>> = row.try_get(11)?;
				line(
					to,
					&json!({
						"entry": hex::encode(row.try_get::<Vec<u8>, _>(1)?),
						"block": block_of(last)?,
						"stream": hex::encode(row.try_get::<Vec<u8>, _>(2)?),
						"sequence": row.try_get::<i64, _>(3)?,
						"owner": row.try_get::<i64, _>(4)?,
						"author": row.try_get::<Option<i64>, _>(12)?,
						"kind": row.try_get::<String, _>(5)?,
						"supersedes": supersedes.map(hex::encode),
						"isSuperseded": row.try_get::<i64, _>(7)? == 2,
						"mediaType": row.try_get::<Option<String>, _>(8)?,
						"problem": row.try_get::<Option<String>, _>(9)?,
						"digest": digest.map(hex::encode),
						"document": digests.remove(&last),
					}),
				)?;
			}
		}
	}

	/// Returns the digests of the documents of entries, by their places.
	async fn digests(
		&self,
		connection: &mut AnyConnection,
		entries: &[AnyRow],
	) -> Result<HashMap<i64, String>> {
		let mut sizes = Vec::new();
		for row in entries {
			let size: Option<i64> = row.try_get(10)?;
			sizes.extend(
				size.map(|size| Ok::<_, sqlx::Error>((row.try_get(0)?, size))).transpose()?,
			);
		}
		let mut digests = HashMap::new();
		for portion in portions(sizes) {
			let sql = "SELECT place, bytes FROM documents WHERE place >= ";
			let mut statement = Statement::new(self.backend, sql);
			statement.bind(*portion.start());
			statement.push(" AND place <= ");
			statement.bind(*portion.end());
			for row in statement.fetch_all(connection).await? {
				let document: Vec<u8> = row.try_get(1)?;
				digests.insert(row.try_get(0)?, hex::encode(Sha256::digest(document)));
			}
		}
		Ok(digests)
	}

	async fn dump_view(
		&self,
		connection: &mut AnyConnection,
		name: &str,
		to: &mut (dyn Write + Send),
	) -> Result<()> {
		let (table, view) = self.current(connection, name).await?;
		let columns: Vec<&str> = view.columns.iter().map(|column| column.name.as_str()).collect();
		line(
			to,
			&json!({ "view": name, "definition": hex::encode(view.digest()), "columns": columns }),
		)?;
		let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
		let selected =
			format!("SELECT _place, _current, {} FROM {}", quoted.join(", "), table.rows());
		let mut last = -1;
		loop {
			let mut statement =
				Statement::new(self.backend, &format!("{selected} WHERE _final = 1 AND _place > "));
			statement.bind(last);
			statement.push(" ORDER BY _place LIMIT ");
			statement.bind(AT_ONCE);
			let rows = statement.fetch_all(connection).await?;
			if rows.is_empty() {
				break;
			}
			for row in rows {
				last = row.try_get(0)?;
				let mut values = Vec::new();
				for (at, column) in view.columns.iter().enumerate() {
					values.push(value(&row, at + 2, column.ty)?);
				}
				line(
					to,
					&json!({
						"row": last / ROWS_PER_ENTRY,
						"line": line_of(last),
						"isCurrent": row.try_get::<i64, _>(1)? == 1,
						"values": values,
					}),
				)?;
			}
		}
		let mut statement =
			Statement::new(self.backend, "SELECT place, reason FROM unfit WHERE generation = ");
		statement.bind(table.0);
		statement.push(" ORDER BY place");
		for row in statement.fetch_all(connection).await? {
			let place: i64 = row.try_get(0)?;
			let reason: String = row.try_get(1)?;
			line(to, &json!({ "unfit": place / ROWS_PER_ENTRY, "reason": reason }))?;
		}
		Ok(())
	}
}

fn line(to: &mut (dyn Write + Send), line: &serde_json::Value) -> Result<()> {
	writeln!(to, "{}", VisibleJson(&line.to_string()))?;
	Ok(())
}
