//! Describes the methods of this area.

use crate::openrpc::builder::{Document, SubscriptionId};
use credio_primitives::{
	BlockNumber, OrganizationId, RequestKey, error_codes as codes,
	rpc::{At, Bytes, LaneJson, RequestStatusJson, UploadEventJson, UploadedJson},
};

const UPLOAD_ERRORS: [i32; 16] = [
	codes::MALFORMED_EXTRINSIC,
	codes::NOT_A_SUBMISSION,
	codes::NOT_A_MEMBER,
	codes::ORGANIZATION_SUSPENDED,
	codes::QUOTA_EXCEEDED,
	codes::POOL_FULL,
	codes::TRANSACTION_REFUSED,
	codes::KEY_REUSED,
	codes::REQUEST_EXPIRED,
	codes::POSITION_TAKEN,
	codes::POSITION_TOO_FAR,
	codes::OTHER_ORGANIZATION,
	codes::ROLE_MISSING,
	codes::ERA_TOO_SHORT,
	codes::INVALID_PARAMETERS,
	codes::INTERNAL,
];

pub(crate) fn describe(document: &mut Document) {
	document
		.method(
			"credio_v1_upload",
			"Takes a signed Idempotency.submit. The same request again returns its present status.",
		)
		.param::<Bytes>("extrinsic", "The signed extrinsic.")
		.returns::<UploadedJson>("The request and its state.", &UPLOAD_ERRORS);
	document
		.method(
			"credio_v1_uploadAndWatch",
			"As upload, and sends the events of the request: accepted, inBlock, then finalized, expired or dropped.",
		)
		.param::<Bytes>("extrinsic", "The signed extrinsic.")
		.notifies::<UploadEventJson>("credio_v1_uploadEvent")
		.returns::<SubscriptionId>(
			"Id of the subscription.",
			&[&UPLOAD_ERRORS[..], &[codes::TOO_MANY_SUBSCRIPTIONS]].concat(),
		);
	document.end("credio_v1_unwatchUpload");
	document
		.method("credio_v1_status", "Returns the status of a request.")
		.param::<OrganizationId>("organization", "The organization that made it.")
		.param::<RequestKey>("requestKey", "Its key.")
		.optional::<BlockNumber>(
			"expiresAt",
			"Its expiry, to learn that a request this node has never seen has expired.",
		)
		.returns::<At<RequestStatusJson>>(
			"The status, with the receipt once it is final.",
			&[codes::INTERNAL],
		);
	document
		.method("credio_v1_lane", "Returns the next position of a lane.")
		.param::<OrganizationId>("organization", "The organization of the lane.")
		.param::<u32>("lane", "Number of the lane.")
		.returns::<At<LaneJson>>("The lane.", &[codes::INVALID_PARAMETERS, codes::INTERNAL]);
}
