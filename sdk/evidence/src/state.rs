//! Reading from a proof of what is stored.

use crate::{Part, Refused};
use credio_primitives::{
	evidence::{Facts, FactsError, Subject},
	rpc::Bytes,
	BlockNumber,
};
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{recorder::Recorder, LayoutV1, StorageProof};
use std::collections::BTreeSet;

/// Most nodes of a proof.
const MAX_NODES: usize = 16 * 1024;

/// Reads the facts from the nodes of a state. All nodes have to be needed for that.
pub(crate) fn read(
	subject: &Subject,
	number: BlockNumber,
	root: H256,
	nodes: &[Bytes],
) -> Result<Facts, Refused> {
	if nodes.len() > MAX_NODES {
		return Err(Part::Storage.refused(format!("more than {MAX_NODES} nodes")));
	}
	if !nodes.is_sorted_by(|a, b| a.0 < b.0) {
		return Err(Part::Storage.refused("its nodes are not in ascending order, each once"));
	}
	let db =
		StorageProof::new(nodes.iter().map(|node| node.0.clone())).into_memory_db::<BlakeTwo256>();
	let recorder = Recorder::<BlakeTwo256>::default();
	let facts = Facts::read(subject, number, |key| {
		let mut recorder = recorder.as_trie_recorder(root);
		sp_trie::read_trie_value::<LayoutV1<BlakeTwo256>, _>(
			&db,
			&root,
			key,
			Some(&mut recorder),
			None,
		)
		.map_err(|_| {
			"it was changed or is of another block: what it should prove is not under the block's state root"
		})
	})
	.map_err(|error| {
		let part = match error {
			FactsError::Read(_) | FactsError::Malformed(_) => Part::Storage,
			FactsError::Missing(_) | FactsError::Contradiction(_) => Part::Subject,
		};
		part.refused(error)
	})?;
	let needed = recorder.drain_storage_proof().into_nodes();
	if !needed.iter().eq(nodes.iter().map(|node| &node.0).collect::<BTreeSet<_>>()) {
		return Err(Part::Storage.refused("it has nodes that prove nothing"));
	}
	Ok(facts)
}
