//! Grants: giving, delegating, revoking, and whether they hold.

#![allow(clippy::needless_pass_by_value, reason = "a call hands over its arguments")]

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	AccountId, Grant, GrantId, GrantStatus, Permission, Reference, StreamId, grant::GrantTerms,
};
use frame_support::{BoundedVec, traits::Get};
use pallet_support::traits::{AppendGrants, Membership, Role};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_grant(
		by: AccountId,
		reference: Reference,
		resource: Resource,
		grantee: OrganizationId,
		permission: Permission,
		terms: GrantTerms,
	) -> DispatchResult {
		let grantor = T::Membership::ensure_role(&by, Role::Grantor)?;
		ensure!(Self::owner(&resource)? == grantor, Error::<T>::NotAuthorized);
		let grant = Self::new_grant(grantor, grantee, resource, permission, &terms, None);
		Self::give(grantor, &reference, grant, terms)?;
		Ok(())
	}

	pub(crate) fn do_delegate(
		by: AccountId,
		parent_id: GrantId,
		reference: Reference,
		grantee: OrganizationId,
		terms: GrantTerms,
	) -> DispatchResult {
		let grantor = T::Membership::ensure_role(&by, Role::Grantor)?;
		let parent = Grants::<T>::get(parent_id).ok_or(Error::<T>::GrantNotFound)?;
		ensure!(parent.grantee == grantor, Error::<T>::NotAuthorized);
		ensure!(Self::holds(&parent), Error::<T>::GrantEnded);
		ensure!(parent.delegable, Error::<T>::NotDelegable);
		ensure!(Self::depth(&parent) < limits::MAX_DELEGATION_DEPTH, Error::<T>::DelegationTooDeep);
		let ends_in_time = match (terms.expires_at, parent.expires_at) {
			(_, None) => true,
			(None, Some(_)) => false,
			(Some(child), Some(parent)) => child <= parent,
		};
		ensure!(ends_in_time, Error::<T>::ExpiryPastParent);
		ensure!(terms.from_epoch >= parent.from_epoch, Error::<T>::EpochOutOfRange);
		Self::ensure_delegable(&parent, &terms, grantee)?;
		let (resource, permission) = (parent.resource, parent.permission);
		ensure!(Self::owner(&resource)? != grantee, Error::<T>::SelfGrant);
		let parent = Some(parent_id);
		let grant = Self::new_grant(grantor, grantee, resource, permission, &terms, parent);
		Self::give(grantor, &reference, grant, terms)?;
		Ok(())
	}

	pub(crate) fn new_grant(
		grantor: OrganizationId,
		grantee: OrganizationId,
		resource: Resource,
		permission: Permission,
		terms: &GrantTerms,
		parent: Option<GrantId>,
	) -> Grant {
		Grant {
			grantor,
			grantee,
			resource,
			permission,
			from_epoch: terms.from_epoch,
			purpose: terms.purpose.clone(),
			expires_at: terms.expires_at,
			delegable: terms.delegable,
			parent,
			granted_at: Self::block(),
			access_request: None,
			slot: 0,
		}
	}

	/// Checks the terms of a grant and puts it in place.
	pub(crate) fn give(
		grantor: OrganizationId,
		reference: &Reference,
		grant: Grant,
		terms: GrantTerms,
	) -> Result<GrantId, DispatchError> {
		let id = GrantId::derive(grantor, reference);
		ensure!(!Grants::<T>::contains_key(id), Error::<T>::ReferenceUsed);
		ensure!(!KeyRemovals::<T>::contains_key(id), Error::<T>::ReferenceUsed);
		let (grantee, resource) = (grant.grantee, grant.resource);
		ensure!(grantee != grantor, Error::<T>::SelfGrant);
		ensure!(T::Membership::is_active(grantee), Error::<T>::GranteeNotActive);
		Self::ensure_purpose(&grant.purpose)?;
		ensure!(!grant.has_expired(Self::now()), Error::<T>::ExpiryInPast);
		ensure!(
			grant.expires_at.is_none_or(|end| end <= limits::MAX_MOMENT),
			Error::<T>::ExpiryTooFar
		);
		Self::ensure_keys(&grant, &terms)?;

		let slot = GrantCounts::<T>::get(resource);
		ensure!(slot < limits::MAX_GRANTS_PER_RESOURCE, Error::<T>::TooManyGrants);
		GrantsByGrantee::<T>::try_mutate(grantee, resource, |grants| {
			grants.try_push(id).map_err(|_| Error::<T>::TooManyGrantsOfGrantee)
		})?;
		if let Some(parent) = grant.parent {
			Delegations::<T>::try_mutate(resource, |delegations| {
				let delegation = Delegation { grant: id, parent, grantor, grantee };
				delegations.try_push(delegation).map_err(|_| Error::<T>::TooManyDelegated)
			})?;
		}
		GrantCounts::<T>::insert(resource, slot.saturating_add(1));
		GrantsByResource::<T>::insert(resource, slot, id);
		GivenGrants::<T>::insert(grantor, id, ());
		HeldGrants::<T>::insert(grantee, id, ());
		if let Some(end) = grant.expires_at {
			Expiries::<T>::insert(MomentKey::from(end), id, ());
			if let Resource::Stream(stream) = resource {
				StreamExpiries::<T>::insert((stream, MomentKey::from(end), id), ());
				NextExpiry::<T>::mutate(stream, |next| {
					*next = Some(next.map_or(end, |next| next.min(end)));
				});
			}
		}
		for (epoch, key) in (Self::first_epoch_with_key(&grant, terms.keys.len())..).zip(terms.keys)
		{
			GrantKeys::<T>::insert(id, epoch, key);
		}
		Self::deposit_event(Event::Granted {
			grant: id,
			grantor,
			grantee,
			resource,
			permission: grant.permission,
		});
		Grants::<T>::insert(id, Grant { slot, ..grant });
		Ok(id)
	}

	/// The epoch of the first of so many keys that a new grant carries: those of the latest epochs.
	fn first_epoch_with_key(grant: &Grant, count: usize) -> KeyEpoch {
		let last = match grant.resource {
			Resource::Stream(stream) => Epochs::<T>::get(stream).map_or(0, |state| state.current),
			Resource::Record(_) => grant.from_epoch,
		};
		last.saturating_add(1).saturating_sub(count.saturated_into()).max(grant.from_epoch)
	}

	/// Checks that a delegated grant leaves room for the owner's own grants, and does not end at once.
	fn ensure_delegable(
		parent: &Grant,
		terms: &GrantTerms,
		grantee: OrganizationId,
	) -> DispatchResult {
		let delegations = Delegations::<T>::get(parent.resource);
		let count = |counts: &dyn Fn(&Delegation) -> bool| {
			delegations.iter().filter(|delegation| counts(delegation)).count()
		};
		ensure!(
			delegations.len() < limits::MAX_DELEGATED_PER_RESOURCE as usize
				&& count(&|one| one.grantor == parent.grantee)
					< limits::MAX_DELEGATED_PER_GRANTOR as usize
				&& count(&|one| one.grantee == grantee)
					< limits::MAX_DELEGATED_PER_GRANTEE as usize,
			Error::<T>::TooManyDelegated
		);
		let earliest = Self::now().saturating_add(T::MinDelegation::get());
		let earliest = parent.expires_at.map_or(earliest, |end| end.min(earliest));
		// One that has passed is refused as such.
		let has_passed = |end| end < Self::now();
		ensure!(
			terms.expires_at.is_none_or(|end| end >= earliest || has_passed(end)),
			Error::<T>::DelegationTooShort
		);
		Ok(())
	}

	/// Gives up a grant that the caller's organization holds, and ends those that were delegated under it.
	pub(crate) fn do_renounce(by: AccountId, id: GrantId) -> Result<u32, DispatchError> {
		let organization = T::Membership::ensure_role(&by, Role::Grantor)?;
		let grant = Grants::<T>::get(id).ok_or(Error::<T>::GrantNotFound)?;
		ensure!(grant.grantee == organization, Error::<T>::NotAuthorized);
		let ended = Self::end(id, &grant);
		Self::deposit_event(Event::Renounced { grant: id, by });
		Ok(ended)
	}

	/// Takes a grant and all below it away, and returns how many ended.
	fn end(id: GrantId, grant: &Grant) -> u32 {
		let below = Self::descendants(&id, &grant.resource);
		let ended = (below.len() as u32).saturating_add(1);
		for id in below {
			Self::remove_grant(id);
			Self::deposit_event(Event::GrantRemoved { grant: id });
		}
		Self::remove_grant(id);
		ended
	}

	/// Checks that a grant carries keys of its latest epochs, wrapped to its grantee.
	fn ensure_keys(grant: &Grant, terms: &GrantTerms) -> DispatchResult {
		let wanted = match grant.resource {
			Resource::Stream(stream) => {
				let state = Epochs::<T>::get(stream).ok_or(Error::<T>::NoKeyEpoch)?;
				let past = state
					.current
					.checked_sub(grant.from_epoch)
					.ok_or(Error::<T>::EpochOutOfRange)?;
				past.saturating_add(1)
			},
			Resource::Record(record) => {
				ensure!(grant.permission == Permission::Read, Error::<T>::AppendNeedsStream);
				let epoch = Self::record_epoch(&record).ok_or(Error::<T>::ResourceNotFound)?;
				ensure!(grant.from_epoch == epoch, Error::<T>::EpochOutOfRange);
				1
			},
		};
		let given = terms.keys.len();
		ensure!(given > 0 && given <= wanted as usize, Error::<T>::KeyCountMismatch);
		terms.keys.iter().try_for_each(|key| Self::ensure_wrapped(key, grant.grantee))
	}

	/// Ends a grant and all below it; returns how many ended.
	///
	/// The grants below it go at the same time, so that a later grant of the same name can never stand in for the one
	/// that was revoked. All of it lies on one resource, which bounds it.
	pub(crate) fn do_revoke(by: AccountId, id: GrantId) -> Result<u32, DispatchError> {
		let organization = T::Membership::ensure_role(&by, Role::Grantor)?;
		let grant = Grants::<T>::get(id).ok_or(Error::<T>::GrantNotFound)?;
		let may_revoke =
			organization == grant.grantor || organization == Self::owner(&grant.resource)?;
		ensure!(may_revoke, Error::<T>::NotAuthorized);
		let ended = Self::end(id, &grant);
		Self::deposit_event(Event::Revoked { grant: id, by });
		Ok(ended)
	}

	/// Grants that were delegated under this one, directly or not.
	pub(crate) fn descendants(id: &GrantId, resource: &Resource) -> Vec<GrantId> {
		let delegations = Delegations::<T>::get(resource);
		let mut found = alloc::vec![*id];
		let mut next = 0;
		while let Some(parent) = found.get(next).copied() {
			let below = delegations.iter().filter(|delegation| delegation.parent == parent);
			found.extend(below.map(|delegation| delegation.grant));
			next = next.saturating_add(1);
		}
		found.remove(0);
		found
	}

	/// Takes a grant off every index, and leaves its keys to clean-up: there may be many, and nothing reads the keys
	/// of a grant that is gone.
	pub(crate) fn remove_grant(id: GrantId) {
		let Some(grant) = Grants::<T>::take(id) else { return };
		let resource = grant.resource;
		Self::vacate(resource, grant.slot);
		GrantsByGrantee::<T>::mutate_exists(grant.grantee, resource, |grants| {
			forget(grants, |other| *other == id)
		});
		if grant.parent.is_some() {
			Delegations::<T>::mutate_exists(resource, |delegations| {
				forget(delegations, |delegation| delegation.grant == id)
			});
		}
		GivenGrants::<T>::remove(grant.grantor, id);
		HeldGrants::<T>::remove(grant.grantee, id);
		if let Some(end) = grant.expires_at {
			Expiries::<T>::remove(MomentKey::from(end), id);
			if let Resource::Stream(stream) = resource {
				StreamExpiries::<T>::remove((stream, MomentKey::from(end), id));
			}
		}
		if let Resource::Stream(stream) = resource {
			Self::mark_rotation_due(&stream, &grant);
		}
		KeyRemovals::<T>::insert(id, ());
	}

	/// Gives the place of a grant that has ended to the last one on its resource, so that places have no gaps.
	fn vacate(resource: Resource, slot: u32) {
		let last = GrantCounts::<T>::get(resource).saturating_sub(1);
		let moved = GrantsByResource::<T>::take(resource, last);
		if let (Some(moved), true) = (moved, slot != last) {
			GrantsByResource::<T>::insert(resource, slot, moved);
			Grants::<T>::mutate(moved, |grant| {
				if let Some(grant) = grant {
					grant.slot = slot;
				}
			});
		}
		match last {
			0 => GrantCounts::<T>::remove(resource),
			left => GrantCounts::<T>::insert(resource, left),
		}
	}

	/// Whether a grant that is there holds: neither it nor one it was delegated under has expired.
	pub(crate) fn holds(grant: &Grant) -> bool {
		Self::status(grant) == GrantStatus::Active
	}

	/// Whether a grant that is there holds, and if not, why.
	pub(crate) fn status(grant: &Grant) -> GrantStatus {
		grant.status(Self::now(), |id| Grants::<T>::get(id))
	}

	/// How many grants stand in a row from the owner's to this one.
	fn depth(grant: &Grant) -> u32 {
		let mut depth = 1u32;
		let mut parent = grant.parent;
		while let Some(above) = parent.and_then(Grants::<T>::get) {
			depth = depth.saturating_add(1);
			if depth > limits::MAX_DELEGATION_DEPTH {
				break;
			}
			parent = above.parent;
		}
		depth
	}

	/// The grants that an organization holds on a resource, those of the owner first: what others pass on never comes
	/// before what the owner gave.
	pub(crate) fn grants_of(
		organization: OrganizationId,
		resource: Resource,
	) -> impl Iterator<Item = (GrantId, Grant)> {
		let grants = GrantsByGrantee::<T>::get(organization, resource)
			.into_iter()
			.filter_map(|id| Some((id, Grants::<T>::get(id)?)));
		let (delegated, given): (Vec<_>, Vec<_>) =
			grants.partition(|(_, grant)| grant.parent.is_some());
		given.into_iter().chain(delegated)
	}
}

/// Takes an item off a list, and the list out of storage when it is empty.
fn forget<Item, Bound>(list: &mut Option<BoundedVec<Item, Bound>>, is_it: impl Fn(&Item) -> bool) {
	if let Some(left) = list {
		left.retain(|item| !is_it(item));
		if left.is_empty() {
			*list = None;
		}
	}
}

impl<T: Config> AppendGrants for Pallet<T> {
	fn find_append(organization: OrganizationId, stream: &StreamId) -> Option<u32> {
		let mut grants_read = 0u32;
		Self::grants_of(organization, Resource::Stream(*stream))
			.any(|(_, grant)| {
				// Those above a delegated one are not counted, but taken to be as many as there can be.
				let most = if grant.parent.is_some() { limits::MAX_DELEGATION_DEPTH } else { 1 };
				grants_read = grants_read.saturating_add(most);
				grant.permission == Permission::Append && Self::holds(&grant)
			})
			.then_some(grants_read)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_append_grant(organization: OrganizationId, stream: &StreamId, grants_read: u32) {
		crate::benchmarking::insert_append_grants::<T>(organization, *stream, grants_read);
	}
}
