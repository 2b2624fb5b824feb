//! What the runtime API asks: may this organization read that, and bounded reads with a cursor.

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	traits::{Membership, Streams},
	AccessRequest, AccessRequestId, AccessRequestState, AccountId, Denial, Digest, Grant, GrantId,
	GrantStatus, OrganizationId, Permission, ReadAccess, RecordId, StreamId, WrappedSecret,
};

/// Most items that one query looks at, so that a filter that matches little cannot make it long.
const MAX_SCAN: usize = 1_024;

impl<T: Config> Pallet<T> {
	/// May the organization of `account` read this record now, and with which wrapped key?
	pub fn read_access(account: &AccountId, id: &RecordId) -> Result<ReadAccess, Denial> {
		let organization = T::Membership::member(account).ok_or(Denial::NotAMember)?.organization;
		if !T::Membership::is_active(organization) {
			return Err(Denial::Suspended);
		}
		let header = T::Streams::header(id).ok_or(Denial::RecordNotFound)?;
		let EntryBody::Record { epoch, .. } = header.body else { return Err(Denial::NotARecord) };
		let stream = header.stream;
		if T::Streams::owner(&stream) == Some(organization) {
			let wrapped_key = OwnerKeys::<T>::get(stream, epoch).ok_or(Denial::NoGrant)?;
			let secret = WrappedSecret::StreamSecret;
			return Ok(ReadAccess { organization, grant: None, secret, wrapped_key });
		}
		let is_author = header.organization == organization;
		let on_stream = Self::grants_of(organization, Resource::Stream(stream))
			.filter(|(_, grant)| grant.from_epoch <= epoch)
			.filter(|(_, grant)| grant.permission == Permission::Read || is_author)
			.map(|found| (WrappedSecret::StreamSecret, found));
		let on_record = Self::grants_of(organization, Resource::Record(*id))
			.map(|found| (WrappedSecret::DataKey, found));
		let mut denial = Denial::NoGrant;
		for (secret, (id, grant)) in on_stream.chain(on_record) {
			match (Self::status(&grant), GrantKeys::<T>::get(id, epoch)) {
				(GrantStatus::Active, Some(wrapped_key)) => {
					return Ok(ReadAccess { organization, grant: Some(id), secret, wrapped_key });
				},
				(GrantStatus::Active, None) => denial = Denial::KeyMissing,
				(GrantStatus::Expired, _) => denial = Denial::GrantExpired,
				(GrantStatus::ParentEnded, _) => denial = Denial::ParentEnded,
			}
		}
		Err(denial)
	}

	/// The secrets of a stream as wrapped to an organization: the owner's own, or those of a grant that holds.
	pub fn stream_keys(
		stream: &StreamId,
		organization: OrganizationId,
		from: KeyEpoch,
		limit: u32,
	) -> Vec<(KeyEpoch, WrappedKey)> {
		let Some(state) = Epochs::<T>::get(stream) else { return Vec::new() };
		if !T::Membership::is_active(organization) {
			return Vec::new();
		}
		let is_owner = T::Streams::owner(stream) == Some(organization);
		let grants = Self::grants_of(organization, Resource::Stream(*stream))
			.filter(|(_, grant)| Self::holds(grant))
			.collect::<Vec<_>>();
		(from..=state.current)
			.take(page_size(limit))
			.filter_map(|epoch| {
				let key = if is_owner {
					OwnerKeys::<T>::get(stream, epoch)
				} else {
					grants.iter().find_map(|(id, _)| GrantKeys::<T>::get(id, epoch))
				};
				key.map(|key| (epoch, key))
			})
			.collect()
	}

	/// Grants that match a filter; the second part is the next cursor. A page may be short before the end.
	pub fn grants(
		filter: GrantFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedGrant>, Option<Digest>) {
		let resource = match (filter.stream, filter.record) {
			(Some(stream), None) => Some(Resource::Stream(stream)),
			(None, Some(record)) => Some(Resource::Record(record)),
			(Some(_), Some(_)) => return (Vec::new(), None),
			(None, None) => None,
		};
		let named = |grant_id: GrantId, grant: Grant| {
			let status = Self::status(&grant);
			NamedGrant { grant_id, grant, status }
		};
		let matches = |found: &NamedGrant| {
			filter.grantor.is_none_or(|grantor| grantor == found.grant.grantor)
				&& filter.grantee.is_none_or(|grantee| grantee == found.grant.grantee)
				&& (!filter.active || found.status == GrantStatus::Active)
		};
		match resource {
			Some(resource) => {
				let mut ids = GrantsByResource::<T>::get(resource).into_inner();
				ids.sort_unstable();
				let after = cursor.map(|cursor| GrantId(cursor.0));
				let found = ids
					.into_iter()
					.filter(|id| after.is_none_or(|after| *id > after))
					.filter_map(|id| Some((id, Grants::<T>::get(id)?)));
				scan(found, |id| Digest(id.0), limit, named, matches)
			},
			None => {
				let found = match cursor {
					None => Grants::<T>::iter(),
					Some(last) => Grants::<T>::iter_from_key(GrantId(last.0)),
				};
				scan(found, |id| Digest(id.0), limit, named, matches)
			},
		}
	}

	/// Access requests that match a filter; the second part is the next cursor. A page may be short before the end.
	pub fn access_requests(
		filter: AccessRequestFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedAccessRequest>, Option<Digest>) {
		let found = match cursor {
			None => AccessRequests::<T>::iter(),
			Some(last) => AccessRequests::<T>::iter_from_key(AccessRequestId(last.0)),
		};
		let named = |access_request_id: AccessRequestId, request: AccessRequest| {
			NamedAccessRequest { access_request_id, request }
		};
		let matches = |NamedAccessRequest { request, .. }: &NamedAccessRequest| {
			filter.requester.is_none_or(|requester| requester == request.requester)
				&& filter.owner.is_none_or(|owner| owner == request.owner)
				&& (!filter.pending || request.state == AccessRequestState::Pending)
		};
		scan(found, |id| Digest(id.0), limit, named, matches)
	}
}

fn page_size(limit: u32) -> usize {
	limit.clamp(1, limits::MAX_PAGE_SIZE) as usize
}

/// Collects a page of what matches, from at most [`MAX_SCAN`] items. The cursor is the last item looked at.
fn scan<Id: Copy, Value, Named>(
	mut found: impl Iterator<Item = (Id, Value)>,
	cursor: impl Fn(Id) -> Digest,
	limit: u32,
	named: impl Fn(Id, Value) -> Named,
	matches: impl Fn(&Named) -> bool,
) -> (Vec<Named>, Option<Digest>) {
	let (mut items, mut last) = (Vec::new(), None);
	for _ in 0..MAX_SCAN {
		let Some((id, value)) = found.next() else { return (items, None) };
		last = Some(cursor(id));
		let item = named(id, value);
		if matches(&item) {
			items.push(item);
			if items.len() == page_size(limit) {
				break;
			}
		}
	}
	(items, last)
}
