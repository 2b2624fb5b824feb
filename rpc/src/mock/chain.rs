//! A chain in memory.

use crate::{evidence::FinalityProofs, watcher::BlockChanges};
use codec::Encode;
use credio_primitives::{
	AccountId, BundleId, Denial, Digest, EncryptionKey, Endpoints, Entry, EntryHeader, KeyEpoch,
	KeyVersion, Member, OrganizationId, RecordId, Resource, Sequence, StreamId, StreamKey,
	ValidatorState,
	access::ReadRecord,
	block::Changes,
	bundle::{BundleDetail, BundleFilter, BundleLimits, NamedBundle},
	entry::{EntryFilter, StreamInfo},
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	object::NamedErasure,
	organization::{MemberInfo, OrganizationInfo, QuotaInfo},
	request::RequestLimits,
};
use pallet_support::apis::{
	BundlesApi, GrantsApi, OrganizationsApi, RecordsApi, RequestsApi, StreamsApi, ValidatorsApi,
};
use sp_api::{ApiError, ApiRef, CallApiAt, CallApiAtParams, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HeaderBackend, Info};
use sp_core::{H256, storage::StateVersion};
use sp_runtime::{
	DispatchError, OpaqueExtrinsic, Weight, generic,
	traits::{BlakeTwo256, Header as _},
};
use sp_state_machine::InMemoryBackend;
use std::{
	collections::{BTreeMap, HashMap},
	sync::{Arc, Mutex},
};

pub(crate) type Header = generic::Header<u32, BlakeTwo256>;
pub(crate) type Block = generic::Block<Header, OpaqueExtrinsic>;

/// The content of a chain: the same at every block, apart from `states`.
#[derive(Default)]
pub(crate) struct World {
	pub finalized: u32,
	pub best: u32,
	/// Values that the state has from a block on.
	pub states: BTreeMap<u32, BTreeMap<Vec<u8>, Vec<u8>>>,
	pub changes: HashMap<H256, Changes>,
	pub organizations: Vec<OrganizationInfo>,
	pub members: Vec<MemberInfo>,
	pub quota: Option<QuotaInfo>,
	pub streams: Vec<StreamInfo>,
	pub entries: Vec<Entry>,
	/// Entries that the best block has beyond those.
	pub unfinalized: Vec<Entry>,
	/// What a member gets for a record; [`Denial::NoGrant`] for any other.
	pub erasures: Vec<NamedErasure>,
	pub demanding: Vec<StreamId>,
	pub endpoints: HashMap<OrganizationId, Endpoints>,
	pub readable: HashMap<RecordId, Result<ReadRecord, Denial>>,
	pub stream_keys: Vec<StreamKey>,
	pub grants: Vec<NamedGrant>,
	pub access_requests: Vec<NamedAccessRequest>,
	pub bundles: Vec<BundleDetail>,
	pub validators: Vec<ValidatorState>,
	pub next_position: u64,
	/// Blocks with a proof of finality, and whether that is all.
	pub proven: (Vec<u32>, bool),
}

impl World {
	/// Adds a value to the state from a block on.
	pub(crate) fn insert(&mut self, from: u32, key: Vec<u8>, value: impl Encode) {
		self.states.entry(from).or_default().insert(key, value.encode());
	}
}

/// Returns the hash of a block.
pub(crate) fn hash(number: u32) -> H256 {
	header(number).hash()
}

fn header(number: u32) -> Header {
	let parent = H256::from_low_u64_be(number.into());
	Header::new(number, H256::zero(), H256::zero(), parent, Default::default())
}

/// Reads a [`World`] as a client reads its chain.
#[derive(Clone)]
pub(crate) struct Client(Arc<Mutex<World>>);

impl Client {
	pub(crate) fn new(world: World) -> Self {
		Self(Arc::new(Mutex::new(world)))
	}

	pub(crate) fn read<T>(&self, read: impl FnOnce(&World) -> T) -> T {
		read(&self.0.lock().expect("no test panics in here"))
	}

	pub(crate) fn write(&self, write: impl FnOnce(&mut World)) {
		write(&mut self.0.lock().expect("no test panics in here"));
	}

	fn find(&self, block: H256) -> Option<u32> {
		let best = self.read(|world| world.best);
		(0..=best).find(|number| hash(*number) == block)
	}
}

impl HeaderBackend<Block> for Client {
	fn header(&self, block: H256) -> sp_blockchain::Result<Option<Header>> {
		Ok(self.find(block).map(header))
	}

	fn info(&self) -> Info<Block> {
		self.read(|world| Info {
			best_hash: hash(world.best),
			best_number: world.best,
			genesis_hash: hash(0),
			finalized_hash: hash(world.finalized),
			finalized_number: world.finalized,
			finalized_state: None,
			number_leaves: 1,
			block_gap: None,
		})
	}

	fn status(&self, block: H256) -> sp_blockchain::Result<BlockStatus> {
		Ok(self.find(block).map_or(BlockStatus::Unknown, |_| BlockStatus::InChain))
	}

	fn number(&self, block: H256) -> sp_blockchain::Result<Option<u32>> {
		Ok(self.find(block))
	}

	fn hash(&self, number: u32) -> sp_blockchain::Result<Option<H256>> {
		Ok(self.read(|world| number <= world.best).then(|| hash(number)))
	}
}

impl CallApiAt<Block> for Client {
	type StateBackend = InMemoryBackend<BlakeTwo256>;

	fn call_api_at(&self, _: CallApiAtParams<'_, Block>) -> Result<Vec<u8>, ApiError> {
		Err(ApiError::UnknownBlock("the runtime API is mocked".into()))
	}

	fn runtime_version_at(
		&self,
		_: H256,
		_: sp_core::traits::CallContext,
	) -> Result<sp_api::__private::RuntimeVersion, ApiError> {
		Err(ApiError::UnknownBlock("the runtime API is mocked".into()))
	}

	fn state_at(&self, block: H256) -> Result<Self::StateBackend, ApiError> {
		let number = self.find(block).ok_or_else(|| ApiError::UnknownBlock("test".into()))?;
		let state = self.read(|world| {
			let values = world.states.range(..=number).flat_map(|(_, values)| values.clone());
			values.collect::<BTreeMap<_, _>>()
		});
		let state = sp_core::storage::Storage { top: state, ..Default::default() };
		Ok(InMemoryBackend::from((state, StateVersion::V1)))
	}

	fn initialize_extensions(
		&self,
		_: H256,
		_: &mut sp_api::__private::Extensions,
	) -> Result<(), ApiError> {
		Ok(())
	}
}

impl ProvideRuntimeApi<Block> for Client {
	type Api = Self;

	fn runtime_api(&self) -> ApiRef<'_, Self> {
		self.clone().into()
	}
}

impl BlockChanges for Client {
	fn changes(&self, block: H256) -> Option<Changes> {
		self.read(|world| world.changes.get(&block).cloned())
	}
}

/// A page of `all`. A cursor holds the position of the next item.
fn page<T: Clone>(all: &[T], cursor: Option<Digest>, limit: u32) -> (Vec<T>, Option<Digest>) {
	let start = cursor.map_or(0, |cursor| usize::from(cursor.0[0]));
	let items = all.iter().skip(start).take(limit as usize).cloned().collect::<Vec<_>>();
	let end = start + items.len();
	let next = (end < all.len()).then(|| super::digest(u8::try_from(end).expect("few items")));
	(items, next)
}

fn is_on(resource: Resource, stream: Option<StreamId>, record: Option<RecordId>) -> bool {
	stream.is_none_or(|stream| resource == Resource::Stream(stream))
		&& record.is_none_or(|record| resource == Resource::Record(record))
}

fn within(filter: &EntryFilter, entry: &Entry) -> bool {
	filter.stream.is_none_or(|stream| stream == entry.header.stream)
		&& filter.from_sequence.is_none_or(|from| from <= entry.header.sequence)
}

impl World {
	/// The entries at a block: those that are not final only if it is none of the finalized ones.
	fn entries_at(&self, block: H256) -> Vec<Entry> {
		let is_final = (0..=self.finalized).any(|number| hash(number) == block);
		let ahead = self.unfinalized.iter().filter(|_| !is_final);
		self.entries.iter().chain(ahead).cloned().collect()
	}
}

sp_api::mock_impl_runtime_apis! {
	impl OrganizationsApi<Block> for Client {
		fn organization(&self, id: OrganizationId) -> Option<OrganizationInfo> {
			self.read(|world| world.organizations.iter().find(|one| one.id == id).cloned())
		}

		fn organizations(&self, from: OrganizationId, limit: u32) -> Vec<OrganizationInfo> {
			self.read(|world| {
				let found = world.organizations.iter().filter(|one| one.id >= from);
				found.take(limit as usize).cloned().collect()
			})
		}

		fn member(&self, account: AccountId) -> Option<Member> {
			self.read(|world| {
				let found = world.members.iter().find(|one| one.account == account);
				found.map(|info| info.member)
			})
		}

		fn members(&self, id: OrganizationId) -> Vec<MemberInfo> {
			self.read(|world| {
				let found = world.members.iter().filter(|one| one.member.organization == id);
				found.cloned().collect()
			})
		}

		fn encryption_key(&self, id: OrganizationId, version: KeyVersion) -> Option<EncryptionKey> {
			self.read(|world| {
				let found = world.organizations.iter().find(|one| one.id == id)?;
				(found.organization.key_version == version).then_some(found.encryption_key)
			})
		}

		fn quota(&self, id: OrganizationId) -> Option<QuotaInfo> {
			self.read(|world| world.quota.clone().filter(|_| world.organizations.iter().any(|one| one.id == id)))
		}

		fn endpoints(&self, id: OrganizationId) -> Endpoints {
			self.read(|world| world.endpoints.get(&id).cloned().unwrap_or_default())
		}
	}

	impl StreamsApi<Block> for Client {
		fn stream(&self, id: StreamId) -> Option<StreamInfo> {
			self.read(|world| world.streams.iter().find(|one| one.id == id).cloned())
		}

		fn streams(&self, owner: Option<OrganizationId>, cursor: Option<Digest>, limit: u32) -> (Vec<StreamInfo>, Option<Digest>) {
			self.read(|world| {
				let found = world.streams.iter().filter(|one| owner.is_none_or(|owner| owner == one.stream.owner));
				page(&found.cloned().collect::<Vec<_>>(), cursor, limit)
			})
		}

		fn header(&self, id: RecordId) -> Option<EntryHeader> {
			self.read(|world| {
				let found = world.entries.iter().find(|one| one.record_id == id);
				found.map(|entry| entry.header.clone())
			})
		}

		#[advanced]
		fn entries(&self, at: H256, stream: StreamId, from: Sequence, limit: u32) -> Result<Vec<Entry>, ApiError> {
			let filter = EntryFilter { stream: Some(stream), from_sequence: Some(from), ..EntryFilter::default() };
			Ok(self.read(|world| {
				let found = world.entries_at(at).into_iter().filter(|entry| within(&filter, entry));
				found.take(limit as usize).collect()
			}))
		}

		#[advanced]
		fn query_entries(&self, at: H256, filter: EntryFilter, cursor: Option<Digest>, limit: u32) -> Result<(Vec<Entry>, Option<Digest>), ApiError> {
			Ok(self.read(|world| {
				let found = world.entries_at(at).into_iter().filter(|entry| within(&filter, entry));
				page(&found.collect::<Vec<_>>(), cursor, limit)
			}))
		}

		fn verify_inclusion(&self, id: RecordId, index: u32, _commitment: Digest, proof: Vec<Digest>) -> Option<bool> {
			self.read(|world| {
				let is_anchor = world.entries.iter().any(|one| one.record_id == id);
				is_anchor.then_some(index == 0 && proof.is_empty())
			})
		}
	}

	impl RecordsApi<Block> for Client {
		fn erasure(&self, id: RecordId) -> Option<NamedErasure> {
			self.read(|world| world.erasures.iter().find(|one| one.record_id == id).cloned())
		}

		fn erasures(&self, from: u64, limit: u32) -> Vec<NamedErasure> {
			self.read(|world| {
				let found = world.erasures.iter().filter(|one| one.number >= from);
				found.take(limit as usize).cloned().collect()
			})
		}

		fn demands_objects(&self, stream: StreamId) -> bool {
			self.read(|world| world.demanding.contains(&stream))
		}

		fn read(&self, account: AccountId, id: RecordId) -> Result<ReadRecord, Denial> {
			self.read(|world| {
				if !world.members.iter().any(|one| one.account == account) {
					return Err(Denial::NotAMember);
				}
				world.readable.get(&id).cloned().unwrap_or(Err(Denial::NoGrant))
			})
		}
	}

	impl GrantsApi<Block> for Client {
		fn grants(&self, filter: GrantFilter, cursor: Option<Digest>, limit: u32) -> (Vec<NamedGrant>, Option<Digest>) {
			self.read(|world| {
				let found = world.grants.iter().filter(|one| filter.grantee.is_none_or(|grantee| grantee == one.grant.grantee) && is_on(one.grant.resource, filter.stream, filter.record));
				page(&found.cloned().collect::<Vec<_>>(), cursor, limit)
			})
		}

		fn access_requests(&self, filter: AccessRequestFilter, cursor: Option<Digest>, limit: u32) -> (Vec<NamedAccessRequest>, Option<Digest>) {
			self.read(|world| {
				let found = world.access_requests.iter().filter(|one| filter.owner.is_none_or(|owner| owner == one.request.owner) && is_on(one.request.resource, filter.stream, filter.record));
				page(&found.cloned().collect::<Vec<_>>(), cursor, limit)
			})
		}

		fn stream_keys(&self, _stream: StreamId, _organization: OrganizationId, from: KeyEpoch, limit: u32) -> Vec<StreamKey> {
			self.read(|world| {
				let found = world.stream_keys.iter().filter(|one| one.epoch >= from);
				found.take(limit as usize).cloned().collect()
			})
		}
	}

	impl RequestsApi<Block> for Client {
		fn request_limits(&self) -> RequestLimits {
			RequestLimits {
				max_request_lifetime: 100,
				receipt_retention: super::RETENTION,
				max_calls: 64,
				max_lanes: 1_024,
				max_positions_ahead: 1_024,
			}
		}

		fn next_position(&self, _organization: OrganizationId, _lane: u32) -> u64 {
			self.read(|world| world.next_position)
		}

		fn error_name(&self, _error: DispatchError) -> (Vec<u8>, Vec<u8>) {
			(b"Pallet.Error".to_vec(), b"it failed".to_vec())
		}
	}

	impl BundlesApi<Block> for Client {
		fn bundle(&self, id: BundleId) -> Option<BundleDetail> {
			self.read(|world| world.bundles.iter().find(|one| one.named.bundle_id == id).cloned())
		}

		fn bundles(&self, filter: BundleFilter, cursor: Option<Digest>, limit: u32) -> (Vec<NamedBundle>, Option<Digest>) {
			self.read(|world| {
				let found = world.bundles.iter().map(|one| one.named.clone());
				let found = found.filter(|one| filter.status.is_none_or(|status| status == one.bundle.state.status()));
				page(&found.collect::<Vec<_>>(), cursor, limit)
			})
		}

		fn bundle_limits(&self) -> BundleLimits {
			BundleLimits {
				max_bundle_lifetime: 7,
				bundle_retention: 8,
				max_bundle_weight: Weight::from_parts(9, 10),
			}
		}
	}

	impl ValidatorsApi<Block> for Client {
		fn validators(&self) -> Vec<ValidatorState> {
			self.read(|world| world.validators.clone())
		}
	}
}

/// Proves the blocks that a [`World`] says are proven.
pub(crate) struct Proofs(pub Arc<Client>);

impl FinalityProofs for Proofs {
	fn prove(&self, from: H256) -> Result<Vec<u8>, String> {
		let from = self.0.find(from).ok_or("no such block")?;
		let (blocks, is_all) = self.0.read(|world| world.proven.clone());
		let justified = |number: &u32| {
			// Round, commit without votes, and no ancestries.
			let commit = (hash(*number), *number, Vec::<u8>::new());
			(header(*number), (1u64, commit, Vec::<Header>::new()))
		};
		let links = blocks.iter().filter(|number| **number > from).map(justified);
		Ok((links.collect::<Vec<_>>(), is_all).encode())
	}
}
