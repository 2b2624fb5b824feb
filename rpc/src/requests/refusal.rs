//! Meaning of the pool's refusals.

use crate::error::Error;
use credio_primitives::validity;
use sc_transaction_pool_api::error::{Error as PoolError, IntoPoolError};
use sp_runtime::transaction_validity::{InvalidTransaction, UnknownTransaction};

/// Why the pool did not take a transaction.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
	/// It holds this transaction already.
	AlreadyHeld,
	/// It holds another transaction of the same request, lane position or nonce.
	Conflict,
	/// The request was decided in a block already.
	AlreadyDecided,
	/// The caller gets this error.
	Error(Error),
}

/// Returns what an error of the pool means to the caller.
pub(super) fn refusal<E: IntoPoolError>(error: E) -> Refusal {
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

	#[test]
	fn each_refusal_has_its_code() {
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
