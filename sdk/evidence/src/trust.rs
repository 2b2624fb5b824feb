//! What a verifier believes already: the chain's specification, or a checkpoint.

use crate::{
	finality::{check_authorities, VoterSet},
	Header, Part, Refused, Verified,
};
use codec::DecodeAll;
use credio_primitives::{rpc::BlockRef, storage, BlockNumber, Digest};
use serde::{Deserialize, Serialize};
use sp_consensus_grandpa::{AuthorityId, AuthorityList};
use sp_core::{ByteArray, H256};
use sp_runtime::traits::{BlakeTwo256, Header as _};
use sp_trie::{LayoutV1, TrieConfiguration};
use std::collections::BTreeMap;

/// Largest chain specification that is read, in bytes.
pub const MAX_SPEC_SIZE: usize = 64 * 1024 * 1024;
/// Longest key of genesis storage, which bounds how deep its trie is.
const MAX_KEY_LENGTH: usize = 256;

/// What the first field of a checkpoint says.
const CHECKPOINT: &str = "credio/checkpoint/v1";

/// A block that is believed to be final, and who votes on what comes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
	/// Hash of block 0, which names the chain.
	pub(crate) genesis: Digest,
	/// The block.
	pub(crate) block: BlockRef,
	/// Who votes on what comes after it.
	pub(crate) voters: VoterSet,
}

/// The parts of a raw chain specification that matter here. What else is in it, no proof depends on.
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

impl Trusted {
	/// Genesis, from a raw chain specification (`credio-node build-spec --raw`).
	///
	/// # Errors
	///
	/// If it is not raw, too large, or names no validators.
	pub fn from_specification(json: &[u8]) -> Result<Self, Refused> {
		let refused = |reason: &dyn std::fmt::Display| Part::Specification.refused(reason);
		if json.len() > MAX_SPEC_SIZE {
			return Err(refused(&format!("it is larger than {MAX_SPEC_SIZE} bytes")));
		}
		let not_raw =
			"it is not raw: make it so with `credio-node build-spec --raw --chain FILE`, on any machine";
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
		let header = Header::new(
			0,
			LayoutV1::<BlakeTwo256>::ordered_trie_root(Vec::<Vec<u8>>::new()),
			LayoutV1::<BlakeTwo256>::trie_root(top),
			H256::zero(),
			Default::default(),
		);
		let genesis = Digest(header.hash().0);
		Ok(Self {
			genesis,
			block: BlockRef { number: 0, hash: genesis },
			voters: VoterSet { id: 0, authorities },
		})
	}

	/// A checkpoint of the same chain, instead of its genesis.
	///
	/// # Errors
	///
	/// If it is of another chain, or names no validators.
	pub fn at(&self, checkpoint: &Checkpoint) -> Result<Self, Refused> {
		let refused = |reason: &str| Part::Checkpoint.refused(reason);
		if checkpoint.genesis != self.genesis {
			return Err(refused("it is of another chain than the specification"));
		}
		let authorities = checkpoint
			.authorities
			.iter()
			.map(|one| Some((AuthorityId::from_slice(&one.key.0).ok()?, one.weight)))
			.collect::<Option<AuthorityList>>()
			.ok_or_else(|| refused("a validator's key is none"))?;
		check_authorities(&authorities).map_err(refused)?;
		Ok(Self {
			genesis: self.genesis,
			block: checkpoint.block,
			voters: VoterSet { id: checkpoint.set_id, authorities },
		})
	}

	/// Hash of block 0.
	pub fn genesis(&self) -> Digest {
		self.genesis
	}

	/// Number of the block.
	pub fn number(&self) -> BlockNumber {
		self.block.number
	}
}

/// A final block and who votes on what comes after it, as a file: from evidence that was verified, for later evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
	format: String,
	genesis: Digest,
	block: BlockRef,
	set_id: u64,
	authorities: Vec<Authority>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Authority {
	key: Digest,
	weight: u64,
}

impl Checkpoint {
	/// The block that was proven, for evidence that starts there.
	pub fn after(verified: &Verified) -> Self {
		let authority = |(id, weight): &(AuthorityId, u64)| {
			let mut key = [0; 32];
			key.copy_from_slice(id.as_slice());
			Authority { key: Digest(key), weight: *weight }
		};
		Self {
			format: CHECKPOINT.into(),
			genesis: verified.genesis,
			block: verified.block,
			set_id: verified.next_voters.id,
			authorities: verified.next_voters.authorities.iter().map(authority).collect(),
		}
	}

	/// Reads a file.
	///
	/// # Errors
	///
	/// If it is none.
	pub fn parse(json: &[u8]) -> Result<Self, Refused> {
		let found: Self =
			serde_json::from_slice(json).map_err(|error| Part::Checkpoint.refused(error))?;
		if found.format != CHECKPOINT {
			return Err(Part::Checkpoint.refused(format!("its format is not {CHECKPOINT:?}")));
		}
		Ok(found)
	}

	/// The file.
	///
	/// # Errors
	///
	/// If it cannot be written as JSON.
	pub fn to_text(&self) -> Result<String, Refused> {
		serde_json::to_string_pretty(self)
			.map(|text| text + "\n")
			.map_err(|error| Part::Checkpoint.refused(error))
	}

	/// The block.
	pub fn block(&self) -> BlockRef {
		self.block
	}
}
