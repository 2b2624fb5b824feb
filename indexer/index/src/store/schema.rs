//! Tables of the index, apart from those of views.

use super::{
	error::{Result, StoreError},
	generation,
};
use credio_database::{Address, BUSY_TIMEOUT, Backend, WRITE_AHEAD_LOG, run_all};
use credio_primitives::OrganizationId;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Row};

/// Statements that migrate the tables from version n to n + 1, in one transaction each. `BYTES` stands for the type of
/// bytes, `TEXT` compares byte by byte in both databases.
const MIGRATIONS: [&[&str]; 6] = [
	&[
		// The last block.
		"CREATE TABLE chain_cursor (id BIGINT PRIMARY KEY, block BIGINT NOT NULL, hash BYTES NOT NULL)",
		"CREATE TABLE streams (id BYTES PRIMARY KEY, owner BIGINT NOT NULL, name TEXT NOT NULL)",
		// `place` is made of block and position in it, see `write.rs`; `superseded` is 1 if a live entry does it, and 2 if a
		// final one does.
		"CREATE TABLE entries (
		place BIGINT PRIMARY KEY,
		record BYTES NOT NULL UNIQUE,
		stream BYTES NOT NULL,
		sequence BIGINT NOT NULL,
		owner BIGINT NOT NULL,
		kind TEXT NOT NULL,
		supersedes BYTES,
		superseded BIGINT NOT NULL,
		final BIGINT NOT NULL,
		media_type TEXT,
		problem TEXT
	)",
		"CREATE UNIQUE INDEX entries_by_stream ON entries (stream, sequence)",
		"CREATE INDEX entries_live ON entries (place) WHERE final = 0",
		"CREATE INDEX entries_superseded_live ON entries (place) WHERE superseded = 1",
		// Plaintext of final records that can be read.
		"CREATE TABLE documents (place BIGINT PRIMARY KEY, bytes BYTES NOT NULL)",
		// `built_to` is the place up to which a generation has rows, and NULL once it has all.
		"CREATE TABLE generations (
		id BIGINT PRIMARY KEY,
		view TEXT NOT NULL,
		definition TEXT NOT NULL,
		digest BYTES NOT NULL,
		built_to BIGINT
	)",
		// Which generation is searched.
		"CREATE TABLE views (name TEXT PRIMARY KEY, generation BIGINT NOT NULL)",
		"CREATE TABLE unfit (
		generation BIGINT NOT NULL,
		place BIGINT NOT NULL,
		reason TEXT NOT NULL,
		PRIMARY KEY (generation, place)
	)",
	],
	&[
		// `revision` is the transaction that last changed what searches find of an entry; `was_readable` stays 1 once its
		// document has been there.
		"ALTER TABLE entries ADD COLUMN revision BIGINT NOT NULL DEFAULT 0",
		"ALTER TABLE entries ADD COLUMN was_readable BIGINT NOT NULL DEFAULT 1",
		"UPDATE entries SET was_readable = 0 WHERE problem IS NOT NULL",
		"CREATE INDEX entries_by_revision ON entries (revision, place) WHERE final = 1",
		"INSERT INTO meta (name, value) VALUES ('revision', '0')",
	],
	// What the chain has of an entry, in one digest; NULL in an index of before.
	&["ALTER TABLE entries ADD COLUMN digest BYTES"],
	// The organization that appended an entry; NULL in an index of before.
	&[
		"ALTER TABLE entries ADD COLUMN author BIGINT",
		// Statistics outlive documents, so they must not hold content. Setting the type of a column drops its statistics.
		"POSTGRES ALTER TABLE documents ALTER COLUMN bytes TYPE BYTES",
		"POSTGRES ALTER TABLE documents ALTER COLUMN bytes SET STATISTICS 0",
		"POSTGRES ALTER TABLE entries ALTER COLUMN media_type TYPE TEXT",
		"POSTGRES ALTER TABLE entries ALTER COLUMN media_type SET STATISTICS 0",
	],
	// Finds the entry that replaces another one.
	&["CREATE INDEX entries_by_superseded ON entries (supersedes) WHERE supersedes IS NOT NULL"],
	// Finds the objects that are to be read.
	&[
		"CREATE INDEX IF NOT EXISTS entries_objects ON entries (revision, place) WHERE problem = 'object'",
	],
];

/// The last version in which views store decimals as numbers of 64 bits: their tables are made anew.
const WITH_SHORT_DECIMALS: i64 = 4;

/// Prefix of statements for PostgreSQL only.
const POSTGRES: &str = "POSTGRES ";

/// Returns the name of the schema of an organization's index in PostgreSQL.
pub(super) fn name(organization: OrganizationId) -> String {
	format!("credio_{organization}")
}

/// Returns the organization with the only readable index of a PostgreSQL database.
pub(super) async fn only_one(address: &Address) -> Result<OrganizationId> {
	let mut connection = AnyConnection::connect_with(&address.options()?).await?;
	let sql = "SELECT CAST(nspname AS TEXT) FROM pg_namespace WHERE nspname LIKE 'credio\\_%' \
		AND has_schema_privilege(oid, 'USAGE')";
	let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
	let mut found = Vec::new();
	for row in rows {
		let name: String = row.try_get(0)?;
		let number = name.strip_prefix("credio_").and_then(|number| number.parse().ok());
		found.extend(number.filter(|number| self::name(*number) == name));
	}
	connection.close().await?;
	found.sort_unstable();
	match found[..] {
		[] => Err(StoreError::NoIndex("this database".into())),
		[one] => Ok(one),
		_ => {
			let all: Vec<_> = found.iter().map(ToString::to_string).collect();
			Err(StoreError::SeveralIndexes(all.join(", ")))
		},
	}
}

/// Sets a connection up.
pub(super) async fn configure(
	connection: &mut AnyConnection,
	backend: Backend,
	organization: OrganizationId,
	is_reader: bool,
) -> std::result::Result<(), sqlx::Error> {
	if backend == Backend::Postgres {
		let schema = name(organization);
		if is_reader {
			// All statements of a transaction see the same rows.
			let sql = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
			sqlx::query(sql).execute(&mut *connection).await?;
		} else {
			let create = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
			match sqlx::query(create).execute(&mut *connection).await {
				Ok(_) => {},
				// Of two connections that create it at once, one fails since it exists.
				Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {},
				Err(error) => return Err(error),
			}
		}
		let path = AssertSqlSafe(format!("SET search_path TO {schema}"));
		sqlx::query(path).execute(&mut *connection).await?;
		return Ok(());
	}
	if is_reader {
		return run_all(connection, &[BUSY_TIMEOUT, "PRAGMA query_only = ON"]).await;
	}
	let pragmas = [
		BUSY_TIMEOUT,
		WRITE_AHEAD_LOG,
		// A power cut may lose the last whole transactions and their cursor: they come from the chain again.
		"PRAGMA synchronous = NORMAL",
		"PRAGMA cache_size = -65536",
		// Rows of each index that ANALYZE samples.
		"PRAGMA analysis_limit = 1000",
		// Removed data is overwritten.
		"PRAGMA secure_delete = ON",
	];
	run_all(connection, &pragmas).await
}

/// Checks that the tables have the version that this software knows.
pub(super) async fn check(connection: &mut AnyConnection) -> Result<()> {
	let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
	match version(connection).await? {
		found if found > known => Err(StoreError::NewerSchema { found, known }),
		found if found < known => Err(StoreError::OlderSchema { found, known }),
		_ => Ok(()),
	}
}

async fn version(connection: &mut AnyConnection) -> Result<i64> {
	let found: String = sqlx::query("SELECT value FROM meta WHERE name = 'version'")
		.fetch_one(connection)
		.await?
		.try_get(0)?;
	found.parse().map_err(|_| StoreError::Corrupted("it has no version".into()))
}

/// Migrates the tables to the version of this software.
pub(super) async fn migrate(pool: &AnyPool, backend: Backend) -> Result<()> {
	let text = if backend == Backend::Postgres { "TEXT COLLATE \"C\"" } else { "TEXT" };
	let bytes = if backend == Backend::Postgres { "BYTEA" } else { "BLOB" };
	let meta = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)";
	match sqlx::query(meta).execute(pool).await {
		Ok(_) => {},
		Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {},
		Err(error) => return Err(error.into()),
	}
	let begin =
		"INSERT INTO meta (name, value) VALUES ('version', '0') ON CONFLICT (name) DO NOTHING";
	sqlx::query(begin).execute(pool).await?;
	let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
	loop {
		let mut transaction = pool.begin().await?;
		lock(&mut transaction).await?;
		let found = version(&mut transaction).await?;
		if found > known {
			return Err(StoreError::NewerSchema { found, known });
		}
		let Some(statements) = usize::try_from(found).ok().and_then(|n| MIGRATIONS.get(n)) else {
			name_instance(&mut transaction, backend).await?;
			transaction.commit().await?;
			return Ok(());
		};
		for statement in *statements {
			let statement = match statement.strip_prefix(POSTGRES) {
				Some(_) if backend != Backend::Postgres => continue,
				Some(statement) => statement,
				None => statement,
			};
			let statement = statement.replace("TEXT", text).replace("BYTES", bytes);
			sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
		}
		if found == WITH_SHORT_DECIMALS {
			generation::restart_stored(&mut transaction, backend).await?;
		}
		sqlx::query("UPDATE meta SET value = $1 WHERE name = 'version'")
			.bind((found + 1).to_string())
			.execute(&mut *transaction)
			.await?;
		transaction.commit().await?;
	}
}

/// Gives this database a random name, unless it has one: its revisions mean nothing elsewhere.
pub(super) async fn name_instance(connection: &mut AnyConnection, backend: Backend) -> Result<()> {
	let random = match backend {
		Backend::Postgres => "CAST(gen_random_uuid() AS TEXT)",
		Backend::Sqlite => "lower(hex(randomblob(16)))",
	};
	let name = format!(
		"INSERT INTO meta (name, value) VALUES ('instance', {random}) ON CONFLICT (name) DO NOTHING"
	);
	sqlx::query(AssertSqlSafe(name)).execute(connection).await?;
	Ok(())
}

/// Returns the number of the transaction that writes now, one more than the last.
pub(super) async fn next_revision(connection: &mut AnyConnection) -> Result<i64> {
	let sql = "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'revision' RETURNING value";
	let revision: String = sqlx::query(sql).fetch_one(connection).await?.try_get(0)?;
	revision.parse().map_err(|_| StoreError::Corrupted("it has no revision".into()))
}

/// Locks the index for writing. Has to be the first statement of a transaction: in SQLite, a transaction that has read
/// cannot write once another process has written.
pub(super) async fn lock(connection: &mut AnyConnection) -> std::result::Result<(), sqlx::Error> {
	sqlx::query("UPDATE meta SET value = value WHERE name = 'version'").execute(connection).await?;
	Ok(())
}
