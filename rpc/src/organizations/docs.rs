//! Describes the methods of this area.

use crate::openrpc::builder::Document;
use credio_primitives::{
	KeyVersion, OrganizationId, error_codes as codes,
	rpc::{
		At, EncryptionKeyJson, EndpointsJson, Items, MembershipJson, OrganizationDetailJson,
		OrganizationJson, QuotaJson,
	},
	schema::Ss58,
};

const OF_ONE: [i32; 2] = [codes::NOT_FOUND, codes::INTERNAL];

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_organization", "Returns an organization and its members.")
		.param::<OrganizationId>("id", "Its number.")
		.returns::<At<OrganizationDetailJson>>("The organization.", &OF_ONE);
	document
		.method("credio_v1_organizations", "Lists organizations by number.")
		.optional::<OrganizationId>("from", "The first number.")
		.optional::<u32>("limit", "Most organizations, at most 256.")
		.returns::<At<Items<OrganizationJson>>>(
			"The organizations. `next` is always null.",
			&[codes::INVALID_PARAMETERS, codes::INTERNAL],
		);
	document
		.method("credio_v1_member", "Returns the membership of an account.")
		.param::<Ss58>("account", "The account.")
		.returns::<At<MembershipJson>>("The membership.", &[codes::INTERNAL]);
	document
		.method("credio_v1_encryptionKey", "Returns a version of an organization's encryption key.")
		.param::<OrganizationId>("organization", "The organization.")
		.param::<KeyVersion>("version", "Version of the key.")
		.returns::<At<EncryptionKeyJson>>("The key.", &OF_ONE);
	document
		.method("credio_v1_quota", "Returns the quota of an organization and its use.")
		.param::<OrganizationId>("id", "Its number.")
		.returns::<At<QuotaJson>>("The quota.", &OF_ONE);
	document
		.method("credio_v1_endpoints", "Lists the URLs at which an organization serves objects.")
		.param::<OrganizationId>("id", "Its number.")
		.returns::<At<EndpointsJson>>("The URLs, the preferred one first.", &OF_ONE);
}
