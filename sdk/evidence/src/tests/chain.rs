//! A chain that exists in tests only: its validators, a state, and evidence of both.

use crate::{DocumentPart, Evidence, Header, Trusted, state::Proof};
use codec::Encode;
use credio_envelope::CommitmentKey;
use credio_primitives::{
	AccessRequest, AccessRequestId, AccessRequestState, AccountId, Digest, EntryBody, EntryHeader,
	Grant, GrantId, KeyEpochState, Organization, OrganizationStatus, Outcome, Permission, Quota,
	Receipt, RecordId, Reference, RequestKey, Resource, Stream, StreamId, StreamStatus,
	evidence::{Facts, Format, Origin, Subject},
	rpc::{BlockRef, Bytes, FinalizedBlockJson},
	storage,
};
use finality_grandpa::{Commit, Message, Precommit, SignedPrecommit};
use sp_consensus_grandpa::{
	AuthorityId, AuthorityList, ConsensusLog, GRANDPA_ENGINE_ID, GrandpaJustification,
	ScheduledChange,
};
use sp_core::{H256, Pair, ed25519, sr25519};
use sp_runtime::{
	DigestItem,
	traits::{BlakeTwo256, Header as _},
};
use sp_trie::{
	LayoutV1, MemoryDB, TrieConfiguration, TrieDBMutBuilder, TrieMut, recorder::Recorder,
};
use std::collections::BTreeMap;

pub(super) type Storage = BTreeMap<Vec<u8>, Vec<u8>>;

pub(super) const DOCUMENT: &[u8] = b"an invoice over 100.00 EUR";
pub(super) const NUMBER: u32 = 9;
pub(super) const NETWORK: [u8; 32] = [0x4e; 32];

/// Returns a validator by name.
pub(super) fn validator(name: u8) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[name; 32])
}

pub(super) fn authorities(names: &[u8]) -> AuthorityList {
	names.iter().map(|name| (AuthorityId::from(validator(*name).public()), 1)).collect()
}

/// Returns a seat of the council by name.
pub(super) fn seat(name: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[name; 32])
}

/// Returns seats in the order of the state.
pub(super) fn council(names: &[u8]) -> Vec<AccountId> {
	let mut seats = names.iter().map(|name| seat(*name).public().into()).collect::<Vec<_>>();
	seats.sort();
	seats
}

pub(super) fn commitment_key() -> CommitmentKey {
	Digest([42; 32]).to_string().parse().unwrap()
}

/// Returns a block after another one, with a state and possibly new validators.
pub(super) fn block(parent: &Header, number: u32, root: H256, next: Option<&[u8]>) -> Header {
	let mut header = Header::new(number, H256::zero(), root, parent.hash(), Default::default());
	header.digest_mut().push(DigestItem::Other(vec![1, 2, 3]));
	if let Some(next) = next {
		let change = ScheduledChange { next_authorities: authorities(next), delay: 0u32 };
		let log = ConsensusLog::ScheduledChange(change);
		header.digest_mut().push(DigestItem::Consensus(GRANDPA_ENGINE_ID, log.encode()));
	}
	header
}

/// Returns votes for headers, by validators of a set.
pub(super) fn justification(
	target: &Header,
	set_id: u64,
	votes: &[(u8, &Header)],
	ancestries: &[&Header],
) -> GrandpaJustification<Header> {
	let round = 3;
	let precommits = votes
		.iter()
		.map(|(name, header)| {
			let precommit = Precommit { target_hash: header.hash(), target_number: header.number };
			let message = Message::Precommit(precommit.clone());
			let payload = sp_consensus_grandpa::localized_payload(round, set_id, &message);
			let pair = validator(*name);
			SignedPrecommit {
				precommit,
				signature: pair.sign(&payload).into(),
				id: pair.public().into(),
			}
		})
		.collect();
	GrandpaJustification {
		round,
		commit: Commit { target_hash: target.hash(), target_number: target.number, precommits },
		votes_ancestries: ancestries.iter().map(|header| (*header).clone()).collect(),
	}
}

pub(super) fn link(
	header: &Header,
	justification: &GrandpaJustification<Header>,
) -> FinalizedBlockJson {
	FinalizedBlockJson {
		header: Bytes(header.encode()),
		justification: Bytes(justification.encode()),
	}
}

fn text<Bound: sp_core::Get<u32>>(text: &str) -> sp_runtime::BoundedVec<u8, Bound> {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// Returns the genesis header and the specification of its storage.
pub(super) fn specification() -> (Header, String) {
	specification_with(&[])
}

/// The same, with seats of the council.
pub(super) fn specification_with(seats: &[u8]) -> (Header, String) {
	let mut top = Storage::new();
	if !seats.is_empty() {
		top.insert(storage::council_members(), council(seats).encode());
	}
	top.insert(storage::grandpa_authorities(), authorities(&[1, 2, 3, 4]).encode());
	top.insert(storage::network_id(), NETWORK.to_vec());
	top.insert(b":code".to_vec(), vec![7; 100]);
	let root = LayoutV1::<BlakeTwo256>::trie_root(top.clone());
	let extrinsics = LayoutV1::<BlakeTwo256>::ordered_trie_root(Vec::<Vec<u8>>::new());
	let header = Header::new(0, extrinsics, root, H256::zero(), Default::default());
	let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
	let top = top.iter().map(|(key, value)| (hex(key), hex(value))).collect::<BTreeMap<_, _>>();
	let spec = serde_json::json!({
		"name": "Test", "genesis": { "raw": { "top": top, "childrenDefault": {} } },
	});
	(header, spec.to_string())
}

/// Time of the block, in milliseconds since 1970.
const NOW: u64 = 1_795_453_176_000;

/// The contents of a state.
pub(super) struct Scene {
	pub subject: Subject,
	pub body: EntryBody,
	/// Block and outcome of the named request.
	pub receipt: (u32, Outcome),
	/// Hash of block 0, if it is there.
	pub genesis: Option<Digest>,
}

impl Scene {
	/// Returns a record with everything that evidence can prove.
	pub(super) fn record() -> Self {
		let origin = Origin { request_key: RequestKey([9; 32]), position: 1 };
		let reference = Reference::derive(&origin.request_key, origin.position);
		let mut grants = vec![GrantId([0x51; 32]), GrantId([0x60; 32])];
		grants.sort();
		Self {
			subject: Subject {
				record_id: RecordId::derive(1, &reference),
				origin: Some(origin),
				grants,
				access_requests: vec![AccessRequestId([0x70; 32])],
			},
			body: EntryBody::Record {
				epoch: 2,
				commitment: commitment_key().commit(DOCUMENT),
				size: 107,
				supersedes: Some(RecordId([0x80; 32])),
			},
			receipt: (3, Outcome::Applied),
			genesis: Some(Digest(specification().0.hash().0)),
		}
	}

	/// Returns the state.
	pub(super) fn storage(&self) -> Storage {
		let record_id = self.subject.record_id;
		let stream = StreamId::derive(1, b"invoices");
		let mut state = Storage::new();
		let header = EntryHeader {
			stream,
			sequence: 4,
			organization: 1,
			author: [8; 32].into(),
			block: 3,
			body: self.body,
		};
		state.insert(storage::header(&record_id), header.encode());
		state.insert(storage::position(&stream, 4), record_id.encode());
		if let EntryBody::Record { .. } = self.body {
			state.insert(storage::envelope(&stream, 4), vec![6u8; 107].encode());
		}
		let info = Stream {
			owner: 1,
			name: text("invoices"),
			status: StreamStatus::Open,
			next_sequence: 6,
			created_at: 1,
		};
		state.insert(storage::stream(&stream), info.encode());
		state.insert(
			storage::key_epoch(&stream),
			KeyEpochState { current: 2, rotation_due: false, opened_at: 1_795_453_170_000 }
				.encode(),
		);
		for (id, name) in [(1, "channel"), (2, "funder"), (3, "insurer")] {
			let organization = Organization {
				name: text(name),
				status: OrganizationStatus::Active,
				members: 1,
				admins: 1,
				key_version: 0,
				quota: Quota { bytes: 1, ref_time: 1 },
			};
			state.insert(storage::organization(id), organization.encode());
		}
		let grant = |grantor, grantee, resource, slot, expires_at, parent| Grant {
			grantor,
			grantee,
			resource,
			permission: Permission::Read,
			from_epoch: 0,
			purpose: text("assess"),
			expires_at,
			delegable: true,
			parent,
			granted_at: 4,
			access_request: None,
			slot,
		};
		let on_stream = Resource::Stream(stream);
		let [first, second, third] = [0x50, 0x51, 0x52].map(|n| GrantId([n; 32]));
		state.insert(storage::grant_count(&on_stream), 2u32.encode());
		state.insert(storage::grant_on(&on_stream, 0), first.encode());
		state.insert(storage::grant_on(&on_stream, 1), second.encode());
		let answers = Some(AccessRequestId([0x70; 32]));
		let given = Grant { access_request: answers, ..grant(1, 2, on_stream, 0, None, None) };
		state.insert(storage::grant(&first), given.encode());
		state.insert(
			storage::grant(&second),
			grant(2, 3, on_stream, 1, Some(NOW), Some(first)).encode(),
		);
		let on_record = Resource::Record(record_id);
		state.insert(storage::grant_count(&on_record), 1u32.encode());
		state.insert(storage::grant_on(&on_record, 0), third.encode());
		state.insert(
			storage::grant(&third),
			grant(1, 3, on_record, 0, Some(NOW - 1), None).encode(),
		);
		let request = AccessRequest {
			requester: 2,
			owner: 1,
			resource: on_stream,
			permission: Permission::Read,
			purpose: text("assess\u{1b}[2J"),
			state: AccessRequestState::Approved(first),
			requested_at: 3,
			removable_at: NOW + 1,
		};
		state.insert(storage::access_request(&AccessRequestId([0x70; 32])), request.encode());
		if let Some(origin) = self.subject.origin {
			let receipt = Receipt {
				body_digest: Digest([1; 32]),
				block: self.receipt.0,
				extrinsic_index: 1,
				expires_at: 50,
				lane: None,
				outcome: self.receipt.1,
			};
			state.insert(storage::receipt(1, &origin.request_key), receipt.encode());
		}
		state.insert(storage::now(), NOW.encode());
		state.insert(storage::network_id(), NETWORK.to_vec());
		if let Some(genesis) = self.genesis {
			state.insert(storage::block_hash(0), genesis.encode());
		}
		// Gives the tree some depth.
		for n in 0..200u8 {
			state.insert(storage::header(&RecordId([n; 32])), vec![n; 40]);
			state.insert(
				storage::grant(&GrantId([n, 0, n, n].repeat(8).try_into().unwrap())),
				vec![n],
			);
		}
		state
	}
}

/// Returns the root, and the proof that evidence of a scene needs.
pub(super) fn prove(scene: &Scene) -> (H256, Vec<Bytes>) {
	let state = scene.storage();
	let (mut db, mut root) = (MemoryDB::<BlakeTwo256>::default(), H256::zero());
	let mut trie = TrieDBMutBuilder::<LayoutV1<BlakeTwo256>>::new(&mut db, &mut root).build();
	for (key, value) in &state {
		trie.insert(key, value).unwrap();
	}
	drop(trie);
	let proof = Proof { db, root, recorder: Recorder::default() };
	// A contradictory scene, too, is read up to its contradiction.
	let _ = Facts::read(&scene.subject, NUMBER, &proof);
	(root, proof.recorder.drain_storage_proof().into_nodes().into_iter().map(Bytes).collect())
}

/// Returns headers from genesis on: the block that changes the validators, the proven one, and two successors.
pub(super) fn headers(root: H256) -> [Header; 5] {
	let (genesis, _) = specification();
	let change = block(&genesis, 5, H256::repeat_byte(5), Some(&[2, 3, 4, 5]));
	let proven = block(&change, NUMBER, root, None);
	let next = block(&proven, NUMBER + 1, H256::repeat_byte(10), None);
	let last = block(&next, NUMBER + 2, H256::repeat_byte(11), None);
	[genesis, change, proven, next, last]
}

/// Returns evidence of a scene, and its trusted start.
pub(super) fn evidence_of(scene: Scene, document: Option<DocumentPart>) -> (Evidence, Trusted) {
	let trusted = Trusted::from_specification(specification().1.as_bytes()).unwrap();
	let (root, nodes) = prove(&scene);
	let [_, change, proven, next, last] = headers(root);
	let first = justification(&change, 0, &[(1, &change), (2, &change), (4, &change)], &[]);
	let second =
		justification(&proven, 1, &[(2, &proven), (3, &next), (5, &last)], &[&next, &last]);
	let evidence = Evidence {
		format: Format::default(),
		genesis: trusted.genesis(),
		subject: scene.subject,
		from: BlockRef { number: 0, hash: trusted.genesis() },
		finality: vec![link(&change, &first), link(&proven, &second)],
		storage: nodes,
		document,
	};
	(evidence, trusted)
}

/// Returns evidence of a record, with commitment key and document.
pub(super) fn evidence() -> (Evidence, Trusted) {
	let document = DocumentPart {
		commitment_key: commitment_key().reveal().parse().ok(),
		inclusion: None,
		content: Some(Bytes(DOCUMENT.to_vec())),
	};
	evidence_of(Scene::record(), Some(document))
}
