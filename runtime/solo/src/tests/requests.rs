//! Requests as signed transactions, with all that a transaction carries, and the roles that their calls need.

use super::{genesis, weights::extension_with_era};
use crate::*;
use codec::Encode;
use credio_primitives::{
	AccessRequestId, BundleId, Digest, GrantId, LanePosition, Leg, OrganizationId, Permission,
	PublicKey, Reference, Request, RequestKey, Resource, Roles, StreamId, WrappedKey, bundle,
	grant::GrantTerms, limits, validity,
};
use frame_support::{assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	DispatchError,
	generic::Era,
	traits::Dispatchable,
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
	},
};

/// An organization and its admin.
type Organization = (OrganizationId, Sr25519Keyring);

const CHANNEL: Organization = (1, Sr25519Keyring::Bob);
const SECOND_CHANNEL: Organization = (2, Sr25519Keyring::Charlie);
/// A member that moves.
const MOVING: Sr25519Keyring = Sr25519Keyring::Ferdie;
const ALL_ROLES: Roles = Roles { admin: true, submitter: true, grantor: true };
const NEW_KEY: PublicKey = PublicKey([7; 32]);

fn run(test: impl FnOnce()) {
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		System::initialize(&1, &Default::default(), &Default::default());
		test();
	});
}

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

fn request(organization: OrganizationId) -> Request {
	Request { organization, key: RequestKey([1; 32]), expires_at: 50, lane: None }
}

fn submit(request: Request, calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_idempotency::Call::submit { request, calls }.into()
}

fn create_stream(name: &str) -> RuntimeCall {
	let name = name.as_bytes().to_vec().try_into().expect("short enough");
	pallet_anchor::Call::create_stream { name }.into()
}

fn rotate_key() -> RuntimeCall {
	pallet_organizations::Call::rotate_key { encryption_key: NEW_KEY }.into()
}

fn utility_batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::batch_all { calls }.into()
}

/// Signs as wallets do.
fn signed(who: Sr25519Keyring, call: RuntimeCall, era: Era) -> UncheckedExtrinsic {
	let extension = extension_with_era(era);
	let payload =
		generic::SignedPayload::new(call.clone(), extension.clone()).expect("the era has begun");
	let signature = Signature::Sr25519(payload.using_encoded(|payload| who.sign(payload)));
	UncheckedExtrinsic::new_signed(call, Address::Id(who.to_account_id()), signature, extension)
}

fn validate(extrinsic: &UncheckedExtrinsic) -> TransactionValidity {
	let at = System::parent_hash();
	Executive::validate_transaction(TransactionSource::External, extrinsic.clone(), at)
}

/// The pool refuses it, and so does a block; and nothing at all changes.
fn assert_refused(extrinsic: &UncheckedExtrinsic, code: u8) {
	let applied = Executive::apply_extrinsic(extrinsic.clone());
	assert_eq!(applied, Err(refusal(code)));
	frame_support::storage::with_transaction_unchecked(|| {
		assert_eq!(validate(extrinsic), Err(refusal(code)));
		sp_runtime::TransactionOutcome::Rollback(())
	});
}

fn dispatch(who: Sr25519Keyring, call: RuntimeCall) -> Result<(), DispatchError> {
	let origin = RuntimeOrigin::signed(who.to_account_id());
	call.dispatch(origin).map(|_| ()).map_err(|error| error.error)
}

fn join((_, admin): Organization, who: Sr25519Keyring, roles: Roles) {
	let account = who.to_account_id();
	assert_ok!(dispatch(admin, pallet_organizations::Call::add_member { account, roles }.into()));
}

fn leave((_, admin): Organization, who: Sr25519Keyring) {
	let account = who.to_account_id();
	assert_ok!(dispatch(admin, pallet_organizations::Call::remove_member { account }.into()));
}

fn key_of(organization: OrganizationId) -> PublicKey {
	Organizations::organization_info(organization).expect("it is admitted").encryption_key.public
}

#[test]
fn an_applied_request_is_not_applied_again_for_the_signers_next_organization() {
	run(|| {
		join(CHANNEL, MOVING, ALL_ROLES);
		let calls = vec![create_stream("deal"), rotate_key()];
		let bytes = signed(MOVING, submit(request(CHANNEL.0), calls), Era::Immortal);
		assert_eq!(Executive::apply_extrinsic(bytes.clone()), Ok(Ok(())));
		assert_eq!(key_of(CHANNEL.0), NEW_KEY);
		leave(CHANNEL, MOVING);
		assert_refused(&bytes, validity::NOT_A_MEMBER);
		join(SECOND_CHANNEL, MOVING, ALL_ROLES);
		assert_refused(&bytes, validity::OTHER_ORGANIZATION);
		assert_ne!(key_of(SECOND_CHANNEL.0), NEW_KEY);
		let stream = StreamId::derive(SECOND_CHANNEL.0, b"deal");
		assert!(!pallet_anchor::Streams::<Runtime>::contains_key(stream));
	});
}

#[test]
fn a_withheld_consent_does_not_bind_the_signers_next_organization() {
	run(|| {
		let (reference, deadline) = (Reference([1; 32]), 100);
		let leg = |organization| Leg { organization, calls: vec![create_stream("deal")] };
		let legs = vec![leg(CHANNEL.0), leg(SECOND_CHANNEL.0)];
		let bundle = BundleId::derive(CHANNEL.0, &reference);
		let genesis = Digest(System::block_hash(0).0);
		let digest = bundle::digest(&genesis, &bundle, deadline, &legs.encode());
		let max_weight = legs
			.iter()
			.flat_map(|leg| &leg.calls)
			.map(|call| call.get_dispatch_info().call_weight)
			.fold(Weight::zero(), |sum, weight| sum + weight);
		let consent = || pallet_bundles::Call::consent { bundle, digest, max_weight }.into();
		join(CHANNEL, MOVING, ALL_ROLES);
		let bytes = signed(MOVING, submit(request(CHANNEL.0), vec![consent()]), Era::Immortal);

		let propose = pallet_bundles::Call::propose { reference, deadline, legs };
		assert_ok!(dispatch(CHANNEL.1, propose.into()));
		assert_ok!(dispatch(CHANNEL.1, consent()));
		leave(CHANNEL, MOVING);
		join(SECOND_CHANNEL, MOVING, ALL_ROLES);
		// Its next organization is a party too, and has not consented.
		assert_refused(&bytes, validity::OTHER_ORGANIZATION);
		let stream = StreamId::derive(SECOND_CHANNEL.0, b"deal");
		assert!(!pallet_anchor::Streams::<Runtime>::contains_key(stream));
	});
}

#[test]
fn a_withheld_call_does_not_act_for_the_signers_next_organization() {
	run(|| {
		let began = Era::mortal(64, 1);
		frame_system::BlockHash::<Runtime>::insert(1, Hash::repeat_byte(1));
		join(CHANNEL, MOVING, ALL_ROLES);
		let withheld = [
			signed(MOVING, rotate_key(), began),
			signed(MOVING, rotate_key(), Era::Immortal),
			// Nothing that stands around the call makes it another's.
			signed(MOVING, utility_batch(vec![rotate_key()]), began),
		];
		leave(CHANNEL, MOVING);
		System::set_block_number(2);
		join(SECOND_CHANNEL, MOVING, ALL_ROLES);
		System::set_block_number(3);
		for extrinsic in &withheld {
			assert_refused(extrinsic, validity::SIGNED_BEFORE_JOINING);
		}
		assert_ne!(key_of(SECOND_CHANNEL.0), NEW_KEY);
		// What it signs as a member it can do.
		frame_system::BlockHash::<Runtime>::insert(2, Hash::repeat_byte(2));
		let signed_since = signed(MOVING, rotate_key(), Era::mortal(64, 2));
		assert_eq!(Executive::apply_extrinsic(signed_since), Ok(Ok(())));
		assert_eq!(key_of(SECOND_CHANNEL.0), NEW_KEY);
	});
}

#[test]
fn a_member_without_a_role_uses_up_no_key() {
	run(|| {
		join(CHANNEL, MOVING, Roles::default());
		let grantors = pallet_grants::Call::revoke { grant: GrantId([1; 32]) }.into();
		for calls in [vec![create_stream("deal")], vec![rotate_key()], vec![grantors]] {
			let copied = Request { expires_at: 10, ..request(CHANNEL.0) };
			let bytes = signed(MOVING, submit(copied, calls), Era::Immortal);
			assert_refused(&bytes, validity::ROLE_MISSING);
		}
		let calls = vec![create_stream("deal")];
		let bytes = signed(CHANNEL.1, submit(request(CHANNEL.0), calls), Era::Immortal);
		assert_eq!(Executive::apply_extrinsic(bytes), Ok(Ok(())));
	});
}

#[test]
fn calls_of_the_council_do_not_travel_in_requests() {
	run(|| {
		let suspend = pallet_organizations::Call::suspend { organization: 2 }.into();
		let bytes = signed(CHANNEL.1, submit(request(CHANNEL.0), vec![suspend]), Era::Immortal);
		assert_refused(&bytes, validity::CALLS_NOT_ALLOWED);
	});
}

#[test]
fn a_request_in_a_lane_lives_as_long_as_it_may_wait() {
	run(|| {
		let expires_at = 1_000;
		let lane = Some(LanePosition { lane: 0, sequence: 1 });
		let waiting = Request { expires_at, lane, ..request(CHANNEL.0) };
		let sign =
			|request, era| signed(CHANNEL.1, submit(request, vec![create_stream("deal")]), era);
		assert_refused(&sign(waiting, Era::mortal(64, 0)), validity::ERA_TOO_SHORT);
		for era in [Era::mortal(1_024, 0), Era::Immortal] {
			assert_ok!(validate(&sign(waiting, era)));
		}
		let anywhere = Request { lane: None, ..waiting };
		assert_ok!(validate(&sign(anywhere, Era::mortal(64, 0))));
	});
}

/// All calls that may travel in a request. The grants and bundles that they name need not be there.
fn calls_of_members(stream: StreamId) -> Vec<RuntimeCall> {
	let account = Sr25519Keyring::Eve.to_account_id();
	let (reference, resource) = (Reference([9; 32]), Resource::Stream(stream));
	let purpose = || b"to try".to_vec().try_into().expect("it is short");
	let terms = || GrantTerms {
		purpose: purpose(),
		expires_at: None,
		delegable: false,
		from_epoch: 0,
		keys: Default::default(),
	};
	let sealed = vec![0; limits::WRAPPED_KEY_LENGTH as usize];
	let owner_key =
		WrappedKey { key_version: 0, sealed: sealed.try_into().expect("as long as one is") };
	let (grant, access_request) = (GrantId([9; 32]), AccessRequestId([9; 32]));
	let (bundle, commitment) = (BundleId([9; 32]), Default::default());
	vec![
		pallet_organizations::Call::add_member { account: account.clone(), roles: ALL_ROLES }
			.into(),
		pallet_organizations::Call::set_roles { account: account.clone(), roles: ALL_ROLES }.into(),
		pallet_organizations::Call::remove_member { account }.into(),
		rotate_key(),
		create_stream("another"),
		pallet_anchor::Call::seal_stream { stream }.into(),
		pallet_anchor::Call::anchor_digest { stream, reference, commitment }.into(),
		pallet_anchor::Call::anchor_merkle {
			stream,
			reference,
			root: Digest::default(),
			leaves: 1,
		}
		.into(),
		pallet_records::Call::append {
			stream,
			reference,
			epoch: 0,
			commitment,
			payload: vec![1; 200],
			supersedes: None,
		}
		.into(),
		pallet_grants::Call::open_epoch {
			stream,
			epoch: 0,
			commitment: Default::default(),
			owner_key,
			grant_keys: vec![],
		}
		.into(),
		pallet_grants::Call::grant {
			reference,
			resource,
			grantee: 2,
			permission: Permission::Read,
			terms: terms(),
		}
		.into(),
		pallet_grants::Call::delegate { parent: grant, reference, grantee: 2, terms: terms() }
			.into(),
		pallet_grants::Call::revoke { grant }.into(),
		pallet_grants::Call::request_access {
			reference,
			resource,
			permission: Permission::Read,
			purpose: purpose(),
		}
		.into(),
		pallet_grants::Call::approve { access_request, reference, terms: terms() }.into(),
		pallet_grants::Call::deny { access_request, reason: purpose() }.into(),
		pallet_bundles::Call::propose { reference, deadline: 10, legs: vec![] }.into(),
		pallet_bundles::Call::consent {
			bundle,
			digest: Digest::default(),
			max_weight: Weight::zero(),
		}
		.into(),
		pallet_bundles::Call::withdraw { bundle }.into(),
	]
}

/// What `submit` asks for is what the call itself checks.
#[test]
fn roles_of_calls_are_those_that_the_pallets_check() {
	use configs::product::RequestCalls;
	use pallet_support::traits::RoleOfCall;
	run(|| {
		assert_ok!(dispatch(CHANNEL.1, create_stream("deal")));
		let stream = StreamId::derive(CHANNEL.0, b"deal");
		let none = Roles::default();
		let with_one_role = [
			(Sr25519Keyring::One, Roles { admin: true, ..none }),
			(Sr25519Keyring::Two, Roles { submitter: true, ..none }),
			(Sr25519Keyring::Ferdie, Roles { grantor: true, ..none }),
		];
		for (who, roles) in with_one_role {
			join(CHANNEL, who, roles);
		}
		let missing: DispatchError = pallet_organizations::Error::<Runtime>::RoleMissing.into();
		for call in calls_of_members(stream) {
			let role = RequestCalls::role_of(&call).expect("it may travel");
			for (who, roles) in with_one_role {
				let lacks = frame_support::storage::with_transaction_unchecked(|| {
					let result = dispatch(who, call.clone());
					sp_runtime::TransactionOutcome::Rollback(result == Err(missing))
				});
				assert_eq!(lacks, !role.is_in(&roles), "{role:?} of {call:?}");
			}
		}
	});
}
