//! What can go wrong with a store.

use credio_primitives::{BlockNumber, RecordId};
use credio_view::{ViewError, filter::FilterError};

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
	/// The database cannot be used.
	#[error("the index's database: {0}")]
	Database(#[source] sqlx::Error),
	/// The database has several indexes.
	#[error("there are indexes of organizations {0}: choose one (--organization)")]
	SeveralIndexes(String),
	/// There is no index.
	#[error("there is no index at {0}: `credio index sync` makes one")]
	NoIndex(String),
	/// Another process writes the index.
	#[error(
		"another process keeps this index up to date: end that one first, or search while it runs"
	)]
	KeptByAnother,
	/// The process ended before the write.
	#[error("the index was not written: the process is ending")]
	Stopped,
	/// The view was replaced during the read; readers take no lock.
	#[error("a view was changed meanwhile: try again")]
	Replaced,
	/// A statement took longer than its limit.
	#[error("the search takes too long: narrow it, best by a column with an index")]
	TooSlow,
	/// Too many others read at the same time.
	#[error("the index is busy: try again in a moment")]
	Busy,
	/// The file cannot be made.
	#[error("the index's file {path}: {cause}")]
	File {
		/// The file.
		path: String,
		/// Why.
		cause: std::io::Error,
	},
	/// The database was made by older software, and a reader does not migrate it.
	#[error(
		"the index has version {found} of its tables, and this software knows version {known}: `credio index sync` brings it up to date"
	)]
	OlderSchema {
		/// The version found.
		found: i64,
		/// The version known.
		known: i64,
	},
	/// The database was made by newer software.
	#[error(
		"the index has version {found} of its tables, and this software knows version {known}: use a newer one"
	)]
	NewerSchema {
		/// The version found.
		found: i64,
		/// The version known.
		known: i64,
	},
	/// The database is of another organization or chain.
	#[error("the index is of {what} {found}, and not of {wanted}: use another file or database")]
	Foreign {
		/// `organization` or `chain`.
		what: &'static str,
		/// The one found.
		found: String,
		/// The expected one.
		wanted: String,
	},
	/// A block is not above the cursor.
	#[error("block {number} cannot come after block {cursor}, which the index has")]
	NotNext {
		/// The block.
		number: BlockNumber,
		/// The index's last one.
		cursor: BlockNumber,
	},
	/// A block has more entries than places.
	#[error("block {0} has more entries than an index takes")]
	TooManyEntries(BlockNumber),
	/// The index has no such record.
	#[error("the index has no record {0}")]
	UnknownRecord(RecordId),
	/// Two views have one name.
	#[error("two views are named {0}: rename one")]
	DuplicateView(String),
	/// The index has no such view.
	#[error("the index has no view {view}; it has {known}")]
	UnknownView {
		/// The view.
		view: String,
		/// The views that it has.
		known: String,
	},
	/// The view is being built for the first time.
	#[error("view {0} is being built: try again in a moment")]
	Building(String),
	/// The view has no such column.
	#[error("view {view} has no column {column}; it has {known}")]
	UnknownColumn {
		/// The view.
		view: String,
		/// The column.
		column: String,
		/// The columns that it has.
		known: String,
	},
	/// A query cannot be used.
	#[error("{0}")]
	Query(String),
	/// The cursor of changes is of another index or definition of the view.
	#[error(
		"the cursor is of another index, or the view was changed since: leave it out to begin with all rows"
	)]
	CursorGone,
	/// The cursor of a page is invalid, or of another query.
	#[error("the cursor is not one of this query: leave it out to begin with the first page")]
	BadCursor,
	/// A filter cannot be used.
	#[error(transparent)]
	Filter(#[from] FilterError),
	/// A stored definition cannot be used.
	#[error(transparent)]
	View(#[from] ViewError),
	/// The stored data is corrupt.
	#[error("the index is corrupt, rebuild it (credio index rebuild): {0}")]
	Corrupted(String),
	/// The dump cannot be written.
	#[error("the dump cannot be written: {0}")]
	Write(#[from] std::io::Error),
}

impl From<sqlx::Error> for StoreError {
	fn from(error: sqlx::Error) -> Self {
		// SQLSTATE for a missing table.
		match error.as_database_error().and_then(|error| error.code()) {
			Some(code) if code == "42P01" => Self::Replaced,
			_ if is_too_slow(&error) => Self::TooSlow,
			_ => Self::Database(error),
		}
	}
}

impl StoreError {
	/// Whether the database may come back: it was restarted, or the connection was lost.
	#[must_use]
	pub fn is_passing(&self) -> bool {
		let Self::Database(error) = self else { return false };
		match error {
			sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
			// Classes of SQLSTATE: connection exception, and operator intervention such as a shutdown.
			error => error
				.as_database_error()
				.and_then(|error| error.code())
				.is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
		}
	}
}

/// Success or [`StoreError`].
pub type Result<Answer> = std::result::Result<Answer, StoreError>;

/// Whether the database ended a statement because it took too long.
fn is_too_slow(error: &sqlx::Error) -> bool {
	let code = error.as_database_error().and_then(|error| error.code());
	// SQLSTATE for a statement that was cancelled, and SQLite's code for one that was interrupted.
	code.is_some_and(|code| code == "57014" || code == "9")
}
