//! Access requests.

#![allow(clippy::needless_pass_by_value, reason = "a call hands over its arguments")]

use super::*;
use credio_primitives::{
	AccessRequest, AccessRequestId, AccessRequestState, AccountId, Grant, Permission, Reference,
	grant::GrantTerms,
};
use frame_support::traits::Get;
use pallet_support::traits::{Membership, Role};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_request_access(
		by: AccountId,
		reference: Reference,
		resource: Resource,
		permission: Permission,
		purpose: Purpose,
	) -> DispatchResult {
		let requester = T::Membership::ensure_role(&by, Role::Grantor)?;
		let owner = Self::owner(&resource)?;
		ensure!(owner != requester, Error::<T>::SelfGrant);
		Self::ensure_purpose(&purpose)?;
		if let Resource::Record(record) = resource {
			ensure!(permission == Permission::Read, Error::<T>::AppendNeedsStream);
			ensure!(Self::record_epoch(&record).is_some(), Error::<T>::ResourceNotFound);
		}
		let id = AccessRequestId::derive(requester, &reference);
		ensure!(!AccessRequests::<T>::contains_key(id), Error::<T>::ReferenceUsed);
		let pending = PendingRequests::<T>::get(requester);
		ensure!(pending < limits::MAX_PENDING_ACCESS_REQUESTS, Error::<T>::TooManyAccessRequests);
		PendingRequests::<T>::insert(requester, pending.saturating_add(1));
		let removable_at = Self::now().saturating_add(T::MaxAccessRequestAge::get());
		RequestRemovals::<T>::insert(MomentKey::from(removable_at), id, ());
		RequestsByResource::<T>::insert(resource, id, ());
		SentRequests::<T>::insert(requester, id, ());
		ReceivedRequests::<T>::insert(owner, id, ());
		let request = AccessRequest {
			requester,
			owner,
			resource,
			permission,
			purpose,
			state: AccessRequestState::Pending,
			requested_at: Self::block(),
			removable_at,
		};
		AccessRequests::<T>::insert(id, request);
		Self::deposit_event(Event::AccessRequested { access_request: id, requester, owner });
		Ok(())
	}

	pub(crate) fn do_approve(
		by: AccountId,
		id: AccessRequestId,
		reference: Reference,
		terms: GrantTerms,
	) -> DispatchResult {
		let (owner, request) = Self::pending_request(&by, &id)?;
		let AccessRequest { requester, resource, permission, .. } = request;
		let grant = Grant {
			access_request: Some(id),
			..Self::new_grant(owner, requester, resource, permission, &terms, None)
		};
		let grant = Self::give(owner, &reference, grant, terms)?;
		Self::answer(&id, request, AccessRequestState::Approved(grant));
		Self::deposit_event(Event::AccessApproved { access_request: id, grant });
		Ok(())
	}

	pub(crate) fn do_deny(by: AccountId, id: AccessRequestId, reason: Purpose) -> DispatchResult {
		let (_, request) = Self::pending_request(&by, &id)?;
		Self::ensure_purpose(&reason)?;
		Self::answer(&id, request, AccessRequestState::Denied(reason));
		Self::deposit_event(Event::AccessDenied { access_request: id, by });
		Ok(())
	}

	/// An access request without an answer, and the organization that `by` may answer it for.
	fn pending_request(
		by: &AccountId,
		id: &AccessRequestId,
	) -> Result<(OrganizationId, AccessRequest), DispatchError> {
		let organization = T::Membership::ensure_role(by, Role::Grantor)?;
		let request = AccessRequests::<T>::get(id).ok_or(Error::<T>::AccessRequestNotFound)?;
		ensure!(request.owner == organization, Error::<T>::NotAuthorized);
		ensure!(request.state == AccessRequestState::Pending, Error::<T>::AlreadyAnswered);
		Ok((organization, request))
	}

	fn answer(id: &AccessRequestId, request: AccessRequest, state: AccessRequestState) {
		Self::count_answered(request.requester);
		AccessRequests::<T>::insert(id, AccessRequest { state, ..request });
	}

	/// Counts one access request less that waits for an answer.
	pub(crate) fn count_answered(requester: OrganizationId) {
		PendingRequests::<T>::mutate_exists(requester, |pending| {
			*pending = pending.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
	}
}
