use crate::mock::*;
use credio_primitives::{Digest, RecordId, limits::MAX_PROOF_LENGTH, merkle::Tree};
use frame_support::assert_ok;

/// An anchor over so many documents.
fn anchored(leaves: u32) -> (RecordId, Tree, Vec<Digest>) {
	let commitments: Vec<Digest> =
		(0..leaves).map(|n| Digest(sp_io::hashing::blake2_256(&n.to_le_bytes()))).collect();
	let tree = Tree::new(&commitments).unwrap();
	let id = stream(ALICE, "invoices");
	assert_ok!(Anchor::anchor_merkle(signed(ALICE), id, reference(1), tree.root(), leaves));
	(RecordId::derive(ALPHA, &reference(1)), tree, commitments)
}

#[test]
fn every_document_is_included() {
	for leaves in [1, 2, 3, 5, 8, 13] {
		build_and_execute(|| {
			let (id, tree, commitments) = anchored(leaves);
			for (index, commitment) in commitments.iter().enumerate() {
				let index = index as u32;
				let proof = tree.proof(index).unwrap();
				assert_eq!(Anchor::verify_inclusion(&id, index, commitment, &proof), Some(true));
				assert_eq!(Anchor::inclusion(id, index, *commitment, proof), Some(true));
			}
		});
	}
}

#[test]
fn the_largest_tree_has_proofs_of_20_hashes() {
	build_and_execute(|| {
		let (id, tree, commitments) = anchored(1 << 20);
		let (index, commitment) = (777_777, &commitments[777_777]);
		let proof = tree.proof(index).unwrap();
		assert_eq!(proof.len(), MAX_PROOF_LENGTH as usize);
		assert_eq!(Anchor::verify_inclusion(&id, index, commitment, &proof), Some(true));
	});
}

#[test]
fn nothing_else_is_included() {
	build_and_execute(|| {
		let (id, tree, commitments) = anchored(5);
		let (commitment, proof) = (&commitments[2], tree.proof(2).unwrap());
		let verify = |index, commitment, proof: &[Digest]| {
			Anchor::verify_inclusion(&id, index, commitment, proof)
		};
		assert_eq!(verify(2, commitment, &proof), Some(true));
		assert_eq!(verify(3, commitment, &proof), Some(false), "another position");
		assert_eq!(verify(5, commitment, &proof), Some(false), "a position past the end");
		assert_eq!(verify(u32::MAX, commitment, &proof), Some(false));
		assert_eq!(verify(2, &commitments[3], &proof), Some(false), "another document");
		assert_eq!(verify(2, commitment, &proof[1..]), Some(false), "a proof too short");
		assert_eq!(verify(2, commitment, &[]), Some(false));
		let longer = [&proof[..], &[digest(0)]].concat();
		assert_eq!(verify(2, commitment, &longer), Some(false), "a proof too long");
		let mut flipped = proof;
		flipped[0].0[31] ^= 1;
		assert_eq!(verify(2, commitment, &flipped), Some(false), "a flipped bit");
	});
}

#[test]
fn only_merkle_anchors_have_documents_included() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let entry = anchor(id, 1);
		assert_eq!(Anchor::verify_inclusion(&entry, 0, &digest(1), &[]), None);
		assert_eq!(Anchor::verify_inclusion(&RecordId([0; 32]), 0, &digest(1), &[]), None);
	});
}
