//! Tables of the outbox.

use super::{OutboxError, Result};
use sqlx::{AnyConnection, AnyPool, Row};

/// Version of the tables.
const VERSION: i64 = 1;

/// One statement each, for both databases: `IDENTITY` stands for the type of a number that the database counts up.
const TABLES: [(&str, &str); 6] = [
	(
		"CREATE TABLE IF NOT EXISTS credio_outbox_meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
		"CREATE TABLE IF NOT EXISTS credio_outbox_meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
	),
	(
		"CREATE TABLE IF NOT EXISTS credio_outbox_items (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			request_key BLOB NOT NULL UNIQUE,
			current_key BLOB NOT NULL,
			attempt BIGINT NOT NULL,
			record_id BLOB,
			content BLOB NOT NULL,
			body BLOB NOT NULL,
			lane BIGINT,
			position BIGINT,
			lifetime BIGINT NOT NULL,
			expires_at BIGINT,
			body_digest BLOB,
			checked_at BIGINT NOT NULL,
			state TEXT NOT NULL,
			outcome_number BIGINT UNIQUE,
			outcome TEXT,
			decided_at BIGINT,
			problem TEXT
		)",
		"CREATE TABLE IF NOT EXISTS credio_outbox_items (
			id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			request_key BYTEA NOT NULL UNIQUE,
			current_key BYTEA NOT NULL,
			attempt BIGINT NOT NULL,
			record_id BYTEA,
			content BYTEA NOT NULL,
			body BYTEA NOT NULL,
			lane BIGINT,
			position BIGINT,
			lifetime BIGINT NOT NULL,
			expires_at BIGINT,
			body_digest BYTEA,
			checked_at BIGINT NOT NULL,
			state TEXT NOT NULL,
			outcome_number BIGINT UNIQUE,
			outcome TEXT,
			decided_at BIGINT,
			problem TEXT
		)",
	),
	(
		"CREATE INDEX IF NOT EXISTS credio_outbox_items_by_state ON credio_outbox_items (state, checked_at, id)",
		"CREATE INDEX IF NOT EXISTS credio_outbox_items_by_state ON credio_outbox_items (state, checked_at, id)",
	),
	(
		"CREATE INDEX IF NOT EXISTS credio_outbox_items_by_lane ON credio_outbox_items (lane, state, position)",
		"CREATE INDEX IF NOT EXISTS credio_outbox_items_by_lane ON credio_outbox_items (lane, state, position)",
	),
	(
		"CREATE TABLE IF NOT EXISTS credio_outbox_consumers (name TEXT PRIMARY KEY, acknowledged BIGINT NOT NULL)",
		"CREATE TABLE IF NOT EXISTS credio_outbox_consumers (name TEXT PRIMARY KEY, acknowledged BIGINT NOT NULL)",
	),
	(
		"CREATE TABLE IF NOT EXISTS credio_outbox_worker (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL)",
		"CREATE TABLE IF NOT EXISTS credio_outbox_worker (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL)",
	),
];

/// Sets a connection up so that what was committed survives a power cut, and readers do not hold up the writer.
pub async fn configure_sqlite(
	connection: &mut AnyConnection,
) -> std::result::Result<(), sqlx::Error> {
	for pragma in
		["PRAGMA busy_timeout = 30000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"]
	{
		sqlx::query(pragma).execute(&mut *connection).await?;
	}
	Ok(())
}

/// Makes the tables that are not there.
pub async fn migrate(pool: &AnyPool, is_postgres: bool) -> Result<()> {
	for (sqlite, postgres) in TABLES {
		let statement = if is_postgres { postgres } else { sqlite };
		match sqlx::query(statement).execute(pool).await {
			Ok(_) => {},
			// Two processes that make the same table at once: one of them is told that it is there.
			Err(sqlx::Error::Database(error)) if is_postgres && error.is_unique_violation() => {},
			Err(error) => return Err(error.into()),
		}
	}
	for (name, value) in [("version", VERSION), ("outcomes", 0)] {
		sqlx::query("INSERT INTO credio_outbox_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
			.bind(name)
			.bind(value)
			.execute(pool)
			.await?;
	}
	let found: i64 = sqlx::query("SELECT value FROM credio_outbox_meta WHERE name = 'version'")
		.fetch_one(pool)
		.await?
		.try_get(0)?;
	if found > VERSION {
		return Err(OutboxError::NewerSchema { found, known: VERSION });
	}
	Ok(())
}
