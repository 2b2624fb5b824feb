//! Describes the methods of this area.

use crate::openrpc::builder::{Document, SubscriptionId};
use credio_primitives::{
	Entry, KeyEpoch, OrganizationId, Sequence, StreamId, error_codes as codes,
	rpc::{AccessToken, At, Items, PageRequest, StreamJson, StreamKeyJson},
};

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_stream", "Returns one stream.")
		.param::<StreamId>("id", "Its id.")
		.returns::<At<StreamJson>>("The stream.", &[codes::NOT_FOUND, codes::INTERNAL]);
	document
		.method("credio_v1_streams", "Lists the streams of one organization, or of all.")
		.optional::<OrganizationId>("owner", "The organization.")
		.optional::<PageRequest>("page", "Which page.")
		.returns::<At<Items<StreamJson>>>(
			"A page of streams.",
			&[codes::INVALID_PARAMETERS, codes::INTERNAL],
		);
	document
		.method(
			"credio_v1_streamKeys",
			"Lists the secrets of a stream as wrapped to the caller's organization.",
		)
		.param::<StreamId>("stream", "The stream.")
		.param::<KeyEpoch>("from", "First key epoch.")
		.param::<AccessToken>("accessToken", "Who asks.")
		.returns::<At<Items<StreamKeyJson>>>(
			"The secrets, by epoch.",
			&[
				codes::ACCESS_TOKEN_INVALID,
				codes::ACCESS_TOKEN_EXPIRED,
				codes::ACCESS_DENIED,
				codes::INTERNAL,
			],
		);
	document
		.method(
			"credio_v1_subscribeStream",
			"Sends the entries of a stream in order: history first, then new ones.",
		)
		.param::<StreamId>("stream", "The stream.")
		.param::<Sequence>("fromSequence", "The first position.")
		.optional::<bool>(
			"includeUnfinalized",
			"Also entries that are not final yet; after a fork, positions that changed are sent again.",
		)
		.notifies::<Entry>("credio_v1_streamEntry")
		.returns::<SubscriptionId>(
			"Id of the subscription.",
			&[codes::NOT_FOUND, codes::TOO_MANY_SUBSCRIPTIONS, codes::INTERNAL],
		);
	document.end("credio_v1_unsubscribeStream");
}
