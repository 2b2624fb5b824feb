//! Bundles, as JSON.

use super::{requests::ErrorNameJson, wrappers::Bytes};
use crate::{
	AccountId, BlockNumber, BundleId, BundleState, Digest, Leg, Moment, OrganizationId,
	bundle::{self, BundleDetail, BundleStatus, Consent, EncodedCall, LegCalls, NamedBundle},
};
use alloc::vec::Vec;
use codec::Encode;
use serde::{Deserialize, Serialize};
use sp_runtime::DispatchError;
use sp_runtime::Weight;

/// A weight: what calls may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WeightJson {
	/// Execution time in picoseconds on the reference machine.
	pub ref_time: u64,
	/// Bytes of storage proof.
	pub proof_size: u64,
}

impl From<Weight> for WeightJson {
	fn from(weight: Weight) -> Self {
		Self { ref_time: weight.ref_time(), proof_size: weight.proof_size() }
	}
}

impl From<WeightJson> for Weight {
	fn from(weight: WeightJson) -> Self {
		Self::from_parts(weight.ref_time, weight.proof_size)
	}
}

/// An organization with a leg in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyJson {
	/// The organization.
	pub organization: OrganizationId,
	/// Number of calls in its leg.
	pub calls: u32,
	/// Its consent; null if there is none.
	pub consent: Option<Consent>,
}

/// Why a bundle was aborted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AbortJson {
	/// Position of the leg with the call that failed, counted from 0.
	pub leg: u32,
	/// The organization of that leg.
	pub organization: Option<OrganizationId>,
	/// Position of the call in the leg, counted from 0.
	pub call_index: u32,
	/// Why it failed.
	pub error: ErrorNameJson,
}

/// A bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleJson {
	/// Its name.
	pub bundle_id: BundleId,
	/// Organization that proposed it.
	pub proposer: OrganizationId,
	/// Member that did.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub proposed_by: AccountId,
	/// Block of its proposal.
	pub proposed_at: BlockNumber,
	/// Time of that block, in milliseconds since 1970.
	pub proposed_time: Moment,
	/// Last moment at which it can execute, in milliseconds since 1970.
	pub deadline: Moment,
	/// The digest that is consented to.
	pub digest: Digest,
	/// The organizations, in the order of their legs.
	pub parties: Vec<PartyJson>,
	/// Its status.
	pub status: BundleStatus,
	/// Block that executed or aborted it; null otherwise.
	pub decided_at: Option<BlockNumber>,
	/// Time of that block, in milliseconds since 1970; null otherwise.
	pub decided_time: Option<Moment>,
	/// Why it was aborted; null otherwise.
	pub abort: Option<AbortJson>,
}

impl BundleJson {
	/// Converts a bundle. `name` names its error.
	///
	/// # Errors
	///
	/// Those of `name`.
	pub fn new<Error>(
		NamedBundle { bundle_id, bundle }: NamedBundle,
		name: impl FnOnce(DispatchError) -> Result<ErrorNameJson, Error>,
	) -> Result<Self, Error> {
		let (decided, abort) = match bundle.state {
			BundleState::Open | BundleState::Expired => (None, None),
			BundleState::Executed { block, time } => (Some((block, time)), None),
			BundleState::Aborted { leg, call_index, error, block, time } => {
				let party = bundle.parties.get(leg as usize);
				let organization = party.map(|party| party.organization);
				let error = name(error)?;
				(Some((block, time)), Some(AbortJson { leg, organization, call_index, error }))
			},
		};
		Ok(Self {
			bundle_id,
			proposer: bundle.proposer,
			proposed_by: bundle.proposed_by,
			proposed_at: bundle.proposed_at,
			proposed_time: bundle.proposed_time,
			deadline: bundle.deadline,
			digest: bundle.digest,
			status: bundle.state.status(),
			parties: bundle
				.parties
				.into_iter()
				.map(|party| PartyJson {
					organization: party.organization,
					calls: party.calls,
					consent: party.consent,
				})
				.collect(),
			decided_at: decided.map(|(block, _)| block),
			decided_time: decided.map(|(_, time)| time),
			abort,
		})
	}
}

/// The calls of one leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LegJson {
	/// The organization that acts.
	pub organization: OrganizationId,
	/// Its calls, encoded, in the order of execution.
	pub calls: Vec<Bytes>,
}

impl From<LegCalls> for LegJson {
	fn from(leg: LegCalls) -> Self {
		let calls = leg.calls.into_iter().map(Bytes).collect();
		Self { organization: leg.organization, calls }
	}
}

/// A bundle with all that a consent needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleDetailJson {
	/// The bundle.
	#[serde(flatten)]
	pub bundle: BundleJson,
	/// Its legs, while it is open; empty afterwards.
	pub legs: Vec<LegJson>,
	/// The weight that the last consent has to offer at least.
	pub weight: WeightJson,
}

impl BundleDetailJson {
	/// Converts a bundle with its legs. `name` names its error.
	///
	/// # Errors
	///
	/// Those of `name`.
	pub fn new<Error>(
		BundleDetail { named, legs, weight }: BundleDetail,
		name: impl FnOnce(DispatchError) -> Result<ErrorNameJson, Error>,
	) -> Result<Self, Error> {
		Ok(Self {
			bundle: BundleJson::new(named, name)?,
			legs: legs.into_iter().map(LegJson::from).collect(),
			weight: weight.into(),
		})
	}

	/// Computes the digest of these legs under this id and deadline.
	#[must_use]
	pub fn computed_digest(&self, genesis: &Digest) -> Digest {
		let legs = self
			.legs
			.iter()
			.map(|leg| Leg {
				organization: leg.organization,
				calls: leg.calls.iter().map(|call| EncodedCall(call.0.clone())).collect(),
			})
			.collect::<Vec<_>>();
		let BundleJson { bundle_id, deadline, .. } = &self.bundle;
		bundle::digest(genesis, bundle_id, *deadline, &legs.encode())
	}
}
