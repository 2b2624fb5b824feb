//! Objects: records whose ciphertext is in an object store. One definition of the root for chain and clients, and of what an
//! erasure leaves on the ledger.
//!
//! An object's envelope is a header and a row of chunks. The chain holds the root of the Merkle tree ([`crate::merkle`]) over
//! the `blake2_256` of each of these pieces in order: the header is leaf 0, chunk `i` is leaf `i + 1`. Whoever has the list of
//! these digests can check it against the root, and then any chunk by itself.

use crate::{
	AccountId, BlockNumber, Digest, OrganizationId, RecordId, Sequence, StreamId, limits,
	merkle::Frontier,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{BoundedVec, traits::ConstU32};

/// Returns the digest of the header or a chunk of an envelope.
#[must_use]
pub fn piece_digest(piece: &[u8]) -> Digest {
	Digest(sp_crypto_hashing::blake2_256(piece))
}

/// Returns the root over the digests of an envelope's header and chunks, in this order. The digest of nothing for an empty
/// list, which no envelope has.
#[must_use]
pub fn root<'a>(pieces: impl IntoIterator<Item = &'a Digest>) -> Digest {
	let mut frontier = Frontier::default();
	pieces.into_iter().for_each(|piece| frontier.push(piece));
	frontier.root().unwrap_or_else(|| piece_digest(&[]))
}

/// The erasure of an object, which stays on the ledger.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Erasure {
	/// Its number among the erasures of the network, counted from 0 without gaps.
	pub number: u64,
	/// Member of the stream's owner that signed for it.
	pub author: AccountId,
	/// Its block.
	pub block: BlockNumber,
}

/// An organization's word that it has deleted its copies of an erased object.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Acknowledgement {
	/// The organization.
	pub organization: OrganizationId,
	/// Block of the acknowledgement.
	pub block: BlockNumber,
}

/// The acknowledgements of one erasure, in the order of the chain.
pub type Acknowledgements = BoundedVec<Acknowledgement, ConstU32<{ limits::MAX_ACKNOWLEDGEMENTS }>>;

/// An erasure with what it is about.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedErasure {
	/// Its number among the erasures of the network, counted from 0 without gaps.
	pub number: u64,
	/// The object.
	pub record_id: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Member of the stream's owner that signed for the erasure.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub author: AccountId,
	/// Block of the erasure.
	pub block: BlockNumber,
	/// The organizations that have deleted their copies, in the order of the chain.
	pub acknowledgements: Vec<Acknowledgement>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::merkle::Tree;

	#[test]
	fn root_is_that_of_the_tree() {
		let pieces = [&b"header"[..], b"first", b"second"].map(piece_digest);
		assert_eq!(root(&pieces), Tree::new(&pieces).unwrap().root());
		assert_ne!(root(&pieces), root(&pieces[..2]));
		assert_eq!(root([]), piece_digest(b""));
	}
}
