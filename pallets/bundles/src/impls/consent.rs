//! What `consent` does: noting it, and executing with the last one.

use super::*;
use credio_primitives::bundle::Consent;
use frame_support::{
	dispatch::extract_actual_weight,
	storage::transactional::with_transaction_opaque_err,
	traits::{IsType, OriginTrait},
};
use frame_system::RawOrigin;
use sp_runtime::{TransactionOutcome, TransactionalError, traits::Dispatchable};

impl<T: Config> Pallet<T> {
	/// Notes a consent and, if it is the last one, executes. `allowed` says which calls may run.
	pub(crate) fn do_consent(
		by: AccountId,
		id: BundleId,
		digest: Digest,
		max_weight: Weight,
		allowed: fn(&CallOf<T>) -> bool,
	) -> DispatchResultWithPostInfo {
		let mut weight = T::WeightInfo::consent();
		let (organization, mut bundle) = Self::with_consent(&by, &id, &digest)
			// Nothing was run, so nothing but the check is to be counted.
			.map_err(|error| error.with_weight(weight))?;
		let consented = Event::Consented { bundle: id, organization, by };
		if !bundle.has_all_consents() {
			Bundles::<T>::insert(id, bundle);
			Self::deposit_event(consented);
			return Ok(Some(weight).into());
		}

		let legs = Legs::<T>::get(id).ok_or(Error::<T>::NotFound)?.into_inner();
		weight.saturating_accrue(T::WeightInfo::execute(
			count(&legs).saturated_into(),
			legs.encoded_size().saturated_into(),
		));
		if !Self::declared_weight(&legs).all_lte(max_weight) {
			return Err(Error::<T>::MaxWeightTooLow.with_weight(weight));
		}
		Self::deposit_event(consented);
		let (state, used) =
			Self::execute(&bundle, legs, allowed).map_err(|error| error.with_weight(weight))?;
		Self::deposit_event(match state {
			BundleState::Aborted { leg, call_index, error, .. } => {
				Event::Aborted { bundle: id, leg, call_index, error }
			},
			_ => Event::Executed { bundle: id },
		});
		Self::end(&id, &mut bundle, state);
		Bundles::<T>::insert(id, bundle);
		Ok(Some(weight.saturating_add(used)).into())
	}

	/// The organization of `by`, and the bundle with its consent in it.
	fn with_consent(
		by: &AccountId,
		id: &BundleId,
		digest: &Digest,
	) -> Result<(OrganizationId, Bundle), DispatchError> {
		let organization = T::Membership::ensure_role(by, Role::Submitter)?;
		let mut bundle = Self::ensure_open(id)?;
		let wanted = bundle.digest;
		let party = Self::party_of(&mut bundle, organization)?;
		ensure!(wanted == *digest, Error::<T>::DigestMismatch);
		ensure!(party.consent.is_none(), Error::<T>::AlreadyConsented);
		party.consent =
			Some(Consent { account: by.clone(), block: Self::block(), time: Self::now() });
		Ok((organization, bundle))
	}

	/// Checks that `account`, which consented for `organization`, still acts for it.
	fn ensure_acts_for(account: &AccountId, organization: OrganizationId) -> DispatchResult {
		let member = T::Membership::member(account).ok_or(Error::<T>::MemberLeft)?;
		ensure!(member.organization == organization, Error::<T>::MemberLeft);
		ensure!(T::Membership::is_active(organization), Error::<T>::OrganizationNotActive);
		Ok(())
	}

	/// Runs all legs in one storage layer, which is undone if a call fails. Returns the weight used too.
	fn execute(
		bundle: &Bundle,
		legs: Vec<Leg<CallOf<T>>>,
		allowed: fn(&CallOf<T>) -> bool,
	) -> Result<(BundleState, Weight), DispatchError> {
		let (block, time) = (Self::block(), Self::now());
		let aborted =
			|leg, call_index, error| BundleState::Aborted { leg, call_index, error, block, time };
		let consents = bundle
			.parties
			.iter()
			.map(|party| party.consent.as_ref().map(|consent| (&consent.account, party)))
			.collect::<Option<Vec<_>>>()
			.ok_or(Error::<T>::NotConsented)?;
		for (leg, (account, party)) in (0u32..).zip(&consents) {
			if let Err(error) = Self::ensure_acts_for(account, party.organization) {
				return Ok((aborted(leg, 0, error), Weight::zero()));
			}
		}

		let mut weight = Weight::zero();
		let result = with_transaction_opaque_err(|| {
			for (leg, (Leg { organization, calls }, (account, _))) in
				(0u32..).zip(legs.into_iter().zip(consents))
			{
				let origin = Self::leg_origin(account.clone(), allowed);
				for (call_index, call) in (0u32..).zip(calls) {
					// Calls act for the organization of their signer, and calls before this one may have changed it.
					let result = Self::ensure_acts_for(account, organization).and_then(|()| {
						let info = call.get_dispatch_info();
						let result = call.dispatch(origin.clone());
						weight.saturating_accrue(extract_actual_weight(&result, &info));
						result.map(|_| ()).map_err(|failure| failure.error)
					});
					if let Err(error) = result {
						return TransactionOutcome::Rollback(Err(aborted(leg, call_index, error)));
					}
				}
			}
			TransactionOutcome::Commit(Ok(BundleState::Executed { block, time }))
		});
		match result {
			Ok(Ok(state) | Err(state)) => Ok((state, weight)),
			// Too many storage layers around this call: it has not been tried.
			Err(()) => Err(DispatchError::Transactional(TransactionalError::LimitReached)),
		}
	}

	/// The signed origin of a leg. Calls that a leg may not hold are refused at any depth: calls that dispatch others
	/// pass this origin on.
	fn leg_origin(account: AccountId, allowed: fn(&CallOf<T>) -> bool) -> T::RuntimeOrigin {
		let mut origin: T::RuntimeOrigin = RawOrigin::Signed(account).into();
		origin.add_filter(move |call: &<T as frame_system::Config>::RuntimeCall| {
			let call = CallOf::<T>::from_ref(call);
			call.is_sub_type().is_none() && allowed(call)
		});
		origin
	}
}
