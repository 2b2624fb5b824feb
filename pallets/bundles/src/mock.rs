//! A runtime for the tests: organizations with several members each, and a pallet with calls that can fail.

#![allow(
	missing_debug_implementations,
	clippy::needless_pass_by_value,
	clippy::use_self,
	reason = "the macro"
)]

use crate as pallet_bundles;
use codec::Encode;
use credio_primitives::{
	AccountId, Bundle, BundleId, BundleState, Digest, Leg, Member, Moment, OrganizationId, Roles,
	bundle,
};
use frame_support::{
	assert_ok,
	dispatch::DispatchResultWithPostInfo,
	parameter_types,
	traits::{Contains, OnIdle, Time},
	weights::Weight,
};
use pallet_support::{mock, traits::Membership};
use sp_runtime::DispatchError;

pub(crate) use mock::{
	ALPHA, BETA, Clock, GAMMA, STRANGER, SUBMITTER, World, errors::*, proptest_cases, reference,
	scratch,
};

pallet_support::mock_runtime!(base_filter: BaseFilter, 1: Bundles = pallet_bundles, 2: Scratch = scratch);

impl scratch::Config for Test {}

/// The runtime's own filter, below that for legs.
pub struct BaseFilter;

impl Contains<RuntimeCall> for BaseFilter {
	fn contains(call: &RuntimeCall) -> bool {
		!matches!(call, RuntimeCall::Scratch(scratch::Call::switched_off {}))
	}
}

/// Only these calls may stand in a leg. It even allows those of the pallet, which has to refuse them by itself.
pub struct LegFilter;

impl Contains<RuntimeCall> for LegFilter {
	fn contains(call: &RuntimeCall) -> bool {
		match call {
			RuntimeCall::System(call) => {
				matches!(call, frame_system::Call::remark_with_event { .. })
			},
			RuntimeCall::Scratch(call) => !matches!(call, scratch::Call::forbidden {}),
			RuntimeCall::Bundles(_) => true,
		}
	}
}

parameter_types! {
	pub const MaxBundleLifetime: Moment = 150;
	pub const BundleRetention: Moment = 230;
	pub const MaxOpenBundles: u32 = 40;
	pub const MaxBundleWeight: Weight = Weight::from_parts(2_000_000_000_000, 20_000_000);
}

impl crate::Config for Test {
	type RuntimeCall = RuntimeCall;
	type Membership = World;
	type Time = Clock;
	type CallFilter = LegFilter;
	type MaxBundleLifetime = MaxBundleLifetime;
	type BundleRetention = BundleRetention;
	type MaxOpenBundles = MaxOpenBundles;
	type MaxBundleWeight = MaxBundleWeight;
	type WeightInfo = ();
}

/// Active organizations of the genesis are those below this number.
pub(crate) const ORGANIZATIONS: OrganizationId = 18;
/// A suspended organization.
pub(crate) const SUSPENDED: OrganizationId = 18;

const ADMIN: Roles = Roles { admin: true, submitter: false, grantor: true };

/// First submitter of an organization, without other roles.
pub(crate) fn gateway(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 + 1; 32])
}

/// Second submitter of an organization, without other roles.
pub(crate) fn second(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 + 101; 32])
}

/// Admin and grantor of an organization, and no submitter.
pub(crate) fn admin(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 + 201; 32])
}

pub(crate) fn by(organization: OrganizationId) -> RuntimeOrigin {
	RuntimeOrigin::signed(gateway(organization))
}

/// Name of the bundle that [`ALPHA`] proposes under a reference.
pub(crate) fn id(n: u8) -> BundleId {
	BundleId::derive(ALPHA, &reference(n))
}

pub(crate) fn leg(organization: OrganizationId, calls: Vec<RuntimeCall>) -> Leg<RuntimeCall> {
	Leg { organization, calls }
}

pub(crate) fn add(n: u32) -> RuntimeCall {
	scratch::Call::add { n }.into()
}

/// A call of so many bytes and a few more.
pub(crate) fn note(size: usize) -> RuntimeCall {
	scratch::Call::note { bytes: vec![0; size] }.into()
}

pub(crate) fn fail_after_adding(n: u32) -> RuntimeCall {
	scratch::Call::fail_after_adding { n }.into()
}

pub(crate) fn sum() -> u32 {
	scratch::Sum::<Test>::get()
}

/// Legs of three organizations; each adds its number plus 1.
pub(crate) fn three_legs() -> Vec<Leg<RuntimeCall>> {
	[ALPHA, BETA, GAMMA].map(|organization| leg(organization, vec![add(organization + 1)])).into()
}

/// The present moment.
pub(crate) fn now() -> Moment {
	Clock::now()
}

/// Ten milliseconds from now.
pub(crate) fn soon() -> Moment {
	now() + 10
}

/// [`ALPHA`] proposes legs, to execute within ten milliseconds.
pub(crate) fn propose(n: u8, legs: Vec<Leg<RuntimeCall>>) -> BundleId {
	assert_ok!(Bundles::propose(by(ALPHA), reference(n), soon(), legs));
	id(n)
}

pub(crate) fn bundle(id: BundleId) -> Bundle {
	crate::Bundles::<Test>::get(id).expect("the bundle is there")
}

pub(crate) fn digest(id: BundleId) -> Digest {
	bundle(id).digest
}

/// The digest as a client computes it.
pub(crate) fn digest_of(id: BundleId, deadline: Moment, legs: &[Leg<RuntimeCall>]) -> Digest {
	let genesis = Digest(System::block_hash(0).0);
	bundle::digest(&genesis, &id, deadline, &legs.encode())
}

/// Consents for an organization with what the chain says that the digest is.
pub(crate) fn consent(organization: OrganizationId, id: BundleId) -> DispatchResultWithPostInfo {
	Bundles::consent(by(organization), id, digest(id), MaxBundleWeight::get())
}

/// [`ALPHA`] proposes legs, and all consent in their order.
pub(crate) fn run_bundle(n: u8, legs: Vec<Leg<RuntimeCall>>) -> BundleId {
	let organizations = legs.iter().map(|leg| leg.organization).collect::<Vec<_>>();
	let id = propose(n, legs);
	for organization in organizations {
		assert_ok!(consent(organization, id));
	}
	id
}

pub(crate) fn assert_executed(id: BundleId) {
	let (block, time) = (System::block_number(), now());
	assert_eq!(bundle(id).state, BundleState::Executed { block, time });
	System::assert_last_event(crate::Event::Executed { bundle: id }.into());
	assert!(!crate::Legs::<Test>::contains_key(id));
}

/// The bundle was aborted by that call of that leg, and nothing was added.
pub(crate) fn assert_aborted(
	id: BundleId,
	leg: u32,
	call_index: u32,
	error: impl Into<DispatchError>,
) {
	let (block, time, error) = (System::block_number(), now(), error.into());
	assert_eq!(bundle(id).state, BundleState::Aborted { leg, call_index, error, block, time });
	System::assert_last_event(crate::Event::Aborted { bundle: id, leg, call_index, error }.into());
	assert!(!crate::Legs::<Test>::contains_key(id));
	assert_eq!(sum(), 0);
}

/// The call is refused with this error, and nothing at all changes.
pub(crate) fn assert_refused(
	call: impl FnOnce() -> DispatchResultWithPostInfo,
	error: impl Into<DispatchError>,
) {
	let before = sp_io::storage::root(Default::default());
	assert_eq!(call().map_err(|refused| refused.error), Err(error.into()));
	assert_eq!(before, sp_io::storage::root(Default::default()));
}

/// Makes the next block at this moment. It has no idle time.
pub(crate) fn at(moment: Moment) {
	System::set_block_number(System::block_number() + 1);
	Clock::set(moment);
}

/// Gives the present block this much idle time, and returns how much of it was used.
pub(crate) fn idle(weight: Weight) -> Weight {
	Bundles::on_idle(System::block_number(), weight)
}

/// Makes the next block at this moment, with unlimited idle time.
pub(crate) fn go_to(moment: Moment) {
	at(moment);
	idle(Weight::MAX);
}

pub(crate) fn set_member(who: AccountId, organization: Option<OrganizationId>) {
	World::set_member(who, organization, SUBMITTER);
}

pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext = mock::new_test_ext(&RuntimeGenesisConfig::default());
	ext.execute_with(|| {
		World::admit_below(SUSPENDED + 1);
		World::reinstate(GAMMA);
		World::suspend(SUSPENDED);
		for organization in 0..=ORGANIZATIONS {
			World::set_member(gateway(organization), Some(organization), SUBMITTER);
			World::set_member(second(organization), Some(organization), SUBMITTER);
			World::set_member(admin(organization), Some(organization), ADMIN);
		}
	});
	ext
}

/// Runs a test and checks the storage at its end.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	mock::execute(new_test_ext(), test, Bundles::do_try_state);
}

/// Returns the membership of an account.
pub(crate) fn member(who: &AccountId) -> Option<Member> {
	World::member(who)
}
