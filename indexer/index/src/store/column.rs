//! Columns of a view by their names.

use super::error::{Result, StoreError};
use credio_view::view::View;

/// Returns the number of a column of a view.
pub(super) fn column_of(view: &View, name: &str) -> Result<usize> {
	view.column(name).ok_or_else(|| {
		let known: Vec<_> = view.columns.iter().map(|column| column.name.as_str()).collect();
		StoreError::UnknownColumn {
			view: view.name.clone(),
			column: name.chars().take(credio_view::view::MAX_NAME_LENGTH).collect(),
			known: known.join(", "),
		}
	})
}
