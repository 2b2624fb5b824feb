//! A runtime for the tests: three organizations, one of them suspended, members that can move from one to another, and
//! a pallet with calls that can fail.

#![allow(
	missing_debug_implementations,
	clippy::needless_pass_by_value,
	clippy::use_self,
	reason = "the macro"
)]

use crate::{self as pallet_idempotency, CheckRequest};
use credio_primitives::{AccountId, LanePosition, OrganizationId, Request, RequestKey, Roles};
use frame_support::{
	dispatch::GetDispatchInfo,
	parameter_types,
	traits::{Contains, OnIdle},
	weights::Weight,
};
use pallet_support::{
	mock,
	traits::{Role, RoleOfCall},
};
use sp_runtime::{
	DispatchResult,
	traits::DispatchTransaction,
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
};

pub(crate) use mock::{
	ALICE, ALPHA, BETA, BOB, CAROL, GAMMA, STRANGER, World, errors::*, proptest_cases, scratch,
};

pallet_support::mock_runtime!(base_filter: BaseFilter, 1: Idempotency = pallet_idempotency, 2: Scratch = scratch);

impl scratch::Config for Test {}

/// The runtime's own filter, below that for requests.
pub struct BaseFilter;

impl Contains<RuntimeCall> for BaseFilter {
	fn contains(call: &RuntimeCall) -> bool {
		!matches!(call, RuntimeCall::Scratch(scratch::Call::switched_off {}))
	}
}

/// Only these calls may travel in a request. It even allows `submit`, which the pallet has to refuse by itself.
pub struct RequestFilter;

impl Contains<RuntimeCall> for RequestFilter {
	fn contains(call: &RuntimeCall) -> bool {
		match call {
			RuntimeCall::System(call) => {
				matches!(call, frame_system::Call::remark_with_event { .. })
			},
			RuntimeCall::Scratch(_) | RuntimeCall::Idempotency(_) => true,
		}
	}
}

/// A call that submitters only may make; the others take no role.
impl RoleOfCall<RuntimeCall> for RequestFilter {
	fn role_of(call: &RuntimeCall) -> Option<Role> {
		match call {
			RuntimeCall::Scratch(scratch::Call::for_submitters { .. }) => Some(Role::Submitter),
			RuntimeCall::Scratch(scratch::Call::for_nobody {}) => None,
			_ => Some(Role::Any),
		}
	}
}

parameter_types! {
	pub const MaxRequestLifetime: u32 = 150;
	pub const ReceiptRetention: u32 = 230;
}

impl crate::Config for Test {
	type RuntimeCall = RuntimeCall;
	type Membership = World;
	type CallFilter = RequestFilter;
	type RequiredRole = RequestFilter;
	type MaxRequestLifetime = MaxRequestLifetime;
	type ReceiptRetention = ReceiptRetention;
	type WeightInfo = ();
}

/// A gateway of [`ALPHA`] without a role.
pub(crate) const ANNA: AccountId = AccountId::new([6; 32]);

/// Moves an account to another organization in the present block, or out of all.
pub(crate) fn move_to(who: AccountId, organization: Option<OrganizationId>) {
	let roles = if who == ANNA { Roles::default() } else { Roles::ALL };
	World::set_member(who, organization, roles);
}

pub(crate) fn key(n: u8) -> RequestKey {
	RequestKey([n; 32])
}

/// The same request at a position of a lane.
pub(crate) fn in_lane(request: Request, lane: u32, sequence: u64) -> Request {
	Request { lane: Some(LanePosition { lane, sequence }), ..request }
}

pub(crate) fn submit_call(request: Request, calls: Vec<RuntimeCall>) -> RuntimeCall {
	crate::Call::submit { request, calls }.into()
}

/// What a pool says of a transaction.
pub(crate) fn validate(
	who: AccountId,
	call: &RuntimeCall,
) -> Result<ValidTransaction, TransactionValidityError> {
	let info = call.get_dispatch_info();
	let origin = RuntimeOrigin::signed(who);
	CheckRequest::<Test>::from(0)
		.validate_only(origin, call, &info, 0, TransactionSource::External, 0)
		.map(|(valid, ..)| valid)
}

/// What a block makes of a transaction: it does not get in, or it is dispatched.
pub(crate) fn apply(
	who: AccountId,
	nonce: u32,
	call: RuntimeCall,
) -> Result<DispatchResult, TransactionValidityError> {
	let info = call.get_dispatch_info();
	let origin = RuntimeOrigin::signed(who);
	CheckRequest::<Test>::from(nonce)
		.dispatch_transaction(origin, call, &info, 0, 0)
		.map(|result| result.map(|_| ()).map_err(|failure| failure.error))
}

/// A request of [`ALPHA`] that expires 50 blocks from now.
pub(crate) fn request(n: u8) -> Request {
	Request {
		organization: ALPHA,
		key: key(n),
		expires_at: System::block_number() + 50,
		lane: None,
	}
}

/// The same request of [`BETA`].
pub(crate) fn of_beta(request: Request) -> Request {
	Request { organization: BETA, ..request }
}

pub(crate) fn add(n: u32) -> RuntimeCall {
	scratch::Call::add { n }.into()
}

pub(crate) fn fail_after_adding(n: u32) -> RuntimeCall {
	scratch::Call::fail_after_adding { n }.into()
}

pub(crate) fn add_as_submitter(n: u32) -> RuntimeCall {
	scratch::Call::for_submitters { n }.into()
}

pub(crate) fn sum() -> u32 {
	scratch::Sum::<Test>::get()
}

/// Goes to a block and runs its idle time.
pub(crate) fn go_to(block: u32) {
	System::set_block_number(block);
	Idempotency::on_idle(block, Weight::MAX);
}

pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext = mock::new_test_ext(&RuntimeGenesisConfig::default());
	ext.execute_with(|| {
		System::set_block_number(0);
		move_to(ANNA, Some(ALPHA));
		System::set_block_number(1);
	});
	ext
}

/// Runs a test and checks the storage at its end.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	mock::execute(new_test_ext(), test, Idempotency::do_try_state);
}
