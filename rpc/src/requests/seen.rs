//! Requests that this node has taken.

use credio_primitives::{BlockNumber, Digest, OrganizationId, RequestKey};
use sp_core::H256;
use std::{
	collections::{BTreeSet, HashMap, VecDeque},
	sync::{Mutex, MutexGuard, PoisonError},
};

/// Most requests that a node remembers. The status of older ones comes from the chain alone.
const MAX_SEEN: usize = 100_000;

/// A request that the node has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
	/// Hash of the transaction that carried it last.
	pub transaction: H256,
	/// Digest of its calls.
	pub body_digest: Digest,
	/// Latest expiry under which it was sent.
	pub expires_at: BlockNumber,
	/// Earliest expiry under which it was sent.
	pub earliest_expiry: BlockNumber,
}

/// The requests that this node has taken. The oldest is forgotten first.
#[derive(Default)]
pub(crate) struct SeenRequests(Mutex<SeenMap>);

#[derive(Default)]
struct SeenMap {
	requests: HashMap<(OrganizationId, RequestKey), Seen>,
	order: VecDeque<(OrganizationId, RequestKey)>,
	/// The same by expiry, while that has not passed.
	expiries: BTreeSet<(BlockNumber, OrganizationId, RequestKey)>,
}

impl SeenRequests {
	fn lock(&self) -> MutexGuard<'_, SeenMap> {
		// No code below panics half-way, so a poisoned map is still whole.
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Remembers a request.
	pub(crate) fn insert(&self, organization: OrganizationId, key: RequestKey, seen: Seen) {
		let mut map = self.lock();
		let map = &mut *map;
		let name = (organization, key);
		if let Some(known) = map.requests.get_mut(&name) {
			let expires_at = known.expires_at.max(seen.expires_at);
			if map.expiries.remove(&(known.expires_at, organization, key)) {
				map.expiries.insert((expires_at, organization, key));
			}
			let earliest_expiry = known.earliest_expiry.min(seen.earliest_expiry);
			*known = Seen { expires_at, earliest_expiry, ..seen };
		} else {
			map.requests.insert(name, seen);
			map.expiries.insert((seen.expires_at, organization, key));
			map.order.push_back(name);
			if map.order.len() > MAX_SEEN
				&& let Some(oldest) = map.order.pop_front()
				&& let Some(forgotten) = map.requests.remove(&oldest)
			{
				map.expiries.remove(&(forgotten.expires_at, oldest.0, oldest.1));
			}
		}
	}

	/// Removes and returns the requests that have expired at this finalized block.
	pub(crate) fn take_expired(&self, finalized: BlockNumber) -> Vec<(OrganizationId, RequestKey)> {
		let mut map = self.lock();
		let first = (finalized.saturating_add(1), 0, RequestKey([0; 32]));
		let later = map.expiries.split_off(&first);
		let expired = std::mem::replace(&mut map.expiries, later);
		expired.into_iter().map(|(_, organization, key)| (organization, key)).collect()
	}

	/// Returns a remembered request.
	pub(crate) fn get(&self, organization: OrganizationId, key: &RequestKey) -> Option<Seen> {
		self.lock().requests.get(&(organization, *key)).copied()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn seen(expires_at: BlockNumber) -> Seen {
		let (transaction, body_digest) = (H256::zero(), Digest::default());
		Seen { transaction, body_digest, expires_at, earliest_expiry: expires_at }
	}

	#[test]
	fn request_keeps_its_latest_and_earliest_expiry() {
		let requests = SeenRequests::default();
		let key = RequestKey([1; 32]);
		requests.insert(1, key, seen(10));
		requests.insert(1, key, seen(5));
		assert_eq!(requests.get(1, &key), Some(Seen { earliest_expiry: 5, ..seen(10) }));
		assert_eq!(requests.get(2, &key), None);
		// The latest expiry counts, and each is returned once.
		assert_eq!(requests.take_expired(9), []);
		assert_eq!(requests.take_expired(10), [(1, key)]);
		assert_eq!(requests.take_expired(10), []);
	}

	#[test]
	fn oldest_request_is_forgotten_beyond_the_bound() {
		let requests = SeenRequests::default();
		let key = |n: usize| {
			let mut key = [0; 32];
			key[..8].copy_from_slice(&n.to_le_bytes());
			RequestKey(key)
		};
		for n in 0..MAX_SEEN + 2 {
			requests.insert(0, key(n), seen(1));
		}
		assert_eq!(requests.lock().requests.len(), MAX_SEEN);
		assert_eq!(requests.lock().expiries.len(), MAX_SEEN);
		assert_eq!(requests.get(0, &key(1)), None);
		assert_eq!(requests.get(0, &key(2)), Some(seen(1)));
	}
}
