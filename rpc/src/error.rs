//! Errors of the methods, with stable codes, a cause and a remedy.

use credio_primitives::{Denial, error_codes as codes, limits};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Map, Value, json};

/// An error of a `credio_v1` method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// The bytes are no extrinsic of this chain's runtime.
	#[error("the bytes are no extrinsic of this chain's runtime")]
	MalformedExtrinsic,
	/// The extrinsic is not a signed `Idempotency::submit`.
	#[error("not a signed Idempotency.submit: {0}")]
	NotASubmission(&'static str),
	/// The signer is a member of no organization.
	#[error("the account is a member of no organization")]
	NotAMember,
	/// The signer's organization is suspended.
	#[error("the account's organization is suspended")]
	OrganizationSuspended,
	/// The organization has used up its quota.
	#[error("the organization has used up its quota for this window of blocks")]
	QuotaExceeded,
	/// The pool takes no more, at all or from this organization.
	#[error("the node is busy: its pool takes no more requests, at all or from this organization")]
	PoolFull,
	/// The transaction cannot be applied.
	#[error("the transaction was refused: {cause}")]
	TransactionRefused {
		/// Why, in words.
		cause: String,
		/// Why, as one word for programs: `stale`, `future`, `badProof`, `mortality`, `exhausted`, `calls`, `banned`, `other`.
		reason: &'static str,
	},
	/// The request key was used for another body.
	#[error("the request key was used before, for other calls")]
	KeyReused,
	/// The request's expiry has passed, or lies too far ahead.
	#[error("{0}")]
	RequestExpired(String),
	/// The lane position is another request's.
	#[error("{0}")]
	PositionTaken(&'static str),
	/// The lane position lies too far ahead.
	#[error(
		"the lane position lies more than {} ahead of the lane's next one",
		limits::MAX_POSITIONS_AHEAD
	)]
	PositionTooFar,
	/// The request is for another organization than the signer's.
	#[error("the request names another organization than the one that the account is a member of")]
	OtherOrganization,
	/// The signer lacks a role.
	#[error("the account lacks a role that one of the calls needs")]
	RoleMissing,
	/// The transaction dies before its request expires.
	#[error(
		"the transaction's mortal era ends before the request expires, and the request may have to wait in its lane"
	)]
	EraTooShort,
	/// The access token is malformed, or was signed for something else.
	#[error("the access token is not good: {0}")]
	AccessTokenInvalid(&'static str),
	/// The access token's last block has passed.
	#[error("the access token's last block has passed")]
	AccessTokenExpired,
	/// No right to read this now.
	#[error("access denied: {}", denial_text(*.0))]
	AccessDenied(Denial),
	/// A function of the runtime that needs an access token was called without one.
	#[error("this function of the runtime hands out what takes an access token")]
	TokenRequired,
	/// A parameter is out of bounds.
	#[error("{0}")]
	InvalidParameters(String),
	/// The node has as many subscriptions as it keeps.
	#[error("the node has as many subscriptions as it keeps")]
	TooManySubscriptions,
	/// Too many calls came from one address.
	#[error("too many calls from this address")]
	RateLimited,
	/// The object does not exist at the finalized block.
	#[error("{0} not found at the finalized block")]
	NotFound(&'static str),
	/// The node could not answer.
	#[error("the node could not answer")]
	Internal,
}

fn denial_text(denial: Denial) -> &'static str {
	match denial {
		Denial::NotAMember => "the account is a member of no organization",
		Denial::Suspended => "the organization is suspended",
		Denial::RecordNotFound => "there is no such record",
		Denial::NotARecord => "the entry is an anchor; there is nothing to fetch",
		Denial::NoGrant => "no grant of the organization covers the record",
		Denial::GrantExpired => "the grant has expired",
		Denial::ParentEnded => "the grant that this one was delegated under has ended",
		Denial::KeyMissing => {
			"the organization has not been given the secret of the record's key epoch yet"
		},
		Denial::Erased => "the owner of the stream has erased the object",
	}
}

impl Error {
	/// Logs `cause`, which is not for the caller, and returns [`Error::Internal`].
	pub fn internal(cause: impl std::fmt::Display) -> Self {
		log::error!(target: "credio-rpc", "{cause}");
		Self::Internal
	}

	/// Returns the error for a lane number out of bounds.
	pub(crate) fn no_such_lane() -> Self {
		Self::InvalidParameters(format!("lanes are numbered from 0 to {}", limits::MAX_LANES - 1))
	}

	/// Returns the stable code.
	#[must_use]
	pub fn code(&self) -> i32 {
		match self {
			Self::MalformedExtrinsic => codes::MALFORMED_EXTRINSIC,
			Self::NotASubmission(_) => codes::NOT_A_SUBMISSION,
			Self::NotAMember => codes::NOT_A_MEMBER,
			Self::OrganizationSuspended => codes::ORGANIZATION_SUSPENDED,
			Self::QuotaExceeded => codes::QUOTA_EXCEEDED,
			Self::PoolFull => codes::POOL_FULL,
			Self::TransactionRefused { .. } => codes::TRANSACTION_REFUSED,
			Self::KeyReused => codes::KEY_REUSED,
			Self::RequestExpired(_) => codes::REQUEST_EXPIRED,
			Self::PositionTaken(_) => codes::POSITION_TAKEN,
			Self::PositionTooFar => codes::POSITION_TOO_FAR,
			Self::OtherOrganization => codes::OTHER_ORGANIZATION,
			Self::RoleMissing => codes::ROLE_MISSING,
			Self::EraTooShort => codes::ERA_TOO_SHORT,
			Self::AccessTokenInvalid(_) => codes::ACCESS_TOKEN_INVALID,
			Self::AccessTokenExpired => codes::ACCESS_TOKEN_EXPIRED,
			Self::AccessDenied(_) => codes::ACCESS_DENIED,
			Self::TokenRequired => codes::TOKEN_REQUIRED,
			Self::InvalidParameters(_) => codes::INVALID_PARAMETERS,
			Self::TooManySubscriptions => codes::TOO_MANY_SUBSCRIPTIONS,
			Self::RateLimited => codes::RATE_LIMITED,
			Self::NotFound(_) => codes::NOT_FOUND,
			Self::Internal => codes::INTERNAL,
		}
	}

	/// Returns the remedy.
	#[must_use]
	pub fn remedy(&self) -> &'static str {
		let denial = match self {
			Self::AccessDenied(denial) => json!(denial),
			_ => Value::Null,
		};
		let word = match self {
			Self::TransactionRefused { reason, .. } => reason,
			_ => denial.as_str().unwrap_or_default(),
		};
		codes::find(self.code()).map_or("", |error| error.remedy_for(word))
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let mut data = Map::new();
		data.insert("cause".into(), Value::from(error.to_string()));
		data.insert("remedy".into(), Value::from(error.remedy()));
		match &error {
			Error::TransactionRefused { reason, .. } => {
				data.insert("reason".into(), Value::from(*reason));
			},
			Error::AccessDenied(denial) => {
				data.insert("denial".into(), json!(denial));
			},
			_ => {},
		}
		ErrorObjectOwned::owned(error.code(), error.to_string(), Some(Value::Object(data)))
	}
}
