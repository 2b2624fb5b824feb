//! Lists the pool's transactions.

use super::{api::PoolRpcServer, contents::PoolContents};
use crate::{error::Error, page::page};
use credio_primitives::rpc::{PageRequest, PoolFilter, PoolPageJson};
use std::sync::Arc;

/// Implements the methods of this area.
pub(crate) struct Pool(pub Arc<dyn PoolContents>);

impl PoolRpcServer for Pool {
	fn pool(
		&self,
		filter: PoolFilter,
		request: Option<PageRequest>,
	) -> Result<PoolPageJson, Error> {
		let (cursor, limit) = page(request)?;
		let is_no_cursor = || Error::InvalidParameters("the cursor is of no page".into());
		self.0.page(filter, cursor, limit).ok_or_else(is_no_cursor)
	}
}
