//! Grants and access requests.

use super::wrappers::text;
use crate::{
	AccessRequestId, AccessRequestState, BlockNumber, GrantId, GrantStatus, KeyEpoch, Moment,
	OrganizationId, Permission, Resource,
	grant::{NamedAccessRequest, NamedGrant},
};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GrantJson {
	/// Its id.
	pub grant_id: GrantId,
	/// Organization that gave it.
	pub grantor: OrganizationId,
	/// Organization that holds it.
	pub grantee: OrganizationId,
	/// Its subject.
	pub resource: Resource,
	/// The right that it gives.
	pub permission: Permission,
	/// First key epoch it covers.
	pub from_epoch: KeyEpoch,
	/// Why it was given.
	pub purpose: String,
	/// Last moment at which it holds, in milliseconds since 1970; null for no end.
	pub expires_at: Option<Moment>,
	/// Whether the grantee may give it on.
	pub delegable: bool,
	/// The grant it was delegated under.
	pub parent: Option<GrantId>,
	/// Block of the grant.
	pub granted_at: BlockNumber,
	/// The access request that led to it.
	pub access_request: Option<AccessRequestId>,
	/// Its status.
	pub status: GrantStatus,
}

impl From<NamedGrant> for GrantJson {
	fn from(NamedGrant { grant_id, grant, status }: NamedGrant) -> Self {
		Self {
			grant_id,
			grantor: grant.grantor,
			grantee: grant.grantee,
			resource: grant.resource,
			permission: grant.permission,
			from_epoch: grant.from_epoch,
			purpose: text(&grant.purpose),
			expires_at: grant.expires_at,
			delegable: grant.delegable,
			parent: grant.parent,
			granted_at: grant.granted_at,
			access_request: grant.access_request,
			status,
		}
	}
}

/// The state of an access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AccessRequestStateJson {
	/// The owner has not decided.
	Pending,
	/// The owner gave this grant.
	Approved {
		/// The grant.
		grant_id: GrantId,
	},
	/// The owner said no.
	Denied {
		/// Why.
		reason: String,
	},
}

/// An access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessRequestJson {
	/// Its id.
	pub access_request_id: AccessRequestId,
	/// Organization that asks.
	pub requester: OrganizationId,
	/// Owner of the resource, who decides.
	pub owner: OrganizationId,
	/// The resource that it asks for.
	pub resource: Resource,
	/// The right that it asks for.
	pub permission: Permission,
	/// Why.
	pub purpose: String,
	/// Its state.
	pub state: AccessRequestStateJson,
	/// Block of the request.
	pub requested_at: BlockNumber,
	/// From this moment on it may be removed, in milliseconds since 1970.
	pub removable_at: Moment,
}

impl From<NamedAccessRequest> for AccessRequestJson {
	fn from(NamedAccessRequest { access_request_id, request }: NamedAccessRequest) -> Self {
		Self {
			access_request_id,
			requester: request.requester,
			owner: request.owner,
			resource: request.resource,
			permission: request.permission,
			purpose: text(&request.purpose),
			state: match request.state {
				AccessRequestState::Pending => AccessRequestStateJson::Pending,
				AccessRequestState::Approved(grant_id) => {
					AccessRequestStateJson::Approved { grant_id }
				},
				AccessRequestState::Denied(reason) => {
					AccessRequestStateJson::Denied { reason: text(&reason) }
				},
			},
			requested_at: request.requested_at,
			removable_at: request.removable_at,
		}
	}
}
