//! Reading from a storage proof.

use crate::{Part, Refused};
use credio_primitives::{
	BlockNumber, Digest,
	evidence::{Facts, FactsError, GENESIS_HASH, State, Subject},
	rpc::Bytes,
};
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{LayoutV1, MemoryDB, StorageProof, Trie, TrieDBBuilder, recorder::Recorder};
use std::collections::BTreeSet;

/// Reason for an unproven key.
const NOT_PROVEN: &str = "it was changed or is of another block: what it should prove is not under the block's state root";

/// Maximum number of trie nodes in a proof.
const MAX_NODES: usize = 16 * 1024;

/// Trie nodes of a state, with a record of the used ones.
pub(crate) struct Proof {
	pub(crate) db: MemoryDB<BlakeTwo256>,
	pub(crate) root: H256,
	pub(crate) recorder: Recorder<BlakeTwo256>,
}

impl Proof {
	/// Creates a proof for the state with this root. Nodes that are not of that state are never used.
	///
	/// # Errors
	///
	/// [`Refused`] for more than [`MAX_NODES`].
	pub(crate) fn new(root: H256, nodes: &[Bytes]) -> Result<Self, Refused> {
		if nodes.len() > MAX_NODES {
			return Err(Part::Storage.refused(format!("more than {MAX_NODES} nodes")));
		}
		let db = StorageProof::new(nodes.iter().map(|node| node.0.clone()))
			.into_memory_db::<BlakeTwo256>();
		Ok(Self { db, root, recorder: Recorder::default() })
	}

	/// Reads a key, or proves that it is absent.
	///
	/// # Errors
	///
	/// [`Refused`] if the nodes prove neither.
	pub(crate) fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
		self.value(key).map_err(|reason| Part::Storage.refused(reason))
	}
}

impl State for Proof {
	type Error = &'static str;

	fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error> {
		let mut recorder = self.recorder.as_trie_recorder(self.root);
		TrieDBBuilder::<LayoutV1<BlakeTwo256>>::new(&self.db, &self.root)
			.with_recorder(&mut recorder)
			.build()
			.get(key)
			.map_err(|_| NOT_PROVEN)
	}

	fn digest(&self, key: &[u8]) -> Result<Option<Digest>, Self::Error> {
		let mut recorder = self.recorder.as_trie_recorder(self.root);
		TrieDBBuilder::<LayoutV1<BlakeTwo256>>::new(&self.db, &self.root)
			.with_recorder(&mut recorder)
			.build()
			.get_hash(key)
			.map(|digest| digest.map(|digest| Digest(digest.0)))
			.map_err(|_| NOT_PROVEN)
	}
}

/// Reads the facts from the trie nodes of a state. Unused nodes are refused.
pub(crate) fn read(
	subject: &Subject,
	number: BlockNumber,
	root: H256,
	nodes: &[Bytes],
) -> Result<Facts, Refused> {
	if !nodes.is_sorted_by(|a, b| a.0 < b.0) {
		return Err(Part::Storage.refused("its nodes are not in ascending order, each once"));
	}
	let proof = Proof::new(root, nodes)?;
	let facts = Facts::read(subject, number, &proof).map_err(|error| {
		let part = match error {
			FactsError::Missing(GENESIS_HASH) => Part::Genesis,
			FactsError::Read(_) | FactsError::Malformed(_) => Part::Storage,
			FactsError::Missing(_) | FactsError::Contradiction(_) => Part::Subject,
		};
		part.refused(error)
	})?;
	let needed = proof.recorder.drain_storage_proof().into_nodes();
	if !needed.iter().eq(nodes.iter().map(|node| &node.0).collect::<BTreeSet<_>>()) {
		return Err(Part::Storage.refused("it has unused nodes"));
	}
	Ok(facts)
}
