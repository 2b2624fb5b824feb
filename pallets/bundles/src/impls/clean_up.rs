//! How bundles go: first their legs, when the deadline has passed, and then their record, when the retention has.

use super::*;

impl<T: Config> Pallet<T> {
	/// The bucket of a block.
	pub(crate) fn bucket(block: BlockNumber) -> u32 {
		block / BUCKET_WIDTH
	}

	/// The bucket with the last block in which the record of a bundle has to be kept.
	pub(crate) fn removal_bucket(deadline: BlockNumber) -> u32 {
		Self::bucket(deadline.saturating_add(T::BundleRetention::get()))
	}

	/// Ends bundles whose deadline has passed and removes those whose retention has, as many as `remaining` and the
	/// bound per block allow.
	///
	/// A bucket is due when its last block has passed, so all bundles in it are.
	pub(crate) fn clean_up(remaining: Weight) -> Weight {
		let base = T::WeightInfo::clean_up(0);
		let step = T::WeightInfo::clean_up(1).saturating_sub(base);
		let Some(budget) = remaining.checked_sub(&base) else { return Weight::zero() };
		let steps = budget
			.checked_div_per_component(&step)
			.unwrap_or(u64::MAX)
			.min(T::MaxRemovalsPerBlock::get().into())
			.saturated_into::<u32>();

		let present = Self::bucket(Self::now());
		let oldest = OldestBucket::<T>::get();
		let mut bucket = oldest;
		let mut left = steps;
		while bucket < present && left > 0 {
			let mut visited = 0u32;
			for (id, ()) in CleanUps::<T>::drain_prefix(bucket).take(left as usize) {
				Self::visit(id, present);
				visited = visited.saturating_add(1);
			}
			left = left.saturating_sub(visited);
			if left > 0 {
				// It is empty now. Looking for more counts as a step too.
				bucket = bucket.saturating_add(1);
				left = left.saturating_sub(1);
			}
		}
		if bucket != oldest {
			OldestBucket::<T>::put(bucket);
		}
		T::WeightInfo::clean_up(steps.saturating_sub(left))
	}

	/// Ends a bundle that is open still, and removes its record or notes when that is to go.
	fn visit(id: BundleId, present: u32) {
		let Some(mut bundle) = Bundles::<T>::get(id) else { return };
		let was_open = bundle.state == BundleState::Open;
		if was_open {
			Legs::<T>::remove(id);
			Self::close(bundle.proposer);
			bundle.state = BundleState::Expired;
			Self::deposit_event(Event::Expired { bundle: id });
		}
		let removal = Self::removal_bucket(bundle.deadline);
		if removal < present {
			for party in &bundle.parties {
				BundlesByOrganization::<T>::remove(party.organization, id);
			}
			Bundles::<T>::remove(id);
		} else {
			// Not before the present bucket, so never in one that was emptied.
			CleanUps::<T>::insert(removal, id, ());
			if was_open {
				Bundles::<T>::insert(id, bundle);
			}
		}
	}
}
