//! How bundles go: first their legs, when the deadline has passed, and then their record, when the retention has.

use super::*;

impl<T: Config> Pallet<T> {
	/// Ends bundles past their deadline and removes those past their retention, as many as `remaining` allows. Returns
	/// the weight that it took.
	pub(crate) fn clean_up(remaining: Weight) -> Weight {
		Self::visit_due(Self::now(), u32::MAX, remaining)
	}

	/// The most that the clean-up of one proposal can weigh.
	pub(crate) fn proposal_clean_up_weight() -> Weight {
		Self::visits_weight(
			VISITS_PER_PROPOSAL,
			VISITS_PER_PROPOSAL.saturating_mul(limits::MAX_LEGS),
		)
	}

	/// The weight of visiting so many bundles, and of taking bundles off the lists of so many organizations.
	pub(crate) fn visits_weight(visited: u32, unlisted: u32) -> Weight {
		let unlist = T::WeightInfo::unlist;
		T::WeightInfo::clean_up(visited).saturating_add(unlist(unlisted).saturating_sub(unlist(0)))
	}

	/// Visits the bundles that are due at a moment, the earliest first, at most so many and as long as the dearest visit
	/// there is fits into `limit`; returns the weight that it took.
	///
	/// It looks at none that is not due, but for the first of them.
	pub(crate) fn visit_due(now: Moment, most: u32, limit: Weight) -> Weight {
		let (mut visited, mut unlisted) = (0u32, 0u32);
		let fits = |visited: u32, unlisted: u32| {
			let after = (visited.saturating_add(1), unlisted.saturating_add(limits::MAX_LEGS));
			visited < most && Self::visits_weight(after.0, after.1).all_lte(limit)
		};
		if !fits(visited, unlisted) {
			return Weight::zero();
		}
		// A visit removes the key that the iteration has come to, as `drain` does, and adds keys only behind those that are due.
		let mut due = CleanUps::<T>::iter_keys().take_while(|(at, _)| Moment::from(*at) < now);
		while fits(visited, unlisted) {
			let Some((at, id)) = due.next() else { break };
			visited = visited.saturating_add(1);
			unlisted = unlisted.saturating_add(Self::visit(at, id, now));
		}
		Self::visits_weight(visited, unlisted)
	}

	/// Ends a bundle that is open still, and removes its record when that is to go. Returns the number of
	/// lists it was taken off.
	fn visit(at: MomentKey, id: BundleId, now: Moment) -> u32 {
		let Some(mut bundle) = Bundles::<T>::get(id) else {
			CleanUps::<T>::remove(at, id);
			return 0;
		};
		if bundle.state == BundleState::Open {
			Self::end(&id, &mut bundle, BundleState::Expired);
			Self::deposit_event(Event::Expired { bundle: id });
		}
		let removal = Self::next_visit(&bundle);
		if Moment::from(removal) >= now {
			Bundles::<T>::insert(id, bundle);
			return 0;
		}
		for party in &bundle.parties {
			BundlesByOrganization::<T>::remove(party.organization, id);
		}
		CleanUps::<T>::remove(removal, id);
		Bundles::<T>::remove(id);
		bundle.parties.len().saturated_into()
	}
}
