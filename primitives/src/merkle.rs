//! The Merkle tree of an anchor over many documents: one definition for chain and clients.
//!
//! The shape follows RFC 9162, section 2.1: the tree of n > 1 leaves is split at the largest power of two
//! smaller than n. Hashes are `blake2_256` and domain-separated, so that no node can pass for a leaf:
//!
//! - leaf: `blake2_256("credio/merkle-leaf/v1" ++ commitment)`, the commitment being 32 bytes;
//! - node: `blake2_256("credio/merkle-node/v1" ++ left ++ right)`.
//!
//! A proof lists the siblings from the leaf up. Its length follows from index and number of leaves, so a proof of
//! another length is refused.

use crate::{Commitment, Digest, limits};
use alloc::vec::Vec;

/// Returns the hash of a leaf.
#[must_use]
pub fn leaf_hash(commitment: &Commitment) -> Digest {
	let mut input = [0u8; 21 + 32];
	input[..21].copy_from_slice(b"credio/merkle-leaf/v1");
	input[21..].copy_from_slice(&commitment.0);
	Digest(sp_crypto_hashing::blake2_256(&input))
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
	let mut input = [0u8; 21 + 64];
	input[..21].copy_from_slice(b"credio/merkle-node/v1");
	input[21..53].copy_from_slice(&left.0);
	input[53..].copy_from_slice(&right.0);
	Digest(sp_crypto_hashing::blake2_256(&input))
}

/// An error in building a tree or a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
	/// A tree has at least one leaf.
	NoLeaves,
	/// A tree has at most [`limits::MAX_MERKLE_LEAVES`] leaves.
	TooManyLeaves,
	/// There is no leaf at this index.
	IndexOutOfRange,
}

impl core::fmt::Display for Error {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::NoLeaves => f.write_str("a Merkle anchor needs at least one document"),
			Self::TooManyLeaves => write!(
				f,
				"a Merkle anchor takes at most {} documents: make several",
				limits::MAX_MERKLE_LEAVES
			),
			Self::IndexOutOfRange => f.write_str("the anchor has no document at this index"),
		}
	}
}

impl core::error::Error for Error {}

/// All levels of a tree, from which root and proofs are read.
#[derive(Debug)]
pub struct Tree {
	/// Leaves first, root last. An odd last node moves up unchanged, which gives the shape of RFC 9162.
	levels: Vec<Vec<Digest>>,
}

impl Tree {
	/// Builds the tree over these commitments, in this order.
	pub fn new(commitments: &[Commitment]) -> Result<Self, Error> {
		if commitments.is_empty() {
			return Err(Error::NoLeaves);
		}
		if commitments.len() > limits::MAX_MERKLE_LEAVES as usize {
			return Err(Error::TooManyLeaves);
		}
		let mut levels = Vec::new();
		let mut level: Vec<Digest> = commitments.iter().map(leaf_hash).collect();
		while level.len() > 1 {
			let above = level
				.chunks(2)
				.map(|pair| match pair {
					[left, right] => node_hash(left, right),
					odd => odd[0],
				})
				.collect();
			levels.push(core::mem::replace(&mut level, above));
		}
		levels.push(level);
		Ok(Self { levels })
	}

	/// Returns the root.
	#[must_use]
	pub fn root(&self) -> Digest {
		self.levels[self.levels.len() - 1][0]
	}

	/// Returns the number of leaves.
	#[must_use]
	pub fn leaves(&self) -> u32 {
		self.levels[0].len() as u32
	}

	/// Returns the siblings of the leaf at `index`, from below.
	pub fn proof(&self, index: u32) -> Result<Vec<Digest>, Error> {
		if index >= self.leaves() {
			return Err(Error::IndexOutOfRange);
		}
		let mut position = index as usize;
		let mut proof = Vec::new();
		for level in &self.levels[..self.levels.len() - 1] {
			proof.extend(level.get(position ^ 1));
			position /= 2;
		}
		Ok(proof)
	}
}

/// The root of a tree that grows leaf by leaf. Keeps a few hashes, however many leaves there are.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
	/// Roots of full trees, from left to right; a bit of `leaves` stands for each.
	roots: Vec<Digest>,
	leaves: u64,
}

impl Frontier {
	/// Adds the next leaf.
	pub fn push(&mut self, commitment: &Commitment) {
		let mut hash = leaf_hash(commitment);
		let mut width = self.leaves;
		// Two full trees of one size make the next one.
		while width % 2 == 1 {
			match self.roots.pop() {
				Some(left) => hash = node_hash(&left, &hash),
				None => break,
			}
			width /= 2;
		}
		self.roots.push(hash);
		self.leaves = self.leaves.saturating_add(1);
	}

	/// Returns the root over the leaves so far; `None` if there are none.
	#[must_use]
	pub fn root(&self) -> Option<Digest> {
		let mut roots = self.roots.iter().rev();
		let last = *roots.next()?;
		Some(roots.fold(last, |right, left| node_hash(left, &right)))
	}

	/// Returns the number of leaves so far.
	#[must_use]
	pub fn leaves(&self) -> u64 {
		self.leaves
	}
}

/// Checks that `commitment` is the leaf at `index` of the tree with `leaves` leaves and this `root`.
#[must_use]
pub fn verify(
	root: &Digest,
	leaves: u32,
	index: u32,
	commitment: &Commitment,
	proof: &[Digest],
) -> bool {
	if index >= leaves || leaves > limits::MAX_MERKLE_LEAVES {
		return false;
	}
	let mut siblings = proof.iter();
	let (mut hash, mut position, mut width) = (leaf_hash(commitment), index, leaves);
	while width > 1 {
		if position ^ 1 < width {
			let Some(sibling) = siblings.next() else { return false };
			hash = if position % 2 == 0 {
				node_hash(&hash, sibling)
			} else {
				node_hash(sibling, &hash)
			};
		}
		position /= 2;
		width = width.div_ceil(2);
	}
	siblings.next().is_none() && hash == *root
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn commitments(count: u32) -> Vec<Commitment> {
		(0..count).map(|i| Digest(sp_crypto_hashing::blake2_256(&i.to_le_bytes()))).collect()
	}

	/// The recursive definition of RFC 9162, section 2.1.1.
	fn reference_root(leaves: &[Commitment]) -> Digest {
		if leaves.len() == 1 {
			return leaf_hash(&leaves[0]);
		}
		let split = leaves.len().next_power_of_two() / 2;
		node_hash(&reference_root(&leaves[..split]), &reference_root(&leaves[split..]))
	}

	#[test]
	fn root_matches_the_recursive_definition() {
		for count in 1..70 {
			let leaves = commitments(count);
			assert_eq!(Tree::new(&leaves).unwrap().root(), reference_root(&leaves), "{count}");
		}
	}

	#[test]
	fn growing_root_equals_the_root_of_the_tree() {
		let leaves = commitments(300);
		let mut frontier = Frontier::default();
		assert_eq!(frontier.root(), None);
		for (count, leaf) in (1..).zip(&leaves) {
			frontier.push(leaf);
			assert_eq!(
				frontier.root(),
				Some(Tree::new(&leaves[..count]).unwrap().root()),
				"{count}"
			);
			assert_eq!(frontier.leaves(), count as u64);
		}
	}

	#[test]
	fn only_leaves_of_small_trees_are_proven() {
		for count in 1..40 {
			let leaves = commitments(count);
			let tree = Tree::new(&leaves).unwrap();
			for index in 0..count {
				let proof = tree.proof(index).unwrap();
				let leaf = &leaves[index as usize];
				assert!(verify(&tree.root(), count, index, leaf, &proof));
				assert!(!verify(&tree.root(), count, index, &Digest([1; 32]), &proof));
				assert!(
					count == 1 || !verify(&tree.root(), count, (index + 1) % count, leaf, &proof)
				);
				let mut longer = proof.clone();
				longer.push(Digest([0; 32]));
				assert!(!verify(&tree.root(), count, index, leaf, &longer));
				assert!(
					proof.is_empty()
						|| !verify(&tree.root(), count, index, leaf, &proof[..proof.len() - 1])
				);
			}
			assert_eq!(tree.proof(count), Err(Error::IndexOutOfRange));
		}
	}

	#[test]
	fn node_cannot_pass_for_a_leaf() {
		let leaves = commitments(4);
		let tree = Tree::new(&leaves).unwrap();
		let inner = node_hash(&leaf_hash(&leaves[0]), &leaf_hash(&leaves[1]));
		let sibling = node_hash(&leaf_hash(&leaves[2]), &leaf_hash(&leaves[3]));
		assert!(!verify(&tree.root(), 2, 0, &inner, &[sibling]));
	}

	#[test]
	fn bounds_are_named() {
		assert_eq!(Tree::new(&[]).err(), Some(Error::NoLeaves));
		let too_many = vec![Digest([0; 32]); limits::MAX_MERKLE_LEAVES as usize + 1];
		assert_eq!(Tree::new(&too_many).err(), Some(Error::TooManyLeaves));
	}

	proptest! {
		#[test]
		fn a_flipped_bit_anywhere_is_refused(count in 2u32..300, seed: u32, bit in 0usize..256) {
			let leaves = commitments(count);
			let tree = Tree::new(&leaves).unwrap();
			let index = seed % count;
			let mut proof = tree.proof(index).unwrap();
			let step = seed as usize % proof.len();
			proof[step].0[bit / 8] ^= 1 << (bit % 8);
			prop_assert!(!verify(&tree.root(), count, index, &leaves[index as usize], &proof));
		}
	}
}
