//! System and time.

use super::{constants::*, governance::is_within_bounds};
use crate::*;
use frame_support::{
	derive_impl,
	traits::{ConstU32, ConstU64, Contains},
};

/// Calls that can be made on this chain, whoever makes them and whatever they are nested in. Only root is not held
/// to it. Named one by one where a pallet has calls that nobody needs here.
#[derive(Debug)]
pub struct AvailableCalls;

impl Contains<RuntimeCall> for AvailableCalls {
	fn contains(call: &RuntimeCall) -> bool {
		match call {
			// The rest is root's. Anybody may bring the code of an upgrade that root has authorized by its hash.
			RuntimeCall::System(call) => matches!(
				call,
				frame_system::Call::remark { .. }
					| frame_system::Call::remark_with_event { .. }
					| frame_system::Call::apply_authorized_upgrade { .. }
			),
			// Derived accounts are no members, so nothing that acts for one could do anything.
			RuntimeCall::Utility(call) => matches!(
				call,
				pallet_utility::Call::batch { .. }
					| pallet_utility::Call::batch_all { .. }
					| pallet_utility::Call::force_batch { .. }
			),
			// The rest is root's.
			RuntimeCall::Grandpa(call) => matches!(
				call,
				pallet_grandpa::Call::report_equivocation { .. }
					| pallet_grandpa::Call::report_equivocation_unsigned { .. }
			),
			// Keys are set by `validators.setKeys`, which bounds how often. A validator without keys could leave a chain that
			// nobody continues. The council removes validators.
			RuntimeCall::Session(_) => false,
			RuntimeCall::Council(call) => is_within_bounds(call),
			// A seat is given by the council, not handed on by its holder.
			RuntimeCall::CouncilMembership(call) => {
				!matches!(call, pallet_membership::Call::change_key { .. })
			},
			RuntimeCall::Timestamp(_)
			| RuntimeCall::Validators(_)
			| RuntimeCall::Governance(_)
			| RuntimeCall::Organizations(_)
			| RuntimeCall::Anchor(_)
			| RuntimeCall::Records(_)
			| RuntimeCall::Grants(_)
			| RuntimeCall::Idempotency(_)
			| RuntimeCall::Bundles(_) => true,
		}
	}
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type BaseCallFilter = AvailableCalls;
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type BlockHashCount = ConstU32<2400>;
	type DbWeight = weights::storage_weights::StorageWeight;
	type SystemWeightInfo = weights::frame_system::WeightInfo<Self>;
	type ExtensionsWeightInfo = weights::frame_system_extensions::WeightInfo<Self>;
	type Version = Version;
	type SingleBlockMigrations = Migrations;
	type SS58Prefix = frame_support::traits::ConstU16<42>;
	type MaxConsumers = ConstU32<16>;
}

frame_support::parameter_types! {
	/// Which runtime this is.
	pub const Version: sp_version::RuntimeVersion = VERSION;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Aura;
	type MinimumPeriod = ConstU64<{ SLOT_DURATION_MILLIS / 2 }>;
	type WeightInfo = weights::pallet_timestamp::WeightInfo<Self>;
}
