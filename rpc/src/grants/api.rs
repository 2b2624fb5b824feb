//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	AccessRequestId, GrantId,
	grant::{AccessRequestFilter, GrantFilter},
	rpc::{AccessRequestJson, At, GrantJson, Items, PageRequest},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait GrantsRpc {
	/// Returns one grant.
	#[method(name = "credio_v1_grant", blocking)]
	fn grant(&self, grant_id: GrantId) -> Result<At<GrantJson>, Error>;

	/// Lists grants by resource, grantor and grantee.
	#[method(name = "credio_v1_grants", blocking)]
	fn grants(
		&self,
		filter: GrantFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<GrantJson>>, Error>;

	/// Returns one access request.
	#[method(name = "credio_v1_accessRequest", blocking)]
	fn access_request(
		&self,
		access_request_id: AccessRequestId,
	) -> Result<At<AccessRequestJson>, Error>;

	/// Lists access requests by resource, requester and owner.
	#[method(name = "credio_v1_accessRequests", blocking)]
	fn access_requests(
		&self,
		filter: AccessRequestFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<AccessRequestJson>>, Error>;
}
