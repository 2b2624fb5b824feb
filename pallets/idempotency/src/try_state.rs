//! What holds of this pallet's storage after every block.

use super::*;
use alloc::collections::BTreeSet;
use credio_primitives::{LanePosition, limits};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every receipt is to be removed with exactly one bucket, that of its expiry, and nothing else is in any.
	/// - The receipts of a bucket are numbered without gaps, as many as its count says.
	/// - Receipts are of requests that had not expired, and not of the future.
	/// - Lane positions of receipts are consumed, each by one receipt, and there are no lanes beyond the last.
	/// - Nothing is left in buckets that have been emptied, and none was emptied before its time.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = Self::now();
		let oldest = OldestBucket::<T>::get();
		ensure!(oldest <= Self::bucket(now), "a bucket was emptied before its time");

		let mut positions = BTreeSet::new();
		let mut due = BTreeSet::new();
		for (organization, key, receipt) in Receipts::<T>::iter() {
			if let Some(LanePosition { lane, sequence }) = receipt.lane {
				let next = NextPositions::<T>::get(organization, lane);
				ensure!(sequence < next, "receipt at a position that is not consumed");
				ensure!(
					positions.insert((organization, lane, sequence)),
					"two receipts at one position"
				);
			}
			ensure!(receipt.block <= now, "receipt of the future");
			ensure!(receipt.block <= receipt.expires_at, "receipt of an expired request");
			due.insert((Self::removal_bucket(receipt.expires_at), Removal { organization, key }));
		}
		for (_, lane, next) in NextPositions::<T>::iter() {
			ensure!(lane < limits::MAX_LANES, "lane beyond the last");
			ensure!(next > 0, "lane that was never used");
		}
		let mut numbers = 0u64;
		for (bucket, number, removal) in Removals::<T>::iter() {
			ensure!(bucket >= oldest, "left over in a bucket that was emptied");
			ensure!(number < RemovalCounts::<T>::get(bucket), "removal beyond its bucket's count");
			ensure!(due.remove(&(bucket, removal)), "removal without a receipt, or twice");
			numbers = numbers.saturating_add(1);
		}
		ensure!(due.is_empty(), "receipt that is never removed");
		let mut counted = 0u64;
		for (_, count) in RemovalCounts::<T>::iter() {
			ensure!(count > 0, "count of an empty bucket");
			counted = counted.saturating_add(count.into());
		}
		ensure!(counted == numbers, "gap in a bucket");
		Ok(())
	}
}
