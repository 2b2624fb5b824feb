//! What holds of this pallet's storage after every block.

use super::*;
use alloc::collections::{BTreeMap, BTreeSet};
use credio_primitives::{BlockNumber, Bundle, BundleId, BundleState, Moment, bundle, limits};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Parties, calls, times and consents of each bundle fit each other and the bounds.
	/// - A bundle has legs exactly while it is open, and they are those of its digest and its parties.
	/// - A bundle was executed or aborted exactly if all have consented, and only within its deadline.
	/// - The index by organization and the counts of open bundles say what the bundles say.
	/// - Clean-up is to come to every bundle exactly once: after its deadline if it is open, after its retention if it has
	///   ended. It is to come to nothing else.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let (mut index, mut open) = (BTreeSet::new(), BTreeMap::new());
		for (id, bundle) in Bundles::<T>::iter() {
			Self::try_bundle(&bundle)?;
			Self::try_legs(&id, &bundle)?;
			let is_planned = CleanUps::<T>::contains_key(Self::next_visit(&bundle), id);
			ensure!(is_planned, "a bundle that clean-up never comes to");
			for party in &bundle.parties {
				index.insert((party.organization, id));
			}
			if bundle.state == BundleState::Open {
				let count = open.entry(bundle.proposer).or_insert(0u32);
				*count = count.saturating_add(1);
			}
		}
		ensure!(Legs::<T>::iter_keys().all(Bundles::<T>::contains_key), "legs without a bundle");
		ensure!(
			BundlesByOrganization::<T>::iter_keys().collect::<BTreeSet<_>>() == index,
			"the index by organization is not that of the bundles"
		);
		ensure!(
			open.values().all(|count| *count <= T::MaxOpenBundles::get()),
			"too many open bundles"
		);
		ensure!(
			OpenBundles::<T>::iter().collect::<BTreeMap<_, _>>() == open,
			"counts of open bundles that are not theirs"
		);
		// Clean-up is to come to each bundle, so equal numbers leave no visit without its bundle.
		ensure!(
			CleanUps::<T>::iter_keys().count() == Bundles::<T>::iter_keys().count(),
			"clean-up of what is not there, or twice"
		);
		Ok(())
	}

	fn try_bundle(bundle: &Bundle) -> Result<(), TryRuntimeError> {
		let (block, now) = (Self::block(), Self::now());
		let parties = &bundle.parties;
		let organizations = parties.iter().map(|party| party.organization).collect::<BTreeSet<_>>();
		ensure!(organizations.len() == parties.len(), "an organization with two legs");
		ensure!(organizations.contains(&bundle.proposer), "the proposer has no leg");
		ensure!(parties.iter().all(|party| party.calls > 0), "a leg without calls");
		let calls = parties.iter().fold(0u32, |calls, party| calls.saturating_add(party.calls));
		ensure!(calls <= limits::MAX_BUNDLE_CALLS, "too many calls");
		let in_time = |at: BlockNumber, time: Moment| {
			(bundle.proposed_at..=block).contains(&at)
				&& (bundle.proposed_time..=now.min(bundle.deadline)).contains(&time)
		};
		ensure!(in_time(bundle.proposed_at, bundle.proposed_time), "bundle proposed out of time");
		for consent in parties.iter().filter_map(|party| party.consent.as_ref()) {
			ensure!(in_time(consent.block, consent.time), "consent out of time");
		}
		match bundle.state {
			BundleState::Open => ensure!(!bundle.has_all_consents(), "open with all consents"),
			BundleState::Executed { block, time } => {
				ensure!(bundle.has_all_consents(), "executed without all consents");
				ensure!(in_time(block, time), "executed out of time");
			},
			BundleState::Aborted { leg, call_index, block, time, .. } => {
				ensure!(bundle.has_all_consents(), "aborted without all consents");
				ensure!(in_time(block, time), "aborted out of time");
				let party =
					parties.get(leg as usize).ok_or("aborted by a leg that is not there")?;
				ensure!(call_index < party.calls, "aborted by a call that is not there");
			},
			BundleState::Expired => {
				ensure!(!bundle.has_all_consents(), "expired with all consents");
				ensure!(bundle.is_past_deadline(now), "expired before its deadline");
			},
		}
		Ok(())
	}

	fn try_legs(id: &BundleId, bundle: &Bundle) -> Result<(), TryRuntimeError> {
		let Some(legs) = Legs::<T>::get(id) else {
			ensure!(bundle.state != BundleState::Open, "an open bundle without legs");
			return Ok(());
		};
		ensure!(bundle.state == BundleState::Open, "legs of a bundle that has ended");
		let legs = legs.into_inner();
		ensure!(legs.len() == bundle.parties.len(), "legs that are not those of the parties");
		for (leg, party) in legs.iter().zip(&bundle.parties) {
			ensure!(leg.organization == party.organization, "a leg of another party");
			ensure!(leg.calls.len() == party.calls as usize, "a leg with other calls");
		}
		let (_, encoded) = types::BoundedLegs::new(legs).map_err(|_| "legs are too large")?;
		let digest = bundle::digest(&Self::genesis(), id, bundle.deadline, &encoded);
		ensure!(bundle.digest == digest, "a digest of other legs");
		Ok(())
	}
}
