//! A runtime for the tests: three organizations, one of them suspended, members that can move from one to another, and
//! a pallet with calls that can fail.

pub mod scratch;

use crate::{self as pallet_idempotency, CheckRequest};
use credio_primitives::{
	AccountId, BlockNumber, LanePosition, Member, OrganizationId, Request, RequestKey, Roles,
};
use frame_support::{
	derive_impl,
	dispatch::GetDispatchInfo,
	parameter_types,
	traits::{Contains, OnIdle},
	weights::Weight,
};
use pallet_support::traits::{Membership, Role, RoleOfCall};
use sp_runtime::{
	traits::{DispatchTransaction, IdentityLookup, SaturatedConversion},
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
	BuildStorage, DispatchError, DispatchResult,
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
	pub type Idempotency = pallet_idempotency;
	#[runtime::pallet_index(2)]
	pub type Scratch = scratch;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type BaseCallFilter = BaseFilter;
}

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
	pub static BenchmarkMember: Option<AccountId> = None;
	/// Where accounts have moved, if they have.
	pub static Moved: BTreeMap<AccountId, Option<(OrganizationId, BlockNumber)>> = BTreeMap::new();
}

impl crate::Config for Test {
	type RuntimeCall = RuntimeCall;
	type Membership = Members;
	type CallFilter = RequestFilter;
	type RequiredRole = RequestFilter;
	type MaxRequestLifetime = MaxRequestLifetime;
	type ReceiptRetention = ReceiptRetention;
	type WeightInfo = ();
}

/// First gateway of [`ALPHA`], with all roles.
pub const ALICE: AccountId = AccountId::new([1; 32]);
/// Second gateway of [`ALPHA`], without a role.
pub const ANNA: AccountId = AccountId::new([2; 32]);
/// Gateway of [`BETA`], with all roles.
pub const BOB: AccountId = AccountId::new([3; 32]);
/// Gateway of the suspended organization.
pub const CAROL: AccountId = AccountId::new([4; 32]);
pub const STRANGER: AccountId = AccountId::new([5; 32]);

pub const ALPHA: OrganizationId = 0;
pub const BETA: OrganizationId = 1;
pub const SUSPENDED: OrganizationId = 2;

pub struct Members;

impl Membership<AccountId> for Members {
	fn member(who: &AccountId) -> Option<Member> {
		let roles = match who {
			who if *who == ANNA => Roles::default(),
			_ => Roles { admin: true, submitter: true, grantor: true },
		};
		if let Some(moved) = Moved::get().get(who) {
			return moved.map(|(organization, since)| Member { organization, roles, since });
		}
		let organization = match who {
			who if *who == ALICE || *who == ANNA => ALPHA,
			who if *who == BOB => BETA,
			who if *who == CAROL => SUSPENDED,
			who if Some(who) == BenchmarkMember::get().as_ref() => ALPHA,
			_ => return None,
		};
		Some(Member { organization, roles, since: 0 })
	}

	fn is_active(organization: OrganizationId) -> bool {
		organization < SUSPENDED
	}

	fn ensure_role(who: &AccountId, role: Role) -> Result<OrganizationId, DispatchError> {
		let member = Self::member(who).ok_or(DispatchError::BadOrigin)?;
		if Self::is_active(member.organization) && role.is_in(&member.roles) {
			Ok(member.organization)
		} else {
			Err(DispatchError::Unavailable)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_member(who: &AccountId) -> OrganizationId {
		BenchmarkMember::set(Some(who.clone()));
		ALPHA
	}
}

/// Removes an account from its organization, and adds it to another one in the present block.
pub fn move_to(who: AccountId, organization: Option<OrganizationId>) {
	let now = System::block_number().saturated_into();
	Moved::mutate(|moved| moved.insert(who, organization.map(|organization| (organization, now))));
}

pub fn key(n: u8) -> RequestKey {
	RequestKey([n; 32])
}

/// The same request at a position of a lane.
pub fn in_lane(request: Request, lane: u32, sequence: u64) -> Request {
	Request { lane: Some(LanePosition { lane, sequence }), ..request }
}

pub fn submit_call(request: Request, calls: Vec<RuntimeCall>) -> RuntimeCall {
	crate::Call::submit { request, calls }.into()
}

/// What a pool says of a transaction.
pub fn validate(
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
pub fn apply(
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
pub fn request(n: u8) -> Request {
	Request {
		organization: ALPHA,
		key: key(n),
		expires_at: System::block_number() + 50,
		lane: None,
	}
}

/// The same request of [`BETA`].
pub fn of_beta(request: Request) -> Request {
	Request { organization: BETA, ..request }
}

pub fn add(n: u32) -> RuntimeCall {
	scratch::Call::add { n }.into()
}

pub fn fail_after_adding(n: u32) -> RuntimeCall {
	scratch::Call::fail_after_adding { n }.into()
}

pub fn add_as_submitter(n: u32) -> RuntimeCall {
	scratch::Call::for_submitters { n }.into()
}

pub fn sum() -> u32 {
	scratch::Sum::<Test>::get()
}

/// Goes to a block and runs its idle time.
pub fn go_to(block: u32) {
	System::set_block_number(block);
	Idempotency::on_idle(block, Weight::MAX);
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	Moved::take();
	let storage = RuntimeGenesisConfig::default().build_storage();
	let mut ext: sp_io::TestExternalities = storage.expect("the genesis builds").into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test and checks the storage at its end.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Idempotency::do_try_state().expect("the storage is consistent");
	});
}
