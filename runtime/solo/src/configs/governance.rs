//! The council, and how it acts.
//!
//! In polkadot.js Apps: Developer > Extrinsics > `council.propose(threshold, proposal, lengthBound)`, then
//! `council.vote` and `council.close`. A proposal is either a call that takes the council's origin
//! (`organizations.admit`, …) or `governance.dispatchAsRoot(call)` for everything that only root may do.

use super::constants::*;
use crate::*;
use codec::Encode;
use credio_primitives::limits;
use frame_support::{
	parameter_types,
	traits::{
		ChangeMembers, ConstU32, ContainsPair, EitherOfDiverse, InitializeMembers,
		NeverEnsureOrigin,
	},
	weights::Weight,
};
use frame_system::EnsureRoot;
use sp_runtime::{Perbill, traits::Zero};

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

/// What seats of the council do as such: they propose, vote on and close motions, and bring the code of an upgrade that
/// was authorized by its hash.
#[derive(Debug)]
pub struct CouncilCalls;

impl CouncilCalls {
	/// Whether a call is one by which a seat governs, whoever makes it.
	#[must_use]
	pub fn is_governance(call: &RuntimeCall) -> bool {
		match call {
			RuntimeCall::Council(call) => is_within_bounds(call),
			RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { .. }) => true,
			_ => false,
		}
	}
}

impl ContainsPair<AccountId, RuntimeCall> for CouncilCalls {
	fn contains(who: &AccountId, call: &RuntimeCall) -> bool {
		Self::is_governance(call) && Council::is_member(who)
	}
}

/// Returns the key under which the state has the seats of the council, for nodes.
#[must_use]
pub fn council_members() -> Vec<u8> {
	pallet_collective::Members::<Runtime, CouncilCollective>::hashed_key().to_vec()
}

/// Whether a call of the council is one that may be made. Nobody executes a call as a single member, which no motion
/// needs and which would be the way to fill blocks; and motions have a size that every block has room for.
#[must_use]
pub fn is_within_bounds(call: &pallet_collective::Call<Runtime, CouncilCollective>) -> bool {
	match call {
		pallet_collective::Call::execute { .. } => false,
		pallet_collective::Call::propose { proposal, .. } => {
			proposal.encoded_size() <= limits::MAX_MOTION_LENGTH as usize
		},
		_ => true,
	}
}

/// The seats of the council as accounts. While an account has a seat, it can sign, whatever its organization does: it
/// holds a reference of its own to its system account. The council keeps its last seats when it would be left with none.
#[derive(Debug)]
pub struct Seats;

impl Seats {
	fn retain(seats: &[AccountId]) {
		for seat in seats {
			System::inc_providers(seat);
		}
	}

	/// Lets go of the accounts of former seats, but for those with a nonce to remember: if it were counted from 0 again,
	/// what they signed could be applied a second time.
	fn release(former: &[AccountId]) {
		for seat in former {
			if System::account_nonce(seat).is_zero() {
				// Refused where somebody else relies on the account; then it stays, which harms nobody.
				let _ = System::dec_providers(seat);
			}
		}
	}
}

impl InitializeMembers<AccountId> for Seats {
	fn initialize_members(members: &[AccountId]) {
		Self::retain(members);
		Council::initialize_members(members);
	}
}

impl ChangeMembers<AccountId> for Seats {
	fn change_members_sorted(incoming: &[AccountId], outgoing: &[AccountId], all: &[AccountId]) {
		if all.is_empty() {
			return;
		}
		Self::retain(incoming);
		<Council as ChangeMembers<AccountId>>::change_members_sorted(incoming, outgoing, all);
		Self::release(outgoing);
	}

	fn set_prime(prime: Option<AccountId>) {
		<Council as ChangeMembers<AccountId>>::set_prime(prime);
	}

	fn get_prime() -> Option<AccountId> {
		<Council as ChangeMembers<AccountId>>::get_prime()
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
	type WeightInfo = weights::pallet_collective::WeightInfo<Self>;
	// Members come and go through the membership, which keeps their accounts.
	type SetMembersOrigin = NeverEnsureOrigin<AccountId>;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = pallet_governance::OpenMotion<Self>;
}

/// Changes to the council itself and of finality by force: two thirds of it, or root.
pub type CouncilChange = EitherOfDiverse<EnsureRoot<AccountId>, CouncilTwoThirds>;

impl pallet_membership::Config<CouncilCollective> for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type AddOrigin = CouncilChange;
	type RemoveOrigin = CouncilChange;
	type SwapOrigin = CouncilChange;
	type ResetOrigin = CouncilChange;
	type PrimeOrigin = CouncilChange;
	type MembershipInitialized = Seats;
	type MembershipChanged = Seats;
	type MaxMembers = ConstU32<MAX_COUNCIL_MEMBERS>;
	type WeightInfo = weights::pallet_membership::WeightInfo<Self>;
}

/// Who has proposed which motions that are open.
#[derive(Debug)]
pub struct Motions;

impl pallet_governance::Motions<AccountId> for Motions {
	fn open_of(proposer: &AccountId) -> u32 {
		let open = pallet_collective::Proposals::<Runtime, CouncilCollective>::get();
		let is_of = |motion: &&Hash| {
			pallet_collective::CostOf::<Runtime, CouncilCollective>::get(motion)
				.is_some_and(|(who, _)| who == *proposer)
		};
		open.iter().filter(is_of).count() as u32
	}

	fn forget_closed(most: u32) {
		let closed = pallet_collective::CostOf::<Runtime, CouncilCollective>::iter_keys()
			.filter(|motion| {
				!pallet_collective::ProposalOf::<Runtime, CouncilCollective>::contains_key(motion)
			})
			.take(most as usize)
			.collect::<Vec<_>>();
		for motion in closed {
			pallet_collective::CostOf::<Runtime, CouncilCollective>::remove(motion);
		}
	}
}

impl pallet_governance::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RootOrigin = CouncilTwoThirds;
	type Motions = Motions;
	type MaxOpenMotions = ConstU32<{ limits::MAX_OPEN_MOTIONS }>;
	type WeightInfo = weights::pallet_governance::WeightInfo<Self>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = weights::pallet_utility::WeightInfo<Self>;
}
