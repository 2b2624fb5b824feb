//! Describes the methods of this area.

use crate::openrpc::builder::Document;
use credio_primitives::{
	Digest, RecordId, error_codes as codes,
	rpc::{At, EvidenceJson, EvidenceOptions, FinalityJson},
};

pub(crate) fn describe(document: &mut Document) {
	document
		.method(
			"credio_v1_evidence",
			"Returns proofs of an entry, its position, its grants and its finality, for a verifier without a node.",
		)
		.param::<RecordId>("recordId", "Id of the entry.")
		.optional::<EvidenceOptions>("options", "What to prove beyond the entry.")
		.returns::<At<EvidenceJson>>(
			"The evidence.",
			&[codes::INVALID_PARAMETERS, codes::NOT_FOUND, codes::INTERNAL],
		);
	document
		.method(
			"credio_v1_finality",
			"Returns a proof that the newest final block is final, for a verifier that trusts an earlier one.",
		)
		.optional::<Digest>("from", "Hash of a final block that the caller trusts; genesis without it.")
		.returns::<At<FinalityJson>>(
			"The proof.",
			&[codes::INVALID_PARAMETERS, codes::INTERNAL],
		);
}
