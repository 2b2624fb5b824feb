//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	Digest, Entry, RecordId, Sequence, StreamId,
	entry::EntryFilter,
	object::NamedErasure,
	rpc::{
		AccessToken, At, ErasureJson, FetchedEntriesJson, FetchedJson, InclusionJson, Items,
		PageRequest,
	},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait RecordsRpc {
	/// Returns the header of an entry.
	#[method(name = "credio_v1_record", blocking)]
	fn record(&self, record_id: RecordId) -> Result<At<Entry>, Error>;

	/// Returns the ciphertext and wrapped keys of a record that the caller's organization may read.
	#[method(name = "credio_v1_fetch", blocking)]
	fn fetch(
		&self,
		record_id: RecordId,
		access_token: AccessToken,
	) -> Result<At<FetchedJson>, Error>;

	/// Returns a part of a stream, with the ciphertexts that the caller's organization may read.
	#[method(name = "credio_v1_fetchStream", blocking)]
	fn fetch_stream(
		&self,
		stream: StreamId,
		from_sequence: Sequence,
		access_token: AccessToken,
		limit: Option<u32>,
		include_unfinalized: Option<bool>,
	) -> Result<At<FetchedEntriesJson>, Error>;

	/// Lists headers by stream, organization or author, and sequence range.
	#[method(name = "credio_v1_query", blocking)]
	fn query(
		&self,
		filter: EntryFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<Entry>>, Error>;

	/// Returns the erasure of an object, and who acknowledged it.
	#[method(name = "credio_v1_erasure", blocking)]
	fn erasure(&self, record_id: RecordId) -> Result<At<ErasureJson>, Error>;

	/// Lists erasures by number, starting with `from`.
	#[method(name = "credio_v1_erasures", blocking)]
	fn erasures(
		&self,
		from: Option<u64>,
		limit: Option<u32>,
	) -> Result<At<Items<NamedErasure>>, Error>;

	/// Checks that a document is under a Merkle anchor.
	#[method(name = "credio_v1_verifyInclusion", blocking)]
	fn verify_inclusion(
		&self,
		record_id: RecordId,
		index: u32,
		commitment: Digest,
		proof: Vec<Digest>,
	) -> Result<At<InclusionJson>, Error>;
}
