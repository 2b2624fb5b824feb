//! The council, and the ways in which it acts.
//!
//! In polkadot.js Apps: Developer > Extrinsics > `council.propose(threshold, proposal, lengthBound)`, then
//! `council.vote` and `council.close`. A proposal is either a call that takes the council's origin
//! (`organizations.admit`, …) or `governance.dispatchAsRoot(call)` for everything that only root may do.

use super::constants::*;
use crate::*;
use frame_support::{
	parameter_types,
	traits::{ConstU32, ContainsPair, EitherOfDiverse},
	weights::Weight,
};
use frame_system::EnsureRoot;
use sp_runtime::Perbill;

/// The council's instance.
pub type CouncilCollective = pallet_collective::Instance1;

/// More than half of the council, or root.
pub type CouncilMajority = EitherOfDiverse<
	EnsureRoot<AccountId>,
	pallet_collective::EnsureProportionMoreThan<AccountId, CouncilCollective, 1, 2>,
>;

/// Two thirds of the council.
pub type CouncilTwoThirds =
	pallet_collective::EnsureProportionAtLeast<AccountId, CouncilCollective, 2, 3>;

/// What members of the council do as such.
pub struct CouncilCalls;

impl ContainsPair<AccountId, RuntimeCall> for CouncilCalls {
	fn contains(who: &AccountId, call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Council(_)) && Council::is_member(who)
	}
}

parameter_types! {
	/// A motion may weigh half a block.
	pub MaxProposalWeight: Weight = Perbill::from_percent(50) * RuntimeBlockWeights::get().max_block;
}

/// Most members of the council.
pub const MAX_COUNCIL_MEMBERS: u32 = 50;

impl pallet_collective::Config<CouncilCollective> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU32<{ 7 * DAYS }>;
	type MaxProposals = ConstU32<64>;
	type MaxMembers = ConstU32<MAX_COUNCIL_MEMBERS>;
	type DefaultVote = pallet_collective::MoreThanMajorityThenPrimeDefaultVote;
	type WeightInfo = weights::pallet_collective::WeightInfo<Runtime>;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

/// Changes to the council itself: two thirds of it, or root.
type CouncilChange = EitherOfDiverse<EnsureRoot<AccountId>, CouncilTwoThirds>;

impl pallet_membership::Config<CouncilCollective> for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type AddOrigin = CouncilChange;
	type RemoveOrigin = CouncilChange;
	type SwapOrigin = CouncilChange;
	type ResetOrigin = CouncilChange;
	type PrimeOrigin = CouncilChange;
	type MembershipInitialized = Council;
	type MembershipChanged = Council;
	type MaxMembers = ConstU32<MAX_COUNCIL_MEMBERS>;
	type WeightInfo = weights::pallet_membership::WeightInfo<Runtime>;
}

impl pallet_governance::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RootOrigin = CouncilTwoThirds;
	type WeightInfo = weights::pallet_governance::WeightInfo<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = weights::pallet_utility::WeightInfo<Runtime>;
}
