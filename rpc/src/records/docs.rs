//! Describes the methods of this area.

use crate::openrpc::builder::Document;
use credio_primitives::{
	Digest, Entry, RecordId, Sequence, StreamId,
	entry::EntryFilter,
	error_codes as codes,
	object::NamedErasure,
	rpc::{
		AccessToken, At, ErasureJson, FetchedEntriesJson, FetchedJson, InclusionJson, Items,
		PageRequest,
	},
};

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_record", "Returns the header of an entry.")
		.param::<RecordId>("recordId", "Id of the entry.")
		.returns::<At<Entry>>("The entry.", &[codes::NOT_FOUND, codes::INTERNAL]);
	document
		.method(
			"credio_v1_fetch",
			"Returns the ciphertext and wrapped keys of a record that the caller's organization may read.",
		)
		.param::<RecordId>("recordId", "Id of the entry.")
		.param::<AccessToken>("accessToken", "Who asks.")
		.returns::<At<FetchedJson>>(
			"The record.",
			&[
				codes::ACCESS_TOKEN_INVALID,
				codes::ACCESS_TOKEN_EXPIRED,
				codes::ACCESS_DENIED,
				codes::NOT_FOUND,
				codes::INTERNAL,
			],
		);
	document
		.method(
			"credio_v1_fetchStream",
			"Returns a part of a stream, with the ciphertexts that the caller's organization may read.",
		)
		.param::<StreamId>("stream", "The stream.")
		.param::<Sequence>("fromSequence", "Number of the first entry.")
		.param::<AccessToken>("accessToken", "Who asks.")
		.optional::<u32>("limit", "Most entries, at most 256.")
		.optional::<bool>("includeUnfinalized", "As of the best block, which may not become final.")
		.returns::<At<FetchedEntriesJson>>(
			"A part of the stream.",
			&[
				codes::ACCESS_TOKEN_INVALID,
				codes::ACCESS_TOKEN_EXPIRED,
				codes::INVALID_PARAMETERS,
				codes::NOT_FOUND,
				codes::INTERNAL,
			],
		);
	document
		.method(
			"credio_v1_query",
			"Lists headers by stream, organization or author, and sequence range.",
		)
		.param::<EntryFilter>("filter", "Which entries.")
		.optional::<PageRequest>("page", "Which page.")
		.returns::<At<Items<Entry>>>(
			"A page of entries.",
			&[codes::INVALID_PARAMETERS, codes::INTERNAL],
		);
	document
		.method("credio_v1_erasure", "Returns the erasure of an object, and who acknowledged it.")
		.param::<RecordId>("recordId", "Id of the entry.")
		.returns::<At<ErasureJson>>("The erasure.", &[codes::NOT_FOUND, codes::INTERNAL]);
	document
		.method("credio_v1_erasures", "Lists erasures by number.")
		.optional::<u64>("from", "The first number.")
		.optional::<u32>("limit", "Most erasures, at most 256.")
		.returns::<At<Items<NamedErasure>>>(
			"The erasures. `next` is always null: go on with the number after the last one.",
			&[codes::INVALID_PARAMETERS, codes::INTERNAL],
		);
	document
		.method("credio_v1_verifyInclusion", "Checks that a document is under a Merkle anchor.")
		.param::<RecordId>("recordId", "Id of the entry.")
		.param::<u32>("index", "Position of the document.")
		.param::<Digest>("commitment", "The document's commitment.")
		.param::<Vec<Digest>>("proof", "The siblings, from below.")
		.returns::<At<InclusionJson>>(
			"The result.",
			&[codes::INVALID_PARAMETERS, codes::NOT_FOUND, codes::INTERNAL],
		);
}
