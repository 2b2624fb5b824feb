//! What holds of this pallet's storage after every block.

use super::*;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every receipt is due for removal in exactly one bucket, that of its expiry, and nothing else is due.
	/// - Receipts are of requests that had not expired, and not of the future.
	/// - Nothing is left in buckets that have been emptied, and none was emptied before its time.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = Self::now();
		let oldest = OldestBucket::<T>::get();
		ensure!(oldest <= Self::bucket(now), "a bucket was emptied before its time");

		for (organization, key, receipt) in Receipts::<T>::iter() {
			ensure!(receipt.block <= now, "receipt of the future");
			ensure!(receipt.block <= receipt.expires_at, "receipt of an expired request");
			let bucket = Self::removal_bucket(receipt.expires_at);
			ensure!(
				Removals::<T>::contains_key((bucket, organization, key)),
				"receipt that is never removed"
			);
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
