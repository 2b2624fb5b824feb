//! Checkpoints for the council's signatures, created and checked by proof.

use super::{Need, Proven, Source, Verifier, not_final};
use crate::error::{Error, ProofError, Result};
use credio_evidence::{Checkpoint, Part, Refused, parent_of};
use credio_primitives::{BlockNumber, Digest, rpc::BlockRef, storage};

/// Number of recent block hashes to read from the state, which has somewhat more.
const REMEMBERED: BlockNumber = 2_048;
/// Maximum number of headers to follow back beyond that: those of a day.
const MAX_HEADERS: BlockNumber = 86_400;

fn refused(reason: &str) -> Error {
	Refused { part: Part::Checkpoint, reason: reason.into() }.into()
}

impl Verifier {
	/// Creates a checkpoint of the newest final block, with the validators that the votes lead to and the council that
	/// the block's state proves.
	///
	/// # Errors
	///
	/// Those of [`Verifier::read`], and [`Error::Evidence`] for a chain without a council.
	pub(crate) async fn checkpoint(&self, source: &impl Source) -> Result<Checkpoint> {
		let keys = [storage::council_members()];
		made_of(&self.read(source, &keys, Need::Newest).await?)
	}

	/// Checks that a checkpoint is of a final block, and that it names the validators and the council of the newest
	/// one.
	///
	/// # Errors
	///
	/// [`Error::Evidence`] if not, or if the block is older than a day; those of [`Verifier::read`].
	pub(crate) async fn check_checkpoint(
		&self,
		source: &impl Source,
		checkpoint: &Checkpoint,
	) -> Result<()> {
		let BlockRef { number, hash } = checkpoint.block();
		let newest = self.read(source, &[], Need::Newest).await?.at.number;
		let oldest = newest.saturating_sub(REMEMBERED).max(number);
		let keys = [storage::council_members(), storage::block_hash(oldest)];
		let proven = self.read(source, &keys, Need::Block(number)).await?;
		if !made_of(&proven)?.has_the_same_voters(checkpoint) {
			return Err(refused(
				"the chain has other validators, or another council: make a new checkpoint if they \
				 have changed since",
			));
		}
		let remembered = proven.get::<Digest>(&keys[1])?;
		let known = remembered.map(|hash| BlockRef { number: oldest, hash }).unwrap_or(proven.at);
		match ancestor(source, known, number).await? == hash {
			true => Ok(()),
			false => Err(refused("another block of that number is proven to be final")),
		}
	}
}

fn made_of(proven: &Proven) -> Result<Checkpoint> {
	let council = proven.values.get(&storage::council_members()).cloned().flatten();
	Ok(Checkpoint::of_head(&proven.head, &council.unwrap_or_default())?)
}

/// Returns the hash of a block by number, following the headers back from a later final block.
async fn ancestor(source: &impl Source, from: BlockRef, number: BlockNumber) -> Result<Digest> {
	if from.number.saturating_sub(number) > MAX_HEADERS {
		return Err(refused("its block is older than a day: make a new checkpoint"));
	}
	let mut hash = from.hash;
	for missing in (number..from.number).rev() {
		let lacks = || not_final(&format!("the node has no header of block {missing} or the next"));
		let header = source.header(hash).await?.ok_or_else(lacks)?;
		hash = parent_of(hash, header).map_err(ProofError::NotProven)?;
	}
	Ok(hash)
}
