//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	AccountId, KeyVersion, OrganizationId,
	rpc::{
		At, EncryptionKeyJson, EndpointsJson, Items, MembershipJson, OrganizationDetailJson,
		OrganizationJson, QuotaJson,
	},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait OrganizationsRpc {
	/// Returns an organization and its members.
	#[method(name = "credio_v1_organization", blocking)]
	fn organization(&self, id: OrganizationId) -> Result<At<OrganizationDetailJson>, Error>;

	/// Lists organizations by number, starting with `from`.
	#[method(name = "credio_v1_organizations", blocking)]
	fn organizations(
		&self,
		from: Option<OrganizationId>,
		limit: Option<u32>,
	) -> Result<At<Items<OrganizationJson>>, Error>;

	/// Returns the membership of an account.
	#[method(name = "credio_v1_member", blocking)]
	fn member(&self, account: AccountId) -> Result<At<MembershipJson>, Error>;

	/// Returns a version of an organization's encryption key.
	#[method(name = "credio_v1_encryptionKey", blocking)]
	fn encryption_key(
		&self,
		organization: OrganizationId,
		version: KeyVersion,
	) -> Result<At<EncryptionKeyJson>, Error>;

	/// Returns the quota of an organization and its use.
	#[method(name = "credio_v1_quota", blocking)]
	fn quota(&self, id: OrganizationId) -> Result<At<QuotaJson>, Error>;

	/// Lists the URLs at which an organization serves objects.
	#[method(name = "credio_v1_endpoints", blocking)]
	fn endpoints(&self, id: OrganizationId) -> Result<At<EndpointsJson>, Error>;
}
