//! Proves entries and finality.

use super::api::EvidenceRpcServer;
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
};
use codec::{DecodeAll, Encode};
use credio_primitives::{
	AccessRequestId, Digest, RecordId,
	evidence::{Facts, FactsError, Format, MAX_NAMED, State, Subject},
	grant::{AccessRequestFilter, GrantFilter},
	limits::MAX_PAGE_SIZE,
	rpc::{At, BlockRef, Bytes, EvidenceJson, EvidenceOptions, FinalityJson, FinalizedBlockJson},
};
use pallet_support::apis::{GrantsApi, StreamsApi};
use sp_consensus_grandpa::GrandpaJustification;
use sp_core::{H256, Hasher};
use sp_runtime::traits::{HashingFor, Header as HeaderT};
use sp_state_machine::{Backend, TrieBackendBuilder, backend::AsTrieBackend};
use std::{collections::BTreeSet, marker::PhantomData, sync::Arc};

/// The format of evidence.
const FORMAT: Format = Format::V3;
/// Most bytes of proofs in one result, which is twice as long in hex.
const MAX_SIZE: usize = 6 * 1024 * 1024;
/// Most pages of grants and of access requests that one request reads.
const MAX_PAGES: usize = 16;

/// Proves that blocks are final.
pub trait FinalityProofs: Send + Sync {
	/// Returns the blocks after `from` that changed the validators, and the newest one with a proof of finality: each
	/// header with its GRANDPA justification, and whether that is all. Encoded as for warp sync.
	fn prove(&self, from: H256) -> Result<Vec<u8>, String>;
}

/// A state of the node, as evidence reads it.
struct Read<'a, H, S>(&'a S, PhantomData<H>);

impl<H: Hasher<Out = H256>, S: Backend<H>> State for Read<'_, H, S> {
	type Error = S::Error;

	fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, S::Error> {
		self.0.storage(key)
	}

	fn digest(&self, key: &[u8]) -> Result<Option<Digest>, S::Error> {
		Ok(self.0.storage_hash(key)?.map(|digest| Digest(digest.0)))
	}
}

/// Returns the items of all pages, at most [`MAX_PAGES`] of them.
fn pages<Item, E: std::fmt::Display>(
	page: impl Fn(Option<Digest>) -> Result<(Vec<Item>, Option<Digest>), E>,
) -> Result<Vec<Item>, Error> {
	let (mut found, mut cursor) = (Vec::new(), None);
	for _ in 0..MAX_PAGES {
		let (items, next) = page(cursor).map_err(Error::internal)?;
		found.extend(items);
		cursor = next;
		if cursor.is_none() {
			break;
		}
	}
	Ok(found)
}

/// A proof of finality in the format of warp sync.
type WarpProof<Header> = (Vec<(Header, GrandpaJustification<Header>)>, bool);

fn too_long() -> Error {
	Error::InvalidParameters(
		"the proof is too long: start from a checkpoint, and give its block as `from`".into(),
	)
}

/// Implements the methods of this area.
pub(crate) struct Evidence<Block, Client> {
	pub chain: Chain<Block, Client>,
	pub proofs: Arc<dyn FinalityProofs>,
}

impl<Block: CredioBlock, Client: CredioClient<Block>> EvidenceRpcServer
	for Evidence<Block, Client>
{
	fn evidence(
		&self,
		record_id: RecordId,
		options: Option<EvidenceOptions>,
	) -> Result<At<EvidenceJson>, Error> {
		let EvidenceOptions { from, origin, mut grants } = options.unwrap_or_default();
		let from = self.start(from)?;
		let (at, finality) = self.newest(&from)?;
		grants.sort();
		grants.dedup();
		let access_requests = self.access_requests_for(&at, record_id)?;
		let subject = Subject { record_id, origin, grants, access_requests };
		let storage = self.prove_state(&subject, &at)?;
		let genesis = self.chain.genesis();
		let answer = EvidenceJson { format: FORMAT, genesis, subject, from, finality, storage };
		let nodes = answer.storage.iter().map(|node| node.0.len());
		if answer.finality.iter().map(size_of_link).chain(nodes).sum::<usize>() > MAX_SIZE {
			return Err(too_long());
		}
		Ok(At { at, answer })
	}

	fn finality(&self, from: Option<Digest>) -> Result<At<FinalityJson>, Error> {
		let from = self.start(from)?;
		let (links, is_all) = self.links(&from)?;
		let (mut at, mut finality, mut size) = (from, Vec::new(), 0);
		let all = links.len();
		for (block, link) in links {
			size += size_of_link(&link);
			if size > MAX_SIZE && !finality.is_empty() {
				break;
			}
			at = block;
			finality.push(link);
		}
		let more = !is_all || finality.len() < all;
		Ok(At { at, answer: FinalityJson { from, finality, more } })
	}
}

fn size_of_link(link: &FinalizedBlockJson) -> usize {
	link.header.0.len() + link.justification.0.len()
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Evidence<Block, Client> {
	/// Returns the block that the verifier trusts.
	///
	/// # Errors
	///
	/// [`Error::InvalidParameters`] if `from` is no final block.
	fn start(&self, from: Option<Digest>) -> Result<BlockRef, Error> {
		let Some(from) = from else {
			return Ok(BlockRef { number: 0, hash: self.chain.genesis() });
		};
		let unknown = || Error::InvalidParameters("`from` is no final block of this chain".into());
		let number = self.chain.number(H256(from.0))?.ok_or_else(unknown)?;
		let canonical = self.chain.hash_of(number)?;
		if canonical != Some(H256(from.0)) || number > self.chain.finalized().number {
			return Err(unknown());
		}
		Ok(BlockRef { number, hash: from })
	}

	/// Returns the newest block with a proof of finality, and the proof.
	fn newest(&self, from: &BlockRef) -> Result<(BlockRef, Vec<FinalizedBlockJson>), Error> {
		let (links, is_all) = self.links(from)?;
		if !is_all {
			return Err(too_long());
		}
		let Some((at, _)) = links.last() else {
			return Err(Error::NotFound("block after `from` with a proof of finality"));
		};
		Ok((*at, links.into_iter().map(|(_, link)| link).collect()))
	}

	/// Returns the blocks after `from` that changed the validators, and the newest block with a proof of finality, each
	/// with its proof; and whether these are all.
	fn links(&self, from: &BlockRef) -> Result<(Vec<(BlockRef, FinalizedBlockJson)>, bool), Error> {
		let encoded = self.proofs.prove(hash(from)).map_err(Error::internal)?;
		let (links, is_all) = WarpProof::<Block::Header>::decode_all(&mut encoded.as_slice())
			.map_err(Error::internal)?;
		let links = links
			.iter()
			.filter(|(header, _)| *header.number() > from.number)
			.map(|(header, justification)| {
				let block = BlockRef { number: *header.number(), hash: Digest(header.hash().0) };
				let link = FinalizedBlockJson {
					header: Bytes(header.encode()),
					justification: Bytes(justification.encode()),
				};
				(block, link)
			})
			.collect();
		Ok((links, is_all))
	}

	/// Returns the access requests for an entry or its stream. If there are too many, those that led to a grant come
	/// first, then the newest.
	fn access_requests_for(
		&self,
		at: &BlockRef,
		record_id: RecordId,
	) -> Result<Vec<AccessRequestId>, Error> {
		let api = self.chain.api();
		let header = api.header(hash(at), record_id).map_err(Error::internal)?;
		let header = header.ok_or(Error::NotFound("entry"))?;
		let (on_stream, on_record) = (Some(header.stream), Some(record_id));
		let mut found = Vec::new();
		for (stream, record) in [(on_stream, None), (None, on_record)] {
			let filter = GrantFilter { stream, record, ..GrantFilter::default() };
			let grants =
				pages(|cursor| api.grants(hash(at), filter.clone(), cursor, MAX_PAGE_SIZE))?;
			let answered = grants
				.into_iter()
				.filter_map(|named| named.grant.access_request)
				.collect::<BTreeSet<_>>();
			let filter = AccessRequestFilter { stream, record, ..AccessRequestFilter::default() };
			let requests = pages(|cursor| {
				api.access_requests(hash(at), filter.clone(), cursor, MAX_PAGE_SIZE)
			})?;
			found.extend(requests.into_iter().map(|named| {
				let is_answered = answered.contains(&named.access_request_id);
				(is_answered, named.request.requested_at, named.access_request_id)
			}));
		}
		found.sort_unstable_by(|a, b| b.cmp(a));
		let mut ids = found.into_iter().take(MAX_NAMED).map(|(_, _, id)| id).collect::<Vec<_>>();
		ids.sort_unstable();
		Ok(ids)
	}

	/// Returns the nodes of the state that hold the facts about the subject.
	fn prove_state(&self, subject: &Subject, at: &BlockRef) -> Result<Vec<Bytes>, Error> {
		let state = self.chain.state(at)?;
		let proving = TrieBackendBuilder::wrap(state.as_trie_backend())
			.with_recorder(Default::default())
			.build();
		let read = Read(&proving, PhantomData::<HashingFor<Block>>);
		Facts::read(subject, at.number, &read).map_err(|error| match error {
			FactsError::Missing(what @ ("entry" | "stream")) => Error::NotFound(what),
			FactsError::Contradiction(why) => Error::InvalidParameters(why.into()),
			other => Error::internal(other),
		})?;
		let proof = proving.extract_proof().ok_or_else(|| Error::internal("nothing recorded"))?;
		Ok(proof.into_nodes().into_iter().map(Bytes).collect())
	}
}
