//! Starting from a checkpoint in place of the chain's specification.

use crate::{Checkpoint, Part, Refused, Trusted, council::threshold};

impl Trusted {
	/// Starts from the reader's own checkpoint of the same chain instead of genesis. It needs no signatures, and is
	/// trusted in full.
	///
	/// # Errors
	///
	/// If it is of another chain, or has no validators.
	pub fn at(&self, checkpoint: &Checkpoint) -> Result<Self, Refused> {
		self.check_chain(checkpoint)?;
		Self::own(checkpoint)
	}

	/// Starts from the reader's own checkpoint, which also identifies the chain. It is trusted in full.
	///
	/// # Errors
	///
	/// If it has no validators.
	pub fn own(checkpoint: &Checkpoint) -> Result<Self, Refused> {
		Ok(Self {
			genesis: checkpoint.genesis(),
			block: checkpoint.block(),
			voters: checkpoint.voters()?,
			council: checkpoint.council().to_vec(),
			signed: None,
		})
	}

	/// Starts from a checkpoint that two thirds of the council have signed. The council is the one of the
	/// specification, or of the checkpoint that was accepted before. From then on, it is the one of this checkpoint.
	///
	/// # Errors
	///
	/// If it is of another chain, not after the trusted block, contradicts it, or has too few signatures.
	pub fn accept(&self, checkpoint: &Checkpoint) -> Result<Self, Refused> {
		let refused = |reason: String| Part::Checkpoint.refused(reason);
		self.check_chain(checkpoint)?;
		let (block, voters) = (checkpoint.block(), checkpoint.voters()?);
		if block.number <= self.block.number {
			return Err(refused(format!(
				"its block {} is not after the trusted block {}",
				block.number, self.block.number
			)));
		}
		let is_same_set = voters.id == self.voters.id;
		if voters.id < self.voters.id || (is_same_set && voters != self.voters) {
			return Err(refused(format!(
				"it contradicts the trusted block {}: its set of validators is older, or another one",
				self.block.number
			)));
		}
		if self.council.is_empty() {
			return Err(refused("the trusted block has no council to sign it".into()));
		}
		let (signed, seats) = (checkpoint.signed_by(&self.council)?, self.council.len());
		let needed = threshold(seats);
		if signed < needed {
			return Err(refused(format!(
				"{signed} of {seats} seats of the council have signed it, and {needed} are needed"
			)));
		}
		Ok(Self {
			genesis: self.genesis,
			block,
			voters,
			council: checkpoint.council().to_vec(),
			signed: Some((signed, seats)),
		})
	}

	fn check_chain(&self, checkpoint: &Checkpoint) -> Result<(), Refused> {
		if checkpoint.genesis() == self.genesis {
			return Ok(());
		}
		Err(Part::Checkpoint.refused("it is of another chain than the specification"))
	}
}
