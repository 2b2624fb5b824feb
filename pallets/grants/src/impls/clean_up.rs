//! Removal, in bounded steps, of what has ended.

use super::*;
use alloc::vec::Vec;
use credio_primitives::{AccessRequestId, AccessRequestState};
use frame_support::weights::Weight;

impl<T: Config> Pallet<T> {
	/// Removes what has ended, as far as `remaining` allows; answers the weight used.
	pub(crate) fn clean_up(remaining: Weight) -> Weight {
		let affordable = remaining
			.saturating_sub(T::WeightInfo::clean_up(0))
			.checked_div_per_component(
				&T::WeightInfo::clean_up(1).saturating_sub(T::WeightInfo::clean_up(0)),
			)
			.unwrap_or(u64::MAX)
			.min(u32::MAX.into()) as u32;
		if affordable == 0 {
			return Weight::zero();
		}
		let mut left = affordable;
		Self::remove_ended(&mut left);
		Self::remove_keys(&mut left);
		T::WeightInfo::clean_up(affordable.saturating_sub(left))
	}

	/// Removes grants whose last moment, and access requests whose age, has passed. What ends first is looked at first, so
	/// nothing is looked at that has not ended, but the one after.
	pub(crate) fn remove_ended(left: &mut u32) {
		let now = Self::now();
		let has_ended = |at: &MomentKey| Moment::from(*at) < now;
		let grants = Expiries::<T>::iter_keys()
			.take(*left as usize)
			.take_while(|(at, _)| has_ended(at))
			.collect::<Vec<_>>();
		for (_, id) in grants {
			*left = left.saturating_sub(1);
			Self::remove_grant(id);
			Self::deposit_event(Event::GrantRemoved { grant: id });
		}
		let requests = RequestRemovals::<T>::iter_keys()
			.take(*left as usize)
			.take_while(|(at, _)| has_ended(at))
			.collect::<Vec<_>>();
		for (at, id) in requests {
			*left = left.saturating_sub(1);
			RequestRemovals::<T>::remove(at, id);
			Self::remove_request(id);
		}
	}

	fn remove_request(id: AccessRequestId) {
		let Some(request) = AccessRequests::<T>::take(id) else { return };
		RequestsByResource::<T>::remove(request.resource, id);
		SentRequests::<T>::remove(request.requester, id);
		ReceivedRequests::<T>::remove(request.owner, id);
		if request.state == AccessRequestState::Pending {
			Self::count_answered(request.requester);
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
