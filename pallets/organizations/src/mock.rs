//! A runtime for the tests: two organizations, and a council of one account.

#![allow(
	missing_debug_implementations,
	clippy::needless_pass_by_value,
	clippy::use_self,
	reason = "the macro"
)]

use crate::{self as pallet_organizations, Allowance, GenesisMember, GenesisOrganization};
use credio_primitives::{AccountId, PublicKey, Quota, Roles};
use frame_support::{
	derive_impl, ord_parameter_types, parameter_types,
	traits::{Contains, ContainsPair},
};
use frame_system::EnsureSignedBy;
use sp_runtime::{BuildStorage, traits::IdentityLookup};

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
	pub type Organizations = pallet_organizations;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Self>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
}

ord_parameter_types! {
	pub const Council: AccountId = COUNCIL;
}

parameter_types! {
	pub const DefaultQuota: Quota = Quota { bytes: 1_000, ref_time: 1_000_000 };
	pub const QuotaWindow: u32 = 10;
	pub const MaxKeyVersions: u32 = 4;
	pub const SeatAllowance: Allowance = Allowance { calls: 3, bytes: 2_000, ref_time: 2_000_000 };
}

impl crate::Config for Test {
	type CouncilOrigin = EnsureSignedBy<Council, AccountId>;
	type DefaultQuota = DefaultQuota;
	type QuotaWindow = QuotaWindow;
	type MaxKeyVersions = MaxKeyVersions;
	type KeyGracePeriod = frame_support::traits::ConstU32<5>;
	type SeatAllowance = SeatAllowance;
	type GovernanceCalls = CouncilRemarks;
	type UnsignedCalls = NodeReports;
	type WeightInfo = ();
}

/// Stands for the calls of governance.
pub struct CouncilRemarks;

impl ContainsPair<AccountId, RuntimeCall> for CouncilRemarks {
	fn contains(who: &AccountId, call: &RuntimeCall) -> bool {
		let is_remark =
			matches!(call, RuntimeCall::System(frame_system::Call::remark_with_event { .. }));
		(*who == COUNCIL || *who == ALICE) && is_remark
	}
}

/// Stands for what nodes bring without a signer.
pub struct NodeReports;

impl Contains<RuntimeCall> for NodeReports {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::System(frame_system::Call::set_heap_pages { .. }))
	}
}

pub(crate) const COUNCIL: AccountId = AccountId::new([255; 32]);
/// All roles in [`ALPHA`].
pub(crate) const ALICE: AccountId = account(1);
/// Submitter in [`ALPHA`].
pub(crate) const BOB: AccountId = account(2);
/// All roles in [`BETA`].
pub(crate) const CHARLIE: AccountId = account(3);
/// No member of anything.
pub(crate) const STRANGER: AccountId = account(4);

pub(crate) const ALPHA: u32 = 0;
pub(crate) const BETA: u32 = 1;

pub(crate) const SUBMITTER: Roles = Roles { admin: false, submitter: true, grantor: false };
pub(crate) const KEY: PublicKey = PublicKey([9; 32]);

pub(crate) const fn account(n: u8) -> AccountId {
	AccountId::new([n; 32])
}

pub(crate) fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub(crate) fn organization(name: &str, members: &[(AccountId, Roles)]) -> GenesisOrganization {
	GenesisOrganization {
		name: name.into(),
		encryption_key: KEY,
		quota: None,
		members: members
			.iter()
			.map(|(account, roles)| GenesisMember { account: account.clone(), roles: *roles })
			.collect(),
	}
}

pub(crate) struct ExtBuilder {
	organizations: Vec<GenesisOrganization>,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		Self {
			organizations: vec![
				organization("alpha", &[(ALICE, Roles::ALL), (BOB, SUBMITTER)]),
				organization("beta", &[(CHARLIE, Roles::ALL)]),
			],
		}
	}
}

impl ExtBuilder {
	pub(crate) fn with(organizations: Vec<GenesisOrganization>) -> Self {
		Self { organizations }
	}

	pub(crate) fn build(self) -> sp_io::TestExternalities {
		let genesis = RuntimeGenesisConfig {
			organizations: crate::GenesisConfig {
				organizations: self.organizations,
				..Default::default()
			},
			..Default::default()
		};
		let mut ext: sp_io::TestExternalities =
			genesis.build_storage().expect("the genesis builds").into();
		ext.execute_with(|| System::set_block_number(1));
		ext
	}

	/// Runs a test and checks the storage at its end.
	pub(crate) fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			Organizations::do_try_state().expect("the storage is consistent");
		});
	}
}

#[cfg(feature = "runtime-benchmarks")]
pub fn new_test_ext() -> sp_io::TestExternalities {
	ExtBuilder::default().build()
}
