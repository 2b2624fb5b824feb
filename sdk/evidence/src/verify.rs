//! Verifying an evidence.

use crate::{
	Documented, Evidence, Part, Refused, Trusted, document, finality, state, trust::check_genesis,
	voters::VoterSet,
};
use credio_envelope::CommitmentKey;
use credio_primitives::{
	AccountId, Digest,
	evidence::{Facts, Format},
	rpc::BlockRef,
};

/// The facts that an evidence proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
	/// Hash of block 0, which identifies the chain.
	pub genesis: Digest,
	/// The trusted block.
	pub from: BlockRef,
	/// The block that is proven to be final; its state proves the facts.
	pub block: BlockRef,
	/// Number of validator changes between the two.
	pub changes: usize,
	/// Number of validators that voted for the block.
	pub voted: usize,
	/// Number of validators.
	pub validators: usize,
	/// Facts from the block's state.
	pub facts: Facts,
	/// Facts about the document.
	pub documented: Documented,
	/// The validators that vote on the block's successors.
	pub(crate) next_voters: VoterSet,
	/// The trusted council.
	pub(crate) council: Vec<AccountId>,
	/// Number of seats that have signed the trusted checkpoint, and of all.
	pub(crate) signed: Option<(usize, usize)>,
}

/// Verifies an evidence. A document and a commitment key can be given separately; those in the evidence are checked in
/// any case.
///
/// # Errors
///
/// [`Refused`], with the invalid part.
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
			"it is of the chain {genesis}, and the specification of {}",
			trusted.genesis
		)));
	}
	if *from != trusted.block {
		return Err(Part::From.refused(format!(
			"it starts from block {} {}, and the trusted block is {} {}",
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
