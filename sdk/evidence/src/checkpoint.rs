//! A checkpoint: a final block, who votes on what comes after it, and the council as of then.
//!
//! Signed by the council, it stands in for votes that nobody can follow: after a change of validators by force the new
//! ones were not voted in by those before. Unsigned, it is a note that its reader has made of what it has verified.

use crate::{
	finality::{changes_authorities, check_authorities, check_votes, VoterSet},
	Head, Header, Part, Refused, Trusted, Verified,
};
use codec::{Decode, DecodeAll, Encode};
use credio_primitives::{
	rpc::{BlockRef, Bytes},
	AccountId, Digest,
};
use serde::{Deserialize, Serialize};
use sp_consensus_grandpa::{AuthorityId, AuthorityList, GrandpaJustification};
use sp_core::ByteArray;
use sp_runtime::{traits::Verify, MultiSignature};
use std::collections::BTreeSet;

/// What the first field of a checkpoint says, and what its signatures start with.
const FORMAT: &str = "credio/checkpoint/v1";
/// Most seats of a council, and most signatures: those of several councils may be on one checkpoint.
const MAX_SEATS: usize = 256;
/// Most changes of validators of a chain whose checkpoint is made from a node.
const MAX_SET_ID: u64 = 16 * 1024;

/// A final block and who votes on what comes after it, as a file, with signatures of the council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
	format: String,
	genesis: Digest,
	block: BlockRef,
	set_id: u64,
	authorities: Vec<Authority>,
	/// The seats of the council as of the block, in ascending order.
	#[serde(default)]
	council: Vec<AccountId>,
	/// In ascending order of the seats.
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
	/// A `MultiSignature` in SCALE: its kind in the first byte.
	signature: Bytes,
}

/// What a node says of a block that has just become final.
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
	/// Number of changes of validators that the state counts, which may be more than have become final.
	pub set_id: u64,
	/// `Council.Members` in the block's state, in SCALE.
	pub council: Vec<u8>,
}

fn refused(reason: impl std::fmt::Display) -> Refused {
	Part::Checkpoint.refused(reason)
}

/// Decodes the seats of a council as the state has them.
pub(crate) fn decode_council(encoded: &[u8]) -> Option<Vec<AccountId>> {
	let seats = Vec::<AccountId>::decode_all(&mut &encoded[..]).ok()?;
	is_council(&seats).then_some(seats)
}

/// Whether these can be a council's seats: not too many, each once, in ascending order.
fn is_council(seats: &[AccountId]) -> bool {
	seats.len() <= MAX_SEATS && seats.is_sorted_by(|a, b| a < b)
}

/// Returns how many of so many seats have to sign: two thirds, as for what the council does as root.
pub(crate) fn threshold(seats: usize) -> usize {
	seats.saturating_mul(2).div_ceil(3).max(1)
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

	/// The block that was proven, for evidence that starts there. The council is the one that was trusted.
	pub fn after(verified: &Verified) -> Self {
		Self::new(verified.genesis, verified.block, &verified.next_voters, &verified.council)
	}

	/// What is trusted, for its reader to take up later. Nobody has signed it.
	pub fn of(trusted: &Trusted) -> Self {
		Self::new(trusted.genesis, trusted.block, &trusted.voters, &trusted.council)
	}

	/// A final block that was verified, for the council to sign, with the council that its state proves: `Council.Members`
	/// in SCALE.
	///
	/// # Errors
	///
	/// If the council cannot be read.
	pub fn of_head(head: &Head, council: &[u8]) -> Result<Self, Refused> {
		let Trusted { genesis, block, voters, .. } = head.trusted();
		let council = decode_council(council)
			.ok_or_else(|| refused("the chain names no council that can be read"))?;
		Ok(Self::new(*genesis, *block, voters, &council))
	}

	/// A block that has just become final, as a node has it, for the council to sign. All of it but the votes is the
	/// node's word.
	///
	/// The number of the set of validators is the one for which the votes are signed: the state counts changes, too, that
	/// a change by force has undone.
	///
	/// # Errors
	///
	/// If the votes are not of the validators in the block's state, or the block changes them: another block will do.
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

	/// Returns the block that a justification is for.
	///
	/// # Errors
	///
	/// If it cannot be read.
	pub fn justified(justification: &[u8]) -> Result<BlockRef, Refused> {
		let found = GrandpaJustification::<Header>::decode(&mut &justification[..])
			.map_err(|_| refused("the node's justification cannot be read"))?;
		let commit = found.commit;
		Ok(BlockRef { number: commit.target_number, hash: Digest(commit.target_hash.0) })
	}

	/// Reads a file.
	///
	/// # Errors
	///
	/// If it is none.
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

	/// The file.
	///
	/// # Errors
	///
	/// If it cannot be written as JSON.
	pub fn to_text(&self) -> Result<String, Refused> {
		serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(refused)
	}

	/// The chain: hash of block 0.
	pub fn genesis(&self) -> Digest {
		self.genesis
	}

	/// The block.
	pub fn block(&self) -> BlockRef {
		self.block
	}

	/// The seats of the council as of the block.
	pub fn council(&self) -> &[AccountId] {
		&self.council
	}

	/// Who has signed it, whether seats or not.
	pub fn signers(&self) -> impl Iterator<Item = &AccountId> {
		self.signatures.iter().map(|signature| &signature.seat)
	}

	/// What a seat signs: `blake2_256("credio/checkpoint/v1" ++ SCALE)` of all of it but the signatures.
	pub fn digest(&self) -> Digest {
		let authorities =
			self.authorities.iter().map(|one| (one.key.0, one.weight)).collect::<Vec<_>>();
		let Self { genesis, block, set_id, council, .. } = self;
		let content =
			(genesis.0, block.number, block.hash.0, set_id, authorities, council).encode();
		Digest(sp_crypto_hashing::blake2_256(&[FORMAT.as_bytes(), &content].concat()))
	}

	/// Whether another checkpoint says the same, whoever has signed it.
	pub fn says_the_same(&self, other: &Self) -> bool {
		self.digest() == other.digest()
	}

	/// Whether another checkpoint names the same validators and council after its block.
	pub fn has_the_same_voters(&self, other: &Self) -> bool {
		let of =
			|one: &Self| (one.genesis, one.set_id, one.authorities.clone(), one.council.clone());
		of(self) == of(other)
	}

	/// Adds the signature of a seat, or puts it in place of the one that it has.
	///
	/// # Errors
	///
	/// If the signature is not that seat's, of this checkpoint.
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

	/// Takes over the signatures of another copy.
	///
	/// # Errors
	///
	/// If it says something else, or a signature does not hold.
	pub fn take_signatures(&mut self, other: &Self) -> Result<(), Refused> {
		if !self.says_the_same(other) {
			return Err(refused("the two say different things"));
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
			false => Err(refused(format!("the signature of {seat} does not hold"))),
		}
	}

	/// Checks all signatures, and returns how many of them are of these seats.
	pub(crate) fn signed_by(&self, seats: &[AccountId]) -> Result<usize, Refused> {
		for signature in &self.signatures {
			self.check_signature(signature)?;
		}
		let signers = self.signers().collect::<BTreeSet<_>>();
		Ok(seats.iter().filter(|seat| signers.contains(seat)).count())
	}

	/// Who votes on what comes after the block.
	pub(crate) fn voters(&self) -> Result<VoterSet, Refused> {
		let authorities = self
			.authorities
			.iter()
			.map(|one| Some((AuthorityId::from_slice(&one.key.0).ok()?, one.weight)))
			.collect::<Option<AuthorityList>>()
			.ok_or_else(|| refused("a validator's key is none"))?;
		check_authorities(&authorities).map_err(refused)?;
		Ok(VoterSet { id: self.set_id, authorities })
	}
}

fn decode_signature(signature: &Bytes) -> Result<MultiSignature, Refused> {
	MultiSignature::decode_all(&mut &signature.0[..])
		.map_err(|_| refused("a signature cannot be read"))
}
