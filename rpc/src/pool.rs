//! The pool as the methods see it: which requests this node has taken, and what a refusal means.

use crate::Error;
use credio_primitives::{validity, BlockNumber, Digest, OrganizationId, RequestKey};
use sc_transaction_pool_api::error::{Error as PoolError, IntoPoolError};
use sp_core::H256;
use sp_runtime::transaction_validity::{InvalidTransaction, UnknownTransaction};
use std::{
	collections::{BTreeSet, HashMap, VecDeque},
	sync::{Mutex, MutexGuard, PoisonError},
};

/// Most requests that a node remembers having seen. Older ones are forgotten: their status is then told from the
/// chain alone.
const MAX_SEEN: usize = 100_000;

/// What a node remembers of a request it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
	/// Hash of the transaction that carried it last.
	pub transaction: H256,
	/// Digest of its calls.
	pub body_digest: Digest,
	/// Latest expiry under which it was sent.
	pub expires_at: BlockNumber,
	/// Earliest expiry under which it was sent.
	pub earliest_expiry: BlockNumber,
}

/// Requests that this node has taken, oldest first to be forgotten.
#[derive(Default)]
pub struct SeenRequests(Mutex<SeenMap>);

#[derive(Default)]
struct SeenMap {
	requests: HashMap<(OrganizationId, RequestKey), Seen>,
	order: VecDeque<(OrganizationId, RequestKey)>,
	/// The same by expiry, until that has passed.
	expiries: BTreeSet<(BlockNumber, OrganizationId, RequestKey)>,
}

impl SeenRequests {
	fn lock(&self) -> MutexGuard<'_, SeenMap> {
		// Nothing in here panics half-way, so a poisoned map is still whole.
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Remembers a request.
	pub fn insert(&self, organization: OrganizationId, key: RequestKey, seen: Seen) {
		let mut map = self.lock();
		let map = &mut *map;
		let name = (organization, key);
		match map.requests.get_mut(&name) {
			Some(known) => {
				let expires_at = known.expires_at.max(seen.expires_at);
				if map.expiries.remove(&(known.expires_at, organization, key)) {
					map.expiries.insert((expires_at, organization, key));
				}
				let earliest_expiry = known.earliest_expiry.min(seen.earliest_expiry);
				*known = Seen { expires_at, earliest_expiry, ..seen };
			},
			None => {
				map.requests.insert(name, seen);
				map.expiries.insert((seen.expires_at, organization, key));
				map.order.push_back(name);
				if map.order.len() > MAX_SEEN {
					if let Some(oldest) = map.order.pop_front() {
						if let Some(forgotten) = map.requests.remove(&oldest) {
							map.expiries.remove(&(forgotten.expires_at, oldest.0, oldest.1));
						}
					}
				}
			},
		}
	}

	/// Those whose expiry has passed with a finalized block. Each is told once.
	pub fn take_expired(&self, finalized: BlockNumber) -> Vec<(OrganizationId, RequestKey)> {
		let mut map = self.lock();
		let first = (finalized.saturating_add(1), 0, RequestKey([0; 32]));
		let later = map.expiries.split_off(&first);
		let expired = std::mem::replace(&mut map.expiries, later);
		expired.into_iter().map(|(_, organization, key)| (organization, key)).collect()
	}

	/// What is remembered of a request.
	pub fn get(&self, organization: OrganizationId, key: &RequestKey) -> Option<Seen> {
		self.lock().requests.get(&(organization, *key)).copied()
	}
}

/// Whether the pool took a transaction.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
	/// It holds this very transaction already.
	AlreadyHeld,
	/// It holds another transaction of the same request, lane position or nonce.
	Conflict,
	/// The request was decided in a block already.
	AlreadyDecided,
	/// It does not take it.
	Error(Error),
}

/// What a refusal of the pool means to the caller.
pub fn refusal<E: IntoPoolError>(error: E) -> Refusal {
	let error = match error.into_pool_error() {
		Ok(PoolError::AlreadyImported(_)) => return Refusal::AlreadyHeld,
		Ok(PoolError::ImmediatelyDropped) => Error::PoolFull,
		Ok(PoolError::TemporarilyBanned) => refused(
			"the node refused this very transaction a short while ago; sign it again",
			"banned",
		),
		Ok(PoolError::TooLowPriority { .. }) => return Refusal::Conflict,
		Ok(PoolError::InvalidTransaction(InvalidTransaction::Custom(
			validity::ALREADY_DECIDED,
		))) => return Refusal::AlreadyDecided,
		Ok(PoolError::UnknownTransaction(UnknownTransaction::Custom(
			validity::POSITION_TOO_FAR,
		))) => Error::PositionTooFar,
		Ok(PoolError::InvalidTransaction(invalid)) => invalid_transaction(invalid),
		Ok(other) => refused(other.as_ref(), "other"),
		Err(other) => Error::internal(other),
	};
	Refusal::Error(error)
}

fn refused(cause: &str, reason: &'static str) -> Error {
	Error::TransactionRefused { cause: cause.into(), reason }
}

fn invalid_transaction(invalid: InvalidTransaction) -> Error {
	match invalid {
		InvalidTransaction::Custom(validity::NOT_A_MEMBER) | InvalidTransaction::Payment => {
			Error::NotAMember
		},
		InvalidTransaction::Custom(validity::ORGANIZATION_SUSPENDED) => {
			Error::OrganizationSuspended
		},
		InvalidTransaction::Custom(validity::QUOTA_EXCEEDED) => Error::QuotaExceeded,
		InvalidTransaction::Custom(validity::REQUEST_EXPIRED) => {
			Error::RequestExpired("the request has expired".into())
		},
		InvalidTransaction::Custom(validity::EXPIRY_TOO_FAR) => {
			Error::RequestExpired("the request's expiry lies too far ahead".into())
		},
		InvalidTransaction::Custom(validity::KEY_REUSED) => Error::KeyReused,
		InvalidTransaction::Custom(validity::POSITION_CONSUMED) => {
			Error::PositionTaken("another request was decided at this lane position")
		},
		InvalidTransaction::Custom(validity::NO_SUCH_LANE) => Error::no_such_lane(),
		InvalidTransaction::Custom(validity::OTHER_ORGANIZATION) => Error::OtherOrganization,
		InvalidTransaction::Custom(validity::ROLE_MISSING) => Error::RoleMissing,
		InvalidTransaction::Custom(validity::ERA_TOO_SHORT) => Error::EraTooShort,
		InvalidTransaction::Custom(validity::CALLS_NOT_ALLOWED) => refused(
			"a request has 1 to 64 calls, all of the product's own pallets, and none of them a submit or the council's",
			"calls",
		),
		InvalidTransaction::Custom(validity::OPERATIONAL_NOT_ALLOWED) => refused(
			"operational calls are for the council's seats, and only those by which they govern, within their bounds",
			"calls",
		),
		InvalidTransaction::Custom(validity::ALLOWANCE_EXCEEDED) => refused(
			"the seat has used up its allowance of governance calls for this window of blocks",
			"exhausted",
		),
		InvalidTransaction::Stale => refused("the account's nonce was used already", "stale"),
		InvalidTransaction::Future => {
			refused("the nonce is ahead of the account's next one", "future")
		},
		InvalidTransaction::BadProof => refused(
			"the signature does not fit: it is for another chain, runtime version or call",
			"badProof",
		),
		InvalidTransaction::AncientBirthBlock => {
			refused("the transaction's mortality has passed", "mortality")
		},
		InvalidTransaction::ExhaustsResources => {
			refused("the transaction is larger or heavier than a block takes", "exhausted")
		},
		other => {
			let cause: &'static str = other.into();
			refused(cause, "other")
		},
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
	fn a_request_is_remembered_with_its_latest_and_earliest_expiry() {
		let requests = SeenRequests::default();
		let key = RequestKey([1; 32]);
		requests.insert(1, key, seen(10));
		requests.insert(1, key, seen(5));
		assert_eq!(requests.get(1, &key), Some(Seen { earliest_expiry: 5, ..seen(10) }));
		assert_eq!(requests.get(2, &key), None);
		// The latest expiry counts, and each is told once.
		assert_eq!(requests.take_expired(9), []);
		assert_eq!(requests.take_expired(10), [(1, key)]);
		assert_eq!(requests.take_expired(10), []);
	}

	#[test]
	fn memory_is_bounded_and_the_oldest_is_forgotten() {
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

	#[test]
	fn refusals_have_codes_of_their_own() {
		use credio_primitives::error_codes as codes;
		let code = |invalid| match refusal(PoolError::InvalidTransaction(invalid)) {
			Refusal::Error(error) => error.code(),
			_ => 0,
		};
		assert_eq!(code(InvalidTransaction::Custom(validity::NOT_A_MEMBER)), codes::NOT_A_MEMBER);
		assert_eq!(
			code(InvalidTransaction::Custom(validity::ORGANIZATION_SUSPENDED)),
			codes::ORGANIZATION_SUSPENDED
		);
		assert_eq!(
			code(InvalidTransaction::Custom(validity::QUOTA_EXCEEDED)),
			codes::QUOTA_EXCEEDED
		);
		for (refusal, expected) in [
			(validity::REQUEST_EXPIRED, codes::REQUEST_EXPIRED),
			(validity::EXPIRY_TOO_FAR, codes::REQUEST_EXPIRED),
			(validity::KEY_REUSED, codes::KEY_REUSED),
			(validity::POSITION_CONSUMED, codes::POSITION_TAKEN),
			(validity::NO_SUCH_LANE, codes::INVALID_PARAMETERS),
			(validity::CALLS_NOT_ALLOWED, codes::TRANSACTION_REFUSED),
			(validity::OTHER_ORGANIZATION, codes::OTHER_ORGANIZATION),
			(validity::ROLE_MISSING, codes::ROLE_MISSING),
			(validity::ERA_TOO_SHORT, codes::ERA_TOO_SHORT),
		] {
			assert_eq!(code(InvalidTransaction::Custom(refusal)), expected);
		}
		assert_eq!(code(InvalidTransaction::Stale), codes::TRANSACTION_REFUSED);
		let unknown = UnknownTransaction::Custom(validity::POSITION_TOO_FAR);
		let refused = refusal(PoolError::UnknownTransaction(unknown));
		assert_eq!(refused, Refusal::Error(Error::PositionTooFar));
		assert_eq!(refusal(PoolError::ImmediatelyDropped), Refusal::Error(Error::PoolFull));
	}
}
