//! Expiry of items: after their lifetime in blocks, as long as blocks become final.
//!
//! Only final blocks decide whether an item was applied. While finality stands still, the lifetime of an item is
//! extended: its request is signed again with a later expiry, under the same key, which is the same request to the
//! chain. This ends when the chain no longer keeps receipts past the first expiry: then a signature could be applied a
//! second time.

use credio_client::has_stalled;
use credio_primitives::BlockNumber;

/// Blocks below the longest lifetime of a request, since a node may check it at an earlier block than it was signed at.
const MARGIN: BlockNumber = 20;
/// While finality stands still, items get a later expiry this many blocks before theirs.
const AHEAD: BlockNumber = 60;

/// The last blocks of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heads {
	/// The last final block.
	pub finalized: BlockNumber,
	/// The best block, which may not become final.
	pub best: BlockNumber,
}

impl Heads {
	/// Whether blocks are made but no longer become final.
	pub(crate) fn is_stalled(&self) -> bool {
		has_stalled(self.finalized, self.best)
	}
}

/// Limits of the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
	/// How far ahead of the present block an expiry may lie.
	pub max_lifetime: BlockNumber,
	/// For how long past its expiry a request may be signed again.
	pub retention: BlockNumber,
}

impl Bounds {
	fn longest(&self) -> BlockNumber {
		self.max_lifetime.saturating_sub(MARGIN)
	}

	/// Returns the expiry of an item that is sent for the first time.
	pub(crate) fn first(&self, heads: Heads, lifetime: i64) -> BlockNumber {
		let lifetime = BlockNumber::try_from(lifetime).unwrap_or(BlockNumber::MAX);
		heads.best.max(heads.finalized).saturating_add(lifetime.min(self.longest()))
	}

	/// Returns a later expiry for an item that would otherwise expire while finality stands still. `first` is the first
	/// expiry that it was signed with.
	pub(crate) fn held(
		&self,
		heads: Heads,
		lifetime: i64,
		first: BlockNumber,
		present: BlockNumber,
	) -> Option<BlockNumber> {
		if !heads.is_stalled() || present > heads.best.saturating_add(AHEAD) {
			return None;
		}
		let lifetime = lifetime.max(i64::from(AHEAD.saturating_mul(2)));
		let later = self.first(heads, lifetime).min(first.saturating_add(self.retention));
		(later > present).then_some(later)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const HOUR: i64 = 3_600;
	const DAY: BlockNumber = 86_400;
	const BOUNDS: Bounds = Bounds { max_lifetime: DAY, retention: 7 * DAY };

	fn heads(finalized: BlockNumber, best: BlockNumber) -> Heads {
		Heads { finalized, best }
	}

	#[test]
	fn lifetime_counts_from_the_best_block() {
		assert_eq!(BOUNDS.first(heads(100, 103), 50), 153);
		// Counted from the final block of an hour ago, it would have expired before it was sent.
		assert_eq!(BOUNDS.first(heads(100, 4_000), HOUR), 7_600);
		assert_eq!(BOUNDS.first(heads(100, 103), i64::MAX), 103 + DAY - MARGIN);
	}

	#[test]
	fn expiry_is_not_extended_while_blocks_become_final() {
		for best in [100, 103, 120] {
			assert_eq!(BOUNDS.held(heads(100, best), HOUR, 90, 90), None);
		}
	}

	/// Returns the first and the last expiry of an item while finality stands still and the worker checks every ten
	/// blocks.
	fn after_a_standstill(lifetime: i64, blocks: BlockNumber) -> (BlockNumber, BlockNumber) {
		let first = BOUNDS.first(heads(1_000, 1_003), lifetime);
		let mut expires_at = first;
		for best in (1_003..=1_000 + blocks).step_by(10) {
			let later = BOUNDS.held(heads(1_000, best), lifetime, first, expires_at);
			expires_at = later.unwrap_or(expires_at);
		}
		(first, expires_at)
	}

	#[test]
	fn item_survives_a_day_without_finality() {
		for lifetime in [1, 30, 600, HOUR, i64::from(DAY)] {
			for blocks in [3_600, DAY, 6 * DAY] {
				let (_, expires_at) = after_a_standstill(lifetime, blocks);
				assert!(expires_at > 1_000 + blocks, "{lifetime} {blocks}: {expires_at}");
			}
		}
	}

	#[test]
	fn item_is_not_signed_again_past_receipt_retention() {
		let (first, expires_at) = after_a_standstill(HOUR, 30 * DAY);
		assert_eq!(expires_at, first + 7 * DAY);
	}
}
