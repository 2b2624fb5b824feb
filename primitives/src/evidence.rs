//! What evidence is about, and how it is read from a state: one definition for the node, which proves what this reads,
//! and for verifiers, which read the proof.

use crate::{
	AccessRequest, AccessRequestId, BlockNumber, Digest, EntryBody, EntryHeader, Erasure, Grant,
	GrantId, KeyEpochState, Moment, Organization, OrganizationId, OrganizationName, Outcome,
	Receipt, RecordId, Reference, RequestKey, Resource, Stream,
	grant::{NamedAccessRequest, NamedGrant},
	limits,
	object::Acknowledgements,
	storage,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use codec::DecodeAll;
use serde::{Deserialize, Serialize};

/// Most grants that may have ended, and most access requests, in one evidence.
pub const MAX_NAMED: usize = 64;

/// How an evidence is made: from which items of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum Format {
	/// Of the states of a network that has not been upgraded from a test version: entries lie by their positions, grants by
	/// their places.
	#[default]
	#[serde(rename = "credio/evidence/v3")]
	V3,
}

/// The request that brought an entry, as only those know who made it: the entry's id follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "EvidenceOrigin"))]
pub struct Origin {
	/// Key of the request.
	pub request_key: RequestKey,
	/// Position of the call in it.
	pub position: u32,
}

/// What an evidence is about. Everything else follows from the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "EvidenceSubject"))]
pub struct Subject {
	/// The entry.
	pub record_id: RecordId,
	/// The request that brought it, if it is to be named.
	pub origin: Option<Origin>,
	/// Grants that were once given, to show whether they hold: in ascending order.
	pub grants: Vec<GrantId>,
	/// Access requests for the entry or its stream: in ascending order.
	pub access_requests: Vec<AccessRequestId>,
}

/// What [`FactsError::Missing`] names if the state does not say which chain it is of.
pub const GENESIS_HASH: &str = "hash of block 0";

/// Which chain a state is of, by what the state itself says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainInState {
	/// Hash of block 0, which every later state has.
	pub genesis: Digest,
	/// The network id. Networks from before there was one have 32 zeros.
	pub network: Digest,
}

/// The facts of a state about a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
	/// The chain.
	pub chain: ChainInState,
	/// The entry.
	pub record_id: RecordId,
	/// Its public data.
	pub header: EntryHeader,
	/// For a record, `blake2_256` of its encoded payload: the length as a compact number, and the envelope.
	pub payload: Option<Digest>,
	/// For an object that is erased: the erasure, and who acknowledged it.
	pub erasure: Option<(Erasure, Acknowledgements)>,
	/// Its stream.
	pub stream: Stream,
	/// Key epoch of the stream, if one is open.
	pub epoch: Option<KeyEpochState>,
	/// The request that brought it, if it was named, with its receipt, if that is still kept.
	pub origin: Option<(Origin, Option<Receipt>)>,
	/// All grants on the stream and on the entry.
	pub grants: Vec<NamedGrant>,
	/// Grants of the subject that do not exist.
	pub absent_grants: Vec<GrantId>,
	/// The access requests that were named.
	pub access_requests: Vec<NamedAccessRequest>,
	/// Names of all organizations that are mentioned.
	pub organizations: BTreeMap<OrganizationId, OrganizationName>,
	/// Time of the block, in milliseconds since 1970.
	pub now: Moment,
}

/// An error in reading the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactsError<ReadError> {
	/// The state could not be read.
	Read(ReadError),
	/// The state lacks this value.
	Missing(&'static str),
	/// The stored value has an unknown form.
	Malformed(&'static str),
	/// The subject contradicts the state, or is out of bounds.
	Contradiction(&'static str),
}

impl<ReadError: core::fmt::Display> core::fmt::Display for FactsError<ReadError> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::Read(error) => error.fmt(f),
			Self::Missing(what) => write!(f, "there is no such {what} at this block"),
			Self::Malformed(what) => {
				write!(f, "the {what} is stored in a form that this software does not know")
			},
			Self::Contradiction(why) => f.write_str(why),
		}
	}
}

/// A state that can be read, or a proof of one.
pub trait State {
	/// Error of a read.
	type Error;

	/// Returns the value at a key.
	fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

	/// Returns `blake2_256` of the value at a key.
	fn digest(&self, key: &[u8]) -> Result<Option<Digest>, Self::Error>;
}

/// Reads all grants on a stream or record: their count and their places prove that none is left out.
///
/// # Errors
///
/// [`FactsError::Read`], and [`FactsError::Missing`] and [`FactsError::Malformed`] for a state that no Credio chain has.
pub fn grants_on<S: State>(
	state: &S,
	resource: &Resource,
) -> Result<BTreeMap<GrantId, Grant>, FactsError<S::Error>> {
	Reader(state).grants(core::slice::from_ref(resource))
}

/// Reads typed values of a state.
struct Reader<'a, S>(&'a S);

impl<S: State> Reader<'_, S> {
	fn get<Value: DecodeAll>(
		&self,
		what: &'static str,
		key: &[u8],
	) -> Result<Option<Value>, FactsError<S::Error>> {
		self.0
			.value(key)
			.map_err(FactsError::Read)?
			.map(|bytes| Value::decode_all(&mut bytes.as_slice()))
			.transpose()
			.map_err(|_| FactsError::Malformed(what))
	}

	fn need<Value: DecodeAll>(
		&self,
		what: &'static str,
		key: &[u8],
	) -> Result<Value, FactsError<S::Error>> {
		self.get(what, key)?.ok_or(FactsError::Missing(what))
	}

	/// Reads the chain.
	fn chain(&self) -> Result<ChainInState, FactsError<S::Error>> {
		let genesis: [u8; 32] = self.need(GENESIS_HASH, &storage::block_hash(0))?;
		let network: Option<[u8; 32]> = self.get("network id", &storage::network_id())?;
		Ok(ChainInState { genesis: Digest(genesis), network: Digest(network.unwrap_or_default()) })
	}

	/// Reads the erasure of an object. Nothing else can be erased.
	fn erasure(
		&self,
		id: &RecordId,
		header: &EntryHeader,
		number: BlockNumber,
	) -> Result<Option<(Erasure, Acknowledgements)>, FactsError<S::Error>> {
		if !matches!(header.body, EntryBody::Object { .. }) {
			return Ok(None);
		}
		let found: Option<Erasure> = self.get("erasure", &storage::erasure(id))?;
		let Some(erasure) = found else { return Ok(None) };
		let acknowledgements: Option<Acknowledgements> =
			self.get("acknowledgements", &storage::acknowledgements(id))?;
		let acknowledgements = acknowledgements.unwrap_or_default();
		let is_in_time = |block| erasure.block <= block && block <= number;
		if erasure.block < header.block
			|| !is_in_time(erasure.block)
			|| !acknowledgements.iter().all(|given| is_in_time(given.block))
		{
			return Err(FactsError::Contradiction(
				"the entry and its erasure contradict each other",
			));
		}
		Ok(Some((erasure, acknowledgements)))
	}

	/// Reads all grants on these resources.
	fn grants(
		&self,
		resources: &[Resource],
	) -> Result<BTreeMap<GrantId, Grant>, FactsError<S::Error>> {
		let mut grants = BTreeMap::new();
		for resource in resources {
			let count: u32 =
				self.get("number of grants", &storage::grant_count(resource))?.unwrap_or_default();
			if count > limits::MAX_GRANTS_PER_RESOURCE {
				return Err(FactsError::Malformed("number of grants"));
			}
			for slot in 0..count {
				let id: GrantId =
					self.need("place of a grant", &storage::grant_on(resource, slot))?;
				let grant: Grant = self.need("grant", &storage::grant(&id))?;
				let is_new = grants.insert(id, grant.clone()).is_none();
				if grant.resource != *resource || !is_new {
					return Err(FactsError::Malformed("place of a grant"));
				}
			}
		}
		Ok(grants)
	}

	/// Returns the grants that do not exist.
	fn absent(
		&self,
		asked: &[GrantId],
		there: &BTreeMap<GrantId, Grant>,
	) -> Result<Vec<GrantId>, FactsError<S::Error>> {
		let absent =
			asked.iter().filter(|id| !there.contains_key(*id)).copied().collect::<Vec<_>>();
		for id in &absent {
			if self.get::<Grant>("grant", &storage::grant(id))?.is_some() {
				return Err(FactsError::Contradiction(
					"a grant that is named is on something else than the entry or its stream",
				));
			}
		}
		Ok(absent)
	}

	/// Reads access requests, which have to be for one of these resources.
	fn access_requests(
		&self,
		ids: &[AccessRequestId],
		resources: &[Resource],
	) -> Result<Vec<NamedAccessRequest>, FactsError<S::Error>> {
		let read = |id: &AccessRequestId| {
			let request: AccessRequest =
				self.need("access request", &storage::access_request(id))?;
			if !resources.contains(&request.resource) {
				return Err(FactsError::Contradiction(
					"an access request that is named is for something else than the entry or its stream",
				));
			}
			Ok(NamedAccessRequest { access_request_id: *id, request })
		};
		ids.iter().map(read).collect()
	}

	/// Reads the names of organizations.
	fn names(
		&self,
		ids: BTreeSet<OrganizationId>,
	) -> Result<BTreeMap<OrganizationId, OrganizationName>, FactsError<S::Error>> {
		let name = |id| {
			let organization: Organization =
				self.need("organization", &storage::organization(id))?;
			Ok((id, organization.name))
		};
		ids.into_iter().map(name).collect()
	}
}

impl Subject {
	/// Returns whether its lists are in order and within bounds.
	fn is_well_formed(&self) -> bool {
		let within = self.grants.len() <= MAX_NAMED && self.access_requests.len() <= MAX_NAMED;
		within
			&& self.grants.is_sorted_by(|a, b| a < b)
			&& self.access_requests.is_sorted_by(|a, b| a < b)
	}
}

impl Facts {
	/// Reads the facts about a subject from the state of block `number`.
	pub fn read<S: State>(
		subject: &Subject,
		number: BlockNumber,
		state: &S,
	) -> Result<Self, FactsError<S::Error>> {
		if !subject.is_well_formed() {
			return Err(FactsError::Contradiction(
				"grants and access requests are named in ascending order, each once, at most 64 each",
			));
		}
		let state = Reader(state);
		let chain = state.chain()?;
		let record_id = subject.record_id;
		let header: EntryHeader = state.need("entry", &storage::header(&record_id))?;
		let stream: Stream = state.need("stream", &storage::stream(&header.stream))?;
		let EntryHeader { stream: stream_id, sequence, .. } = &header;
		let there: RecordId = state.need("position", &storage::position(stream_id, *sequence))?;
		if there != record_id || header.sequence >= stream.next_sequence || header.block > number {
			return Err(FactsError::Contradiction(
				"the stream and the entry contradict each other",
			));
		}
		let payload = match header.body {
			EntryBody::Record { .. } => {
				let key = storage::envelope(stream_id, *sequence);
				let digest = state.0.digest(&key).map_err(FactsError::Read)?;
				Some(digest.ok_or(FactsError::Missing("payload"))?)
			},
			EntryBody::DigestAnchor { .. }
			| EntryBody::MerkleAnchor { .. }
			| EntryBody::Object { .. } => None,
		};
		let erasure = state.erasure(&record_id, &header, number)?;
		let epoch = state.get("key epoch", &storage::key_epoch(&header.stream))?;
		let origin = match subject.origin {
			None => None,
			Some(origin) => {
				let reference = Reference::derive(&origin.request_key, origin.position);
				if RecordId::derive(header.organization, &reference) != record_id {
					return Err(FactsError::Contradiction(
						"the entry's id does not follow from the request that is named",
					));
				}
				let key = storage::receipt(header.organization, &origin.request_key);
				let receipt: Option<Receipt> = state.get("receipt", &key)?;
				// Another request may have used the reference.
				if receipt.is_some_and(|receipt| {
					receipt.outcome != Outcome::Applied || receipt.block != header.block
				}) {
					return Err(FactsError::Contradiction(
						"the request that is named has not brought the entry: its receipt names another block, or a rejection",
					));
				}
				Some((origin, receipt))
			},
		};

		let resources = [Resource::Stream(header.stream), Resource::Record(record_id)];
		let grants = state.grants(&resources)?;
		let absent_grants = state.absent(&subject.grants, &grants)?;
		let access_requests = state.access_requests(&subject.access_requests, &resources)?;
		let mentioned = [header.organization, stream.owner]
			.into_iter()
			.chain(grants.values().flat_map(|grant| [grant.grantor, grant.grantee]))
			.chain(erasure.iter().flat_map(|(_, given)| given).map(|given| given.organization))
			.chain(
				access_requests
					.iter()
					.flat_map(|named| [named.request.requester, named.request.owner]),
			)
			.collect();
		let organizations = state.names(mentioned)?;
		let now: Moment = state.need("time", &storage::now())?;

		let grants = grants
			.iter()
			.map(|(id, grant)| NamedGrant {
				grant_id: *id,
				grant: grant.clone(),
				status: grant.status(now, |above| grants.get(above).cloned()),
			})
			.collect();
		Ok(Self {
			chain,
			record_id,
			header,
			payload,
			erasure,
			stream,
			epoch,
			origin,
			grants,
			absent_grants,
			access_requests,
			organizations,
			now,
		})
	}
}
