//! Positions of items in their lanes.
//!
//! Items of a lane get positions in storing order. A lane can stand still: an item has expired, was decided earlier, or
//! cannot be sealed, so its position stays free. Then the items behind it move up.

use super::{
	fault::Fault,
	store::{self, Undecided},
	worker::{Standstills, Turn},
};
use credio_primitives::{BlockNumber, rpc::RequestState};
use std::collections::BTreeMap;

/// Final blocks that a lane stands still before its items move up.
const PATIENCE: BlockNumber = 5;

impl Turn<'_> {
	/// Whether the node does not know an item that is being sent.
	async fn is_unknown(&self, item: &Undecided) -> Result<bool, Fault> {
		Ok(self.status(item).await?.answer.status == RequestState::Unknown)
	}

	/// Returns the position after all taken ones of a lane; `None` if it is too far ahead to be sent.
	pub(super) async fn free_position(&self, lane: u32) -> Result<Option<u64>, Fault> {
		let next = self.chain.lane(lane).await?.next_at_best;
		// By the stored items, since the node may be behind another one.
		let undecided = store::first_undecided_position(&self.outbox.pool, lane).await?;
		let taken = store::in_lane(&self.outbox.pool, lane).await?;
		let last = taken.iter().filter_map(|item| item.position).max();
		let free = last.map_or(0, |last| last.saturating_add(1)).max(next).max(undecided);
		let ahead = self.chain.limits().max_positions_ahead;
		Ok((free.saturating_sub(next) < ahead).then_some(free))
	}

	/// Sends the unknown items of a lane, in order. Gives positions to those that have none or have lost theirs, and
	/// moves all up if the lane stands still.
	pub(super) async fn order(
		&self,
		lane: u32,
		states: &BTreeMap<i64, RequestState>,
		standstills: &mut Standstills,
	) -> Result<(), Fault> {
		let finalized = self.heads.finalized;
		let state = self.chain.lane(lane).await?;
		let mut items = store::in_lane(&self.outbox.pool, lane).await?;
		// Items that are not in `states` have ended, or are checked the next time.
		items.retain(|item| states.contains_key(&item.id));
		let is_unknown = |item: &Undecided| states.get(&item.id) == Some(&RequestState::Unknown);
		// Items in a block that is not final yet stay as they are.
		items.retain(|item| {
			is_unknown(item) || item.position.is_none_or(|position| position >= state.next_at_best)
		});
		if items.is_empty() {
			standstills.remove(&lane);
			return Ok(());
		}
		let next = state.next_at_best;
		let undecided = store::first_undecided_position(&self.outbox.pool, lane).await?;
		let since = match standstills.get(&lane) {
			Some((position, since)) if *position == next => *since,
			_ => finalized,
		};
		standstills.insert(lane, (next, since));
		let stands_still = next >= undecided
			&& finalized.saturating_sub(since) >= PATIENCE
			&& items.iter().all(|item| item.position != Some(next));
		let mut free = next;
		if !stands_still {
			let last = items.iter().filter_map(|item| item.position).max();
			free = last.map_or(0, |last| last.saturating_add(1)).max(next).max(undecided);
		}
		let furthest = next.saturating_add(self.chain.limits().max_positions_ahead);
		for mut item in items {
			let may_be_lost =
				is_unknown(&item) && item.position.is_some_and(|position| position < state.next);
			// A position before the next final one that is not ours belongs to another request. Ours was not decided
			// when it was checked, but may have been since.
			let is_lost = may_be_lost && self.is_unknown(&item).await?;
			if may_be_lost && !is_lost {
				continue;
			}
			let needs_position = stands_still || is_lost || item.position.is_none();
			if needs_position {
				if free >= furthest {
					break;
				}
				item.position = Some(free);
				free = free.saturating_add(1);
				self.lease.fix(&item).await?;
			}
			if needs_position || is_unknown(&item) {
				// One after the other: the node takes them in the order of submission.
				self.send(item).await?;
			}
		}
		if stands_still {
			standstills.remove(&lane);
		}
		Ok(())
	}
}
