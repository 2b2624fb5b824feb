//! What holds of this pallet's storage after every block.

use super::*;
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use credio_primitives::{
	limits, text, traits::Streams, AccessRequestState, BlockNumber, EntryBody, Grant, GrantId,
	KeyEpoch, Purpose, Resource, StreamId, WrappedKey,
};
use frame_support::{ensure, traits::Get};
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
	///   belong to grants whose keys are about to be removed.
	/// - A stream in epoch n has the owner's keys of the epochs from 0 to n.
	/// - Nothing that ends before the block up to which clean-up came is left, and clean-up is not ahead of the chain.
	/// - While no rotation is due, the next expiry of a stream is the earliest last block of its grants; otherwise it
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
			ensure!(grant.granted_at <= Self::now(), "grant of the future");
			ensure!(
				grant.expires_at.is_none_or(|block| block >= grant.granted_at),
				"grant that never held"
			);
			ensure!(!KeyRemovals::<T>::contains_key(id), "keys of a grant are about to go");
			match grant.parent {
				None => ensure!(grant.grantor == owner, "grant of somebody who owns nothing"),
				Some(parent) => match Grants::<T>::get(parent) {
					Some(parent) => Self::try_state_delegated(&grant, &parent)?,
					None => ensure!(Self::has_expired(&grant), "grant without its parent"),
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
		let cleaned_until = CleanedUntil::<T>::get();
		ensure!(cleaned_until <= Self::now(), "clean-up is ahead of the chain");
		let mut by_resource = BTreeSet::new();
		for (resource, ids) in GrantsByResource::<T>::iter() {
			ensure!(!ids.is_empty(), "resource with an empty list");
			for id in ids {
				let grant = Grants::<T>::get(id).ok_or("resource names a grant that is gone")?;
				ensure!(grant.resource == resource, "resource names a grant on another");
				ensure!(by_resource.insert(id), "resource names a grant twice");
			}
		}
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
		let expiries = Expiries::<T>::iter_keys()
			.map(|(block, id)| {
				ensure!(block >= cleaned_until, "clean-up left a grant");
				Ok((id, block))
			})
			.collect::<Result<BTreeMap<GrantId, BlockNumber>, TryRuntimeError>>()?;
		ensure!(Expiries::<T>::iter_keys().count() == expiries.len(), "grant expires twice");
		let mut expiring = 0usize;
		for (id, grant) in Grants::<T>::iter() {
			ensure!(by_resource.contains(&id), "resource does not name its grant");
			ensure!(by_grantee.contains(&id), "grantee does not name its grant");
			ensure!(expiries.get(&id).copied() == grant.expires_at, "grant is not to expire");
			expiring = expiring.saturating_add(usize::from(grant.expires_at.is_some()));
		}
		ensure!(expiries.len() == expiring, "a grant that is gone is to expire");
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
					let EntryBody::Record { epoch, .. } = header.body else {
						return Err("grant on an anchor".into());
					};
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
		for (stream, epoch, key) in OwnerKeys::<T>::iter() {
			ensure!(is_wrapped(&key), "key of wrong length");
			owner_keys.entry(stream).or_default().insert(epoch);
		}
		for (stream, state) in Epochs::<T>::iter() {
			ensure!(T::Streams::owner(&stream).is_some(), "epoch of no stream");
			ensure!(state.current < T::MaxKeyEpochs::get(), "too many epochs");
			let wanted = (0..=state.current).collect::<BTreeSet<_>>();
			ensure!(owner_keys.remove(&stream) == Some(wanted), "key of the owner is missing");
			let earliest = GrantsByResource::<T>::get(Resource::Stream(stream))
				.into_iter()
				.filter_map(|id| Grants::<T>::get(id)?.expires_at)
				.min();
			let next = NextExpiry::<T>::get(stream);
			if state.rotation_due {
				let in_time = earliest.is_none_or(|block| next.is_some_and(|next| next <= block));
				ensure!(in_time, "next expiry is too late");
			} else {
				ensure!(next == earliest, "next expiry is wrong");
			}
		}
		ensure!(owner_keys.is_empty(), "key of a stream without epoch");
		ensure!(
			NextExpiry::<T>::iter_keys().all(Epochs::<T>::contains_key),
			"next expiry of a stream without epoch"
		);
		Ok(())
	}

	fn try_state_requests() -> Result<(), TryRuntimeError> {
		let cleaned_until = CleanedUntil::<T>::get();
		let mut pending = BTreeMap::new();
		for (id, request) in AccessRequests::<T>::iter() {
			let owner = Self::owner(&request.resource).map_err(|_| "request for nothing")?;
			ensure!(request.owner == owner, "request to somebody else than the owner");
			ensure!(request.requester != owner, "request of the owner");
			ensure!(is_text(&request.purpose), "request without a purpose");
			ensure!(
				RequestRemovals::<T>::contains_key(request.removable_at, id),
				"request is not to be removed"
			);
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
		for (block, id) in RequestRemovals::<T>::iter_keys() {
			ensure!(block >= cleaned_until, "clean-up left a request");
			ensure!(AccessRequests::<T>::contains_key(id), "request that is gone is to be removed");
		}
		ensure!(
			RequestRemovals::<T>::iter_keys().count() == AccessRequests::<T>::iter_keys().count(),
			"request is to be removed twice"
		);
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
