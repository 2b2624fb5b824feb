//! Reading the state of a final block by proof, and moving on to later ones: what a client does that believes no node.

use crate::{finality, state::Proof, trust::check_genesis, Header, Part, Refused, Trusted};
use codec::Encode;
use credio_primitives::{
	rpc::{BlockRef, Bytes, FinalizedBlockJson},
	storage, AccountId, Digest,
};
use sp_core::H256;

/// A block that is final, whose state is read by proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
	trusted: Trusted,
	state_root: H256,
}

/// The header that a node names, as `chain_getHeader` returns it, if it is that of this block.
fn header_of(block: Digest, header: serde_json::Value, part: Part) -> Result<Header, Refused> {
	let header = serde_json::from_value::<Header>(header).map_err(|error| part.refused(error))?;
	match header.hash().0 == block.0 {
		true => Ok(header),
		false => Err(part.refused("the header is that of another block")),
	}
}

impl Head {
	/// Genesis, of which only the hash is trusted. `nodes` prove [`genesis_keys`] in its state.
	///
	/// # Errors
	///
	/// [`Refused`] for another header, or a state that names no validators.
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

	/// The block that is trusted, with its header as a node has it.
	///
	/// # Errors
	///
	/// [`Refused`] if the header is that of another block.
	pub fn at(trusted: Trusted, header: serde_json::Value) -> Result<Self, Refused> {
		let state_root = header_of(trusted.block.hash, header, Part::Finality)?.state_root;
		Ok(Self { trusted, state_root })
	}

	/// Moves on to a later block, by the votes of the validators and each change of them in between.
	///
	/// # Errors
	///
	/// [`Refused`] if a link does not hold.
	pub fn follow(&self, links: &[FinalizedBlockJson]) -> Result<Self, Refused> {
		let last = finality::follow(&self.trusted, links)?;
		let block = BlockRef { number: last.header.number, hash: Digest(last.hash.0) };
		let trusted = Trusted { block, voters: last.next_voters, ..self.trusted.clone() };
		Ok(Self { trusted, state_root: last.header.state_root })
	}

	/// Reads what is stored under keys, from nodes of the block's state. What is not there is proven not to be.
	///
	/// # Errors
	///
	/// [`Refused`] if the nodes do not prove one of them.
	pub fn read(&self, keys: &[Vec<u8>], nodes: &[Bytes]) -> Result<Vec<Option<Vec<u8>>>, Refused> {
		let proof = Proof::new(self.state_root, nodes)?;
		keys.iter().map(|key| proof.read(key)).collect()
	}

	/// Checks that the block is of the chain, by what its state has under [`storage::block_hash`] of 0. Genesis itself has
	/// nothing there.
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

	/// The block.
	pub fn block(&self) -> BlockRef {
		self.trusted.block
	}

	/// Hash of block 0, which names the chain.
	pub fn genesis(&self) -> Digest {
		self.trusted.genesis
	}

	/// Number of the set of validators that vote on what comes after the block.
	pub fn set_id(&self) -> u64 {
		self.trusted.voters.id
	}

	/// What is trusted from here on.
	pub fn trusted(&self) -> &Trusted {
		&self.trusted
	}
}

/// The parent of a block, from its header as `chain_getHeader` returns it.
///
/// # Errors
///
/// [`Refused`] if the header is that of another block.
pub fn parent_of(block: Digest, header: serde_json::Value) -> Result<Digest, Refused> {
	Ok(Digest(header_of(block, header, Part::Finality)?.parent_hash.0))
}

/// The keys that [`Head::of_genesis`] reads.
pub fn genesis_keys() -> [Vec<u8>; 2] {
	[storage::grandpa_authorities(), storage::council_members()]
}
