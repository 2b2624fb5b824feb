//! Reading by proof from a lying node, as a client does.

use super::chain::{
	self, NUMBER, Scene, Storage, block, council, headers, justification, link, specification_with,
};
use crate::{Checkpoint, Head, Header, Part, Refused, Trusted, state::Proof};
use credio_primitives::{
	Digest, GrantId, RecordId, Resource, StreamId,
	evidence::{State, grants_on},
	rpc::{Bytes, FinalizedBlockJson},
	storage,
};
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{LayoutV1, MemoryDB, TrieDBMutBuilder, TrieMut, recorder::Recorder};

/// The state of a scene, with its root.
struct Stored {
	db: MemoryDB<BlakeTwo256>,
	root: H256,
}

impl Stored {
	fn new(state: &Storage) -> Self {
		let (mut db, mut root) = (MemoryDB::<BlakeTwo256>::default(), H256::zero());
		let mut trie = TrieDBMutBuilder::<LayoutV1<BlakeTwo256>>::new(&mut db, &mut root).build();
		for (key, value) in state {
			trie.insert(key, value).unwrap();
		}
		drop(trie);
		Self { db, root }
	}

	/// Proves keys as `state_getReadProof` does.
	fn prove(&self, keys: &[Vec<u8>]) -> Vec<Bytes> {
		let proof = Proof { db: self.db.clone(), root: self.root, recorder: Recorder::default() };
		for key in keys {
			proof.value(key).unwrap();
		}
		proof.recorder.drain_storage_proof().into_nodes().into_iter().map(Bytes).collect()
	}
}

/// Seats of the council at genesis.
const SEATS: [u8; 3] = [21, 22, 23];

fn genesis_state() -> Storage {
	let mut state = Storage::new();
	state.insert(storage::council_members(), codec::Encode::encode(&council(&SEATS)));
	state.insert(
		storage::grandpa_authorities(),
		codec::Encode::encode(&chain::authorities(&[1, 2, 3, 4])),
	);
	state.insert(storage::network_id(), chain::NETWORK.to_vec());
	state.insert(b":code".to_vec(), vec![7; 100]);
	state
}

fn json(header: &Header) -> serde_json::Value {
	serde_json::to_value(header).unwrap()
}

fn genesis() -> Head {
	let (header, _) = specification_with(&SEATS);
	let nodes = Stored::new(&genesis_state()).prove(&crate::genesis_keys());
	Head::of_genesis(Digest(header.hash().0), json(&header), &nodes).unwrap()
}

/// A chain from this genesis on; its third block has the scene's state.
fn blocks(root: H256) -> [Header; 3] {
	let (genesis, _) = specification_with(&SEATS);
	let change = block(&genesis, 5, H256::repeat_byte(5), Some(&[2, 3, 4, 5]));
	let proven = block(&change, NUMBER, root, None);
	[genesis, change, proven]
}

fn links(root: H256) -> Vec<FinalizedBlockJson> {
	let [_, change, proven] = &blocks(root);
	let first = justification(change, 0, &[(1, change), (2, change), (3, change)], &[]);
	let second = justification(proven, 1, &[(2, proven), (3, proven), (5, proven)], &[]);
	vec![link(change, &first), link(proven, &second)]
}

/// The block with the scene's state, and that state.
fn head() -> (Head, Stored) {
	let stored = Stored::new(&Scene::record().storage());
	(genesis().follow(&links(stored.root)).unwrap(), stored)
}

fn part<T: std::fmt::Debug>(result: Result<T, Refused>) -> Part {
	result.expect_err("it has to be refused").part
}

#[test]
fn genesis_is_proven_by_its_hash() {
	let (header, spec) = specification_with(&SEATS);
	let head = genesis();
	assert_eq!(head.trusted(), &Trusted::from_specification(spec.as_bytes()).unwrap());
	let hash = Digest(header.hash().0);
	let nodes = Stored::new(&genesis_state()).prove(&crate::genesis_keys());
	// Another header, or validators of another block than genesis.
	let other = block(&header, 1, header.state_root, None);
	assert_eq!(part(Head::of_genesis(hash, json(&other), &nodes)), Part::Genesis);
	assert_eq!(part(Head::of_genesis(hash, serde_json::json!({}), &nodes)), Part::Genesis);
	let mut state = genesis_state();
	state.insert(
		storage::grandpa_authorities(),
		codec::Encode::encode(&chain::authorities(&[6, 7, 8])),
	);
	let false_nodes = Stored::new(&state).prove(&crate::genesis_keys());
	assert_eq!(part(Head::of_genesis(hash, json(&header), &false_nodes)), Part::Storage);
	assert_eq!(part(Head::of_genesis(hash, json(&header), &[])), Part::Storage);
}

#[test]
fn presence_and_absence_are_proven() {
	let (head, stored) = head();
	let scene = Scene::record();
	let keys = vec![
		storage::header(&scene.subject.record_id),
		storage::now(),
		storage::grant(&GrantId([0x60; 32])),
		storage::header(&RecordId([0xee; 32])),
		storage::epoch_secret(&StreamId([1; 32]), 3),
		storage::encryption_key(7, 7),
	];
	let state = scene.storage();
	let read = head.read(&keys, &stored.prove(&keys)).unwrap();
	let expected = keys.iter().map(|key| state.get(key).cloned()).collect::<Vec<_>>();
	assert_eq!(read, expected);
	assert!(read[..2].iter().all(Option::is_some) && read[2..].iter().all(Option::is_none));
}

#[test]
fn incomplete_proof_is_refused() {
	let (head, stored) = head();
	let keys = [storage::now(), storage::header(&RecordId([0xee; 32]))];
	for key in keys {
		let key = [key];
		let nodes = stored.prove(&key);
		for left_out in 0..nodes.len() {
			let mut fewer = nodes.clone();
			fewer.remove(left_out);
			assert_eq!(part(head.read(&key, &fewer)), Part::Storage);
		}
		assert_eq!(part(head.read(&key, &[])), Part::Storage);
	}
}

#[test]
fn changed_trie_node_is_refused() {
	let (head, stored) = head();
	let key = [storage::now()];
	let nodes = stored.prove(&key);
	for (position, node) in nodes.iter().enumerate() {
		for bit in (0..8 * node.0.len()).step_by(13) {
			let mut changed = nodes.clone();
			changed[position].0[bit / 8] ^= 1 << (bit % 8);
			assert_eq!(part(head.read(&key, &changed)), Part::Storage);
		}
	}
}

#[test]
fn state_of_another_block_is_refused() {
	let (head, _) = head();
	let mut state = Scene::record().storage();
	state.insert(storage::now(), vec![0; 8]);
	let key = [storage::now()];
	assert_eq!(part(head.read(&key, &Stored::new(&state).prove(&key))), Part::Storage);
	// A stored value cannot be proven absent.
	state.remove(&storage::now());
	assert_eq!(part(head.read(&key, &Stored::new(&state).prove(&key))), Part::Storage);
	// Nor an absent one stored.
	let absent = [storage::encryption_key(7, 7)];
	state.insert(absent[0].clone(), vec![1; 36]);
	assert_eq!(part(head.read(&absent, &Stored::new(&state).prove(&absent))), Part::Storage);
}

#[test]
fn grants_cannot_be_omitted() {
	let (head, stored) = head();
	let stream = StreamId::derive(1, b"invoices");
	let resource = Resource::Stream(stream);
	let keys = [
		vec![storage::grant_count(&resource)],
		(0..2).map(|slot| storage::grant_on(&resource, slot)).collect(),
		[0x50, 0x51].map(|n| storage::grant(&GrantId([n; 32]))).to_vec(),
	]
	.concat();
	let nodes = stored.prove(&keys);
	let proof = Proof::new(stored.root, &nodes).unwrap();
	assert_eq!(grants_on(&proof, &resource).unwrap().len(), 2);
	// Without the second grant, and with fewer places: neither is in the state.
	let fewer = stored.prove(&keys[..2]);
	assert!(grants_on(&Proof::new(stored.root, &fewer).unwrap(), &resource).is_err());
	let mut state = Scene::record().storage();
	state.insert(keys[0].clone(), codec::Encode::encode(&1u32));
	let cut = Stored::new(&state).prove(&keys);
	assert_eq!(part(head.read(&keys, &cut)), Part::Storage);
}

#[test]
fn cannot_follow_unfinalized_block() {
	let root = Stored::new(&Scene::record().storage()).root;
	let [genesis_header, change, proven] = &blocks(root);
	let good = links(root);
	let refused = |links: &[FinalizedBlockJson]| part(genesis().follow(links));
	assert_eq!(refused(&[]), Part::Finality);
	assert_eq!(refused(&good[1..]), Part::Finality, "the change of validators is left out");
	// Forged votes: too few, of other validators, of the earlier set.
	for (set, names) in [(1, &[6, 7, 8][..]), (1, &[2, 3]), (1, &[1, 2, 3]), (0, &[2, 3, 5])] {
		let votes = names.iter().map(|name| (*name, proven)).collect::<Vec<_>>();
		let forged = link(proven, &justification(proven, set, &votes, &[]));
		assert_eq!(refused(&[good[0].clone(), forged]), Part::Finality);
	}
	// A block of the liar's own with the votes of the real one.
	let own = block(change, NUMBER, H256::repeat_byte(9), None);
	let moved = FinalizedBlockJson {
		header: link(&own, &justification(&own, 1, &[], &[])).header,
		..good[1].clone()
	};
	assert_eq!(refused(&[good[0].clone(), moved]), Part::Finality);
	// It never goes back, neither to the same block nor to an earlier one.
	let (head, _) = head();
	for replayed in [&good[..1], &good[1..], &good[..]] {
		assert_eq!(part(head.follow(replayed)), Part::Finality);
	}
	let fork = block(genesis_header, NUMBER + 1, root, None);
	let votes = justification(&fork, 0, &[(1, &fork), (2, &fork), (3, &fork)], &[]);
	assert_eq!(part(head.follow(&[link(&fork, &votes)])), Part::Finality);
}

#[test]
fn own_checkpoint_continues() {
	let (head, stored) = head();
	let text = Checkpoint::of(head.trusted()).to_text().unwrap();
	let kept = Checkpoint::parse(text.as_bytes()).unwrap();
	let [.., proven] = blocks(stored.root);
	let again = Head::at(Trusted::own(&kept).unwrap(), json(&proven)).unwrap();
	assert_eq!(again, head);
	assert_eq!((again.block().number, again.set_id()), (NUMBER, 1));
	let other = headers(stored.root)[1].clone();
	assert_eq!(part(Head::at(Trusted::own(&kept).unwrap(), json(&other))), Part::Finality);
	let next = block(&proven, NUMBER + 1, H256::repeat_byte(10), None);
	let votes = justification(&next, 1, &[(2, &next), (4, &next), (5, &next)], &[]);
	assert_eq!(again.follow(&[link(&next, &votes)]).unwrap().block().number, NUMBER + 1);
}
