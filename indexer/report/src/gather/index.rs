//! Reads an index for a report.

use super::error::{Result, ensure_exists};
use crate::activity::IndexUse;
use credio_database::Address;
use credio_index::{Aggregate, Store, StoreError};
use credio_primitives::OrganizationId;
use credio_view::Value;

/// Opens an existing index to read it.
///
/// # Errors
///
/// [`GatherError::NoDatabase`](super::GatherError::NoDatabase), [`GatherError::Index`](super::GatherError::Index).
pub async fn open_index(
	url: &str,
	organization: impl Into<Option<OrganizationId>>,
) -> Result<Store> {
	ensure_exists("index", &Address::new(url))?;
	Ok(Store::open_to_read(url, organization).await?)
}

/// Counts the rows of each view.
pub(super) async fn count(store: &Store) -> Result<IndexUse> {
	let mut views = Vec::new();
	for state in store.views().await? {
		let name = state.view.name.clone();
		let count = Aggregate { functions: vec!["count".into()], ..Aggregate::default() };
		let rows = match store.aggregate(&name, &count).await {
			Ok(found) => match found.rows.first().and_then(|row| row.first()) {
				Some(Some(Value::Integer(rows))) => u64::try_from(*rows).ok(),
				_ => None,
			},
			Err(StoreError::Building(_)) => None,
			Err(error) => return Err(error.into()),
		};
		views.push((name, rows));
	}
	Ok(IndexUse { views })
}
