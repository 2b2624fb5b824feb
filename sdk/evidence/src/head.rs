//! Reading the state of a final block by proof, and advancing to later ones, for clients that trust no node.

use crate::{Header, Part, Refused, Trusted, finality, state::Proof, trust::check_genesis};
use codec::Encode;
use credio_primitives::{
	AccountId, Digest,
	rpc::{BlockRef, Bytes, FinalizedBlockJson},
	storage,
};
use sp_core::H256;

/// A final block; its state is read by proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
	trusted: Trusted,
	state_root: H256,
}

/// Decodes a node's header (from `chain_getHeader`) and checks that it is of this block.
fn header_of(block: Digest, header: serde_json::Value, part: Part) -> Result<Header, Refused> {
	let header = serde_json::from_value::<Header>(header).map_err(|error| part.refused(error))?;
	match header.hash().0 == block.0 {
		true => Ok(header),
		false => Err(part.refused("the header is of another block")),
	}
}

impl Head {
	/// Returns genesis. Only its hash is trusted; `nodes` prove [`genesis_keys`] in its state.
	///
	/// # Errors
	///
	/// [`Refused`] for another header, or a state without validators.
	pub fn of_genesis(
		genesis: Digest,
		header: serde_json::Value,
		nodes: &[Bytes],
	) -> Result<Self, Refused> {
		let state_root = header_of(genesis, header, Part::Genesis)?.state_root;
		let proof = Proof::new(state_root, nodes)?;
		let authorities = proof.read(&storage::grandpa_authorities())?.unwrap_or_default();
		let nobody = || Vec::<AccountId>::new().encode();
		let council = proof.read(&storage::council_members())?.unwrap_or_else(nobody);
		let trusted = Trusted::from_state(genesis, &authorities, &council)?;
		Ok(Self { trusted, state_root })
	}

	/// Returns the trusted block, with a node's header of it.
	///
	/// # Errors
	///
	/// [`Refused`] if the header is of another block.
	pub fn at(trusted: Trusted, header: serde_json::Value) -> Result<Self, Refused> {
		let state_root = header_of(trusted.block.hash, header, Part::Finality)?.state_root;
		Ok(Self { trusted, state_root })
	}

	/// Advances to a later block, by the votes of the validators and each change of them in between.
	///
	/// # Errors
	///
	/// [`Refused`] for an invalid link.
	pub fn follow(&self, links: &[FinalizedBlockJson]) -> Result<Self, Refused> {
		let last = finality::follow(&self.trusted, links)?;
		let block = BlockRef { number: last.header.number, hash: Digest(last.hash.0) };
		let trusted = Trusted { block, voters: last.next_voters, ..self.trusted.clone() };
		Ok(Self { trusted, state_root: last.header.state_root })
	}

	/// Reads keys from trie nodes of the block's state. Absence is proven, too.
	///
	/// # Errors
	///
	/// [`Refused`] if the nodes do not prove a key.
	pub fn read(&self, keys: &[Vec<u8>], nodes: &[Bytes]) -> Result<Vec<Option<Vec<u8>>>, Refused> {
		let proof = Proof::new(self.state_root, nodes)?;
		keys.iter().map(|key| proof.read(key)).collect()
	}

	/// Checks that the block is of the chain, by the value under [`storage::block_hash`] of 0 in its state. Genesis
	/// itself has none.
	///
	/// # Errors
	///
	/// [`Refused`] if it is of another chain with the same validators.
	pub fn check_chain(&self, genesis_in_state: Option<&[u8]>) -> Result<(), Refused> {
		match self.trusted.block.number {
			0 => Ok(()),
			_ => check_genesis(self.trusted.genesis, genesis_in_state),
		}
	}

	/// Returns the block.
	#[must_use]
	pub fn block(&self) -> BlockRef {
		self.trusted.block
	}

	/// Returns the hash of block 0, which identifies the chain.
	#[must_use]
	pub fn genesis(&self) -> Digest {
		self.trusted.genesis
	}

	/// Returns the id of the set of validators that vote on the block's successors.
	#[must_use]
	pub fn set_id(&self) -> u64 {
		self.trusted.voters.id
	}

	/// Returns the block as a trusted one.
	#[must_use]
	pub fn trusted(&self) -> &Trusted {
		&self.trusted
	}
}

/// Returns the parent of a block, from its header as returned by `chain_getHeader`.
///
/// # Errors
///
/// [`Refused`] if the header is of another block.
pub fn parent_of(block: Digest, header: serde_json::Value) -> Result<Digest, Refused> {
	Ok(Digest(header_of(block, header, Part::Finality)?.parent_hash.0))
}

/// Returns the keys that [`Head::of_genesis`] reads.
#[must_use]
pub fn genesis_keys() -> [Vec<u8>; 2] {
	[storage::grandpa_authorities(), storage::council_members()]
}
