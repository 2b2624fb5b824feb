//! A runtime for the tests, with the organizations and accounts of [`pallet_support::mock`].

use crate as pallet_anchor;
use credio_primitives::{AccountId, RecordId, StreamId, StreamName};
use frame_support::{assert_ok, parameter_types};
use pallet_support::{mock, traits::Membership};

pub(crate) use mock::{errors::*, *};

pallet_support::mock_runtime!(1: Anchor = pallet_anchor);

parameter_types! {
	pub const MaxStreamsPerOrganization: u32 = 4;
}

impl crate::Config for Test {
	type Membership = World;
	type Access = World;
	type MaxStreamsPerOrganization = MaxStreamsPerOrganization;
	type WeightInfo = ();
}

pub(crate) fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub(crate) fn name(name: &str) -> StreamName {
	name.as_bytes().to_vec().try_into().expect("short enough")
}

/// Creates a stream for the organization of `admin`.
pub(crate) fn stream(admin: AccountId, text: &str) -> StreamId {
	let owner = World::member(&admin).expect("a member").organization;
	assert_ok!(Anchor::create_stream(signed(admin), name(text)));
	StreamId::derive(owner, text.as_bytes())
}

/// Anchors a digest as ALICE.
pub(crate) fn anchor(stream: StreamId, n: u8) -> RecordId {
	assert_ok!(Anchor::anchor_digest(signed(ALICE), stream, reference(n), digest(n)));
	RecordId::derive(ALPHA, &reference(n))
}

pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	mock::new_test_ext(&RuntimeGenesisConfig::default())
}

/// Runs a test and checks the storage at its end.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	mock::execute(new_test_ext(), test, Anchor::do_try_state);
}
