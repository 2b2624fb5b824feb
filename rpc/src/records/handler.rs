//! Reads entries and records.

use super::{access::RecordAccess, api::RecordsRpcServer};
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	page::{items, limit, page},
	served::Served,
	token,
};
use credio_primitives::{
	AccountId, Digest, Entry, RecordId, Sequence, StreamId,
	access::ReadRecord,
	entry::EntryFilter,
	limits::{MAX_FETCHED_SIZE, MAX_PROOF_LENGTH},
	object::NamedErasure,
	rpc::{
		AccessToken, At, BlockRef, Bytes, ErasureJson, FetchedEntriesJson, FetchedEntryJson,
		FetchedJson, InclusionJson, Items, PageRequest, wrapped_keys,
	},
};
use pallet_support::apis::{RecordsApi, StreamsApi};
use std::sync::Arc;

/// Implements the methods of this area.
pub(crate) struct Records<Block, Client> {
	pub chain: Chain<Block, Client>,
	pub served: Arc<Served>,
}

impl<Block: CredioBlock, Client: CredioClient<Block>> RecordsRpcServer for Records<Block, Client> {
	fn record(&self, record_id: RecordId) -> Result<At<Entry>, Error> {
		self.chain.at_finalized(|at| {
			let header = self.chain.api().header(hash(&at), record_id).map_err(Error::internal)?;
			Ok(Entry { record_id, header: header.ok_or(Error::NotFound("entry"))? })
		})
	}

	fn fetch(
		&self,
		record_id: RecordId,
		access_token: AccessToken,
	) -> Result<At<FetchedJson>, Error> {
		let answer = self.chain.at_finalized(|at| {
			let genesis = self.chain.genesis();
			token::verify(&access_token, &genesis, at.number, "credio_v1_fetch", &record_id)?;
			let ReadRecord { access, header, payload } =
				self.chain.read_record(&at, &access_token.account, record_id)?;
			let (secret_commitment, wrapped_keys) = wrapped_keys(access);
			Ok(FetchedJson {
				entry: Entry { record_id, header },
				payload: Bytes(payload.into_inner()),
				secret_commitment,
				wrapped_keys,
			})
		});
		self.served.count_fetch(&answer);
		answer
	}

	fn fetch_stream(
		&self,
		stream: StreamId,
		from_sequence: Sequence,
		access_token: AccessToken,
		count: Option<u32>,
		include_unfinalized: Option<bool>,
	) -> Result<At<FetchedEntriesJson>, Error> {
		let limit = limit(count)?;
		let parameters = (stream, from_sequence, count, include_unfinalized);
		let finalized = self.chain.finalized();
		let (genesis, method) = (self.chain.genesis(), "credio_v1_fetchStream");
		token::verify(&access_token, &genesis, finalized.number, method, &parameters)?;
		let at = if include_unfinalized == Some(true) { self.chain.best() } else { finalized };
		let answer = self.stream_part(&at, &access_token.account, stream, from_sequence, limit)?;
		Ok(At { at, answer })
	}

	fn query(
		&self,
		filter: EntryFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<Entry>>, Error> {
		let (cursor, limit) = page(request)?;
		self.chain.at_finalized(|at| {
			let found = self.chain.api().query_entries(hash(&at), filter, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}

	fn erasure(&self, record_id: RecordId) -> Result<At<ErasureJson>, Error> {
		self.chain.at_finalized(|at| {
			let (at, api) = (hash(&at), self.chain.api());
			let header = api.header(at, record_id).map_err(Error::internal)?;
			header.ok_or(Error::NotFound("entry"))?;
			let erasure = match self.chain.has_objects(at)? {
				true => api.erasure(at, record_id).map_err(Error::internal)?,
				false => None,
			};
			Ok(ErasureJson { erasure })
		})
	}

	fn erasures(
		&self,
		from: Option<u64>,
		count: Option<u32>,
	) -> Result<At<Items<NamedErasure>>, Error> {
		let limit = limit(count)?;
		self.chain.at_finalized(|at| {
			let at = hash(&at);
			let erasures = match self.chain.has_objects(at)? {
				true => self.chain.api().erasures(at, from.unwrap_or_default(), limit),
				false => Ok(Vec::new()),
			};
			Ok(items((erasures.map_err(Error::internal)?, None)))
		})
	}

	fn verify_inclusion(
		&self,
		record_id: RecordId,
		index: u32,
		commitment: Digest,
		proof: Vec<Digest>,
	) -> Result<At<InclusionJson>, Error> {
		if proof.len() > MAX_PROOF_LENGTH as usize {
			return Err(Error::InvalidParameters(format!(
				"the proof has {} hashes, and at most {MAX_PROOF_LENGTH} make sense",
				proof.len(),
			)));
		}
		self.chain.at_finalized(|at| {
			let included =
				self.chain.api().verify_inclusion(hash(&at), record_id, index, commitment, proof);
			let included = included.map_err(Error::internal)?;
			Ok(InclusionJson { included: included.ok_or(Error::NotFound("Merkle anchor"))? })
		})
	}
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Records<Block, Client> {
	/// Returns entries of a stream, with the ciphertexts that the account's organization may read.
	fn stream_part(
		&self,
		at: &BlockRef,
		account: &AccountId,
		stream: StreamId,
		from_sequence: Sequence,
		limit: u32,
	) -> Result<FetchedEntriesJson, Error> {
		let api = self.chain.api();
		let found = api.stream(hash(at), stream).map_err(Error::internal)?;
		let end = found.ok_or(Error::NotFound("stream"))?.stream.next_sequence;
		let filter = EntryFilter {
			stream: Some(stream),
			from_sequence: Some(from_sequence),
			..EntryFilter::default()
		};
		let (entries, _) =
			api.query_entries(hash(at), filter, None, limit).map_err(Error::internal)?;
		let mut items = Vec::new();
		let (mut size, mut next) = (0, from_sequence);
		for entry in entries {
			next = entry.header.sequence.saturating_add(1);
			let (read, denial) = match self.chain.read_record(at, account, entry.record_id) {
				Ok(read) => {
					self.served.count_served();
					(Some(read), None)
				},
				Err(Error::AccessDenied(denial)) => (None, Some(denial)),
				Err(error) => return Err(error),
			};
			let (payload, access) =
				read.map(|read| (Bytes(read.payload.into_inner()), read.access)).unzip();
			size = payload.as_ref().map_or(size, |payload| payload.0.len().saturating_add(size));
			let (secret_commitment, keys) = access.map(wrapped_keys).unzip();
			let wrapped_keys = keys.unwrap_or_default();
			items.push(FetchedEntryJson {
				entry,
				payload,
				secret_commitment,
				wrapped_keys,
				denial,
			});
			if size >= MAX_FETCHED_SIZE {
				break;
			}
		}
		Ok(FetchedEntriesJson { items, next_sequence: (next < end).then_some(next) })
	}
}
