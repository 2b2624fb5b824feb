//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	Digest, RecordId,
	rpc::{At, EvidenceJson, EvidenceOptions, FinalityJson},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait EvidenceRpc {
	/// Returns proofs of an entry, its position, its grants and its finality, for a verifier without a node.
	#[method(name = "credio_v1_evidence", blocking)]
	fn evidence(
		&self,
		record_id: RecordId,
		options: Option<EvidenceOptions>,
	) -> Result<At<EvidenceJson>, Error>;

	/// Returns a proof that the newest final block is final, for a verifier that trusts block `from`, or genesis.
	#[method(name = "credio_v1_finality", blocking)]
	fn finality(&self, from: Option<Digest>) -> Result<At<FinalityJson>, Error>;
}
