//! What a transaction claims about itself, before anything of it is verified.

use credio_primitives::{BlockNumber, LanePosition, OrganizationId, RequestKey};

/// The owner of the room that a transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
	/// An organization.
	Organization(OrganizationId),
	/// A seat of the council, for a governance call.
	Seat([u8; 32]),
	/// This node, for transactions that no account has signed: reports of equivocation.
	Reports,
	/// An account that is a member of no organization.
	Nobody,
}

/// The unverified contents of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
	/// The owner that is charged.
	pub owner: Owner,
	/// The owner that is charged if the first has no room left.
	pub otherwise: Option<Owner>,
	/// The signer's organization.
	pub organization: Option<OrganizationId>,
	/// The request in it.
	pub request: Option<RequestKey>,
	/// The request's place in a lane.
	pub lane: Option<LanePosition>,
	/// The last block for the request.
	pub expires_at: Option<BlockNumber>,
	/// The encoded size.
	pub bytes: usize,
}

impl Claim {
	/// Returns the claim of a transaction about which only its owner and size are known.
	pub(crate) fn unsigned(owner: Owner, bytes: usize) -> Self {
		Self {
			owner,
			otherwise: None,
			organization: None,
			request: None,
			lane: None,
			expires_at: None,
			bytes,
		}
	}
}
