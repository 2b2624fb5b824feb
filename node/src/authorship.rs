//! The time limit for filling a block.

use futures::{TryFutureExt, future::MapOk};
use sp_consensus::{Environment, ProposeArgs, Proposer};
use sp_runtime::traits::Block as BlockT;
use std::time::Duration;

/// Part of the time for a block during which it is filled, in percent. The SDK's proposer fills for nine tenths of its time,
/// and leaves the rest for the state's root, which takes longer with each transaction. With requests of one record, the
/// root takes a sixth of their execution time: a block that is full by time would be late and discarded, and so would the
/// next one.
const FILLING_PERCENT: u32 = 80;

/// Proposes blocks in part of the given time, so that the rest is left for finishing them.
pub(crate) struct Punctual<Inner>(pub Inner);

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
	fn part_of_the_time_is_left_for_finishing() {
		assert_eq!(filling(Duration::from_millis(600)), Duration::from_millis(480));
		assert_eq!(filling(Duration::ZERO), Duration::ZERO);
	}
}
