//! What a seat of the council can do by itself, and what the council cannot do to itself.

use super::genesis;
use crate::{
	configs::governance::{CouncilCalls, CouncilCollective},
	*,
};
use codec::Encode;
use credio_primitives::limits;
use frame_support::{assert_noop, assert_ok, traits::ContainsPair};
use pallet_collective::Call as CouncilCall;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	DispatchError,
	traits::{Dispatchable, Hash as _},
};

/// The council of one of the development chain.
const SEAT: Sr25519Keyring = Sr25519Keyring::Alice;

fn test(body: impl FnOnce()) {
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		System::set_block_number(1);
		body();
	});
}

fn signed(who: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.to_account_id())
}

fn remark(size: usize) -> RuntimeCall {
	frame_system::Call::remark { remark: vec![0x5a; size] }.into()
}

fn propose(threshold: u32, proposal: RuntimeCall) -> RuntimeCall {
	let length_bound = proposal.encoded_size() as u32;
	CouncilCall::<Runtime, CouncilCollective>::propose {
		threshold,
		proposal: Box::new(proposal),
		length_bound,
	}
	.into()
}

fn execute(proposal: RuntimeCall) -> RuntimeCall {
	let length_bound = proposal.encoded_size() as u32;
	CouncilCall::<Runtime, CouncilCollective>::execute {
		proposal: Box::new(proposal),
		length_bound,
	}
	.into()
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::batch_all { calls }.into()
}

fn governs(who: Sr25519Keyring, call: &RuntimeCall) -> bool {
	CouncilCalls::contains(&who.to_account_id(), call)
}

/// Whether the base call filter keeps a call from being made.
fn is_filtered(call: RuntimeCall, who: Sr25519Keyring) -> bool {
	let filtered = frame_system::Error::<Runtime>::CallFiltered.into();
	call.dispatch(signed(who)).is_err_and(|failure| failure.error == filtered)
}

fn join(who: Sr25519Keyring) {
	assert_ok!(CouncilMembership::add_member(RuntimeOrigin::root(), who.to_account_id().into()));
}

fn leave(who: Sr25519Keyring) {
	assert_ok!(CouncilMembership::remove_member(RuntimeOrigin::root(), who.to_account_id().into()));
}

fn seats() -> Vec<AccountId> {
	pallet_collective::Members::<Runtime, CouncilCollective>::get()
}

#[test]
fn single_seat_cannot_execute_a_call() {
	test(|| {
		let call = execute(remark(4_900_000));
		assert!(!governs(SEAT, &call));
		assert!(is_filtered(call.clone(), SEAT));
		// Nor inside something else.
		assert!(is_filtered(batch(vec![call]), SEAT));
	});
}

#[test]
fn motions_have_a_size_that_every_block_has_room_for() {
	test(|| {
		join(Sr25519Keyring::Bob);
		let overhead = remark(0).encoded_size() + 3;
		let largest = limits::MAX_MOTION_LENGTH as usize;
		let fits = propose(2, remark(largest - overhead - 1));
		let exceeds = propose(2, remark(largest));
		assert!(governs(SEAT, &fits) && !governs(SEAT, &exceeds));
		assert_ok!(fits.dispatch(signed(SEAT)));
		assert!(is_filtered(exceeds.clone(), SEAT));
		assert!(is_filtered(batch(vec![exceeds]), SEAT));
	});
}

#[test]
fn one_seat_cannot_take_the_places_of_all_motions() {
	test(|| {
		join(Sr25519Keyring::Bob);
		let motion = |n: usize| propose(2, remark(n));
		for n in 0..limits::MAX_OPEN_MOTIONS as usize {
			assert_ok!(motion(n).dispatch(signed(SEAT)));
		}
		let refused = motion(100).dispatch(signed(SEAT)).expect_err("it has too many");
		assert_eq!(refused.error, pallet_governance::Error::<Runtime>::TooManyOpenMotions.into());
		assert_ok!(motion(101).dispatch(signed(Sr25519Keyring::Bob)));
		// One that is closed makes room, and nothing is left of it.
		let hash = BlakeTwo256::hash_of(&remark(0));
		assert_ok!(Council::kill(RuntimeOrigin::root(), hash));
		assert_ok!(motion(100).dispatch(signed(SEAT)));
	});
}

#[test]
fn governance_is_what_seats_do_and_nothing_else() {
	test(|| {
		let vote = RuntimeCall::Council(CouncilCall::vote {
			proposal: Default::default(),
			index: 0,
			approve: true,
		});
		let upgrade =
			RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { code: vec![0; 9] });
		for call in [&vote, &upgrade] {
			assert!(governs(SEAT, call) && !governs(Sr25519Keyring::Bob, call));
		}
		let as_root = pallet_governance::Call::dispatch_as_root { call: Box::new(remark(1)) };
		for call in [remark(1), as_root.into(), batch(vec![vote])] {
			assert!(!governs(SEAT, &call));
		}
	});
}

#[test]
fn a_seat_goes_on_whatever_its_organization_does() {
	test(|| {
		// Another admin of the seat's organization removes the seat's account, which has signed nothing yet.
		let bob = Sr25519Keyring::One.to_account_id();
		let roles = credio_primitives::Roles::ALL;
		assert_ok!(Organizations::add_member(signed(SEAT), bob.clone(), roles));
		let providers = System::providers(&SEAT.to_account_id());
		assert_ok!(Organizations::remove_member(RuntimeOrigin::signed(bob), SEAT.to_account_id()));
		assert_eq!(System::providers(&SEAT.to_account_id()), providers - 1);
		assert!(System::providers(&SEAT.to_account_id()) > 0, "it can sign still");
		let seat = SEAT.to_account_id();
		assert!(frame_system::CheckNonce::<Runtime>::validate_nonce_for_account(&seat, 0).is_ok());
	});
}

#[test]
fn a_seat_that_was_no_member_can_sign() {
	test(|| {
		let who = Sr25519Keyring::Ferdie;
		assert_eq!(System::providers(&who.to_account_id()), 0);
		join(who);
		assert_eq!(System::providers(&who.to_account_id()), 1);
		leave(who);
		assert_eq!(System::providers(&who.to_account_id()), 0);
		// One that has signed keeps its nonce, so that what it signed is not applied again when it is back.
		join(who);
		System::inc_account_nonce(who.to_account_id());
		leave(who);
		assert_eq!(System::account_nonce(who.to_account_id()), 1);
	});
}

#[test]
fn a_seat_is_not_handed_on() {
	test(|| {
		let change = pallet_membership::Call::change_key {
			new: Sr25519Keyring::Ferdie.to_account_id().into(),
		};
		let change = RuntimeCall::CouncilMembership(change);
		assert!(is_filtered(change.clone(), SEAT));
		assert!(is_filtered(batch(vec![change]), SEAT));
		assert_eq!(seats(), [SEAT.to_account_id()]);
	});
}

#[test]
fn the_council_keeps_its_last_seat() {
	test(|| {
		leave(SEAT);
		assert_eq!(seats(), [SEAT.to_account_id()]);
		assert!(Council::is_member(&SEAT.to_account_id()));
		assert_ok!(CouncilMembership::reset_members(RuntimeOrigin::root(), vec![]));
		assert_eq!(seats(), [SEAT.to_account_id()]);
		// It still admits others.
		join(Sr25519Keyring::Bob);
		assert_eq!(seats(), [Sr25519Keyring::Bob.to_account_id()]);
		// Root cannot go around the membership.
		assert_noop!(
			Council::set_members(RuntimeOrigin::root(), vec![], None, 50),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn the_network_id_makes_another_chain_of_the_same_people() {
	let root = |network_id: [u8; 32]| {
		let mut storage = genesis(&genesis_presets::DEVELOPMENT.into());
		storage.execute_with(|| pallet_governance::NetworkId::<Runtime>::put(network_id));
		storage.execute_with(|| sp_io::storage::root(sp_runtime::StateVersion::V1))
	};
	let known = credio_primitives::development::NETWORK_ID;
	assert_eq!(
		root(known),
		genesis(&genesis_presets::DEVELOPMENT.into())
			.execute_with(|| { sp_io::storage::root(sp_runtime::StateVersion::V1) })
	);
	assert_ne!(root(known), root([7; 32]));
}
