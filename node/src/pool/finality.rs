//! When the SDK's pool hears that a block is final.

use credio_runtime::opaque::Block;
use sc_transaction_pool_api::ChainEvent;
use std::collections::VecDeque;

/// So many final blocks at most are kept from the SDK's pool until there is a view of one after them.
const FINAL_HELD: usize = 64;

/// Final blocks that the SDK's pool does not know of yet, the oldest first.
#[derive(Debug, Default)]
pub struct Finality(VecDeque<(u32, ChainEvent<Block>)>);

impl Finality {
	/// Returns what to tell the SDK's pool now that `event` happened, of the block with `number`: a new block at once, a
	/// final one after a block that follows it. Events of unknown blocks are forwarded at once.
	pub fn order(
		&mut self,
		event: ChainEvent<Block>,
		number: Option<u32>,
	) -> Vec<ChainEvent<Block>> {
		let Some(number) = number else { return vec![event] };
		if event.is_finalized() {
			self.0.push_back((number, event));
			let surplus = self.0.len().saturating_sub(FINAL_HELD);
			return self.0.drain(..surplus).map(|(_, event)| event).collect();
		}
		let before = self.0.iter().take_while(|(finalized, _)| *finalized < number).count();
		let told = self.0.drain(..before).map(|(_, event)| event);
		std::iter::once(event).chain(told).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::H256;
	use std::sync::Arc;

	fn hash(n: u8) -> H256 {
		H256([n; 32])
	}

	fn best(n: u8) -> ChainEvent<Block> {
		ChainEvent::NewBestBlock { hash: hash(n), tree_route: None }
	}

	fn finalized(n: u8) -> ChainEvent<Block> {
		ChainEvent::Finalized { hash: hash(n), tree_route: Arc::new([]) }
	}

	/// What the SDK's pool is told of each event: which block, and whether it is final.
	fn told(events: Vec<(ChainEvent<Block>, Option<u32>)>) -> Vec<Vec<(u8, bool)>> {
		let mut finality = Finality::default();
		let mut order = |(event, number)| finality.order(event, number);
		let tell = |event: ChainEvent<Block>| (event.hash().0[0], event.is_finalized());
		events.into_iter().map(|event| order(event).into_iter().map(tell).collect()).collect()
	}

	#[test]
	fn a_block_is_told_to_be_final_after_one_that_follows_it() {
		let events = vec![
			(best(1), Some(1)),
			(finalized(1), Some(1)),
			// Made on the same parent.
			(best(21), Some(1)),
			(best(2), Some(2)),
			// Final before it is told to be the best one.
			(finalized(3), Some(3)),
			(best(3), Some(3)),
			(best(4), Some(4)),
			// Final without each before it having been told to be.
			(finalized(4), Some(4)),
			(finalized(5), Some(5)),
			(best(6), Some(6)),
			(finalized(9), None),
		];
		let expected = [
			vec![(1, false)],
			vec![],
			vec![(21, false)],
			vec![(2, false), (1, true)],
			vec![],
			vec![(3, false)],
			vec![(4, false), (3, true)],
			vec![],
			vec![],
			vec![(6, false), (4, true), (5, true)],
			vec![(9, true)],
		];
		assert_eq!(told(events), expected);
	}

	#[test]
	fn no_more_final_blocks_are_held_than_there_is_room_for() {
		let events = (0..100).map(|n| (finalized(n), Some(u32::from(n)))).collect();
		let told = told(events).concat();
		assert_eq!(told, (0..36).map(|n| (n, true)).collect::<Vec<_>>());
	}
}
