//! Why the figures of a report cannot be read.

use crate::{activity::PeriodError, assets::AssetsError};
use credio_database::Address;
use credio_index::StoreError;
use credio_outbox::OutboxError;
use credio_view::view::Role;

/// Why the figures of a report cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
	/// The chain cannot be read.
	#[error(transparent)]
	Chain(#[from] credio_client::Error),
	/// The outbox cannot be read.
	#[error(transparent)]
	Outbox(#[from] OutboxError),
	/// The index cannot be read.
	#[error(transparent)]
	Index(#[from] StoreError),
	/// There is no database to read.
	#[error("there is no {what} at {address}")]
	NoDatabase {
		/// The kind of database: `index` or `outbox`.
		what: &'static str,
		/// Where it should be.
		address: Address,
	},
	/// The period is not valid.
	#[error(transparent)]
	Period(#[from] PeriodError),
	/// The amounts cannot be added.
	#[error(transparent)]
	Assets(#[from] AssetsError),
	/// The view changed during every reading.
	#[error(
		"the view {0} changes faster than it can be read: try again when the index has caught up"
	)]
	ViewKeepsChanging(String),
	/// Neither the query nor the view says which column to take.
	#[error(
		"no column of the view {view} has the role {role}: name the column ({option}), or add role = \"{role}\" to it in \
		the view's definition"
	)]
	NoColumn {
		/// The view.
		view: String,
		/// The role that is missing.
		role: Role,
		/// Option of the command line that names the column.
		option: &'static str,
	},
	/// A column has another type than the report needs.
	#[error("the column {column} is {ty}, and has to be {expected}")]
	ColumnType {
		/// The column.
		column: String,
		/// Its type.
		ty: &'static str,
		/// The types that the report can use.
		expected: &'static str,
	},
	/// An amount has more digits than a report can show.
	#[error("an amount of the view is too large")]
	AmountTooLarge,
}

/// Success or [`GatherError`].
pub type Result<Value> = std::result::Result<Value, GatherError>;

/// Checks that a database exists: opening it would make it.
pub(super) fn ensure_exists(what: &'static str, address: &Address) -> Result<()> {
	match address.exists() {
		true => Ok(()),
		false => Err(GatherError::NoDatabase { what, address: address.clone() }),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_missing_database_is_not_created() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("none.index");
		let address = Address::new(path.to_str().unwrap());
		let refused = ensure_exists("index", &address).unwrap_err();
		assert_eq!(refused.to_string(), format!("there is no index at {}", path.display()));
		assert!(!path.exists());
		assert!(ensure_exists("index", &Address::new("postgres://localhost/acme")).is_ok());
	}
}
