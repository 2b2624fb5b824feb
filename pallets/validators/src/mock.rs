//! A runtime for the tests: account `[255; 32]` is the council, `[254; 32]` two thirds of it, and sessions last five blocks.

#![allow(
	missing_debug_implementations,
	clippy::needless_pass_by_value,
	clippy::use_self,
	reason = "the macro"
)]

use crate::{self as pallet_validators, FinalityGadget, Stall};
use credio_primitives::{AccountId, BlockNumber};
use frame_support::{
	derive_impl, ord_parameter_types, parameter_types,
	traits::{ConstU32, ConstU64, Hooks},
};
use frame_system::EnsureSignedBy;
use pallet_session::historical;
use sp_runtime::{
	BuildStorage, impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, IdentityLookup, OpaqueKeys},
};

pub(crate) const SESSION: BlockNumber = 5;
pub(crate) const HISTORY: u32 = 4;
pub(crate) const MAX_VALIDATORS: u32 = 5;
pub(crate) const KEY_CHANGE_INTERVAL: BlockNumber = 20;
pub(crate) const MAX_FORCED_DELAY: BlockNumber = 30;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Validators = pallet_validators;
	#[runtime::pallet_index(2)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(3)]
	pub type Historical = historical;
	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;
}

impl_opaque_keys! {
	pub struct Keys {
		pub dummy: UintAuthorityId,
	}
}

/// Block with numbers as the chain has them.
type Block = frame_system::mocking::MockBlockU32<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

/// Takes any authorities.
pub struct AnyAuthorities;

impl pallet_session::SessionHandler<AccountId> for AnyAuthorities {
	const KEY_TYPE_IDS: &'static [sp_runtime::KeyTypeId] = &[sp_runtime::key_types::DUMMY];
	fn on_genesis_session<K: OpaqueKeys>(_: &[(AccountId, K)]) {}
	fn on_new_session<K: OpaqueKeys>(_: bool, voters: &[(AccountId, K)], _: &[(AccountId, K)]) {
		if let Some(stall) = Noted::take() {
			let voters = voters.iter().map(|(voter, _)| AsRef::<[u8]>::as_ref(voter)[0]).collect();
			Forced::mutate(|forced| forced.push((voters, stall)));
			PendingUntil::set(System::block_number().saturating_add(stall.delay));
		}
	}
	fn on_disabled(_: u32) {}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Validators;
	type NextSessionRotation = Validators;
	type SessionManager = historical::NoteHistoricalRoot<Self, Validators>;
	type SessionHandler = AnyAuthorities;
	type Keys = Keys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU64<0>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = crate::NothingMore;
}

ord_parameter_types! {
	pub const Council: AccountId = council();
	pub const TwoThirds: AccountId = two_thirds();
}

parameter_types! {
	/// A stall that was noted, and what a session has taken up: the voters, and the stall.
	pub static Noted: Option<Stall> = None;
	pub static Forced: Vec<(Vec<u8>, Stall)> = Vec::new();
	/// Until which block a change is pending.
	pub static PendingUntil: BlockNumber = 0;
}

/// Takes a stall up as GRANDPA does.
pub struct Gadget;

impl FinalityGadget for Gadget {
	fn has_pending_change() -> bool {
		System::block_number() <= PendingUntil::get()
	}
	fn can_force_change() -> bool {
		!Self::has_pending_change()
	}
	fn stall() -> Option<Stall> {
		Noted::get()
	}
	fn set_stall(stall: Option<Stall>) {
		Noted::set(stall);
	}
}

impl crate::Config for Test {
	type CouncilOrigin = EnsureSignedBy<Council, AccountId>;
	type ForceOrigin = EnsureSignedBy<TwoThirds, AccountId>;
	type Finality = Gadget;
	type MaxForcedDelay = ConstU32<MAX_FORCED_DELAY>;
	type KeyChangeInterval = ConstU32<KEY_CHANGE_INTERVAL>;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type SessionLength = ConstU32<SESSION>;
	type SessionHistory = ConstU32<HISTORY>;
	type WeightInfo = ();
}

pub(crate) fn council() -> AccountId {
	AccountId::new([255; 32])
}

pub(crate) fn two_thirds() -> AccountId {
	AccountId::new([254; 32])
}

pub(crate) fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

pub(crate) fn keys(number: u8) -> Keys {
	Keys { dummy: UintAuthorityId(number.into()) }
}

/// What its holder does before an account can be a validator.
pub(crate) fn set_keys(number: u8, with: u8) {
	pallet_session::NextKeys::<Test>::insert(account(number), keys(with));
}

/// A chain with validators 1, 2 and so on, at its first block.
pub(crate) fn new_test_ext_with(validators: u8) -> sp_io::TestExternalities {
	let keys = (1..=validators).map(|n| (account(n), account(n), keys(n))).collect();
	let genesis = RuntimeGenesisConfig {
		validators: crate::GenesisConfig {
			validators: (1..=validators).map(account).collect(),
			..Default::default()
		},
		session: pallet_session::GenesisConfig { keys, non_authority_keys: Vec::new() },
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities =
		genesis.build_storage().expect("a valid genesis").into();
	ext.execute_with(|| run_to(1));
	ext
}

#[cfg(feature = "runtime-benchmarks")]
pub fn new_test_ext() -> sp_io::TestExternalities {
	new_test_ext_with(1)
}

/// Makes blocks up to number `block`.
pub(crate) fn run_to(block: BlockNumber) {
	while System::block_number() < block {
		System::set_block_number(System::block_number() + 1);
		Session::on_initialize(System::block_number());
		Validators::do_try_state().expect("the storage is consistent");
	}
}

/// Makes some blocks.
pub(crate) fn wait(blocks: BlockNumber) {
	run_to(System::block_number() + blocks);
}

/// The validators of the present session, by number.
pub(crate) fn active() -> Vec<u8> {
	Session::validators().iter().map(|validator| AsRef::<[u8]>::as_ref(validator)[0]).collect()
}
