//! Removal, in bounded steps, of what has ended.

use super::*;
use alloc::vec::Vec;
use credio_primitives::{AccessRequestId, AccessRequestState};
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	weights::Weight,
};
use pallet_support::idle::affordable;

/// Grants and access requests that a call removes which gives or makes one.
const ENDED_PER_CALL: u32 = 2;

/// Keys, and grants left behind, that a call removes which adds so many keys, and may give a grant.
fn keys_per_call(keys: usize) -> u32 {
	u32::try_from(keys).unwrap_or(u32::MAX).saturating_add(ENDED_PER_CALL)
}

impl<T: Config> Pallet<T> {
	/// Removes what has ended, as far as `remaining` allows; returns the weight used.
	pub(crate) fn clean_up(remaining: Weight) -> Weight {
		let ended = affordable(remaining, T::WeightInfo::clean_up);
		let used = match ended {
			None | Some(0) => Weight::zero(),
			Some(most) => Self::clean_up_ended(most),
		};
		match affordable(remaining.saturating_sub(used), T::WeightInfo::remove_keys) {
			None | Some(0) => used,
			Some(most) => used.saturating_add(Self::clean_up_keys(most)),
		}
	}

	/// What a call has done that gives at most one grant or makes one access request, with `keys` keys, with a clean-up of
	/// more than it adds: so however many such calls there are, what has ended goes as fast as it comes. `own` is the weight
	/// of the call without it.
	pub(crate) fn with_clean_up(
		done: DispatchResult,
		own: Weight,
		keys: usize,
	) -> DispatchResultWithPostInfo {
		done?;
		let clean_up = Self::clean_up_ended(ENDED_PER_CALL)
			.saturating_add(Self::clean_up_keys(keys_per_call(keys)));
		Ok(Some(own.saturating_add(clean_up)).into())
	}

	/// The most that the clean-up of a call with so many keys can weigh.
	pub(crate) fn call_clean_up_weight(keys: usize) -> Weight {
		T::WeightInfo::clean_up(ENDED_PER_CALL)
			.saturating_add(T::WeightInfo::remove_keys(keys_per_call(keys)))
	}

	fn clean_up_ended(most: u32) -> Weight {
		let mut left = most;
		Self::remove_ended(&mut left);
		T::WeightInfo::clean_up(most.saturating_sub(left))
	}

	fn clean_up_keys(most: u32) -> Weight {
		let mut left = most;
		Self::remove_keys(&mut left);
		T::WeightInfo::remove_keys(most.saturating_sub(left))
	}

	/// Removes grants past their last moment and access requests past their age. The earliest end comes first, so
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
