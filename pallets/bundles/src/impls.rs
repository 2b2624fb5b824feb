//! What `propose` and `withdraw` do, and what the calls share.

mod clean_up;
mod consent;
mod queries;

use super::*;
use crate::types::BoundedLegs;
use alloc::{collections::BTreeSet, vec::Vec};
use codec::Encode;
use credio_primitives::{
	AccountId, BlockNumber, Bundle, BundleId, BundleState, Digest, Leg, Moment, MomentKey,
	OrganizationId, Reference,
	bundle::{self, BundleLimits, Party},
	limits,
};
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo, GetDispatchInfo, WithPostDispatchInfo},
	ensure,
	traits::{Get, IsSubType, Time},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_support::traits::{Membership, Role};
use sp_runtime::{
	DispatchError,
	traits::{SaturatedConversion, Zero},
};

pub(crate) type CallOf<T> = <T as Config>::RuntimeCall;

/// Number of calls in all legs together.
pub(crate) fn count<Call>(legs: &[Leg<Call>]) -> usize {
	legs.iter().fold(0, |count, leg| count.saturating_add(leg.calls.len()))
}

impl<T: Config> Pallet<T> {
	/// The present block.
	pub(crate) fn block() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The present moment, by the chain's clock.
	pub(crate) fn now() -> Moment {
		T::Time::now()
	}

	/// The hash that names the chain.
	pub(crate) fn genesis() -> Digest {
		let hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let mut genesis = [0; 32];
		genesis.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
		Digest(genesis)
	}

	/// The weight of `propose`, without clean-up.
	pub(crate) fn propose_weight(legs: &[Leg<CallOf<T>>]) -> Weight {
		T::WeightInfo::propose(
			legs.len().saturated_into(),
			count(legs).saturated_into(),
			legs.encoded_size().saturated_into(),
		)
	}

	/// The weight of the pallet's own work on the dearest consent there is.
	pub(crate) fn last_consent_weight() -> Weight {
		T::WeightInfo::consent()
			.saturating_add(T::WeightInfo::execute(limits::MAX_BUNDLE_CALLS, limits::MAX_LEGS_SIZE))
	}

	/// The weight that the calls declare for themselves. The class and the fee that they declare do not count.
	pub(crate) fn declared_weight(legs: &[Leg<CallOf<T>>]) -> Weight {
		legs.iter().flat_map(|leg| &leg.calls).fold(Weight::zero(), |weight, call| {
			weight.saturating_add(call.get_dispatch_info().call_weight)
		})
	}

	/// Proposes a bundle, and cleans up a few that are due. `allowed` says which calls may stand in a leg.
	pub(crate) fn do_propose(
		by: AccountId,
		reference: Reference,
		deadline: Moment,
		legs: Vec<Leg<CallOf<T>>>,
		allowed: fn(&CallOf<T>) -> bool,
	) -> DispatchResultWithPostInfo {
		let weight = Self::propose_weight(&legs);
		Self::try_propose(by, reference, deadline, legs, allowed)
			.map_err(|error| error.with_weight(weight))?;
		let clean_up = Self::visit_due(Self::now(), VISITS_PER_PROPOSAL, Weight::MAX);
		Ok(Some(weight.saturating_add(clean_up)).into())
	}

	fn try_propose(
		by: AccountId,
		reference: Reference,
		deadline: Moment,
		legs: Vec<Leg<CallOf<T>>>,
		allowed: fn(&CallOf<T>) -> bool,
	) -> DispatchResult {
		let organization = T::Membership::ensure_role(&by, Role::Submitter)?;
		Self::ensure_parties(organization, &legs)?;
		let now = Self::now();
		ensure!(deadline >= now, Error::<T>::DeadlinePassed);
		ensure!(
			deadline <= now.saturating_add(T::MaxBundleLifetime::get()),
			Error::<T>::DeadlineTooFar
		);
		ensure!(
			legs.iter()
				.flat_map(|leg| &leg.calls)
				.all(|call| call.is_sub_type().is_none() && allowed(call)),
			Error::<T>::CallNotAllowed
		);
		ensure!(
			Self::declared_weight(&legs).all_lte(T::MaxBundleWeight::get()),
			Error::<T>::LegsTooHeavy
		);
		let id = BundleId::derive(organization, &reference);
		ensure!(!Bundles::<T>::contains_key(id), Error::<T>::AlreadyProposed);
		let (legs, encoded) = BoundedLegs::new(legs).map_err(|_| Error::<T>::LegsTooLarge)?;
		OpenBundles::<T>::try_mutate(organization, |open| {
			ensure!(*open < T::MaxOpenBundles::get(), Error::<T>::TooManyOpenBundles);
			*open = open.saturating_add(1);
			Ok::<_, DispatchError>(())
		})?;

		let digest = bundle::digest(&Self::genesis(), &id, deadline, &encoded);
		let parties = legs
			.as_slice()
			.iter()
			.map(|leg| Party {
				organization: leg.organization,
				calls: leg.calls.len().saturated_into(),
				consent: None,
			})
			.collect::<Vec<_>>();
		for party in &parties {
			BundlesByOrganization::<T>::insert(party.organization, id, ());
		}
		let bundle = Bundle {
			proposer: organization,
			proposed_by: by.clone(),
			proposed_at: Self::block(),
			proposed_time: now,
			deadline,
			digest,
			parties: parties.try_into().map_err(|_| Error::<T>::TooManyLegs)?,
			state: BundleState::Open,
		};
		Bundles::<T>::insert(id, bundle);
		Legs::<T>::insert(id, legs);
		CleanUps::<T>::insert(MomentKey::from(deadline), id, ());
		Self::deposit_event(Event::Proposed { bundle: id, organization, by, deadline, digest });
		Ok(())
	}

	/// Checks the number of legs and calls, and the organizations.
	fn ensure_parties(proposer: OrganizationId, legs: &[Leg<CallOf<T>>]) -> DispatchResult {
		ensure!(legs.len() <= limits::MAX_LEGS as usize, Error::<T>::TooManyLegs);
		ensure!(legs.iter().any(|leg| leg.organization == proposer), Error::<T>::NotAParty);
		ensure!(legs.iter().all(|leg| !leg.calls.is_empty()), Error::<T>::NoCalls);
		ensure!(count(legs) <= limits::MAX_BUNDLE_CALLS as usize, Error::<T>::TooManyCalls);
		let organizations = legs.iter().map(|leg| leg.organization).collect::<BTreeSet<_>>();
		ensure!(organizations.len() == legs.len(), Error::<T>::OrganizationTwice);
		ensure!(
			organizations.into_iter().all(T::Membership::is_active),
			Error::<T>::OrganizationNotActive
		);
		Ok(())
	}

	/// A bundle that can still execute.
	fn ensure_open(id: &BundleId) -> Result<Bundle, DispatchError> {
		let bundle = Bundles::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(bundle.state == BundleState::Open, Error::<T>::NotOpen);
		ensure!(!bundle.is_past_deadline(Self::now()), Error::<T>::DeadlinePassed);
		Ok(bundle)
	}

	/// The place of an organization in a bundle.
	fn party_of(
		bundle: &mut Bundle,
		organization: OrganizationId,
	) -> Result<&mut Party, DispatchError> {
		let mut parties = bundle.parties.iter_mut();
		Ok(parties.find(|party| party.organization == organization).ok_or(Error::<T>::NotAParty)?)
	}

	pub(crate) fn do_withdraw(by: AccountId, id: BundleId) -> DispatchResult {
		let organization = T::Membership::ensure_role(&by, Role::Submitter)?;
		let mut bundle = Self::ensure_open(&id)?;
		let party = Self::party_of(&mut bundle, organization)?;
		ensure!(party.consent.take().is_some(), Error::<T>::NotConsented);
		Bundles::<T>::insert(id, bundle);
		Self::deposit_event(Event::Withdrawn { bundle: id, organization, by });
		Ok(())
	}

	/// Notes what has become of a bundle that is open: its legs go, and clean-up comes back after its retention.
	fn end(id: &BundleId, bundle: &mut Bundle, state: BundleState) {
		Legs::<T>::remove(id);
		OpenBundles::<T>::mutate_exists(bundle.proposer, |open| {
			*open = open.map(|open| open.saturating_sub(1)).filter(|open| *open > 0);
		});
		CleanUps::<T>::remove(Self::next_visit(bundle), id);
		bundle.state = state;
		CleanUps::<T>::insert(Self::next_visit(bundle), id, ());
	}

	/// The moment past which clean-up is to come to a bundle.
	pub(crate) fn next_visit(bundle: &Bundle) -> MomentKey {
		match bundle.state {
			BundleState::Open => bundle.deadline,
			_ => bundle.deadline.saturating_add(T::BundleRetention::get()),
		}
		.into()
	}

	pub(crate) fn do_limits() -> BundleLimits {
		BundleLimits {
			max_bundle_lifetime: T::MaxBundleLifetime::get(),
			bundle_retention: T::BundleRetention::get(),
			max_bundle_weight: T::MaxBundleWeight::get(),
		}
	}
}
