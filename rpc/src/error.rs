//! Errors of the methods, with stable codes, a cause, and what to do about it.

use credio_primitives::{error_codes as codes, limits, Denial};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{json, Map, Value};

/// What can go wrong in a `credio_v1` method.
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
	#[error("the transaction's mortal era ends before the request expires, and the request may have to wait in its lane")]
	EraTooShort,
	/// The access token is not good.
	#[error("the access token is not good: {0}")]
	AccessTokenInvalid(&'static str),
	/// The access token's last block has passed.
	#[error("the access token's last block has passed")]
	AccessTokenExpired,
	/// No right to read this now.
	#[error("access denied: {}", denial_text(*.0))]
	AccessDenied(Denial),
	/// A function of the runtime that takes an access token was called by itself.
	#[error("this function of the runtime hands out what takes an access token")]
	TokenRequired,
	/// A parameter is out of bounds.
	#[error("{0}")]
	InvalidParameters(String),
	/// The node keeps no more subscriptions.
	#[error("the node has as many subscriptions as it keeps")]
	TooManySubscriptions,
	/// Too many calls came from one address.
	#[error("too many calls from this address")]
	RateLimited,
	/// There is no such thing at the finalized block.
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
	}
}

impl Error {
	/// Logs `cause`, which is not for the caller, and returns [`Error::Internal`].
	pub fn internal(cause: impl std::fmt::Display) -> Self {
		log::error!(target: "credio-rpc", "{cause}");
		Self::Internal
	}

	/// The lane's number is out of bounds.
	pub(crate) fn no_such_lane() -> Self {
		Self::InvalidParameters(format!("lanes are numbered from 0 to {}", limits::MAX_LANES - 1))
	}

	/// The stable code.
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

	/// What to do about it.
	pub fn remedy(&self) -> &'static str {
		match self {
			Self::MalformedExtrinsic => {
				"send the whole signed extrinsic as 0x hex, made for this chain's present metadata"
			},
			Self::NotASubmission(_) => "wrap the calls in Idempotency.submit and sign it",
			Self::NotAMember => "sign with an account that an admin has added to an organization",
			Self::OrganizationSuspended => "ask the council to reinstate the organization",
			Self::QuotaExceeded => {
				"send it again under the same key in the next window (credio_v1_quota says when), or ask the council for more"
			},
			Self::PoolFull => "send it again under the same key in a few seconds",
			Self::TransactionRefused { reason: "stale" | "future", .. } => {
				"read the account's next nonce, sign again under the same key, and send that"
			},
			Self::TransactionRefused { .. } => "mend what the cause names, and send it again under the same key",
			Self::KeyReused => "use a new key for a new request; credio_v1_status shows the old one's receipt",
			Self::RequestExpired(_) => {
				"sign again under the same key with an expiry within the bounds of credio_v1_limits, unless the cause says that the outcome is unknown: then look for its entries first"
			},
			Self::PositionTaken(_) => {
				"take the lane's next free position (credio_v1_lane), and sign again under the same key"
			},
			Self::PositionTooFar => "send it again under the same key once the lane has come closer",
			Self::OtherOrganization => {
				"name the account's present organization in the request, or sign with an account of the organization that it is for"
			},
			Self::RoleMissing => {
				"sign with an account that has the role, or have an admin give it (Organizations.set_roles)"
			},
			Self::EraTooShort => "sign it immortal, or with an era that reaches the request's expires_at",
			Self::AccessTokenInvalid(_) => {
				"sign a token for this very method and these parameters, good for at most 300 blocks"
			},
			Self::AccessTokenExpired => "sign a new token",
			Self::AccessDenied(Denial::NoGrant | Denial::GrantExpired | Denial::ParentEnded) => {
				"make an access request to the owner of the stream"
			},
			Self::AccessDenied(Denial::KeyMissing) => {
				"ask the owner of the stream to add the key of that epoch to the grant"
			},
			Self::AccessDenied(Denial::NotARecord) => "verify the document against the anchor instead",
			Self::AccessDenied(_) => "ask the council or your organization's admin",
			Self::TokenRequired => "call credio_v1_fetch or credio_v1_streamKeys, with an access token",
			Self::InvalidParameters(_) => "see the method in rpc.discover",
			Self::TooManySubscriptions => {
				"try again in a few seconds, subscribe at another node, or poll credio_v1_status or credio_v1_query"
			},
			Self::RateLimited => "wait a second and send it again, less often from then on",
			Self::NotFound(_) => "check the id; what was just written is found once it is final",
			Self::Internal => "try again, and tell the node's operator if it stays",
		}
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
