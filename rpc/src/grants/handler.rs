//! Reads grants and access requests.

use super::api::GrantsRpcServer;
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	page::{items, page},
};
use credio_primitives::{
	AccessRequest, AccessRequestId, Grant, GrantId, Moment,
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	limits::MAX_DELEGATION_DEPTH,
	rpc::{AccessRequestJson, At, BlockRef, GrantJson, Items, PageRequest},
	storage,
};
use pallet_support::apis::GrantsApi;
use std::collections::HashMap;

/// Implements the methods of this area.
pub(crate) struct Grants<Block, Client>(pub Chain<Block, Client>);

impl<Block: CredioBlock, Client: CredioClient<Block>> GrantsRpcServer for Grants<Block, Client> {
	fn grant(&self, grant_id: GrantId) -> Result<At<GrantJson>, Error> {
		self.0.at_finalized(|at| self.grant_at(&at, grant_id).map(GrantJson::from))
	}

	fn grants(
		&self,
		filter: GrantFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<GrantJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.0.at_finalized(|at| {
			let found = self.0.api().grants(hash(&at), filter, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}

	fn access_request(
		&self,
		access_request_id: AccessRequestId,
	) -> Result<At<AccessRequestJson>, Error> {
		self.0.at_finalized(|at| {
			let key = storage::access_request(&access_request_id);
			let request: Option<AccessRequest> = self.0.value(&at, &key)?;
			let request = request.ok_or(Error::NotFound("access request"))?;
			Ok(NamedAccessRequest { access_request_id, request }.into())
		})
	}

	fn access_requests(
		&self,
		filter: AccessRequestFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<AccessRequestJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.0.at_finalized(|at| {
			let found = self.0.api().access_requests(hash(&at), filter, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Grants<Block, Client> {
	/// Returns a grant with its status, which depends on the grants that it was delegated under.
	fn grant_at(&self, at: &BlockRef, grant_id: GrantId) -> Result<NamedGrant, Error> {
		let (mut chain, mut next) = (HashMap::new(), Some(grant_id));
		for _ in 0..=MAX_DELEGATION_DEPTH {
			let Some(id) = next else { break };
			let grant: Option<Grant> = self.0.value(at, &storage::grant(&id))?;
			next = grant.as_ref().and_then(|grant| grant.parent);
			chain.extend(grant.map(|grant| (id, grant)));
		}
		let grant = chain.get(&grant_id).cloned().ok_or(Error::NotFound("grant"))?;
		let now: Moment = self.0.value(at, &storage::now())?.unwrap_or_default();
		let status = grant.status(now, |parent| chain.get(parent).cloned());
		Ok(NamedGrant { grant_id, grant, status })
	}
}
