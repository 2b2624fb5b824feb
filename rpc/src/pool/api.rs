//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::rpc::{PageRequest, PoolFilter, PoolPageJson};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait PoolRpc {
	/// Lists the transactions in this node's pool, by organization.
	#[method(name = "credio_v1_pool", blocking)]
	fn pool(&self, filter: PoolFilter, page: Option<PageRequest>) -> Result<PoolPageJson, Error>;
}
