//! What holds of this pallet's storage after every block.

use super::*;
use alloc::collections::BTreeSet;
use credio_primitives::{limits, LanePosition};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every receipt is due for removal in exactly one bucket, that of its expiry, and nothing else is due.
	/// - Receipts are of requests that had not expired, and not of the future.
	/// - Lane positions of receipts are consumed, each by one receipt, and there are no lanes beyond the last.
	/// - Nothing is left in buckets that have been emptied, and none was emptied before its time.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = Self::now();
		let oldest = OldestBucket::<T>::get();
		ensure!(oldest <= Self::bucket(now), "a bucket was emptied before its time");

		let mut positions = BTreeSet::new();
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
			let bucket = Self::removal_bucket(receipt.expires_at);
			ensure!(
				Removals::<T>::contains_key((bucket, organization, key)),
				"receipt that is never removed"
			);
		}
		for (_, lane, next) in NextPositions::<T>::iter() {
			ensure!(lane < limits::MAX_LANES, "lane beyond the last");
			ensure!(next > 0, "lane that was never used");
		}
		for (bucket, _, _) in Removals::<T>::iter_keys() {
			ensure!(bucket >= oldest, "left over in a bucket that was emptied");
		}
		// Each receipt has its removal, so equal numbers leave no removal without its receipt.
		ensure!(
			Removals::<T>::iter_keys().count() == Receipts::<T>::iter_keys().count(),
			"removal without a receipt"
		);
		Ok(())
	}
}
