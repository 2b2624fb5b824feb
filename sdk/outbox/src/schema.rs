//! Tables of the outbox.

use super::error::{OutboxError, Result};
use credio_database::{BUSY_TIMEOUT, WRITE_AHEAD_LOG, run_all};
use credio_primitives::OrganizationId;
use credio_vault::ChainPin;
use sqlx::{AnyConnection, AnyPool, Row};

/// Version of the tables.
const VERSION: i64 = 4;

/// The tables as version 1 had them: one statement each, for SQLite and for PostgreSQL.
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

/// One statement for SQLite, and for PostgreSQL.
type Statement = (&'static str, &'static str);

/// Columns and tables that each later version added. They are empty for older items.
const ADDED: [(i64, &[Statement]); 3] = [(2, &TIMES), (3, &PINS_AND_FENCES), (4, &OBJECTS)];

/// When an item was stored, and when its outcome was found, in milliseconds since 1970.
const TIMES: [Statement; 2] = [
	(
		"ALTER TABLE credio_outbox_items ADD COLUMN stored_at BIGINT",
		"ALTER TABLE credio_outbox_items ADD COLUMN IF NOT EXISTS stored_at BIGINT",
	),
	(
		"ALTER TABLE credio_outbox_items ADD COLUMN ended_at BIGINT",
		"ALTER TABLE credio_outbox_items ADD COLUMN IF NOT EXISTS ended_at BIGINT",
	),
];

/// The chain of the outbox; the epoch of the lease; and the first expiry that an item was signed with.
const PINS_AND_FENCES: [Statement; 3] = [
	(
		"CREATE TABLE IF NOT EXISTS credio_outbox_names (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
		"CREATE TABLE IF NOT EXISTS credio_outbox_names (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
	),
	(
		"ALTER TABLE credio_outbox_worker ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0",
		"ALTER TABLE credio_outbox_worker ADD COLUMN IF NOT EXISTS epoch BIGINT NOT NULL DEFAULT 0",
	),
	(
		"ALTER TABLE credio_outbox_items ADD COLUMN first_expiry BIGINT",
		"ALTER TABLE credio_outbox_items ADD COLUMN IF NOT EXISTS first_expiry BIGINT",
	),
];

/// Whether an item is an object, which is stored before it is sent.
const OBJECTS: [Statement; 1] = [(
	"ALTER TABLE credio_outbox_items ADD COLUMN is_object BIGINT NOT NULL DEFAULT 0",
	"ALTER TABLE credio_outbox_items ADD COLUMN IF NOT EXISTS is_object BIGINT NOT NULL DEFAULT 0",
)];

/// Sets a connection up so that commits survive a power cut, and readers do not block the writer.
pub(crate) async fn configure_sqlite(
	connection: &mut AnyConnection,
) -> std::result::Result<(), sqlx::Error> {
	run_all(connection, &[BUSY_TIMEOUT, WRITE_AHEAD_LOG, "PRAGMA synchronous = FULL"]).await
}

/// Creates missing tables and migrates old ones.
pub(crate) async fn migrate(pool: &AnyPool, is_postgres: bool) -> Result<()> {
	execute(pool, is_postgres, &TABLES).await?;
	// A new database also starts at version 1 and is migrated like an old one.
	for (name, value) in [("version", 1), ("outcomes", 0)] {
		sqlx::query(
			"INSERT INTO credio_outbox_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
		)
		.bind(name)
		.bind(value)
		.execute(pool)
		.await?;
	}
	let found = version(pool).await?;
	if found > VERSION {
		return Err(OutboxError::NewerSchema { found, known: VERSION });
	}
	for (version, statements) in ADDED {
		if found < version {
			execute(pool, is_postgres, statements).await?;
			sqlx::query(
				"UPDATE credio_outbox_meta SET value = $1 WHERE name = 'version' AND value < $2",
			)
			.bind(version)
			.bind(version)
			.execute(pool)
			.await?;
		}
	}
	Ok(())
}

/// Executes statements that may have been executed before: by a run that crashed, or by another process at the same
/// time.
async fn execute(pool: &AnyPool, is_postgres: bool, statements: &[Statement]) -> Result<()> {
	for (sqlite, postgres) in statements {
		let statement = if is_postgres { *postgres } else { *sqlite };
		match sqlx::query(statement).execute(pool).await {
			Ok(_) => {},
			// Of two processes that create a table at once, one fails since it exists.
			Err(sqlx::Error::Database(error)) if is_postgres && error.is_unique_violation() => {},
			// SQLite has no IF NOT EXISTS for columns.
			Err(sqlx::Error::Database(error))
				if !is_postgres && error.message().contains("duplicate column name") => {},
			Err(error) => return Err(error.into()),
		}
	}
	Ok(())
}

/// Returns the chain of the outbox, once it is known.
pub(crate) async fn chain(pool: &AnyPool) -> Result<Option<ChainPin>> {
	let row = sqlx::query("SELECT value FROM credio_outbox_names WHERE name = 'chain'")
		.fetch_optional(pool)
		.await?;
	let Some(row) = row else { return Ok(None) };
	let chain: String = row.try_get(0)?;
	chain.parse().map(Some).map_err(|_| OutboxError::Corrupted(format!("the chain {chain:?}")))
}

/// Stores the chain of the outbox, or checks that it is this one. The first stored one stays.
pub(crate) async fn pin(pool: &AnyPool, wanted: &ChainPin) -> Result<()> {
	sqlx::query("INSERT INTO credio_outbox_names (name, value) VALUES ('chain', $1) ON CONFLICT (name) DO NOTHING")
		.bind(wanted.to_string())
		.execute(pool)
		.await?;
	match chain(pool).await? {
		Some(pinned) if pinned == *wanted => Ok(()),
		Some(pinned) => {
			Err(OutboxError::OtherChain { pinned: Box::new(pinned), found: Box::new(*wanted) })
		},
		None => Err(OutboxError::Corrupted("the chain that was noted is gone".into())),
	}
}

/// Stores the organization of the outbox, or checks that it is this one.
pub(crate) async fn bind(pool: &AnyPool, organization: OrganizationId) -> Result<()> {
	sqlx::query("INSERT INTO credio_outbox_meta (name, value) VALUES ('organization', $1) ON CONFLICT (name) DO NOTHING")
		.bind(i64::from(organization))
		.execute(pool)
		.await?;
	let query = "SELECT value FROM credio_outbox_meta WHERE name = 'organization'";
	let found: i64 = sqlx::query(query).fetch_one(pool).await?.try_get(0)?;
	if found == i64::from(organization) {
		Ok(())
	} else {
		Err(OutboxError::OtherOrganization { found, organization })
	}
}

async fn version(pool: &AnyPool) -> Result<i64> {
	let query = "SELECT value FROM credio_outbox_meta WHERE name = 'version'";
	Ok(sqlx::query(query).fetch_one(pool).await?.try_get(0)?)
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::Digest;
	use sqlx::any::AnyPoolOptions;

	async fn database(folder: &tempfile::TempDir) -> AnyPool {
		sqlx::any::install_default_drivers();
		let url = format!("sqlite://{}?mode=rwc", folder.path().join("outbox").display());
		AnyPoolOptions::new().connect(&url).await.unwrap()
	}

	/// Creates an outbox of version 1, with an ended item and a waiting one.
	async fn version_1(pool: &AnyPool) {
		for (statement, _) in TABLES {
			sqlx::query(statement).execute(pool).await.unwrap();
		}
		for statement in [
			"INSERT INTO credio_outbox_meta VALUES ('version', 1), ('outcomes', 1)",
			"INSERT INTO credio_outbox_items
				(request_key, current_key, attempt, content, body, lifetime, checked_at, state, outcome_number, decided_at)
				VALUES (zeroblob(32), zeroblob(32), 0, x'', x'', 10, 0, 'expired', 1, 7)",
			"INSERT INTO credio_outbox_items
				(request_key, current_key, attempt, content, body, lifetime, checked_at, state)
				VALUES (randomblob(32), zeroblob(32), 0, x'', x'', 10, 0, 'waiting')",
		] {
			sqlx::query(statement).execute(pool).await.unwrap();
		}
	}

	#[tokio::test]
	async fn version_1_is_migrated_with_its_items() {
		let folder = tempfile::tempdir().unwrap();
		let pool = database(&folder).await;
		version_1(&pool).await;
		migrate(&pool, false).await.unwrap();
		assert_eq!(version(&pool).await.unwrap(), VERSION);
		let items = super::super::store::list(&pool, None, 0, 10).await.unwrap();
		assert_eq!(items.len(), 2);
		assert_eq!(chain(&pool).await.unwrap(), None);
		assert_eq!((items[0].outcome_number, items[0].decided_at), (Some(1), Some(7)));
		assert!(items.iter().all(|item| item.stored_at.is_none() && item.ended_at.is_none()));
		// Again changes nothing.
		migrate(&pool, false).await.unwrap();
		assert_eq!(version(&pool).await.unwrap(), VERSION);
	}

	#[tokio::test]
	async fn interrupted_migration_continues() {
		let folder = tempfile::tempdir().unwrap();
		let pool = database(&folder).await;
		version_1(&pool).await;
		sqlx::query(TIMES[0].0).execute(&pool).await.unwrap();
		let (one, other) = (migrate(&pool, false), migrate(&pool, false));
		let (one, other) = tokio::join!(one, other);
		one.and(other).unwrap();
		assert_eq!(version(&pool).await.unwrap(), VERSION);
		assert_eq!(super::super::store::list(&pool, None, 0, 10).await.unwrap().len(), 2);
	}

	#[tokio::test]
	async fn outbox_refuses_another_organization() {
		let folder = tempfile::tempdir().unwrap();
		let pool = database(&folder).await;
		migrate(&pool, false).await.unwrap();
		bind(&pool, 1).await.unwrap();
		bind(&pool, 1).await.unwrap();
		let refused = bind(&pool, 2).await;
		let expected = OutboxError::OtherOrganization { found: 1, organization: 2 };
		assert_eq!(refused.unwrap_err().to_string(), expected.to_string());
	}

	#[cfg(unix)]
	#[tokio::test]
	async fn outbox_file_is_for_owner_only() {
		use crate::{Item, Outbox};
		use credio_vault::LocalVault;
		use std::{os::unix::fs::PermissionsExt, sync::Arc};
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("member.outbox");
		let vault = Arc::new(LocalVault::generate(1).unwrap());
		let outbox = Outbox::open(path.to_str().unwrap(), vault).await.unwrap();
		let call = credio_client::calls::Call::remark(b"something");
		outbox.enqueue(&Item::calls(b"key", &[call])).await.unwrap();
		for entry in std::fs::read_dir(folder.path()).unwrap() {
			let entry = entry.unwrap();
			let mode = entry.metadata().unwrap().permissions().mode();
			assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
		}
	}

	#[tokio::test]
	async fn outbox_stays_with_its_first_chain() {
		let folder = tempfile::tempdir().unwrap();
		let pool = database(&folder).await;
		migrate(&pool, false).await.unwrap();
		let chain_of =
			|genesis| ChainPin { genesis: Digest([genesis; 32]), network: Digest([9; 32]) };
		pin(&pool, &chain_of(1)).await.unwrap();
		pin(&pool, &chain_of(1)).await.unwrap();
		let refused = pin(&pool, &chain_of(2)).await.unwrap_err();
		assert!(matches!(refused, OutboxError::OtherChain { .. }), "{refused}");
		assert_eq!(chain(&pool).await.unwrap(), Some(chain_of(1)));
	}

	#[tokio::test]
	async fn newer_version_is_refused() {
		let folder = tempfile::tempdir().unwrap();
		let pool = database(&folder).await;
		version_1(&pool).await;
		let newer = "UPDATE credio_outbox_meta SET value = 5 WHERE name = 'version'";
		sqlx::query(newer).execute(&pool).await.unwrap();
		let refused = migrate(&pool, false).await;
		assert!(matches!(refused, Err(OutboxError::NewerSchema { found: 5, known: VERSION })));
	}
}
