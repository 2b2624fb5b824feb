//! When a validator stops putting transactions into a block.

use futures::{future::MapOk, TryFutureExt};
use sp_consensus::{Environment, ProposeArgs, Proposer};
use sp_runtime::traits::Block as BlockT;
use std::time::Duration;

/// Part of the time for a block in which transactions are put into it, in percent. The SDK's proposer takes nine tenths
/// of what it is given, and the rest goes to the state's root, of which each transaction makes more to compute. With
/// requests of one record, the root takes a sixth of the time that executing them took: a block that is full by time
/// would be thrown away for being late, as would the next one.
const FILLING_PERCENT: u32 = 80;

/// Proposes blocks with what is left of the time for it after a share is set aside for finishing them.
pub struct Punctual<Inner>(pub Inner);

impl<Block: BlockT, Inner: Environment<Block>> Environment<Block> for Punctual<Inner> {
	type Proposer = Punctual<Inner::Proposer>;
	type CreateProposer =
		MapOk<Inner::CreateProposer, fn(Inner::Proposer) -> Punctual<Inner::Proposer>>;
	type Error = Inner::Error;

	fn init(&mut self, parent: &Block::Header) -> Self::CreateProposer {
		self.0.init(parent).map_ok(Punctual)
	}
}

impl<Block: BlockT, Inner: Proposer<Block>> Proposer<Block> for Punctual<Inner> {
	type Error = Inner::Error;
	type Proposal = Inner::Proposal;

	fn propose(self, args: ProposeArgs<Block>) -> Self::Proposal {
		let max_duration = filling(args.max_duration);
		self.0.propose(ProposeArgs { max_duration, ..args })
	}
}

fn filling(whole: Duration) -> Duration {
	whole * FILLING_PERCENT / 100
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn time_is_left_to_finish_a_block() {
		assert_eq!(filling(Duration::from_millis(600)), Duration::from_millis(480));
		assert_eq!(filling(Duration::ZERO), Duration::ZERO);
	}
}
