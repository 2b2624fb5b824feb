//! Access to the pool's transactions.

use credio_primitives::{
	Digest, OrganizationId, RequestKey,
	rpc::{PoolFilter, PoolPageJson},
};
use sp_core::H256;

/// Looks up transactions in a pool. No lookup costs more as the pool grows.
pub trait PoolContents: Send + Sync {
	/// Returns whether a transaction is held, or being added right now.
	fn holds(&self, transaction: &H256) -> bool;

	/// Returns the transaction of a request, with its hash.
	fn request(&self, organization: OrganizationId, key: RequestKey) -> Option<(H256, Vec<u8>)>;

	/// Returns a page of at most `limit` transactions; `None` if the cursor is of no page.
	fn page(&self, filter: PoolFilter, cursor: Option<Digest>, limit: u32) -> Option<PoolPageJson>;
}
