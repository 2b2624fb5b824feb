//! Reading and appending rights as objects on the ledger.

use crate::{
	AccessRequestId, BlockNumber, Digest, GrantId, KeyEpoch, KeyVersion, Moment, OrganizationId,
	RecordId, StreamId, limits,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{BoundedVec, traits::ConstU32};

/// Why access is given, asked for or denied: UTF-8, public to all members.
pub type Purpose = BoundedVec<u8, ConstU32<{ limits::MAX_PURPOSE_LENGTH }>>;

/// The subject of a grant or an access request.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Resource {
	/// A stream, from a key epoch on.
	Stream(StreamId),
	/// One record.
	Record(RecordId),
}

/// The right that a grant gives.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum Permission {
	/// To fetch and decrypt.
	Read,
	/// To append to a stream. Carries the stream secret too, since an appender encrypts.
	Append,
}

/// A secret wrapped to one version of an organization's encryption key, by HPKE.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct WrappedKey {
	/// Version of the encryption key that opens it.
	pub key_version: KeyVersion,
	/// Encapsulated key and ciphertext: exactly [`limits::WRAPPED_KEY_LENGTH`] bytes.
	pub sealed: BoundedVec<u8, ConstU32<{ limits::WRAPPED_KEY_LENGTH }>>,
}

/// An object on the ledger by which an organization may read or append.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Grant {
	/// Organization that gave it: the owner, or the holder of the parent grant.
	pub grantor: OrganizationId,
	/// Organization that holds it.
	pub grantee: OrganizationId,
	/// Its subject.
	pub resource: Resource,
	/// The right that it gives.
	pub permission: Permission,
	/// First key epoch it covers. For a record: the record's epoch.
	pub from_epoch: KeyEpoch,
	/// Why it was given.
	pub purpose: Purpose,
	/// Last moment at which it holds, by the chain's clock; `None` for no end.
	pub expires_at: Option<Moment>,
	/// Whether the grantee may give it on.
	pub delegable: bool,
	/// The grant it was delegated under; it holds only while that one holds.
	pub parent: Option<GrantId>,
	/// Block of the grant.
	pub granted_at: BlockNumber,
	/// The access request that led to it.
	pub access_request: Option<AccessRequestId>,
	/// Its place among the grants on its resource, counted from 0. When another one ends, it may take that one's place.
	pub slot: u32,
}

impl Grant {
	/// Returns whether its own last moment has passed.
	#[must_use]
	pub fn has_expired(&self, now: Moment) -> bool {
		self.expires_at.is_some_and(|end| end < now)
	}

	/// Returns whether it holds at a moment, and if not, why. The pallet and evidence decide it here; reports follow the events instead.
	///
	/// A grant holds up to and with its last moment, while every grant that it was delegated under does. `find` returns a
	/// grant by its name, or `None` for one that was revoked or removed. A chain longer than
	/// [`limits::MAX_DELEGATION_DEPTH`] does not hold.
	pub fn status(
		&self,
		now: Moment,
		mut find: impl FnMut(&GrantId) -> Option<Self>,
	) -> GrantStatus {
		if self.has_expired(now) {
			return GrantStatus::Expired;
		}
		let mut parent = self.parent;
		for _ in 0..limits::MAX_DELEGATION_DEPTH {
			let Some(id) = parent else { return GrantStatus::Active };
			match find(&id) {
				Some(above) if !above.has_expired(now) => parent = above.parent,
				_ => return GrantStatus::ParentEnded,
			}
		}
		match parent {
			None => GrantStatus::Active,
			Some(_) => GrantStatus::ParentEnded,
		}
	}
}

/// The data that the owner puts on the ledger when it opens a key epoch.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct EpochSecret {
	/// Commits to the epoch's secret, so that its holders can check it.
	pub commitment: Digest,
	/// The secret, wrapped to the owner itself.
	pub owner_key: WrappedKey,
}

/// Whether a grant holds.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
pub enum GrantStatus {
	/// It holds now.
	Active,
	/// Its last moment has passed.
	Expired,
	/// A grant it was delegated under no longer holds.
	ParentEnded,
}

/// The state of an access request.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum AccessRequestState {
	/// The owner has not decided.
	Pending,
	/// The owner gave this grant.
	Approved(GrantId),
	/// The owner said no, and why.
	Denied(Purpose),
}

/// A request of an organization for a grant.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AccessRequest {
	/// Organization that asks.
	pub requester: OrganizationId,
	/// Owner of the resource, who decides.
	pub owner: OrganizationId,
	/// The resource that it asks for.
	pub resource: Resource,
	/// The right that it asks for.
	pub permission: Permission,
	/// Why.
	pub purpose: Purpose,
	/// Its state.
	pub state: AccessRequestState,
	/// Block of the request.
	pub requested_at: BlockNumber,
	/// From this moment on, by the chain's clock, it may be removed, decided or not.
	pub removable_at: Moment,
}

/// The secret of an epoch of a stream, as wrapped to an organization.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct StreamKey {
	/// The epoch.
	pub epoch: KeyEpoch,
	/// Commitment to the secret.
	pub commitment: Digest,
	/// The wrapped secret of each grant that it holds, those of the owner first: at least one.
	pub wrapped_keys: Vec<WrappedKey>,
}

/// Selects grants. Every field narrows the result.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GrantFilter {
	/// Grants on this stream.
	pub stream: Option<StreamId>,
	/// Grants on this record.
	pub record: Option<RecordId>,
	/// Grants that this organization gave.
	pub grantor: Option<OrganizationId>,
	/// Grants that this organization holds.
	pub grantee: Option<OrganizationId>,
	/// Only those that hold now.
	pub active: bool,
}

/// Selects access requests. Every field narrows the result.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessRequestFilter {
	/// Requests of this organization.
	pub requester: Option<OrganizationId>,
	/// Requests to this organization.
	pub owner: Option<OrganizationId>,
	/// Requests for this stream.
	pub stream: Option<StreamId>,
	/// Requests for this record.
	pub record: Option<RecordId>,
	/// Only those that wait for a decision.
	pub pending: bool,
}

/// A grant with its name and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct NamedGrant {
	/// Its name.
	pub grant_id: GrantId,
	/// The grant.
	pub grant: Grant,
	/// Whether it holds.
	pub status: GrantStatus,
}

/// An access request with its name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct NamedAccessRequest {
	/// Its name.
	pub access_request_id: AccessRequestId,
	/// The access request.
	pub request: AccessRequest,
}

/// A wrapped key for a grant that goes on in a new key epoch.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct GrantKey {
	/// The grant.
	pub grant: GrantId,
	/// The new stream secret, wrapped to its grantee.
	pub key: WrappedKey,
}

/// The terms of a grant, as its giver sets them.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct GrantTerms {
	/// Why it is given.
	pub purpose: Purpose,
	/// Last moment at which it holds, by the chain's clock; `None` for no end.
	pub expires_at: Option<Moment>,
	/// Whether the grantee may give it on.
	pub delegable: bool,
	/// First key epoch it covers. For a record: the record's epoch.
	pub from_epoch: KeyEpoch,
	/// For a stream: its secrets of the latest epochs up to the present one, in that order. For a record:
	/// its data key alone. Each wrapped to a recent encryption key of the grantee.
	pub keys: BoundedVec<WrappedKey, ConstU32<{ limits::MAX_EPOCHS_PER_GRANT }>>,
}

#[cfg(test)]
mod tests {
	use super::*;

	fn name(n: u8) -> GrantId {
		GrantId([n; 32])
	}

	fn grant(expires_at: Option<Moment>, parent: Option<u8>) -> Grant {
		Grant {
			grantor: 0,
			grantee: 1,
			resource: Resource::Stream(StreamId([0; 32])),
			permission: Permission::Read,
			from_epoch: 0,
			purpose: Purpose::default(),
			expires_at,
			delegable: true,
			parent: parent.map(name),
			granted_at: 1,
			access_request: None,
			slot: 0,
		}
	}

	/// Returns the status at moment 10 of a grant below `above`, which are named from 0 on.
	fn status(own: &Grant, above: &[Grant]) -> GrantStatus {
		own.status(10, |id| above.get(usize::from(id.0[0])).cloned())
	}

	#[test]
	fn a_grant_holds_up_to_and_with_its_last_moment() {
		assert_eq!(status(&grant(None, None), &[]), GrantStatus::Active);
		assert_eq!(status(&grant(Some(10), None), &[]), GrantStatus::Active);
		assert_eq!(status(&grant(Some(9), None), &[]), GrantStatus::Expired);
	}

	#[test]
	fn a_delegated_grant_ends_with_any_grant_above() {
		let own = grant(None, Some(0));
		assert_eq!(status(&own, &[grant(Some(10), None)]), GrantStatus::Active);
		assert_eq!(status(&own, &[grant(Some(9), None)]), GrantStatus::ParentEnded);
		assert_eq!(status(&own, &[]), GrantStatus::ParentEnded);
		let expired_above = [grant(None, Some(1)), grant(Some(9), None)];
		assert_eq!(status(&own, &expired_above), GrantStatus::ParentEnded);
		assert_eq!(status(&grant(Some(9), Some(0)), &[]), GrantStatus::Expired);
	}

	#[test]
	fn an_endless_chain_does_not_hold() {
		let own = grant(None, Some(0));
		assert_eq!(status(&own, std::slice::from_ref(&own)), GrantStatus::ParentEnded);
	}
}
