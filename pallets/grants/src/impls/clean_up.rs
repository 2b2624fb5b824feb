//! Removal, in bounded steps, of what has ended.

use super::*;
use alloc::vec::Vec;
use credio_primitives::{AccessRequestId, AccessRequestState};
use frame_support::{traits::Get, weights::Weight};

impl<T: Config> Pallet<T> {
	/// Removes what has ended, as far as `remaining` and `MaxRemovalsPerBlock` allow; answers the weight used.
	pub(crate) fn clean_up(remaining: Weight) -> Weight {
		let affordable = remaining
			.checked_div_per_component(&T::WeightInfo::clean_up(1))
			.unwrap_or(u64::MAX)
			.min(T::MaxRemovalsPerBlock::get().into()) as u32;
		if affordable == 0 {
			return Weight::zero();
		}
		let mut left = affordable;
		Self::remove_ended(&mut left);
		Self::remove_keys(&mut left);
		T::WeightInfo::clean_up(affordable.saturating_sub(left))
	}

	/// Removes grants whose last block, and access requests whose age, has passed. An item removed costs one, and so
	/// does a block left behind, since looking for items in it takes time too.
	pub(crate) fn remove_ended(left: &mut u32) {
		let now = Self::now();
		let mut block = CleanedUntil::<T>::get();
		while block < now && *left > 0 {
			let grants =
				Expiries::<T>::iter_key_prefix(block).take(*left as usize).collect::<Vec<_>>();
			for id in grants {
				*left = left.saturating_sub(1);
				Self::remove_grant(id);
				Self::deposit_event(Event::GrantRemoved { grant: id });
			}
			let requests = RequestRemovals::<T>::iter_key_prefix(block)
				.take(*left as usize)
				.collect::<Vec<_>>();
			for id in requests {
				*left = left.saturating_sub(1);
				RequestRemovals::<T>::remove(block, id);
				Self::remove_request(id);
			}
			if *left == 0 {
				// There may be more in this block: the next step looks at it again.
				break;
			}
			*left = left.saturating_sub(1);
			block = block.saturating_add(1);
		}
		CleanedUntil::<T>::put(block);
	}

	fn remove_request(id: AccessRequestId) {
		if let Some(request) = AccessRequests::<T>::take(id) {
			if request.state == AccessRequestState::Pending {
				Self::count_answered(request.requester);
			}
		}
	}

	/// Removes keys of grants that are gone. A key costs one, and so does a grant left behind.
	pub(crate) fn remove_keys(left: &mut u32) {
		let gone = KeyRemovals::<T>::iter_keys().take(*left as usize).collect::<Vec<_>>();
		for id in gone {
			let epochs =
				GrantKeys::<T>::iter_key_prefix(id).take(*left as usize).collect::<Vec<_>>();
			for epoch in epochs {
				*left = left.saturating_sub(1);
				GrantKeys::<T>::remove(id, epoch);
			}
			if *left == 0 {
				return;
			}
			*left = left.saturating_sub(1);
			KeyRemovals::<T>::remove(id);
		}
	}
}
