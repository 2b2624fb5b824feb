//! Describes the methods of this area.

use crate::openrpc::builder::Document;
use credio_primitives::{
	AccessRequestId, GrantId, error_codes as codes,
	grant::{AccessRequestFilter, GrantFilter},
	rpc::{AccessRequestJson, At, GrantJson, Items, PageRequest},
};

const OF_ONE: [i32; 2] = [codes::NOT_FOUND, codes::INTERNAL];
const OF_LISTS: [i32; 2] = [codes::INVALID_PARAMETERS, codes::INTERNAL];

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_grant", "Returns one grant.")
		.param::<GrantId>("grantId", "Its id.")
		.returns::<At<GrantJson>>("The grant.", &OF_ONE);
	document
		.method("credio_v1_grants", "Lists grants by resource, grantor and grantee.")
		.param::<GrantFilter>("filter", "Which grants.")
		.optional::<PageRequest>("page", "Which page.")
		.returns::<At<Items<GrantJson>>>("A page of grants.", &OF_LISTS);
	document
		.method("credio_v1_accessRequest", "Returns one access request.")
		.param::<AccessRequestId>("accessRequestId", "Its id.")
		.returns::<At<AccessRequestJson>>("The access request.", &OF_ONE);
	document
		.method(
			"credio_v1_accessRequests",
			"Lists access requests by resource, requester and owner.",
		)
		.param::<AccessRequestFilter>("filter", "Which access requests.")
		.optional::<PageRequest>("page", "Which page.")
		.returns::<At<Items<AccessRequestJson>>>("A page of access requests.", &OF_LISTS);
}
