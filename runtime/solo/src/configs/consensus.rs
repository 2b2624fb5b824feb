//! Who makes blocks and who votes on their finality.

use super::{
	constants::*,
	governance::{CouncilChange, CouncilMajority},
};
use crate::{deposits::NoDeposit, *};
use frame_support::traits::{ConstBool, ConstU32, ConstU64, Contains};
use pallet_session::historical;
use pallet_validators::{FinalityGadget, Stall};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;

/// Most validators. GRANDPA's messages grow with their square.
pub const MAX_VALIDATORS: u32 = 50;

/// Length of a session in blocks, unless a change of the validators ends it earlier.
pub const SESSION_LENGTH: BlockNumber = 10 * MINUTES;

/// Sessions for which offences can be proven: a week of them.
pub const SESSION_HISTORY: u32 = 7 * DAYS / SESSION_LENGTH;

/// Most blocks from the plan of a change of validators by force to its effect.
pub const MAX_FORCED_DELAY: BlockNumber = HOURS;

/// Blocks between two changes of the keys of one validator.
pub const KEY_CHANGE_INTERVAL: BlockNumber = DAYS;

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Aura>;
	type EventHandler = ();
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = sp_runtime::traits::ConvertInto;
	type ShouldEndSession = Validators;
	type NextSessionRotation = Validators;
	type SessionManager = historical::NoteHistoricalRoot<Self, Validators>;
	type SessionHandler = <SessionKeys as sp_runtime::traits::OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	// At most a third: the others could not finalize any more.
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Self>;
	type Currency = NoDeposit;
	type KeyDeposit = ConstU64<0>;
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = pallet_validators::NothingMore;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Self>;
	type OnOffenceHandler = Validators;
}

impl pallet_validators::Config for Runtime {
	type CouncilOrigin = CouncilMajority;
	type ForceOrigin = CouncilChange;
	type Finality = ForcedFinality;
	type MaxForcedDelay = ConstU32<MAX_FORCED_DELAY>;
	type KeyChangeInterval = ConstU32<KEY_CHANGE_INTERVAL>;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type SessionLength = ConstU32<SESSION_LENGTH>;
	type SessionHistory = ConstU32<SESSION_HISTORY>;
	type WeightInfo = weights::pallet_validators::WeightInfo<Self>;
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = Session;
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<SLOT_DURATION_MILLIS>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<{ SESSION_HISTORY as u64 }>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem = pallet_grandpa::EquivocationReportSystem<
		Self,
		Offences,
		Historical,
		ConstU64<{ (SESSION_HISTORY * SESSION_LENGTH) as u64 }>,
	>;
}

/// GRANDPA, as far as the council can hand finality to other validators.
#[derive(Debug)]
pub struct ForcedFinality;

impl FinalityGadget for ForcedFinality {
	fn has_pending_change() -> bool {
		pallet_grandpa::PendingChange::<Runtime>::exists()
	}

	fn can_force_change() -> bool {
		let earliest = Grandpa::next_forced().unwrap_or_default();
		!Self::has_pending_change() && earliest <= System::block_number()
	}

	fn stall() -> Option<Stall> {
		Grandpa::stalled().map(|(delay, best_finalized)| Stall { delay, best_finalized })
	}

	fn set_stall(stall: Option<Stall>) {
		let stall = stall.map(|Stall { delay, best_finalized }| (delay, best_finalized));
		pallet_grandpa::Stalled::<Runtime>::set(stall);
	}
}

/// Nodes report equivocations by themselves, without a signer.
impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
	RuntimeCall: From<C>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<C> frame_system::offchain::CreateBare<C> for Runtime
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: Self::RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}

/// What a validator's node brings without a signer: reports of equivocations, which the pallet checks. It takes them
/// from the node itself and from a block, not from anywhere else.
#[derive(Debug)]
pub struct NodeReports;

impl Contains<RuntimeCall> for NodeReports {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(
			call,
			RuntimeCall::Grandpa(pallet_grandpa::Call::report_equivocation_unsigned { .. })
		)
	}
}
