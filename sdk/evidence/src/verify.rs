//! Holding an evidence against what is trusted.

use crate::{
	document,
	finality::{self, VoterSet},
	state,
	trust::check_genesis,
	Documented, Evidence, Part, Refused, Trusted,
};
use credio_envelope::CommitmentKey;
use credio_primitives::{
	evidence::{Facts, Format},
	rpc::BlockRef,
	AccountId, Digest,
};

/// What an evidence proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
	/// Hash of block 0, which names the chain.
	pub genesis: Digest,
	/// The block that was trusted before.
	pub from: BlockRef,
	/// The block that is proven to be final, and whose state says the rest.
	pub block: BlockRef,
	/// How often the validators changed between the two.
	pub changes: usize,
	/// Validators that voted for the block.
	pub voted: usize,
	/// Validators that could.
	pub validators: usize,
	/// What the state of the block says.
	pub facts: Facts,
	/// What is proven of the document.
	pub documented: Documented,
	/// Who votes on what comes after the block.
	pub(crate) next_voters: VoterSet,
	/// The council that was trusted.
	pub(crate) council: Vec<AccountId>,
	/// Seats of the council that have signed the checkpoint that was trusted, and how many there were.
	pub(crate) signed: Option<(usize, usize)>,
}

/// Verifies an evidence. A document and a commitment key may be given by hand; what the evidence has itself is checked
/// in any case.
///
/// # Errors
///
/// [`Refused`], naming the part that does not hold.
pub fn verify(
	evidence: &Evidence,
	trusted: &Trusted,
	document: Option<&[u8]>,
	key: Option<&CommitmentKey>,
) -> Result<Verified, Refused> {
	let Evidence { format: Format::V3, genesis, subject, from, finality, storage, document: part } =
		evidence;
	if *genesis != trusted.genesis {
		return Err(Part::Genesis.refused(format!(
			"it is of the chain {genesis}, and the specification is that of {}",
			trusted.genesis
		)));
	}
	if *from != trusted.block {
		return Err(Part::From.refused(format!(
			"it starts from block {} {}, and what is trusted is block {} {}",
			from.number, from.hash, trusted.block.number, trusted.block.hash
		)));
	}
	let last = finality::follow(trusted, finality)?;
	let facts = state::read(subject, last.header.number, last.header.state_root, storage)?;
	check_genesis(trusted.genesis, Some(&facts.chain.genesis.0))?;
	let documented = document::check(&facts.header.body, part.as_ref(), document, key)?;
	Ok(Verified {
		genesis: *genesis,
		from: *from,
		block: BlockRef { number: last.header.number, hash: Digest(last.hash.0) },
		changes: last.changes,
		voted: last.votes.0,
		validators: last.votes.1,
		facts,
		documented,
		next_voters: last.next_voters,
		council: trusted.council.clone(),
		signed: trusted.signed,
	})
}
