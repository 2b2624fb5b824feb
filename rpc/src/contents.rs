//! What a node's pool holds.

use credio_primitives::{
	rpc::{PoolFilter, PoolPage},
	Digest, OrganizationId, RequestKey,
};
use sp_core::H256;

/// Looks up what a pool holds, at no cost that grows with it.
pub trait PoolContents: Send + Sync {
	/// Returns whether a transaction is held, or being taken right now.
	fn holds(&self, transaction: &H256) -> bool;

	/// Returns the transaction that is held of a request, with its hash.
	fn request(&self, organization: OrganizationId, key: RequestKey) -> Option<(H256, Vec<u8>)>;

	/// Returns at most `limit` of what is held, from a cursor on. `None` if that is no cursor of a page.
	fn page(&self, filter: PoolFilter, cursor: Option<Digest>, limit: u32) -> Option<PoolPage>;
}
