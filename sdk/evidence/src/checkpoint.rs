//! A checkpoint: a final block, the validators that vote on its successors, and the council at that block.
//!
//! Signed by the council, it replaces votes that nobody can follow: after a forced change of validators, the new ones
//! were not voted in by the old ones. Unsigned, it is a reader's own note of a verified block.

use crate::{
	Head, Header, Part, Refused, Trusted, Verified,
	council::{MAX_SEATS, decode_council, is_council},
	finality::{changes_authorities, check_votes},
	voters::{VoterSet, check_authorities},
};
use codec::{Decode, DecodeAll, Encode};
use credio_primitives::{
	AccountId, Digest,
	rpc::{BlockRef, Bytes},
};
use serde::{Deserialize, Serialize};
use sp_consensus_grandpa::{AuthorityId, AuthorityList, GrandpaJustification};
use sp_core::ByteArray;
use sp_runtime::{MultiSignature, traits::Verify};
use std::collections::BTreeSet;

/// First field of a checkpoint, and prefix of its signatures.
const FORMAT: &str = "credio/checkpoint/v1";
/// Maximum number of validator changes of a chain, for a checkpoint from a node.
const MAX_SET_ID: u64 = 16 * 1024;

/// The file of a checkpoint: a final block, the validators of its successors, and signatures of the council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
	format: String,
	genesis: Digest,
	block: BlockRef,
	set_id: u64,
	authorities: Vec<Authority>,
	/// The seats of the council at the block, in ascending order.
	#[serde(default)]
	council: Vec<AccountId>,
	/// In ascending order of seats.
	#[serde(default)]
	signatures: Vec<SeatSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Authority {
	key: Digest,
	weight: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeatSignature {
	seat: AccountId,
	/// A SCALE-encoded `MultiSignature`: the first byte is its kind.
	signature: Bytes,
}

/// A node's data of a block that has just become final.
#[derive(Clone, Debug)]
pub struct FinalBlock {
	/// Hash of block 0.
	pub genesis: Digest,
	/// The block's GRANDPA justification, in SCALE.
	pub justification: Vec<u8>,
	/// The block's header, as `chain_getHeader` returns it.
	pub header: serde_json::Value,
	/// `Grandpa.Authorities` in the block's state, in SCALE.
	pub authorities: Vec<u8>,
	/// Number of validator changes that the state counts. It can exceed the number of final ones.
	pub set_id: u64,
	/// `Council.Members` in the block's state, in SCALE.
	pub council: Vec<u8>,
}

fn refused(reason: impl std::fmt::Display) -> Refused {
	Part::Checkpoint.refused(reason)
}

impl Checkpoint {
	fn new(genesis: Digest, block: BlockRef, voters: &VoterSet, council: &[AccountId]) -> Self {
		let authority = |(id, weight): &(AuthorityId, u64)| {
			let mut key = [0; 32];
			key.copy_from_slice(id.as_slice());
			Authority { key: Digest(key), weight: *weight }
		};
		Self {
			format: FORMAT.into(),
			genesis,
			block,
			set_id: voters.id,
			authorities: voters.authorities.iter().map(authority).collect(),
			council: council.to_vec(),
			signatures: Vec::new(),
		}
	}

	/// Creates a checkpoint of the proven block, with the trusted council, for evidence that starts there.
	#[must_use]
	pub fn after(verified: &Verified) -> Self {
		Self::new(verified.genesis, verified.block, &verified.next_voters, &verified.council)
	}

	/// Creates an unsigned checkpoint of a trusted block, for its reader to continue there later.
	#[must_use]
	pub fn of(trusted: &Trusted) -> Self {
		Self::new(trusted.genesis, trusted.block, &trusted.voters, &trusted.council)
	}

	/// Creates a checkpoint of a verified final block, for the council to sign, with the council of its state:
	/// `Council.Members` in SCALE.
	///
	/// # Errors
	///
	/// If the council cannot be decoded.
	pub fn of_head(head: &Head, council: &[u8]) -> Result<Self, Refused> {
		let Trusted { genesis, block, voters, .. } = head.trusted();
		let council = decode_council(council)
			.ok_or_else(|| refused("the chain names no council that can be read"))?;
		Ok(Self::new(*genesis, *block, voters, &council))
	}

	/// Creates a checkpoint of a block that has just become final, from a node's data, for the council to sign. Only
	/// the votes in it are verified.
	///
	/// The set id is the signed one: the state also counts changes that a forced change has undone.
	///
	/// # Errors
	///
	/// If the votes are not of the validators in the block's state, or the block changes the validators: use another
	/// block.
	pub fn from_final_block(found: &FinalBlock) -> Result<Self, Refused> {
		let justification =
			GrandpaJustification::<Header>::decode_all(&mut &found.justification[..])
				.map_err(|_| refused("the node's justification cannot be read"))?;
		let header = serde_json::from_value::<Header>(found.header.clone()).map_err(refused)?;
		let authorities = AuthorityList::decode_all(&mut &found.authorities[..])
			.map_err(|_| refused("the node names no validators"))?;
		check_authorities(&authorities).map_err(refused)?;
		let council = decode_council(&found.council)
			.ok_or_else(|| refused("the node names no council that can be read"))?;
		if changes_authorities(&header) {
			return Err(refused("the block changes the validators"));
		}
		let hash = header.hash();
		let voters = (0..=found.set_id.min(MAX_SET_ID))
			.rev()
			.map(|id| VoterSet { id, authorities: authorities.clone() })
			.find(|voters| check_votes(&justification, hash, header.number, voters).is_ok())
			.ok_or_else(|| {
				refused("the block was not made final by the validators in its state")
			})?;
		let block = BlockRef { number: header.number, hash: Digest(hash.0) };
		Ok(Self::new(found.genesis, block, &voters, &council))
	}

	/// Returns the block of a justification.
	///
	/// # Errors
	///
	/// If it cannot be decoded.
	pub fn justified(justification: &[u8]) -> Result<BlockRef, Refused> {
		let found = GrandpaJustification::<Header>::decode(&mut &justification[..])
			.map_err(|_| refused("the node's justification cannot be read"))?;
		let commit = found.commit;
		Ok(BlockRef { number: commit.target_number, hash: Digest(commit.target_hash.0) })
	}

	/// Parses a file.
	///
	/// # Errors
	///
	/// If it is not a checkpoint.
	pub fn parse(json: &[u8]) -> Result<Self, Refused> {
		let found: Self = serde_json::from_slice(json).map_err(refused)?;
		if found.format != FORMAT {
			return Err(refused(format!("its format is not {FORMAT:?}")));
		}
		if !is_council(&found.council) {
			return Err(refused(
				"its council has too many seats, or they are not in order, each once",
			));
		}
		let in_order = found.signatures.is_sorted_by(|a, b| a.seat < b.seat);
		if found.signatures.len() > MAX_SEATS || !in_order {
			return Err(refused(
				"it has too many signatures, or they are not in order, one a seat",
			));
		}
		Ok(found)
	}

	/// Returns the text of the file.
	///
	/// # Errors
	///
	/// If it cannot be written as JSON.
	pub fn to_text(&self) -> Result<String, Refused> {
		serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(refused)
	}

	/// Returns the hash of block 0, which identifies the chain.
	#[must_use]
	pub fn genesis(&self) -> Digest {
		self.genesis
	}

	/// Returns the block.
	#[must_use]
	pub fn block(&self) -> BlockRef {
		self.block
	}

	/// Returns the seats of the council at the block.
	#[must_use]
	pub fn council(&self) -> &[AccountId] {
		&self.council
	}

	/// Returns the accounts that have signed it, seats or not.
	pub fn signers(&self) -> impl Iterator<Item = &AccountId> {
		self.signatures.iter().map(|signature| &signature.seat)
	}

	/// Returns the digest for signatures: `blake2_256("credio/checkpoint/v1" ++ SCALE)` of everything but the
	/// signatures.
	#[must_use]
	pub fn digest(&self) -> Digest {
		let authorities =
			self.authorities.iter().map(|one| (one.key.0, one.weight)).collect::<Vec<_>>();
		let Self { genesis, block, set_id, council, .. } = self;
		let content =
			(genesis.0, block.number, block.hash.0, set_id, authorities, council).encode();
		Digest(sp_crypto_hashing::blake2_256(&[FORMAT.as_bytes(), &content].concat()))
	}

	/// Whether two checkpoints are the same apart from their signatures.
	#[must_use]
	pub fn says_the_same(&self, other: &Self) -> bool {
		self.digest() == other.digest()
	}

	/// Whether two checkpoints have the same validators and council.
	#[must_use]
	pub fn has_the_same_voters(&self, other: &Self) -> bool {
		let of =
			|one: &Self| (one.genesis, one.set_id, one.authorities.clone(), one.council.clone());
		of(self) == of(other)
	}

	/// Adds the signature of a seat, or replaces its earlier one.
	///
	/// # Errors
	///
	/// If the signature is not valid for the seat and this checkpoint.
	pub fn add_signature(
		&mut self,
		seat: AccountId,
		signature: &MultiSignature,
	) -> Result<(), Refused> {
		let signature = SeatSignature { seat, signature: Bytes(signature.encode()) };
		self.check_signature(&signature)?;
		match self.signatures.binary_search_by(|other| other.seat.cmp(&signature.seat)) {
			Ok(position) => self.signatures[position] = signature,
			Err(_) if self.signatures.len() >= MAX_SEATS => {
				return Err(refused("it has too many signatures"));
			},
			Err(position) => self.signatures.insert(position, signature),
		}
		Ok(())
	}

	/// Adds the signatures of another copy.
	///
	/// # Errors
	///
	/// If the checkpoint differs, or a signature is not valid.
	pub fn take_signatures(&mut self, other: &Self) -> Result<(), Refused> {
		if !self.says_the_same(other) {
			return Err(refused("the two copies differ"));
		}
		for SeatSignature { seat, signature } in &other.signatures {
			let signature = decode_signature(signature)?;
			self.add_signature(seat.clone(), &signature)?;
		}
		Ok(())
	}

	fn check_signature(&self, signature: &SeatSignature) -> Result<(), Refused> {
		let SeatSignature { seat, signature } = signature;
		match decode_signature(signature)?.verify(&self.digest().0[..], seat) {
			true => Ok(()),
			false => Err(refused(format!("the signature of {seat} is not valid"))),
		}
	}

	/// Checks all signatures, and returns the number of those of these seats.
	pub(crate) fn signed_by(&self, seats: &[AccountId]) -> Result<usize, Refused> {
		for signature in &self.signatures {
			self.check_signature(signature)?;
		}
		let signers = self.signers().collect::<BTreeSet<_>>();
		Ok(seats.iter().filter(|seat| signers.contains(seat)).count())
	}

	/// Returns the validators that vote on the block's successors.
	pub(crate) fn voters(&self) -> Result<VoterSet, Refused> {
		let authorities = self
			.authorities
			.iter()
			.map(|one| Some((AuthorityId::from_slice(&one.key.0).ok()?, one.weight)))
			.collect::<Option<AuthorityList>>()
			.ok_or_else(|| refused("a validator's key is invalid"))?;
		check_authorities(&authorities).map_err(refused)?;
		Ok(VoterSet { id: self.set_id, authorities })
	}
}

fn decode_signature(signature: &Bytes) -> Result<MultiSignature, Refused> {
	MultiSignature::decode_all(&mut &signature.0[..])
		.map_err(|_| refused("a signature cannot be read"))
}
