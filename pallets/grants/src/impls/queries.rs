//! What the runtime API asks: may this organization read that, and bounded reads with a cursor.

#![allow(clippy::needless_pass_by_value, reason = "a runtime API hands over its arguments")]

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	AccessKey, AccessRequestId, AccessRequestState, AccountId, Denial, Digest, EpochSecret,
	GrantId, GrantStatus, OrganizationId, Permission, ReadAccess, RecordId, StreamId, StreamKey,
	WrappedSecret,
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
};
use pallet_support::traits::{Erasures, Membership, Streams};

/// Most items that one query looks at, so that a filter that matches little cannot make it long.
const MAX_SCAN: usize = 1_024;

impl<T: Config> Pallet<T> {
	/// May the organization of `account` read this record now, and with which wrapped keys?
	pub fn read_access(account: &AccountId, id: &RecordId) -> Result<ReadAccess, Denial> {
		let organization = T::Membership::member(account).ok_or(Denial::NotAMember)?.organization;
		if !T::Membership::is_active(organization) {
			return Err(Denial::Suspended);
		}
		let header = T::Streams::header(id).ok_or(Denial::RecordNotFound)?;
		let epoch = header.body.epoch().ok_or(Denial::NotARecord)?;
		if T::Erasures::is_erased(id) {
			return Err(Denial::Erased);
		}
		let stream = header.stream;
		let EpochSecret { commitment, owner_key } =
			EpochSecrets::<T>::get(stream, epoch).ok_or(Denial::NoGrant)?;
		if T::Streams::owner(&stream) == Some(organization) {
			let secret = WrappedSecret::StreamSecret;
			let key = AccessKey { grant: None, secret, wrapped_key: owner_key };
			return Ok(ReadAccess { organization, commitment, keys: alloc::vec![key] });
		}
		let is_author = header.organization == organization;
		let on_stream = Self::grants_of(organization, Resource::Stream(stream))
			.filter(|(_, grant)| grant.from_epoch <= epoch)
			.filter(|(_, grant)| grant.permission == Permission::Read || is_author)
			.map(|found| (WrappedSecret::StreamSecret, found));
		let on_record = Self::grants_of(organization, Resource::Record(*id))
			.map(|found| (WrappedSecret::DataKey, found));
		let (given, delegated): (Vec<_>, Vec<_>) =
			on_stream.chain(on_record).partition(|(_, (_, grant))| grant.parent.is_none());
		let (mut keys, mut denial) = (Vec::new(), Denial::NoGrant);
		for (secret, (id, grant)) in given.into_iter().chain(delegated) {
			match (Self::status(&grant), GrantKeys::<T>::get(id, epoch)) {
				(GrantStatus::Active, Some(wrapped_key)) => {
					keys.push(AccessKey { grant: Some(id), secret, wrapped_key });
				},
				(GrantStatus::Active, None) => denial = Denial::KeyMissing,
				(GrantStatus::Expired, _) => denial = Denial::GrantExpired,
				(GrantStatus::ParentEnded, _) => denial = Denial::ParentEnded,
			}
		}
		match keys.is_empty() {
			true => Err(denial),
			false => Ok(ReadAccess { organization, commitment, keys }),
		}
	}

	/// The secrets of a stream as wrapped to an organization: the owner's own, or those of the grants that hold.
	#[must_use]
	pub fn stream_keys(
		stream: &StreamId,
		organization: OrganizationId,
		from: KeyEpoch,
		limit: u32,
	) -> Vec<StreamKey> {
		let Some(state) = Epochs::<T>::get(stream) else { return Vec::new() };
		if !T::Membership::is_active(organization) {
			return Vec::new();
		}
		let is_owner = T::Streams::owner(stream) == Some(organization);
		let grants = Self::grants_of(organization, Resource::Stream(*stream))
			.filter(|(_, grant)| Self::holds(grant))
			.map(|(id, _)| id)
			.collect::<Vec<_>>();
		(from..=state.current)
			.take(page_size(limit))
			.filter_map(|epoch| {
				let EpochSecret { commitment, owner_key } = EpochSecrets::<T>::get(stream, epoch)?;
				let wrapped_keys = match is_owner {
					true => alloc::vec![owner_key],
					false => {
						grants.iter().filter_map(|id| GrantKeys::<T>::get(id, epoch)).collect()
					},
				};
				(!wrapped_keys.is_empty()).then_some(StreamKey { epoch, commitment, wrapped_keys })
			})
			.collect()
	}

	/// How many grants end within so many milliseconds; at most `limit` are counted.
	#[must_use]
	pub fn expiring_grants(within: Moment, limit: u32) -> u32 {
		let now = Self::now();
		let until = now.saturating_add(within);
		Expiries::<T>::iter_keys()
			.take(limit as usize)
			.map(|(at, _)| Moment::from(at))
			.take_while(|at| *at <= until)
			.filter(|at| *at >= now)
			.count() as u32
	}

	/// Grants that match a filter; the second part is the next cursor. A page may be short before the end.
	///
	/// What the filter names has an index each: only grants of that stream, record, grantee or grantor are looked at.
	#[must_use]
	pub fn grants(
		filter: GrantFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedGrant>, Option<Digest>) {
		let Ok(resource) = resource_of(filter.stream, filter.record) else {
			return (Vec::new(), None);
		};
		let named = |grant_id: GrantId| {
			let grant = Grants::<T>::get(grant_id)?;
			let status = Self::status(&grant);
			Some(NamedGrant { grant_id, grant, status })
		};
		let matches = |found: &NamedGrant| {
			filter.grantor.is_none_or(|grantor| grantor == found.grant.grantor)
				&& filter.grantee.is_none_or(|grantee| grantee == found.grant.grantee)
				&& (!filter.active || found.status == GrantStatus::Active)
		};
		let after = cursor.map(|cursor| GrantId(cursor.0));
		let page = |found: &mut dyn Iterator<Item = GrantId>| {
			scan(found, |id| Digest(id.0), limit, named, matches)
		};
		if let Some(resource) = resource {
			let count = GrantCounts::<T>::get(resource);
			let ids = (0..count).filter_map(|slot| GrantsByResource::<T>::get(resource, slot));
			let mut ids =
				ids.filter(|id| after.is_none_or(|after| *id > after)).collect::<Vec<_>>();
			ids.sort_unstable();
			return page(&mut ids.into_iter());
		}
		match (filter.grantee, filter.grantor, after) {
			(Some(holder), _, None) => page(&mut HeldGrants::<T>::iter_key_prefix(holder)),
			(Some(holder), _, Some(after)) => {
				let from = HeldGrants::<T>::hashed_key_for(holder, after);
				page(&mut HeldGrants::<T>::iter_key_prefix_from(holder, from))
			},
			(None, Some(giver), None) => page(&mut GivenGrants::<T>::iter_key_prefix(giver)),
			(None, Some(giver), Some(after)) => {
				let from = GivenGrants::<T>::hashed_key_for(giver, after);
				page(&mut GivenGrants::<T>::iter_key_prefix_from(giver, from))
			},
			(None, None, None) => page(&mut Grants::<T>::iter_keys()),
			(None, None, Some(after)) => page(&mut Grants::<T>::iter_keys_from_key(after)),
		}
	}

	/// Access requests that match a filter; the second part is the next cursor. A page may be short before the end.
	///
	/// What the filter names has an index each: only access requests for that stream or record, or of or to that
	/// organization, are looked at.
	#[must_use]
	pub fn access_requests(
		filter: AccessRequestFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedAccessRequest>, Option<Digest>) {
		let Ok(resource) = resource_of(filter.stream, filter.record) else {
			return (Vec::new(), None);
		};
		let named = |access_request_id: AccessRequestId| {
			let request = AccessRequests::<T>::get(access_request_id)?;
			Some(NamedAccessRequest { access_request_id, request })
		};
		let matches = |NamedAccessRequest { request, .. }: &NamedAccessRequest| {
			filter.requester.is_none_or(|requester| requester == request.requester)
				&& filter.owner.is_none_or(|owner| owner == request.owner)
				&& resource.is_none_or(|resource| resource == request.resource)
				&& (!filter.pending || request.state == AccessRequestState::Pending)
		};
		let after = cursor.map(|cursor| AccessRequestId(cursor.0));
		let page = |found: &mut dyn Iterator<Item = AccessRequestId>| {
			scan(found, |id| Digest(id.0), limit, named, matches)
		};
		// An organization cannot make many of its own, but may be sent any number.
		match (filter.requester, resource, filter.owner, after) {
			(Some(by), _, _, None) => page(&mut SentRequests::<T>::iter_key_prefix(by)),
			(Some(by), _, _, Some(after)) => {
				let from = SentRequests::<T>::hashed_key_for(by, after);
				page(&mut SentRequests::<T>::iter_key_prefix_from(by, from))
			},
			(_, Some(of), _, None) => page(&mut RequestsByResource::<T>::iter_key_prefix(of)),
			(_, Some(of), _, Some(after)) => {
				let from = RequestsByResource::<T>::hashed_key_for(of, after);
				page(&mut RequestsByResource::<T>::iter_key_prefix_from(of, from))
			},
			(_, _, Some(to), None) => page(&mut ReceivedRequests::<T>::iter_key_prefix(to)),
			(_, _, Some(to), Some(after)) => {
				let from = ReceivedRequests::<T>::hashed_key_for(to, after);
				page(&mut ReceivedRequests::<T>::iter_key_prefix_from(to, from))
			},
			(None, None, None, None) => page(&mut AccessRequests::<T>::iter_keys()),
			(None, None, None, Some(after)) => {
				page(&mut AccessRequests::<T>::iter_keys_from_key(after))
			},
		}
	}
}

/// What a filter is about; an error for a filter that nothing matches, as it names a stream and a record.
fn resource_of(stream: Option<StreamId>, record: Option<RecordId>) -> Result<Option<Resource>, ()> {
	match (stream, record) {
		(Some(_), Some(_)) => Err(()),
		(Some(stream), None) => Ok(Some(Resource::Stream(stream))),
		(None, record) => Ok(record.map(Resource::Record)),
	}
}

fn page_size(limit: u32) -> usize {
	limit.clamp(1, limits::MAX_PAGE_SIZE) as usize
}

/// Collects a page of what matches, from at most [`MAX_SCAN`] items. The cursor is the last item looked at.
fn scan<Id: Copy, Named>(
	found: &mut dyn Iterator<Item = Id>,
	cursor: impl Fn(Id) -> Digest,
	limit: u32,
	named: impl Fn(Id) -> Option<Named>,
	matches: impl Fn(&Named) -> bool,
) -> (Vec<Named>, Option<Digest>) {
	let (mut items, mut last) = (Vec::new(), None);
	for _ in 0..MAX_SCAN {
		let Some(id) = found.next() else { return (items, None) };
		last = Some(cursor(id));
		items.extend(named(id).filter(|item| matches(item)));
		if items.len() == page_size(limit) {
			break;
		}
	}
	(items, last)
}
