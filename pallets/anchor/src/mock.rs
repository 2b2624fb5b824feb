//! A runtime for the tests: three organizations of `pallet-organizations`, the third of them suspended.

use crate as pallet_anchor;
use credio_primitives::{
	AccountId, Digest, OrganizationId, PublicKey, Quota, RecordId, Reference, Roles, StreamId,
	StreamName,
};
use frame_support::{assert_ok, derive_impl, ord_parameter_types, parameter_types};
use frame_system::EnsureSignedBy;
use pallet_organizations::{GenesisMember, GenesisOrganization};
use pallet_support::traits::{AppendAccess, Appender, Membership, Role};
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchError};

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
	#[runtime::pallet_index(2)]
	pub type Anchor = pallet_anchor;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
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
	pub const SeatAllowance: pallet_organizations::Allowance =
		pallet_organizations::Allowance { calls: 100, bytes: 1 << 20, ref_time: 1 << 40 };
	pub const MaxStreamsPerOrganization: u32 = 4;
	/// Who may append to which stream without owning it.
	pub static AppendGrants: Vec<(OrganizationId, StreamId)> = vec![];
}

impl pallet_organizations::Config for Test {
	type CouncilOrigin = EnsureSignedBy<Council, AccountId>;
	type DefaultQuota = DefaultQuota;
	type QuotaWindow = QuotaWindow;
	type MaxKeyVersions = MaxKeyVersions;
	type KeyGracePeriod = frame_support::traits::ConstU32<5>;
	type SeatAllowance = SeatAllowance;
	type GovernanceCalls = frame_support::traits::Nothing;
	type UnsignedCalls = frame_support::traits::Nothing;
	type WeightInfo = ();
}

impl crate::Config for Test {
	type Membership = Organizations;
	type Access = Access;
	type MaxStreamsPerOrganization = MaxStreamsPerOrganization;
	type WeightInfo = ();
}

/// The owner's submitters may append, and those of [`AppendGrants`].
pub struct Access;

impl AppendAccess<AccountId> for Access {
	fn ensure_may_append(
		who: &AccountId,
		stream: &StreamId,
		owner: OrganizationId,
	) -> Result<Appender, DispatchError> {
		let organization = Organizations::ensure_role(who, Role::Submitter)?;
		if organization == owner {
			Ok(Appender { organization, grants_read: 0 })
		} else if AppendGrants::get().contains(&(organization, *stream)) {
			Ok(Appender { organization, grants_read: GRANTS_READ })
		} else {
			Err(NO_GRANT)
		}
	}
}

/// How many grants [`Access`] reads to find that somebody who does not own the stream may append.
pub const GRANTS_READ: u32 = 3;

/// Returned by [`Access`] to a submitter of another organization.
pub const NO_GRANT: DispatchError = DispatchError::Other("no grant to append");

pub const COUNCIL: AccountId = AccountId::new([255; 32]);
/// All roles in [`ALPHA`].
pub const ALICE: AccountId = AccountId::new([1; 32]);
/// Only admin in [`ALPHA`].
pub const ADAM: AccountId = AccountId::new([2; 32]);
/// Only submitter in [`ALPHA`].
pub const SAM: AccountId = AccountId::new([3; 32]);
/// All roles in [`BETA`].
pub const BOB: AccountId = AccountId::new([4; 32]);
/// All roles in [`GAMMA`].
pub const CAROL: AccountId = AccountId::new([5; 32]);
/// No member of anything.
pub const STRANGER: AccountId = AccountId::new([6; 32]);

pub const ALPHA: OrganizationId = 0;
pub const BETA: OrganizationId = 1;
/// Suspended.
pub const GAMMA: OrganizationId = 2;

const ADMIN: Roles = Roles { admin: true, submitter: false, grantor: false };
const SUBMITTER: Roles = Roles { admin: false, submitter: true, grantor: false };

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn name(name: &str) -> StreamName {
	name.as_bytes().to_vec().try_into().expect("short enough")
}

/// Creates a stream; `admin` is one of its owner.
pub fn stream(admin: AccountId, text: &str) -> StreamId {
	let owner = Organizations::member(&admin).expect("a member").organization;
	assert_ok!(Anchor::create_stream(signed(admin), name(text)));
	StreamId::derive(owner, text.as_bytes())
}

pub fn reference(n: u8) -> Reference {
	Reference([n; 32])
}

pub fn digest(n: u8) -> Digest {
	Digest([n; 32])
}

/// Anchors a digest as ALICE.
pub fn anchor(stream: StreamId, n: u8) -> RecordId {
	assert_ok!(Anchor::anchor_digest(signed(ALICE), stream, reference(n), digest(n)));
	RecordId::derive(ALPHA, &reference(n))
}

fn organization(name: &str, members: &[(AccountId, Roles)]) -> GenesisOrganization {
	GenesisOrganization {
		name: name.into(),
		encryption_key: PublicKey([9; 32]),
		quota: None,
		members: members
			.iter()
			.map(|(account, roles)| GenesisMember { account: account.clone(), roles: *roles })
			.collect(),
	}
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let genesis = RuntimeGenesisConfig {
		organizations: pallet_organizations::GenesisConfig {
			organizations: vec![
				organization("alpha", &[(ALICE, Roles::ALL), (ADAM, ADMIN), (SAM, SUBMITTER)]),
				organization("beta", &[(BOB, Roles::ALL)]),
				organization("gamma", &[(CAROL, Roles::ALL)]),
			],
			..Default::default()
		},
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities =
		genesis.build_storage().expect("the genesis builds").into();
	ext.execute_with(|| {
		AppendGrants::set(vec![]);
		System::set_block_number(1);
		assert_ok!(Organizations::suspend(signed(COUNCIL), GAMMA));
	});
	ext
}

/// Runs a test and checks the storage at its end.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Anchor::do_try_state().expect("the storage is consistent");
	});
}
