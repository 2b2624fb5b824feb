//! The last final block that an index has.

use super::{
	decode::{bytes32, number},
	error::Result,
	statement::{Link, Statement},
};
use credio_database::Backend;
use credio_primitives::{BlockNumber, Digest};
use sqlx::{AnyConnection, Row as _};

/// The last block of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Digest,
}

/// Returns the last block of the index.
pub(super) async fn cursor(connection: &mut AnyConnection) -> Result<Option<Cursor>> {
	cursor_in(&mut Link::Any(connection)).await
}

/// Does the same on any connection.
pub(super) async fn cursor_in(link: &mut Link<'_>) -> Result<Option<Cursor>> {
	// The statement is the same for both databases.
	let statement = Statement::new(Backend::Sqlite, "SELECT block, hash FROM chain_cursor");
	let rows = statement.fetch_from(link).await?;
	let row = rows.first();
	row.map(|row| {
		let hash = bytes32(row.try_get(1)?)?;
		Ok(Cursor { number: number(row.try_get(0)?)?, hash: Digest(hash) })
	})
	.transpose()
}
