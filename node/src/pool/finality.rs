//! The time at which the SDK's pool is notified of a final block.

use credio_runtime::opaque::Block;
use sc_transaction_pool_api::ChainEvent;
use std::collections::VecDeque;

/// Most final blocks that are held back until there is a view of a later block.
const FINAL_HELD: usize = 64;

/// Final blocks that are held back from the SDK's pool, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Finality(VecDeque<(u32, ChainEvent<Block>)>);

impl Finality {
	/// Takes the event of a block with `number`, and returns the events to forward: a new block at once, a final one after
	/// a block that follows it. Events of unknown blocks are forwarded at once.
	pub(crate) fn order(
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
		let due = self.0.drain(..before).map(|(_, event)| event);
		std::iter::once(event).chain(due).collect()
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

	/// Returns the events that are forwarded after each event: the block, and whether it is final.
	fn forwarded(events: Vec<(ChainEvent<Block>, Option<u32>)>) -> Vec<Vec<(u8, bool)>> {
		let mut finality = Finality::default();
		let mut order = |(event, number)| finality.order(event, number);
		let pair = |event: ChainEvent<Block>| (event.hash().0[0], event.is_finalized());
		events.into_iter().map(|event| order(event).into_iter().map(pair).collect()).collect()
	}

	#[test]
	fn finality_is_forwarded_after_a_later_block() {
		let events = vec![
			(best(1), Some(1)),
			(finalized(1), Some(1)),
			// A sibling.
			(best(21), Some(1)),
			(best(2), Some(2)),
			// Final before it is announced as best.
			(finalized(3), Some(3)),
			(best(3), Some(3)),
			(best(4), Some(4)),
			// Final, together with its ancestors.
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
		assert_eq!(forwarded(events), expected);
	}

	#[test]
	fn number_of_held_final_blocks_is_bounded() {
		let events = (0..100).map(|n| (finalized(n), Some(u32::from(n)))).collect();
		let forwarded = forwarded(events).concat();
		assert_eq!(forwarded, (0..36).map(|n| (n, true)).collect::<Vec<_>>());
	}
}
