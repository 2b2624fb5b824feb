//! Opens a SQLite file or a PostgreSQL database, whichever an address names.
//!
//! A SQLite file is made for its owner only. No message of this crate has the address of a PostgreSQL database, which may
//! contain a password.

use futures::future::BoxFuture;
use sqlx::{
	AnyConnection, AnyPool, ConnectOptions,
	any::{AnyConnectOptions, AnyPoolOptions},
};
use std::{
	fmt, io,
	path::{Path, PathBuf},
	time::Duration,
};

/// How long SQLite waits for another process that writes.
pub const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 30000";
/// Lets processes read a SQLite file while one writes it.
pub const WRITE_AHEAD_LOG: &str = "PRAGMA journal_mode = WAL";

/// Most connections of a pool.
const MAX_CONNECTIONS: u32 = 8;
/// How long a caller waits for a connection of a pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// The kind of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
	/// SQLite, in a file or in memory.
	Sqlite,
	/// PostgreSQL.
	Postgres,
}

/// The address of a database.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Place);

#[derive(Clone, PartialEq, Eq)]
enum Place {
	File(PathBuf),
	Memory(String),
	Postgres(String),
}

impl Address {
	/// Reads an address: a path or `sqlite://PATH` for a file, `sqlite::memory:`, or `postgres://…`.
	#[must_use]
	pub fn new(url: &str) -> Self {
		if url.starts_with("postgres:") || url.starts_with("postgresql:") {
			return Self(Place::Postgres(url.into()));
		}
		if url.contains(":memory:") {
			return Self(Place::Memory(url.into()));
		}
		let path = url.strip_prefix("sqlite:").unwrap_or(url);
		Self(Place::File(path.strip_prefix("//").unwrap_or(path).into()))
	}

	/// Returns the kind of the database.
	#[must_use]
	pub fn backend(&self) -> Backend {
		match self.0 {
			Place::Postgres(_) => Backend::Postgres,
			Place::File(_) | Place::Memory(_) => Backend::Sqlite,
		}
	}

	/// Returns the path of the database's file, if it is in one.
	#[must_use]
	pub fn file(&self) -> Option<&Path> {
		match &self.0 {
			Place::File(path) => Some(path),
			Place::Memory(_) | Place::Postgres(_) => None,
		}
	}

	/// Whether the database's file exists. A database without a file counts as existing: connecting to it shows more.
	pub fn exists(&self) -> bool {
		self.file().is_none_or(Path::is_file)
	}

	/// Creates the database's file, readable by its owner only, unless it exists or the database has none.
	///
	/// # Errors
	///
	/// If the file cannot be created.
	pub fn create_file(&self) -> io::Result<()> {
		self.file().map_or(Ok(()), credio_files::ensure)
	}

	/// Returns how to connect to the database. Its file has to exist. Statements are not logged: a slow one would show
	/// the names of columns.
	///
	/// # Errors
	///
	/// If the address is not valid.
	pub fn options(&self) -> Result<AnyConnectOptions, sqlx::Error> {
		sqlx::any::install_default_drivers();
		let options: AnyConnectOptions = match &self.0 {
			Place::File(path) => format!("sqlite://{}?mode=rw", path.display()).parse()?,
			Place::Memory(url) | Place::Postgres(url) => url.parse()?,
		};
		Ok(options.disable_statement_logging())
	}

	/// Connects to the database. Its file has to exist. Every new connection runs `setup` first.
	///
	/// # Errors
	///
	/// If the address is not valid, or the first connection or its `setup` fails.
	pub async fn connect<Setup>(&self, setup: Setup) -> Result<AnyPool, sqlx::Error>
	where
		Setup: for<'c> Fn(&'c mut AnyConnection) -> BoxFuture<'c, Result<(), sqlx::Error>>
			+ Send
			+ Sync
			+ 'static,
	{
		// A database in memory belongs to its connection.
		let is_in_memory = matches!(self.0, Place::Memory(_));
		AnyPoolOptions::new()
			.max_connections(if is_in_memory { 1 } else { MAX_CONNECTIONS })
			.acquire_timeout(ACQUIRE_TIMEOUT)
			.after_connect(move |connection, _| setup(connection))
			.connect_with(self.options()?)
			.await
	}
}

/// Shows the path of a file, and no part of another address.
impl fmt::Display for Address {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match &self.0 {
			Place::File(path) => path.display().fmt(f),
			Place::Memory(_) => f.write_str("memory"),
			Place::Postgres(_) => f.write_str("PostgreSQL"),
		}
	}
}

impl fmt::Debug for Address {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Address({self})")
	}
}

/// Runs statements that set a connection up.
///
/// # Errors
///
/// If one of them fails.
pub async fn run_all(
	connection: &mut AnyConnection,
	statements: &[&'static str],
) -> Result<(), sqlx::Error> {
	for statement in statements {
		sqlx::query(*statement).execute(&mut *connection).await?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use sqlx::Row as _;

	#[test]
	fn the_address_decides_which_database_it_is() {
		let file = |path: &str| Address(Place::File(path.into()));
		for url in ["acme.index", "sqlite:acme.index", "sqlite://acme.index"] {
			assert_eq!(Address::new(url), file("acme.index"));
			assert_eq!(Address::new(url).backend(), Backend::Sqlite);
		}
		assert_eq!(Address::new("sqlite:///var/acme.index"), file("/var/acme.index"));
		assert_eq!(Address::new("sqlite::memory:").file(), None);
		for url in ["postgres://localhost/acme", "postgresql://localhost/acme"] {
			assert_eq!(Address::new(url).backend(), Backend::Postgres);
		}
	}

	#[test]
	fn an_address_shows_no_password() {
		let address = Address::new("postgres://acme:hunter2@localhost/acme");
		assert!(!format!("{address} {address:?}").contains("hunter2"));
	}

	fn setup(connection: &mut AnyConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
		Box::pin(run_all(connection, &[BUSY_TIMEOUT, WRITE_AHEAD_LOG]))
	}

	#[cfg(unix)]
	#[tokio::test]
	async fn a_file_is_made_for_its_owner_only_and_not_by_connecting() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("acme.index");
		let address = Address::new(path.to_str().unwrap());
		assert!(!address.exists());
		assert!(address.connect(setup).await.is_err());
		assert!(!path.exists());
		address.create_file().unwrap();
		let pool = address.connect(setup).await.unwrap();
		sqlx::query("CREATE TABLE a (b BIGINT)").execute(&pool).await.unwrap();
		let row = sqlx::query("PRAGMA busy_timeout").fetch_one(&pool).await.unwrap();
		assert_eq!(row.get::<i64, _>(0), 30_000);
		for entry in std::fs::read_dir(folder.path()).unwrap() {
			let mode = entry.unwrap().metadata().unwrap().permissions().mode();
			assert_eq!(mode & 0o777, 0o600);
		}
	}
}
