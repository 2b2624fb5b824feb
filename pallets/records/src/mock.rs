//! A runtime for the tests: the streams of `pallet-anchor`, the members of `pallet-organizations`, and key epochs that
//! a test sets.

use crate as pallet_records;
use credio_primitives::{
	entry::ENVELOPE_V1, AccountId, Digest, KeyEpoch, KeyEpochState, OrganizationId, PublicKey,
	Quota, RecordId, Reference, Roles, StreamId,
};
use frame_support::{
	assert_ok, derive_impl,
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	ensure, ord_parameter_types, parameter_types,
};
use frame_system::EnsureSignedBy;
use pallet_organizations::{GenesisMember, GenesisOrganization};
use pallet_support::traits::{AppendAccess, Appender, KeyEpochs, Membership, Role};
use sp_runtime::{
	traits::{Dispatchable, IdentityLookup},
	BuildStorage, DispatchError,
};
use std::collections::BTreeMap;

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
	#[runtime::pallet_index(3)]
	pub type Records = pallet_records;
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
	pub const MaxStreamsPerOrganization: u32 = 10;
	/// Who may append to which stream without owning it.
	pub static AppendGrants: Vec<(OrganizationId, StreamId)> = vec![];
	/// Epochs of streams.
	pub static EpochStates: BTreeMap<StreamId, KeyEpochState> = BTreeMap::new();
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

impl pallet_anchor::Config for Test {
	type Membership = Organizations;
	type Access = Access;
	type MaxStreamsPerOrganization = MaxStreamsPerOrganization;
	type WeightInfo = ();
}

impl crate::Config for Test {
	type Streams = Anchor;
	type KeyEpochs = Epochs;
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

/// The epochs of [`EpochStates`].
pub struct Epochs;

impl KeyEpochs for Epochs {
	fn ensure_current(stream: &StreamId, epoch: KeyEpoch) -> DispatchResult {
		let states = EpochStates::get();
		let state = states.get(stream).ok_or(NO_EPOCH)?;
		ensure!(state.current == epoch, EPOCH_NOT_CURRENT);
		ensure!(!state.rotation_due, ROTATION_DUE);
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_epoch(stream: &StreamId) -> KeyEpoch {
		set_epoch(*stream, 0);
		0
	}
}

pub const NO_EPOCH: DispatchError = DispatchError::Other("no epoch");
pub const EPOCH_NOT_CURRENT: DispatchError = DispatchError::Other("epoch not current");
pub const ROTATION_DUE: DispatchError = DispatchError::Other("rotation due");

pub const COUNCIL: AccountId = AccountId::new([255; 32]);
/// All roles in [`ALPHA`].
pub const ALICE: AccountId = AccountId::new([1; 32]);
/// Only admin in [`ALPHA`].
pub const ADAM: AccountId = AccountId::new([2; 32]);
/// Only submitter in [`ALPHA`].
pub const SAM: AccountId = AccountId::new([3; 32]);
/// All roles in [`BETA`].
pub const BOB: AccountId = AccountId::new([4; 32]);
/// No member of anything.
pub const STRANGER: AccountId = AccountId::new([5; 32]);

pub const ALPHA: OrganizationId = 0;
pub const BETA: OrganizationId = 1;

const ADMIN: Roles = Roles { admin: true, submitter: false, grantor: false };
const SUBMITTER: Roles = Roles { admin: false, submitter: true, grantor: false };

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Creates a stream in its first epoch; `admin` is one of its owner.
pub fn stream(admin: AccountId, name: &str) -> StreamId {
	let owner = Organizations::member(&admin).expect("a member").organization;
	let bytes = name.as_bytes().to_vec().try_into().expect("short enough");
	assert_ok!(Anchor::create_stream(signed(admin), bytes));
	let id = StreamId::derive(owner, name.as_bytes());
	set_epoch(id, 0);
	id
}

pub fn set_epoch(stream: StreamId, current: KeyEpoch) {
	set_epoch_state(stream, Some(KeyEpochState { current, rotation_due: false, opened_at: 0 }));
}

pub fn set_epoch_state(stream: StreamId, state: Option<KeyEpochState>) {
	EpochStates::mutate(|states| {
		states.remove(&stream);
		states.extend(state.map(|state| (stream, state)));
	});
}

pub fn reference(n: u8) -> Reference {
	Reference([n; 32])
}

pub fn digest(n: u8) -> Digest {
	Digest([n; 32])
}

/// An envelope of so many bytes.
pub fn envelope(size: u32) -> Vec<u8> {
	let mut bytes = vec![0xee; size as usize];
	if let Some(first) = bytes.first_mut() {
		*first = ENVELOPE_V1;
	}
	bytes
}

/// A call of `append`, good in every respect for a stream of ALICE's in its first epoch.
#[derive(Clone)]
pub struct Append {
	pub who: AccountId,
	pub stream: StreamId,
	pub reference: Reference,
	pub epoch: KeyEpoch,
	pub payload: Vec<u8>,
	pub supersedes: Option<RecordId>,
}

impl Append {
	pub fn to(stream: StreamId, n: u8) -> Self {
		let (epoch, supersedes) = (0, None);
		let payload = envelope(100);
		Self { who: ALICE, stream, reference: reference(n), epoch, payload, supersedes }
	}

	/// Dispatches it as a block would, so that a failure is rolled back.
	pub fn call(self) -> DispatchResult {
		self.dispatch().map(drop).map_err(|failure| failure.error)
	}

	/// As [`Self::call`], with what it used.
	pub fn dispatch(self) -> DispatchResultWithPostInfo {
		let origin = signed(self.who);
		let call = RuntimeCall::from(crate::Call::append {
			stream: self.stream,
			reference: self.reference,
			epoch: self.epoch,
			commitment: digest(7),
			payload: self.payload,
			supersedes: self.supersedes,
		});
		call.dispatch(origin)
	}
}

/// Appends a record as ALICE.
pub fn record(stream: StreamId, n: u8) -> RecordId {
	assert_ok!(Append::to(stream, n).call());
	RecordId::derive(ALPHA, &reference(n))
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
			],
			..Default::default()
		},
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities =
		genesis.build_storage().expect("the genesis builds").into();
	ext.execute_with(|| {
		AppendGrants::set(vec![]);
		EpochStates::set(BTreeMap::new());
		System::set_block_number(1);
	});
	ext
}

/// Runs a test and checks the storage at its end.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Records::do_try_state().expect("the storage is consistent");
	});
}
