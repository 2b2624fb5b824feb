//! A verifier's starting point: a final block that it trusts, such as genesis from the chain's specification.

use crate::{
	Header, Part, Refused,
	council::decode_council,
	voters::{VoterSet, check_authorities},
};
use codec::DecodeAll;
use credio_primitives::{AccountId, BlockNumber, Digest, rpc::BlockRef, storage};
use serde::Deserialize;
use sp_consensus_grandpa::AuthorityList;
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Header as _};
use sp_trie::{LayoutV1, TrieConfiguration};
use std::collections::BTreeMap;

/// Maximum size of a chain specification in bytes.
pub const MAX_SPEC_SIZE: usize = 64 * 1024 * 1024;
/// Maximum length of a key of genesis storage, which bounds the depth of its trie.
const MAX_KEY_LENGTH: usize = 256;

/// A trusted final block, with the validators that vote on its successors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
	/// Hash of block 0, which identifies the chain.
	pub(crate) genesis: Digest,
	/// The block.
	pub(crate) block: BlockRef,
	/// The validators that vote on its successors.
	pub(crate) voters: VoterSet,
	/// The seats of the council that may sign checkpoints.
	pub(crate) council: Vec<AccountId>,
	/// Number of seats that have signed it, and of all; `None` for a reader's own checkpoint.
	pub(crate) signed: Option<(usize, usize)>,
}

/// The relevant parts of a raw chain specification. No proof depends on the rest.
#[derive(Deserialize)]
struct Specification {
	genesis: Genesis,
}

#[derive(Deserialize)]
struct Genesis {
	raw: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Raw {
	top: BTreeMap<String, String>,
	#[serde(default)]
	children_default: BTreeMap<String, serde_json::Value>,
}

fn from_hex(text: &str) -> Result<Vec<u8>, Refused> {
	text.strip_prefix("0x")
		.and_then(|digits| hex::decode(digits).ok())
		.ok_or_else(|| Part::Specification.refused("its genesis storage is not hexadecimal"))
}

/// Checks that a block is of a chain, by the hash of block 0 in its state. Chains with the same validators can share
/// votes, but not this hash.
pub(crate) fn check_genesis(expected: Digest, in_state: Option<&[u8]>) -> Result<(), Refused> {
	match in_state {
		Some(found) if found == &expected.0[..] => Ok(()),
		_ => {
			Err(Part::Genesis
				.refused("the block is of another chain, which has the same validators"))
		},
	}
}

impl Trusted {
	/// Creates genesis from a raw chain specification (`credio-node build-spec --raw`).
	///
	/// # Errors
	///
	/// If it is not raw, too large, or has no validators.
	pub fn from_specification(json: &[u8]) -> Result<Self, Refused> {
		let refused = |reason: &dyn std::fmt::Display| Part::Specification.refused(reason);
		if json.len() > MAX_SPEC_SIZE {
			return Err(refused(&format!("it is larger than {MAX_SPEC_SIZE} bytes")));
		}
		let not_raw = "it is not raw: make it so with `credio-node build-spec --raw --chain FILE`, on any machine";
		let found: Specification = serde_json::from_slice(json).map_err(|error| refused(&error))?;
		let Raw { top, children_default } = found.genesis.raw.ok_or_else(|| refused(&not_raw))?;
		if !children_default.is_empty() {
			return Err(refused(&"its genesis has child storage, as no Credio chain has"));
		}
		let top = top
			.iter()
			.map(|(key, value)| Ok((from_hex(key)?, from_hex(value)?)))
			.collect::<Result<BTreeMap<_, _>, _>>()?;
		if top.keys().any(|key| key.len() > MAX_KEY_LENGTH) {
			return Err(refused(&"its genesis storage has a key that is too long"));
		}
		let authorities = top
			.get(&storage::grandpa_authorities())
			.and_then(|encoded| AuthorityList::decode_all(&mut encoded.as_slice()).ok())
			.ok_or_else(|| refused(&"it names no validators"))?;
		check_authorities(&authorities).map_err(|reason| refused(&reason))?;
		let council = match top.get(&storage::council_members()) {
			None => Vec::new(),
			Some(encoded) => decode_council(encoded)
				.ok_or_else(|| refused(&"it names a council that cannot be read"))?,
		};
		let header = Header::new(
			0,
			LayoutV1::<BlakeTwo256>::ordered_trie_root(Vec::<Vec<u8>>::new()),
			LayoutV1::<BlakeTwo256>::trie_root(top),
			H256::zero(),
			Default::default(),
		);
		Ok(Self::genesis_of(Digest(header.hash().0), authorities, council))
	}

	/// Creates genesis from a node's data, to check evidence that is made with that node: `Grandpa.Authorities` and
	/// `Council.Members` of block 0, in SCALE. A verifier uses the specification instead.
	///
	/// # Errors
	///
	/// If they cannot be decoded.
	pub fn from_state(
		genesis: Digest,
		authorities: &[u8],
		council: &[u8],
	) -> Result<Self, Refused> {
		let refused = |reason: &str| Part::Specification.refused(reason);
		let authorities = AuthorityList::decode_all(&mut &authorities[..])
			.map_err(|_| refused("the node names no validators at block 0"))?;
		check_authorities(&authorities).map_err(refused)?;
		let council = decode_council(council)
			.ok_or_else(|| refused("the node names no council at block 0"))?;
		Ok(Self::genesis_of(genesis, authorities, council))
	}

	fn genesis_of(genesis: Digest, authorities: AuthorityList, council: Vec<AccountId>) -> Self {
		let block = BlockRef { number: 0, hash: genesis };
		let voters = VoterSet { id: 0, authorities };
		Self { genesis, block, voters, council, signed: None }
	}

	/// Returns the hash of block 0.
	#[must_use]
	pub fn genesis(&self) -> Digest {
		self.genesis
	}

	/// Returns the block.
	#[must_use]
	pub fn block(&self) -> BlockRef {
		self.block
	}

	/// Returns the number of the block.
	#[must_use]
	pub fn number(&self) -> BlockNumber {
		self.block.number
	}
}
