//! Bundles with the product's own calls, in requests and out of them.

use super::genesis;
use crate::*;
use codec::Encode;
use credio_primitives::{
	BundleId, BundleState, Digest, Leg, Moment, OrganizationId, Outcome, Reference, Request,
	RequestKey, StreamId,
	bundle::{BundleStatus, digest},
};
use frame_support::{assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{DispatchError, traits::Dispatchable};

const CHANNEL: (OrganizationId, Sr25519Keyring) = (1, Sr25519Keyring::Bob);
const FUNDER: (OrganizationId, Sr25519Keyring) = (3, Sr25519Keyring::Dave);
const NOW: Moment = 1_795_453_116_000;
const DEADLINE: Moment = NOW + 100_000;

fn run(test: impl FnOnce()) {
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		System::set_block_number(1);
		set_time(NOW);
		test();
	});
}

/// What the clock of the chain shows, which validators set with each block.
fn set_time(moment: Moment) {
	pallet_timestamp::Now::<Runtime>::put(moment);
}

fn create_stream(name: &str) -> RuntimeCall {
	let name = name.as_bytes().to_vec().try_into().expect("short enough");
	pallet_anchor::Call::create_stream { name }.into()
}

fn stream_exists(owner: OrganizationId, name: &str) -> bool {
	let id = StreamId::derive(owner, name.as_bytes());
	pallet_anchor::Streams::<Runtime>::contains_key(id)
}

fn leg((organization, _): (OrganizationId, Sr25519Keyring), call: RuntimeCall) -> Leg<RuntimeCall> {
	Leg { organization, calls: vec![call] }
}

fn legs() -> Vec<Leg<RuntimeCall>> {
	vec![leg(CHANNEL, create_stream("deal")), leg(FUNDER, create_stream("deal"))]
}

fn propose(legs: Vec<Leg<RuntimeCall>>) -> RuntimeCall {
	let reference = Reference([1; 32]);
	pallet_bundles::Call::propose { reference, deadline: DEADLINE, legs }.into()
}

fn id() -> BundleId {
	BundleId::derive(CHANNEL.0, &Reference([1; 32]))
}

fn consent(legs: &[Leg<RuntimeCall>]) -> RuntimeCall {
	let genesis = Digest(System::block_hash(0).0);
	let digest = digest(&genesis, &id(), DEADLINE, &legs.encode());
	let max_weight = legs
		.iter()
		.flat_map(|leg| &leg.calls)
		.map(|call| call.get_dispatch_info().call_weight)
		.fold(Weight::zero(), |sum, weight| sum + weight);
	pallet_bundles::Call::consent { bundle: id(), digest, max_weight }.into()
}

fn dispatch(who: Sr25519Keyring, call: RuntimeCall) -> Result<(), DispatchError> {
	let origin = RuntimeOrigin::signed(who.to_account_id());
	call.dispatch(origin).map(|_| ()).map_err(|error| error.error)
}

/// Submits calls as a request, and says what the receipt says.
fn submit(
	(organization, who): (OrganizationId, Sr25519Keyring),
	calls: Vec<RuntimeCall>,
) -> Outcome {
	let key = RequestKey(sp_io::hashing::blake2_256(&(organization, &calls).encode()));
	let request = Request { organization, key, expires_at: 50, lane: None };
	assert_ok!(dispatch(who, pallet_idempotency::Call::submit { request, calls }.into()));
	pallet_idempotency::Receipts::<Runtime>::get(organization, key).expect("decided").outcome
}

fn state() -> BundleState {
	pallet_bundles::Bundles::<Runtime>::get(id()).expect("proposed").state
}

#[test]
fn bundles_travel_in_requests() {
	run(|| {
		// The proposer's proposal and consent are one request.
		assert_eq!(submit(CHANNEL, vec![propose(legs()), consent(&legs())]), Outcome::Applied);
		assert_eq!(state(), BundleState::Open);
		assert_eq!(submit(FUNDER, vec![consent(&legs())]), Outcome::Applied);
		assert_eq!(state(), BundleState::Executed { block: 1, time: NOW });
		assert!(stream_exists(CHANNEL.0, "deal") && stream_exists(FUNDER.0, "deal"));
	});
}

#[test]
fn an_aborted_bundle_is_an_applied_request_and_leaves_nothing() {
	run(|| {
		assert_ok!(dispatch(CHANNEL.1, propose(legs())));
		assert_ok!(dispatch(CHANNEL.1, consent(&legs())));
		// Meanwhile the funder has a stream of that name.
		assert_ok!(dispatch(FUNDER.1, create_stream("deal")));
		assert_eq!(submit(FUNDER, vec![consent(&legs())]), Outcome::Applied);
		assert!(matches!(state(), BundleState::Aborted { leg: 1, call_index: 0, .. }));
		assert!(!stream_exists(CHANNEL.0, "deal"));
	});
}

#[test]
fn a_leg_of_a_suspended_organization_aborts() {
	run(|| {
		assert_ok!(dispatch(CHANNEL.1, propose(legs())));
		assert_ok!(dispatch(CHANNEL.1, consent(&legs())));
		assert_ok!(Organizations::suspend(RuntimeOrigin::root(), CHANNEL.0));
		assert_ok!(dispatch(FUNDER.1, consent(&legs())));
		assert!(matches!(state(), BundleState::Aborted { leg: 0, call_index: 0, .. }));
		assert!(!stream_exists(FUNDER.0, "deal"));
	});
}

#[test]
fn nothing_that_carries_other_calls_stands_in_a_leg() {
	run(|| {
		let request = Request {
			organization: CHANNEL.0,
			key: RequestKey([1; 32]),
			expires_at: 50,
			lane: None,
		};
		let inner = || create_stream("smuggled");
		let (bundle, digest) = (id(), Digest::default());
		let carriers: Vec<RuntimeCall> = vec![
			pallet_idempotency::Call::submit { request, calls: vec![inner()] }.into(),
			pallet_bundles::Call::consent { bundle, digest, max_weight: Weight::zero() }.into(),
			pallet_bundles::Call::withdraw { bundle }.into(),
			propose(legs()),
			pallet_utility::Call::batch { calls: vec![inner()] }.into(),
			pallet_utility::Call::batch_all { calls: vec![inner()] }.into(),
			pallet_utility::Call::force_batch { calls: vec![inner()] }.into(),
			pallet_utility::Call::as_derivative { index: 0, call: Box::new(inner()) }.into(),
			pallet_utility::Call::if_else { main: Box::new(inner()), fallback: Box::new(inner()) }
				.into(),
			pallet_governance::Call::dispatch_as_root { call: Box::new(inner()) }.into(),
			pallet_collective::Call::<Runtime, pallet_collective::Instance1>::execute {
				proposal: Box::new(inner()),
				length_bound: 100,
			}
			.into(),
			frame_system::Call::remark { remark: vec![] }.into(),
		];
		for call in carriers {
			let refused = dispatch(CHANNEL.1, propose(vec![leg(CHANNEL, call.clone())]));
			let error: DispatchError = pallet_bundles::Error::<Runtime>::CallNotAllowed.into();
			assert_eq!(refused, Err(error), "{call:?}");
		}
	});
}

#[test]
fn a_consent_in_a_batch_runs_legs_with_origins_of_their_own() {
	run(|| {
		// Whatever wraps the consent, the legs run with origins of their own.
		assert_ok!(dispatch(CHANNEL.1, propose(legs())));
		let batch = pallet_utility::Call::batch_all { calls: vec![consent(&legs())] };
		assert_ok!(dispatch(CHANNEL.1, batch.into()));
		assert_ok!(dispatch(FUNDER.1, consent(&legs())));
		assert_eq!(state(), BundleState::Executed { block: 1, time: NOW });
	});
}

#[test]
fn a_deadline_passes_by_the_clock_and_not_by_blocks() {
	let last_consent_at = |block, time| {
		let mut executed = false;
		run(|| {
			assert_ok!(dispatch(CHANNEL.1, propose(legs())));
			assert_ok!(dispatch(CHANNEL.1, consent(&legs())));
			System::set_block_number(block);
			set_time(time);
			executed = dispatch(FUNDER.1, consent(&legs())).is_ok();
			assert_eq!(executed, stream_exists(FUNDER.0, "deal"));
			let returned = Bundles::bundle(id()).expect("it is there").named.bundle.state.status();
			let ended = if executed { BundleStatus::Executed } else { BundleStatus::Expired };
			assert_eq!(returned, ended);
		});
		executed
	};
	// However many blocks there were in a hundred seconds: it is the hundredth that counts.
	for block in [2, 101, 1_000_000] {
		assert!(last_consent_at(block, DEADLINE - 1));
		assert!(last_consent_at(block, DEADLINE));
		assert!(!last_consent_at(block, DEADLINE + 1));
	}
}

#[test]
fn the_deadline_of_a_bundle_lies_at_most_seven_days_ahead() {
	run(|| {
		let week = 7 * 24 * 60 * 60 * 1_000;
		let propose = |deadline| {
			let reference = Reference([1; 32]);
			pallet_bundles::Call::propose { reference, deadline, legs: legs() }.into()
		};
		let refused = |deadline| dispatch(CHANNEL.1, propose(deadline)).expect_err("refused");
		// A number of blocks is a moment of 1970.
		for passed in [0, 86_400, NOW - 1] {
			assert_eq!(refused(passed), pallet_bundles::Error::<Runtime>::DeadlinePassed.into());
		}
		for too_far in [NOW + week + 1, Moment::MAX] {
			assert_eq!(refused(too_far), pallet_bundles::Error::<Runtime>::DeadlineTooFar.into());
		}
		assert_ok!(dispatch(CHANNEL.1, propose(NOW + week)));
	});
}

/// The heaviest bundle fits a block with all that its last consent adds.
#[test]
fn the_heaviest_bundle_fits_a_block() {
	let limits = constants::RuntimeBlockWeights::get();
	let heaviest = pallet_bundles::Call::<Runtime>::consent {
		bundle: id(),
		digest: Digest::default(),
		max_weight: <Runtime as pallet_bundles::Config>::MaxBundleWeight::get(),
	};
	let request =
		Request { organization: CHANNEL.0, key: RequestKey::default(), expires_at: 1, lane: None };
	let submit =
		pallet_idempotency::Call::<Runtime>::submit { request, calls: vec![heaviest.into()] };
	let most = limits
		.get(frame_support::dispatch::DispatchClass::Normal)
		.max_extrinsic
		.expect("the class is bounded");
	let weight = submit.get_dispatch_info().call_weight;
	assert!(weight.all_lte(most), "{weight:?} of {most:?}");
}
