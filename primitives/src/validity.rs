//! Codes of `InvalidTransaction::Custom` by which the pool refuses a transaction, and of `UnknownTransaction::Custom`
//! where it may be taken later. Stable: a code never changes its meaning.

/// The signer is a member of no organization, or the transaction has no signer.
pub const NOT_A_MEMBER: u8 = 1;
/// The signer's organization is suspended.
pub const ORGANIZATION_SUSPENDED: u8 = 2;
/// The organization has used up its quota for this window of blocks.
pub const QUOTA_EXCEEDED: u8 = 3;
/// The request has no calls, too many, or one that may not travel in a request.
pub const CALLS_NOT_ALLOWED: u8 = 4;
/// The request's expiry has passed: it can never be applied.
pub const REQUEST_EXPIRED: u8 = 5;
/// The request's expiry lies further ahead than the longest lifetime of a request.
pub const EXPIRY_TOO_FAR: u8 = 6;
/// The request key was used for other calls.
pub const KEY_REUSED: u8 = 7;
/// The request was decided before: its receipt stands.
pub const ALREADY_DECIDED: u8 = 8;
/// The lane position was consumed by another request.
pub const POSITION_CONSUMED: u8 = 9;
/// The organization has no lane of this number.
pub const NO_SUCH_LANE: u8 = 10;
/// Only seats of the council may make operational calls, and only those by which they govern, within their bounds.
pub const OPERATIONAL_NOT_ALLOWED: u8 = 20;
/// The seat has used up its allowance of governance calls for this window of blocks.
pub const ALLOWANCE_EXCEEDED: u8 = 21;
/// Of `UnknownTransaction::Custom`: the lane position lies further ahead of the next one than the pool waits for.
pub const POSITION_TOO_FAR: u8 = 11;
/// The request names another organization than the signer's.
pub const OTHER_ORGANIZATION: u8 = 12;
/// The signer lacks a role that one of the request's calls needs.
pub const ROLE_MISSING: u8 = 13;
/// The request waits for a lane position, and its transaction is mortal and dies before the request expires.
pub const ERA_TOO_SHORT: u8 = 14;
/// A transaction outside of requests was signed, or may have been, before its signer joined its present organization.
pub const SIGNED_BEFORE_JOINING: u8 = 15;

/// Returns the meaning of a code of governance, for calls outside of requests.
#[must_use]
pub fn describe(code: u8) -> Option<&'static str> {
	match code {
		NOT_A_MEMBER => Some("the account is a member of no organization"),
		ORGANIZATION_SUSPENDED => Some("the account's organization is suspended"),
		QUOTA_EXCEEDED => Some("the organization has used up its quota for this window of blocks"),
		OPERATIONAL_NOT_ALLOWED => Some(
			"only seats of the council govern, by motions of at most 64 KiB and what belongs to them",
		),
		ALLOWANCE_EXCEEDED => {
			Some("the seat has used up its allowance of governance calls: try again in ten minutes")
		},
		SIGNED_BEFORE_JOINING => Some(
			"the transaction may have been signed before the account joined its organization: sign it anew and mortal",
		),
		_ => None,
	}
}
