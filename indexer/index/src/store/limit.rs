//! Connections for reads with a time limit.

use sqlx::{AnyPool, SqlitePool};
use std::time::Duration;

/// Connections for reads with a limit, apart from those by which the index is kept.
#[derive(Clone)]
pub(super) struct Limit {
	pub time: Duration,
	pub pool: Pool,
}

#[derive(Clone)]
pub(super) enum Pool {
	Any(AnyPool),
	Sqlite(SqlitePool),
}
