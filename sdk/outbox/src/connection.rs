//! Connections of applications: items are stored and outcomes acknowledged in their transactions.

use super::{
	error::Result,
	prepare::Prepared,
	store::{self, Inserted},
};
use sqlx::{AnyConnection, PgConnection, SqliteConnection};

mod sealed {
	pub trait Sealed {}
}

/// A connection of the application: `&mut *transaction` of `sqlx::Transaction<Sqlite>` or `sqlx::Transaction<Postgres>`.
#[allow(async_fn_in_trait)]
pub trait Connection: sealed::Sealed {
	#[doc(hidden)]
	async fn insert(&mut self, prepared: &Prepared, max_undecided: i64) -> Result<Inserted>;
	#[doc(hidden)]
	async fn begin_to_write(&mut self) -> Result<()>;
	#[doc(hidden)]
	async fn known(&mut self, prepared: &Prepared) -> Result<Option<Inserted>>;
	#[doc(hidden)]
	async fn acknowledge(&mut self, consumer: &str, number: i64) -> Result<()>;
}

/// Implements connections with the statements of their databases.
macro_rules! connections {
	($($connection:ty: $statements:ident),*) => {$(
		impl sealed::Sealed for $connection {}

		impl Connection for $connection {
			async fn insert(
				&mut self,
				prepared: &Prepared,
				max_undecided: i64,
			) -> Result<Inserted> {
				store::$statements::insert(self, prepared, max_undecided).await
			}
			async fn begin_to_write(&mut self) -> Result<()> {
				store::$statements::begin_to_write(self).await
			}
			async fn known(&mut self, prepared: &Prepared) -> Result<Option<Inserted>> {
				store::$statements::known(self, prepared).await
			}
			async fn acknowledge(&mut self, consumer: &str, number: i64) -> Result<()> {
				store::$statements::acknowledge(self, consumer, number).await
			}
		}
	)*};
}

connections!(AnyConnection: any, SqliteConnection: sqlite, PgConnection: postgres);
