//! Values of stored rows.

use super::error::{Result, StoreError};
use credio_primitives::OrganizationId;
use sqlx::{Row as _, any::AnyRow};

pub(super) fn number<To: TryFrom<i64>>(number: i64) -> Result<To> {
	To::try_from(number).map_err(|_| StoreError::Corrupted(format!("number {number}")))
}

pub(super) fn bytes32(bytes: Vec<u8>) -> Result<[u8; 32]> {
	bytes.try_into().map_err(|_| StoreError::Corrupted("an id has not 32 bytes".into()))
}

/// Returns the organization that appended an entry.
pub(super) fn author(row: &AnyRow, at: usize) -> Result<OrganizationId> {
	let author: Option<i64> = row.try_get(at)?;
	let before = "older software did not note who appended an entry (credio index rebuild)";
	number(author.ok_or_else(|| StoreError::Corrupted(before.into()))?)
}
