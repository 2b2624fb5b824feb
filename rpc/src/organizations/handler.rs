//! Reads organizations.

use super::api::OrganizationsRpcServer;
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	page::{items, limit},
};
use credio_primitives::{
	AccountId, Endpoints, KeyVersion, OrganizationId,
	rpc::{
		At, EncryptionKeyJson, EndpointsJson, Items, MemberJson, MembershipJson,
		OrganizationDetailJson, OrganizationJson, QuotaJson,
	},
};
use pallet_support::apis::OrganizationsApi;

/// The first version of [`OrganizationsApi`] with `endpoints`.
const ENDPOINTS_SINCE: u32 = 2;

/// Implements the methods of this area.
pub(crate) struct Organizations<Block, Client>(pub Chain<Block, Client>);

impl<Block: CredioBlock, Client: CredioClient<Block>> OrganizationsRpcServer
	for Organizations<Block, Client>
{
	fn organization(&self, id: OrganizationId) -> Result<At<OrganizationDetailJson>, Error> {
		self.0.at_finalized(|at| {
			let api = self.0.api();
			let organization = api.organization(hash(&at), id).map_err(Error::internal)?;
			let organization = organization.ok_or(Error::NotFound("organization"))?;
			let members = api.members(hash(&at), id).map_err(Error::internal)?;
			let members = members
				.into_iter()
				.map(|info| MemberJson { account: info.account, member: info.member });
			Ok(OrganizationDetailJson {
				organization: organization.into(),
				member_accounts: members.collect(),
			})
		})
	}

	fn organizations(
		&self,
		from: Option<OrganizationId>,
		count: Option<u32>,
	) -> Result<At<Items<OrganizationJson>>, Error> {
		let limit = limit(count)?;
		self.0.at_finalized(|at| {
			let found = self.0.api().organizations(hash(&at), from.unwrap_or_default(), limit);
			Ok(items((found.map_err(Error::internal)?, None)))
		})
	}

	fn member(&self, account: AccountId) -> Result<At<MembershipJson>, Error> {
		self.0.at_finalized(|at| {
			let member = self.0.api().member(hash(&at), account);
			Ok(MembershipJson { member: member.map_err(Error::internal)? })
		})
	}

	fn encryption_key(
		&self,
		organization: OrganizationId,
		version: KeyVersion,
	) -> Result<At<EncryptionKeyJson>, Error> {
		self.0.at_finalized(|at| {
			let key = self.0.api().encryption_key(hash(&at), organization, version);
			let key = key.map_err(Error::internal)?;
			let encryption_key = key.ok_or(Error::NotFound("encryption key"))?;
			Ok(EncryptionKeyJson { encryption_key })
		})
	}

	fn quota(&self, id: OrganizationId) -> Result<At<QuotaJson>, Error> {
		self.0.at_finalized(|at| {
			let quota = self.0.api().quota(hash(&at), id).map_err(Error::internal)?;
			Ok(quota.ok_or(Error::NotFound("organization"))?.into())
		})
	}

	fn endpoints(&self, id: OrganizationId) -> Result<At<EndpointsJson>, Error> {
		self.0.at_finalized(|at| {
			let (at, api) = (hash(&at), self.0.api());
			let organization = api.organization(at, id).map_err(Error::internal)?;
			organization.ok_or(Error::NotFound("organization"))?;
			let has_endpoints = self.0.has::<dyn OrganizationsApi<Block>>(at, ENDPOINTS_SINCE)?;
			let endpoints = match has_endpoints {
				true => api.endpoints(at, id).map_err(Error::internal)?,
				false => Endpoints::default(),
			};
			Ok(endpoints.into())
		})
	}
}
