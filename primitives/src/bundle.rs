//! Bundles: calls of several organizations that apply together or not at all.

use crate::{AccountId, BlockNumber, BundleId, Digest, Moment, OrganizationId, limits};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, MaxEncodedLen, Output};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::DispatchError;
use sp_runtime::{BoundedVec, Weight, traits::ConstU32};

/// The calls of one organization in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Leg<Call> {
	/// The organization that acts.
	pub organization: OrganizationId,
	/// Its calls, in the order of execution.
	pub calls: Vec<Call>,
}

/// An encoded call. It encodes to its bytes alone, so legs of encoded calls encode like legs of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedCall(pub Vec<u8>);

impl Encode for EncodedCall {
	fn size_hint(&self) -> usize {
		self.0.len()
	}

	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		output.write(&self.0);
	}
}

impl EncodeLike for EncodedCall {}

/// Returns the digest that the organizations of a bundle consent to:
/// `blake2_256("credio/bundle-digest/v2" ++ SCALE(genesis hash, bundle id, deadline, legs))`.
///
/// `deadline` is a moment, encoded in 8 bytes. `legs` is the SCALE encoding of `Vec<Leg<Call>>`. The digest binds the chain,
/// the proposer and its reference (both are in the id), the deadline, and every call of every leg.
#[must_use]
pub fn digest(genesis: &Digest, bundle: &BundleId, deadline: Moment, legs: &[u8]) -> Digest {
	const DOMAIN: &[u8] = b"credio/bundle-digest/v2";
	let mut input = Vec::with_capacity(DOMAIN.len() + 32 + 32 + 8 + legs.len());
	input.extend_from_slice(DOMAIN);
	(genesis, bundle, deadline).encode_to(&mut input);
	input.extend_from_slice(legs);
	Digest(sp_crypto_hashing::blake2_256(&input))
}

/// The consent of an organization to a bundle.
#[derive(
	Clone,
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
pub struct Consent {
	/// The member that consented. The organization's calls run with its origin.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub account: AccountId,
	/// Block of the consent.
	pub block: BlockNumber,
	/// Time of that block, in milliseconds since 1970.
	pub time: Moment,
}

/// An organization with a leg in a bundle.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Party {
	/// The organization.
	pub organization: OrganizationId,
	/// Number of calls in its leg.
	pub calls: u32,
	/// Its consent, if it stands.
	pub consent: Option<Consent>,
}

/// The state of a bundle.
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
)]
pub enum BundleState {
	/// It waits for consents.
	Open,
	/// All calls of all legs were applied.
	Executed {
		/// Block of the execution.
		block: BlockNumber,
		/// Time of that block.
		time: Moment,
	},
	/// All had consented, a call failed, and none was applied.
	Aborted {
		/// Position of the leg with the call that failed, counted from 0.
		leg: u32,
		/// Position of that call in its leg, counted from 0.
		call_index: u32,
		/// Why it failed.
		error: DispatchError,
		/// Block of the failure.
		block: BlockNumber,
		/// Time of that block.
		time: Moment,
	},
	/// The deadline has passed before all had consented. Nothing was applied.
	Expired,
}

/// A bundle as the chain stores it, without its legs.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Bundle {
	/// Organization that proposed it. It has a leg too.
	pub proposer: OrganizationId,
	/// Member that proposed it.
	pub proposed_by: AccountId,
	/// Block of its proposal.
	pub proposed_at: BlockNumber,
	/// Time of that block.
	pub proposed_time: Moment,
	/// Last moment at which it can execute, by the chain's clock.
	pub deadline: Moment,
	/// The digest that is consented to, see [`digest`].
	pub digest: Digest,
	/// The organizations, in the order of their legs.
	pub parties: BoundedVec<Party, ConstU32<{ limits::MAX_LEGS }>>,
	/// Its state.
	pub state: BundleState,
}

impl Bundle {
	/// Returns whether every organization has consented.
	#[must_use]
	pub fn has_all_consents(&self) -> bool {
		self.parties.iter().all(|party| party.consent.is_some())
	}

	/// Returns whether its deadline has passed at a moment. It can execute in a block at the deadline or earlier, and in no
	/// later one. No other code decides this.
	#[must_use]
	pub fn is_past_deadline(&self, now: Moment) -> bool {
		self.deadline < now
	}

	/// Returns its state at a moment. A bundle that is stored as open has expired once its deadline has passed, even before
	/// clean-up.
	#[must_use]
	pub fn state_at(&self, now: Moment) -> BundleState {
		match self.state {
			BundleState::Open if self.is_past_deadline(now) => BundleState::Expired,
			state => state,
		}
	}
}

/// The status of a bundle.
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
pub enum BundleStatus {
	/// It waits for consents.
	Open,
	/// All calls were applied.
	Executed,
	/// A call failed, and none was applied.
	Aborted,
	/// The deadline has passed before all had consented.
	Expired,
}

impl BundleState {
	/// Returns the status in this state.
	#[must_use]
	pub fn status(&self) -> BundleStatus {
		match self {
			Self::Open => BundleStatus::Open,
			Self::Executed { .. } => BundleStatus::Executed,
			Self::Aborted { .. } => BundleStatus::Aborted,
			Self::Expired => BundleStatus::Expired,
		}
	}
}

/// A bundle with its name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct NamedBundle {
	/// Its name.
	pub bundle_id: BundleId,
	/// The bundle. It is expired once its deadline has passed, also before clean-up.
	pub bundle: Bundle,
}

/// The calls of one leg, each encoded by itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct LegCalls {
	/// The organization that acts.
	pub organization: OrganizationId,
	/// Its calls, in the order of execution.
	pub calls: Vec<Vec<u8>>,
}

/// A bundle with all that a consent needs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct BundleDetail {
	/// The bundle with its name.
	pub named: NamedBundle,
	/// Its legs, while it is open; empty afterwards.
	pub legs: Vec<LegCalls>,
	/// The weight that its calls declare: the last consent has to offer at least this.
	pub weight: Weight,
}

/// Selects bundles. Every field narrows the result.
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
pub struct BundleFilter {
	/// Bundles with a leg of this organization.
	pub organization: Option<OrganizationId>,
	/// Bundles that this organization proposed.
	pub proposer: Option<OrganizationId>,
	/// Bundles with this status.
	pub status: Option<BundleStatus>,
}

/// Bounds on bundles that clients need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BundleLimits {
	/// How far ahead of the present moment a deadline may lie, in milliseconds.
	pub max_bundle_lifetime: Moment,
	/// How long a bundle's record is kept past its deadline, in milliseconds.
	pub bundle_retention: Moment,
	/// Most weight that the calls of a bundle may declare together.
	pub max_bundle_weight: Weight,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Reference;

	#[test]
	fn legs_of_encoded_calls_encode_as_legs_of_calls() {
		let calls = vec![(7u8, 8u32), (9, 10)];
		let legs = vec![Leg { organization: 1, calls }, Leg { organization: 2, calls: vec![] }];
		let encoded = legs
			.iter()
			.map(|leg| Leg {
				organization: leg.organization,
				calls: leg.calls.iter().map(|call| EncodedCall(call.encode())).collect(),
			})
			.collect::<Vec<_>>();
		assert_eq!(encoded.encode(), legs.encode());
	}

	fn bundle(deadline: Moment, state: BundleState) -> Bundle {
		Bundle {
			proposer: 1,
			proposed_by: AccountId::new([1; 32]),
			proposed_at: 1,
			proposed_time: 1,
			deadline,
			digest: Digest::default(),
			parties: Default::default(),
			state,
		}
	}

	#[test]
	fn deadline_is_the_last_moment() {
		let open = bundle(9, BundleState::Open);
		for (now, state) in [
			(0, BundleState::Open),
			(9, BundleState::Open),
			(10, BundleState::Expired),
			(Moment::MAX, BundleState::Expired),
		] {
			assert_eq!(open.state_at(now), state, "at {now}");
			assert_eq!(open.is_past_deadline(now), state == BundleState::Expired);
		}
		// A decided bundle keeps its state.
		let executed = BundleState::Executed { block: 1, time: 9 };
		assert_eq!(bundle(9, executed).state_at(Moment::MAX), executed);
		assert_eq!(bundle(Moment::MAX, BundleState::Open).state_at(Moment::MAX), BundleState::Open);
	}

	#[test]
	fn digest_binds_everything() {
		let id = BundleId::derive(1, &Reference([2; 32]));
		let genesis = Digest([1; 32]);
		let legs = vec![Leg { organization: 1, calls: vec![1u8] }].encode();
		let other_legs = vec![Leg { organization: 2, calls: vec![1u8] }].encode();
		let present = digest(&genesis, &id, 9, &legs);
		assert_eq!(present, digest(&genesis, &id, 9, &legs));
		let other_id = BundleId::derive(2, &Reference([2; 32]));
		for other in [
			digest(&Digest([3; 32]), &id, 9, &legs),
			digest(&genesis, &other_id, 9, &legs),
			digest(&genesis, &id, 10, &legs),
			digest(&genesis, &id, 9 + (1 << 32), &legs),
			digest(&genesis, &id, 9, &other_legs),
		] {
			assert_ne!(present, other);
		}
		let mut input = b"credio/bundle-digest/v2".to_vec();
		input.extend(genesis.0);
		input.extend(id.0);
		input.extend([9, 0, 0, 0, 0, 0, 0, 0]);
		input.extend(legs);
		assert_eq!(present.0, sp_crypto_hashing::blake2_256(&input));
	}
}
