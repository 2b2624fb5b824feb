//! How receipts are removed.
//!
//! A receipt stays for [`Config::MaxRequestLifetime`] and [`Config::ReceiptRetention`] past the expiry that it was
//! decided under. Whatever is signed under its key within the retention, with an expiry within the longest lifetime,
//! expires before the receipt goes; so it is never applied a second time.

use super::*;
use credio_primitives::{OrganizationId, RequestKey};
use frame_support::{traits::Get, weights::Weight};
use pallet_support::idle::affordable;

impl<T: Config> Pallet<T> {
	/// The bucket of a block.
	pub(crate) fn bucket(block: BlockNumber) -> u32 {
		block / BUCKET_WIDTH
	}

	/// The bucket with the last block that a receipt is kept for.
	pub(crate) fn removal_bucket(expires_at: BlockNumber) -> u32 {
		let last = expires_at
			.saturating_add(T::MaxRequestLifetime::get())
			.saturating_add(T::ReceiptRetention::get());
		Self::bucket(last)
	}

	/// Notes when a receipt is to be removed.
	pub(crate) fn schedule_removal(
		organization: OrganizationId,
		key: RequestKey,
		expires_at: BlockNumber,
	) {
		let bucket = Self::removal_bucket(expires_at);
		RemovalCounts::<T>::mutate(bucket, |count| {
			Removals::<T>::insert(bucket, *count, Removal { organization, key });
			*count = count.saturating_add(1);
		});
	}

	/// Removes as many receipts that are due as `remaining` allows, and returns the weight that it took.
	pub(crate) fn clean_up(remaining: Weight) -> Weight {
		match affordable(remaining, T::WeightInfo::remove_receipts) {
			None => Weight::zero(),
			Some(steps) => Self::remove_receipts(steps),
		}
	}

	/// The weight of finding that nothing is due, as most requests do.
	pub(crate) fn nothing_due_weight() -> Weight {
		T::DbWeight::get().reads(1)
	}

	/// Removes receipts that are due in at most so many steps, and returns the weight that it took.
	///
	/// A bucket is due when its last block has passed, so all receipts in it are. A step removes one receipt or leaves
	/// an empty bucket behind.
	pub(crate) fn remove_receipts(steps: u32) -> Weight {
		let present = Self::bucket(Self::now());
		let oldest = OldestBucket::<T>::get();
		if oldest >= present {
			return Self::nothing_due_weight();
		}
		let mut bucket = oldest;
		let mut left = steps;
		while bucket < present && left > 0 {
			left = left.saturating_sub(Self::remove_from(bucket, left));
			if left > 0 {
				bucket = bucket.saturating_add(1);
				left = left.saturating_sub(1);
			}
		}
		if bucket != oldest {
			OldestBucket::<T>::put(bucket);
		}
		T::WeightInfo::remove_receipts(steps.saturating_sub(left))
	}

	/// Removes the last receipts of a bucket, at most so many, and returns how many.
	fn remove_from(bucket: u32, most: u32) -> u32 {
		let count = RemovalCounts::<T>::get(bucket);
		let removed = count.min(most);
		let stay = count.saturating_sub(removed);
		for number in stay..count {
			if let Some(Removal { organization, key }) = Removals::<T>::take(bucket, number) {
				Receipts::<T>::remove(organization, key);
			}
		}
		match (removed, stay) {
			(0, _) => {},
			(_, 0) => RemovalCounts::<T>::remove(bucket),
			(_, stay) => RemovalCounts::<T>::insert(bucket, stay),
		}
		removed
	}
}
