//! A chain of one validator at a time, and its node.

use super::super::*;
use codec::Encode;
use credio_evidence::Head;
use credio_primitives::{AccountId, RecordId, rpc::FinalizedBlockJson};
use finality_grandpa::{Commit, Message, Precommit, SignedPrecommit};
use sp_consensus_grandpa::{
	AuthorityId, AuthorityList, ConsensusLog, GRANDPA_ENGINE_ID, GrandpaJustification,
	ScheduledChange,
};
use sp_core::{H256, Pair, ed25519};
use sp_runtime::{
	DigestItem,
	traits::{BlakeTwo256, Header as _},
};
use sp_trie::{
	LayoutV1, MemoryDB, Trie, TrieConfiguration, TrieDBBuilder, TrieDBMutBuilder, TrieMut,
	recorder::Recorder,
};
use std::collections::BTreeMap;

type Header = sp_runtime::generic::Header<u32, BlakeTwo256>;
type Storage = BTreeMap<Vec<u8>, Vec<u8>>;

/// Number of recent block hashes in the state.
const REMEMBERED: usize = 4;

/// Lies of the node.
#[derive(Clone, Debug)]
pub(super) enum Lie {
	/// It omits a node of a proof.
	CutProof,
	/// It proves another state.
	OtherState,
	/// It votes itself.
	OwnVotes,
	/// It returns another header than the validators voted for.
	OwnHeader,
	/// It returns another header of block 0.
	OwnGenesis,
	/// It proves an earlier block to be final.
	OldBlock,
	/// It proves blocks of another chain.
	BlocksOf(Vec<Block>),
}

/// A final block.
#[derive(Clone, Debug)]
pub(super) struct Block {
	header: Header,
	state: Storage,
	link: FinalizedBlockJson,
	changes_validator: bool,
}

struct Grown {
	blocks: Vec<Block>,
	validator: u8,
	set_id: u64,
	lie: Option<Lie>,
	finality_asked: usize,
	proofs_asked: usize,
}

/// The chain behind its node.
pub(super) struct Chain(StdMutex<Grown>);

fn pair(validator: u8) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[validator; 32])
}

/// Returns a council of one seat.
pub(super) fn council(seat: u8) -> Vec<AccountId> {
	vec![AccountId::new([seat; 32])]
}

fn authorities(validator: u8) -> AuthorityList {
	vec![(AuthorityId::from(pair(validator).public()), 1)]
}

fn link(header: &Header, validator: u8, set_id: u64) -> FinalizedBlockJson {
	let precommit = Precommit { target_hash: header.hash(), target_number: header.number };
	let payload = sp_consensus_grandpa::localized_payload(
		1,
		set_id,
		&Message::<H256, u32>::Precommit(precommit.clone()),
	);
	let (id, signature) = (pair(validator).public(), pair(validator).sign(&payload));
	let justification = GrandpaJustification::<Header> {
		round: 1,
		commit: Commit {
			target_hash: header.hash(),
			target_number: header.number,
			precommits: vec![SignedPrecommit {
				precommit,
				signature: signature.into(),
				id: id.into(),
			}],
		},
		votes_ancestries: Vec::new(),
	};
	FinalizedBlockJson {
		header: Bytes(header.encode()),
		justification: Bytes(justification.encode()),
	}
}

fn root(state: &Storage) -> H256 {
	LayoutV1::<BlakeTwo256>::trie_root(state.clone())
}

fn prove(state: &Storage, keys: &[Vec<u8>]) -> Vec<Bytes> {
	let (mut db, mut root) = (MemoryDB::<BlakeTwo256>::default(), H256::zero());
	let mut trie = TrieDBMutBuilder::<LayoutV1<BlakeTwo256>>::new(&mut db, &mut root).build();
	for (key, value) in state {
		trie.insert(key, value).unwrap();
	}
	drop(trie);
	let recorder = Recorder::<BlakeTwo256>::default();
	for key in keys {
		let mut recorder = recorder.as_trie_recorder(root);
		TrieDBBuilder::<LayoutV1<BlakeTwo256>>::new(&db, &root)
			.with_recorder(&mut recorder)
			.build()
			.get(key)
			.unwrap();
	}
	recorder.drain_storage_proof().into_nodes().into_iter().map(Bytes).collect()
}

impl Chain {
	pub(super) fn new(validator: u8) -> Self {
		Self::new_with(validator, b"code")
	}

	pub(super) fn new_with(validator: u8, code: &[u8]) -> Self {
		let mut state = Storage::new();
		state.insert(storage::grandpa_authorities(), authorities(validator).encode());
		state.insert(b":code".to_vec(), code.to_vec());
		let header = Header::new(0, H256::zero(), root(&state), H256::zero(), Default::default());
		let link =
			FinalizedBlockJson { header: Bytes(Vec::new()), justification: Bytes(Vec::new()) };
		Self(StdMutex::new(Grown {
			blocks: vec![Block { header, state, link, changes_validator: false }],
			validator,
			set_id: 0,
			lie: None,
			finality_asked: 0,
			proofs_asked: 0,
		}))
	}

	/// Adds final blocks.
	pub(super) fn grow(&self, count: u32) {
		for _ in 0..count {
			self.add(milliseconds(), None);
		}
	}

	/// Adds a final block with this time.
	pub(super) fn grow_at(&self, now: Moment) {
		self.add(now, None);
	}

	/// Adds a final block that appoints another validator.
	pub(super) fn change_validator(&self, validator: u8) {
		self.add(milliseconds(), Some(validator));
	}

	fn add(&self, now: Moment, next: Option<u8>) {
		let mut grown = self.0.lock().unwrap();
		let parent = grown.blocks.last().unwrap().header.clone();
		let number = parent.number + 1;
		let mut state = Storage::new();
		state.insert(storage::now(), now.encode());
		let remembered = grown.blocks.iter().rev().take(REMEMBERED).chain(&grown.blocks[..1]);
		for block in remembered {
			let hash = block.header.hash().0.to_vec();
			state.insert(storage::block_hash(block.header.number), hash);
		}
		state.insert(storage::council_members(), council(1).encode());
		state.insert(super::key(), number.encode());
		// Gives the tree some depth.
		for n in 3..100 {
			state.insert(storage::header(&RecordId([n; 32])), vec![n; 40]);
		}
		let mut header =
			Header::new(number, H256::zero(), root(&state), parent.hash(), Default::default());
		if let Some(next) = next {
			let change = ScheduledChange { next_authorities: authorities(next), delay: 0u32 };
			let log = ConsensusLog::ScheduledChange(change);
			header.digest_mut().push(DigestItem::Consensus(GRANDPA_ENGINE_ID, log.encode()));
		}
		let link = link(&header, grown.validator, grown.set_id);
		grown.blocks.push(Block { header, state, link, changes_validator: next.is_some() });
		if let Some(next) = next {
			grown.validator = next;
			grown.set_id += 1;
		}
	}

	pub(super) fn lie(&self, lie: Option<Lie>) {
		self.0.lock().unwrap().lie = lie;
	}

	pub(super) fn blocks(&self) -> Vec<Block> {
		self.0.lock().unwrap().blocks.clone()
	}

	/// Returns how often it was asked for finality, and for proofs.
	pub(super) fn asked(&self) -> (usize, usize) {
		let grown = self.0.lock().unwrap();
		(grown.finality_asked, grown.proofs_asked)
	}

	/// Returns a block, verified from genesis on.
	pub(super) fn head(&self, number: usize) -> Head {
		let blocks = self.blocks();
		let (hash, header) = (Digest(blocks[0].header.hash().0), &blocks[0].header);
		let nodes = prove(&blocks[0].state, &genesis_keys());
		let genesis =
			Head::of_genesis(hash, serde_json::to_value(header).unwrap(), &nodes).unwrap();
		genesis.follow(std::slice::from_ref(&blocks[number].link)).unwrap()
	}
}

impl Source for Chain {
	fn genesis(&self) -> Digest {
		Digest(self.0.lock().unwrap().blocks[0].header.hash().0)
	}

	async fn header(&self, block: Digest) -> Result<Option<serde_json::Value>> {
		let grown = self.0.lock().unwrap();
		let found = grown.blocks.iter().find(|one| one.header.hash().0 == block.0);
		let found = match &grown.lie {
			Some(Lie::OwnGenesis) if found.is_some_and(|one| one.header.number == 0) => {
				grown.blocks.last()
			},
			_ => found,
		};
		Ok(found.map(|one| serde_json::to_value(&one.header).unwrap()))
	}

	async fn finality(&self, from: Digest) -> Result<FinalityJson> {
		// As over a network: other callers arrive in between.
		tokio::task::yield_now().await;
		let mut grown = self.0.lock().unwrap();
		grown.finality_asked += 1;
		let Some(start) = grown.blocks.iter().position(|one| one.header.hash().0 == from.0) else {
			return Err(not_final("unknown"));
		};
		let first = &grown.blocks[start].header;
		let from = BlockRef { number: first.number, hash: Digest(first.hash().0) };
		let blocks = match &grown.lie {
			Some(Lie::BlocksOf(blocks)) => blocks,
			_ => &grown.blocks,
		};
		let last = blocks.len() - 1;
		let changes = (start + 1..last).filter(|number| blocks[*number].changes_validator);
		let mut finality: Vec<_> = changes.map(|number| blocks[number].link.clone()).collect();
		if last > start {
			finality.push(blocks[last].link.clone());
		}
		match (&grown.lie, finality.last_mut()) {
			(Some(Lie::OwnVotes), Some(link_)) => {
				*link_ = link(&blocks[last].header, 99, grown.set_id);
			},
			(Some(Lie::OwnHeader), Some(link)) => {
				let mut header = blocks[last].header.clone();
				header.state_root = H256::repeat_byte(1);
				link.header = Bytes(header.encode());
			},
			(Some(Lie::OldBlock), _) => finality = vec![blocks[1].link.clone()],
			_ => {},
		}
		Ok(FinalityJson { from, finality, more: false })
	}

	async fn proof(&self, keys: &[Vec<u8>], at: Digest) -> Result<Vec<Bytes>> {
		let mut grown = self.0.lock().unwrap();
		grown.proofs_asked += 1;
		let blocks = match &grown.lie {
			Some(Lie::BlocksOf(blocks)) => blocks,
			_ => &grown.blocks,
		};
		let Some(block) = blocks.iter().find(|one| one.header.hash().0 == at.0) else {
			return Err(not_final("unknown"));
		};
		let mut state = block.state.clone();
		if let (Some(Lie::OtherState), true) = (&grown.lie, block.header.number > 0) {
			state.insert(super::key(), 99u32.encode());
		}
		let mut nodes = prove(&state, keys);
		if let (Some(Lie::CutProof), true) = (&grown.lie, block.header.number > 0) {
			nodes.pop();
		}
		Ok(nodes)
	}
}
