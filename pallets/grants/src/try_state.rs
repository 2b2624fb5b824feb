//! What holds of this pallet's storage after every block.

use super::*;
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use credio_primitives::{
	AccessRequestState, Grant, GrantId, KeyEpoch, Moment, MomentKey, Purpose, Resource, StreamId,
	WrappedKey, limits, text,
};
use frame_support::{ensure, traits::Get};
use pallet_support::traits::Streams;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Every index of grants and access requests says what they say, and nothing besides.
	/// - A grant comes from the owner of its resource, or stands with the same permission under one that may be given
	///   on, that its grantor holds, that reaches back as far and that ends no earlier. At most
	///   [`limits::MAX_DELEGATION_DEPTH`] stand in a row. Of those that have ended in one block, clean-up may have taken
	///   the one above first.
	/// - A grant on a stream carries keys of epochs from its first to the stream's present one, whether it still holds or
	///   waits for clean-up; a grant on a record carries one, under the record's epoch. Other keys
	///   belong to grants with keys that are about to be removed.
	/// - A stream in epoch n has the owner's keys of the epochs from 0 to n.
	/// - The places of the grants on a resource have no gaps.
	/// - While no rotation is due, the next expiry of a stream is the earliest last moment of its grants; otherwise it
	///   is no later.
	/// - Counts of access requests without an answer are true.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_grants()?;
		Self::try_state_grant_indexes()?;
		Self::try_state_grant_keys()?;
		Self::try_state_epochs()?;
		Self::try_state_requests()
	}

	fn try_state_grants() -> Result<(), TryRuntimeError> {
		for (id, grant) in Grants::<T>::iter() {
			let owner = Self::owner(&grant.resource).map_err(|_| "grant on nothing")?;
			ensure!(is_text(&grant.purpose), "grant without a purpose");
			ensure!(grant.grantee != owner, "grant to the owner");
			ensure!(grant.grantee != grant.grantor, "grant to its grantor");
			ensure!(grant.granted_at <= Self::block(), "grant of the future");
			ensure!(
				grant.expires_at.is_none_or(|end| end <= limits::MAX_MOMENT),
				"grant that ends too late"
			);
			ensure!(!KeyRemovals::<T>::contains_key(id), "keys of a grant are about to go");
			match grant.parent {
				None => ensure!(grant.grantor == owner, "grant of somebody who owns nothing"),
				Some(parent) => match Grants::<T>::get(parent) {
					Some(parent) => Self::try_state_delegated(&grant, &parent)?,
					None => ensure!(grant.has_expired(Self::now()), "grant without its parent"),
				},
			}
			let mut above = grant.parent;
			let mut depth = 1u32;
			while let Some(grant) = above.and_then(Grants::<T>::get) {
				depth = depth.saturating_add(1);
				ensure!(depth <= limits::MAX_DELEGATION_DEPTH, "too many grants in a row");
				above = grant.parent;
			}
		}
		Ok(())
	}

	fn try_state_delegated(grant: &Grant, parent: &Grant) -> Result<(), TryRuntimeError> {
		ensure!(parent.delegable, "parent may not be given on");
		ensure!(parent.grantee == grant.grantor, "parent of another organization");
		ensure!(parent.resource == grant.resource, "parent on another resource");
		ensure!(parent.permission == grant.permission, "parent with another permission");
		ensure!(parent.from_epoch <= grant.from_epoch, "grant reaches back past its parent");
		let ends_in_time =
			parent.expires_at.is_none_or(|end| grant.expires_at.is_some_and(|own| own <= end));
		ensure!(ends_in_time, "grant outlives its parent");
		Ok(())
	}

	fn try_state_grant_indexes() -> Result<(), TryRuntimeError> {
		let mut places = BTreeMap::<Resource, BTreeSet<u32>>::new();
		for (resource, slot, id) in GrantsByResource::<T>::iter() {
			let grant = Grants::<T>::get(id).ok_or("resource names a grant that is gone")?;
			ensure!(grant.resource == resource, "resource names a grant on another");
			ensure!(grant.slot == slot, "grant is not at its place");
			places.entry(resource).or_default().insert(slot);
		}
		for (resource, count) in GrantCounts::<T>::iter() {
			ensure!(count > 0, "resource with a count of no grants");
			ensure!(count <= limits::MAX_GRANTS_PER_RESOURCE, "resource with too many grants");
			let places = places.remove(&resource).unwrap_or_default();
			ensure!(places.into_iter().eq(0..count), "places have gaps");
		}
		ensure!(places.is_empty(), "places that are not counted");
		let mut by_grantee = BTreeSet::new();
		for (grantee, resource, ids) in GrantsByGrantee::<T>::iter() {
			ensure!(!ids.is_empty(), "grantee with an empty list");
			for id in ids {
				let grant = Grants::<T>::get(id).ok_or("grantee names a grant that is gone")?;
				ensure!(grant.grantee == grantee, "grantee names another's grant");
				ensure!(grant.resource == resource, "grantee names a grant on another resource");
				ensure!(by_grantee.insert(id), "grantee names a grant twice");
			}
		}
		let mut delegated = BTreeSet::new();
		for (resource, delegations) in Delegations::<T>::iter() {
			ensure!(!delegations.is_empty(), "resource with an empty list of delegated grants");
			for Delegation { grant: id, parent, grantor, grantee } in delegations {
				let grant = Grants::<T>::get(id).ok_or("delegated grant that is gone")?;
				let as_given = (grant.parent, grant.grantor, grant.grantee, grant.resource)
					== (Some(parent), grantor, grantee, resource);
				ensure!(as_given, "delegated grant is another");
				ensure!(delegated.insert(id), "delegated grant is named twice");
			}
		}
		let mut counts = (0usize, 0usize);
		for (id, grant) in Grants::<T>::iter() {
			let at = GrantsByResource::<T>::get(grant.resource, grant.slot);
			ensure!(at == Some(id), "resource does not name its grant");
			ensure!(by_grantee.contains(&id), "grantee does not name its grant");
			ensure!(
				delegated.contains(&id) == grant.parent.is_some(),
				"delegated grant is missing"
			);
			ensure!(GivenGrants::<T>::contains_key(grant.grantor, id), "grantor without its grant");
			ensure!(HeldGrants::<T>::contains_key(grant.grantee, id), "grantee without its grant");
			let Some(end) = grant.expires_at.map(MomentKey::from) else { continue };
			ensure!(Expiries::<T>::contains_key(end, id), "grant is not to expire");
			counts.0 = counts.0.saturating_add(1);
			if let Resource::Stream(stream) = grant.resource {
				let of_stream = StreamExpiries::<T>::contains_key((stream, end, id));
				ensure!(of_stream, "grant is not to expire on its stream");
				counts.1 = counts.1.saturating_add(1);
			}
		}
		let all = Grants::<T>::iter_keys().count();
		ensure!(GivenGrants::<T>::iter_keys().count() == all, "a grant that is gone was given");
		ensure!(HeldGrants::<T>::iter_keys().count() == all, "a grant that is gone is held");
		let expiring =
			(Expiries::<T>::iter_keys().count(), StreamExpiries::<T>::iter_keys().count());
		ensure!(expiring == counts, "a grant that is gone is to expire");
		Ok(())
	}

	fn try_state_grant_keys() -> Result<(), TryRuntimeError> {
		let mut carried = BTreeMap::<GrantId, BTreeSet<KeyEpoch>>::new();
		for (id, epoch, key) in GrantKeys::<T>::iter() {
			ensure!(is_wrapped(&key), "key of wrong length");
			carried.entry(id).or_default().insert(epoch);
		}
		for (id, grant) in Grants::<T>::iter() {
			let wanted = match grant.resource {
				Resource::Stream(stream) => {
					let state =
						Epochs::<T>::get(stream).ok_or("grant on a stream without epoch")?;
					(grant.from_epoch..=state.current).collect::<BTreeSet<_>>()
				},
				Resource::Record(record) => {
					let header = T::Streams::header(&record).ok_or("grant on no record")?;
					let epoch = header.body.epoch().ok_or("grant on an anchor")?;
					ensure!(grant.from_epoch == epoch, "grant from another epoch");
					[epoch].into()
				},
			};
			ensure!(!wanted.is_empty(), "grant from an epoch of the future");
			let carried = carried.remove(&id).unwrap_or_default();
			ensure!(carried.is_subset(&wanted), "grant with stray keys");
			let is_whole = matches!(grant.resource, Resource::Stream(_)) || carried == wanted;
			ensure!(is_whole, "grant on a record without its key");
		}
		ensure!(carried.keys().all(KeyRemovals::<T>::contains_key), "keys of no grant");
		Ok(())
	}

	fn try_state_epochs() -> Result<(), TryRuntimeError> {
		let mut owner_keys = BTreeMap::<StreamId, BTreeSet<KeyEpoch>>::new();
		for (stream, epoch, secret) in EpochSecrets::<T>::iter() {
			ensure!(is_wrapped(&secret.owner_key), "key of wrong length");
			owner_keys.entry(stream).or_default().insert(epoch);
		}
		for (stream, state) in Epochs::<T>::iter() {
			ensure!(T::Streams::owner(&stream).is_some(), "epoch of no stream");
			ensure!(state.current < T::MaxKeyEpochs::get(), "too many epochs");
			let wanted = (0..=state.current).collect::<BTreeSet<_>>();
			ensure!(owner_keys.remove(&stream) == Some(wanted), "key of the owner is missing");
			let ends =
				StreamExpiries::<T>::iter_key_prefix((stream,)).map(|(at, _)| Moment::from(at));
			let (passed, to_come): (Vec<Moment>, Vec<_>) = ends.partition(|end| *end < Self::now());
			let next = NextExpiry::<T>::get(stream);
			let earliest = to_come.into_iter().min();
			let in_time = earliest.is_none_or(|end| next.is_some_and(|next| next <= end));
			ensure!(in_time, "next expiry is too late");
			// What had ended before the epoch was opened, and waits for clean-up, counts no more.
			let is_exact = next == earliest || next.is_some_and(|next| passed.contains(&next));
			ensure!(state.rotation_due || is_exact, "next expiry is wrong");
		}
		ensure!(owner_keys.is_empty(), "key of a stream without epoch");
		ensure!(
			NextExpiry::<T>::iter_keys().all(Epochs::<T>::contains_key),
			"next expiry of a stream without epoch"
		);
		Ok(())
	}

	fn try_state_requests() -> Result<(), TryRuntimeError> {
		let mut pending = BTreeMap::new();
		for (id, request) in AccessRequests::<T>::iter() {
			let owner = Self::owner(&request.resource).map_err(|_| "request for nothing")?;
			ensure!(request.owner == owner, "request to somebody else than the owner");
			ensure!(request.requester != owner, "request of the owner");
			ensure!(is_text(&request.purpose), "request without a purpose");
			let removable_at = MomentKey::from(request.removable_at);
			ensure!(RequestRemovals::<T>::contains_key(removable_at, id), "request is to stay");
			let is_listed = RequestsByResource::<T>::contains_key(request.resource, id)
				&& SentRequests::<T>::contains_key(request.requester, id)
				&& ReceivedRequests::<T>::contains_key(request.owner, id);
			ensure!(is_listed, "request is on no list");
			match &request.state {
				AccessRequestState::Pending => {
					let count = pending.entry(request.requester).or_insert(0u32);
					*count = count.saturating_add(1);
				},
				AccessRequestState::Approved(_) => {},
				AccessRequestState::Denied(reason) => {
					ensure!(is_text(reason), "denial without a reason");
				},
			}
		}
		let all = AccessRequests::<T>::iter_keys().count();
		let listed = [
			RequestRemovals::<T>::iter_keys().count(),
			RequestsByResource::<T>::iter_keys().count(),
			SentRequests::<T>::iter_keys().count(),
			ReceivedRequests::<T>::iter_keys().count(),
		];
		ensure!(listed == [all; 4], "request that is gone is on a list");
		let counts = PendingRequests::<T>::iter().collect::<Vec<_>>();
		ensure!(
			counts.iter().all(|(_, count)| *count <= limits::MAX_PENDING_ACCESS_REQUESTS),
			"too many requests wait"
		);
		ensure!(counts.into_iter().collect::<BTreeMap<_, _>>() == pending, "count is wrong");
		Ok(())
	}
}

fn is_text(purpose: &Purpose) -> bool {
	text::is_plain_utf8(purpose)
}

fn is_wrapped(key: &WrappedKey) -> bool {
	key.sealed.len() == limits::WRAPPED_KEY_LENGTH as usize
}
