//! What a report says of an index.

use super::ensure_exists;
use crate::exit::Failure;
use credio_client::primitives::OrganizationId;
use credio_index::{Aggregate, Store, StoreError};
use credio_report::activity::IndexUse;
use credio_view::Value;

/// Opens an index that is there.
pub async fn open(
	url: &str,
	organization: impl Into<Option<OrganizationId>>,
) -> Result<Store, Failure> {
	ensure_exists("index", url)?;
	Ok(Store::open_to_read(url, organization).await?)
}

/// Counts the rows of all views.
pub async fn count(store: &Store) -> Result<IndexUse, Failure> {
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
