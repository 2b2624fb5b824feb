use crate::{BundlesByOrganization, Error, Event, Legs, OpenBundles, mock::*};
use codec::Encode;
use credio_primitives::{
	Bundle, BundleId, BundleState, Leg, Moment, OrganizationId, bundle::Party, limits,
};
use frame_support::assert_ok;
use sp_runtime::DispatchError;

#[test]
fn propose_works() {
	build_and_execute(|| {
		let legs = three_legs();
		assert_ok!(Bundles::propose(by(ALPHA), reference(1), 11, legs.clone()));
		let id = BundleId::derive(ALPHA, &reference(1));
		let digest = digest_of(id, 11, &legs);
		System::assert_last_event(
			Event::Proposed {
				bundle: id,
				organization: ALPHA,
				by: gateway(ALPHA),
				deadline: 11,
				digest,
			}
			.into(),
		);
		let party = |organization| Party { organization, calls: 1, consent: None };
		assert_eq!(
			bundle(id),
			Bundle {
				proposer: ALPHA,
				proposed_by: gateway(ALPHA),
				proposed_at: 1,
				proposed_time: 1,
				deadline: 11,
				digest,
				parties: vec![party(ALPHA), party(BETA), party(GAMMA)].try_into().unwrap(),
				state: BundleState::Open,
			}
		);
		assert_eq!(Legs::<Test>::get(id).unwrap().as_slice(), legs);
		for organization in [ALPHA, BETA, GAMMA] {
			assert!(BundlesByOrganization::<Test>::contains_key(organization, id));
		}
		// Proposing is not consenting, and nothing runs.
		assert_eq!(sum(), 0);
	});
}

#[test]
fn a_bundle_of_one_organization_is_one() {
	build_and_execute(|| {
		let id = propose(1, vec![leg(ALPHA, vec![add(1)])]);
		assert_eq!(bundle(id).state, BundleState::Open);
		assert_ok!(consent(ALPHA, id));
		assert_executed(id);
	});
}

#[test]
fn only_submitters_of_active_organizations_propose() {
	build_and_execute(|| {
		let refused = |origin, legs, error: DispatchError| {
			assert_refused(|| Bundles::propose(origin, reference(1), 11, legs), error);
		};
		let signed = RuntimeOrigin::signed;
		refused(signed(STRANGER), three_legs(), NOT_A_MEMBER);
		refused(signed(admin(ALPHA)), three_legs(), ROLE_MISSING);
		refused(by(SUSPENDED), three_legs(), ORGANIZATION_SUSPENDED);
		refused(RuntimeOrigin::root(), three_legs(), DispatchError::BadOrigin);
		refused(RuntimeOrigin::none(), three_legs(), DispatchError::BadOrigin);
	});
}

/// [`ALPHA`] proposes, is refused with this error, and nothing changes.
fn refused(deadline: Moment, legs: Vec<Leg<RuntimeCall>>, error: Error<Test>) {
	assert_refused(|| Bundles::propose(by(ALPHA), reference(1), deadline, legs), error);
}

#[test]
fn cannot_propose_without_a_leg_of_ones_own() {
	build_and_execute(|| {
		let legs = vec![leg(BETA, vec![add(1)]), leg(GAMMA, vec![add(1)])];
		refused(11, legs, Error::NotAParty);
		refused(11, vec![], Error::NotAParty);
	});
}

#[test]
fn a_bundle_has_at_most_16_legs() {
	build_and_execute(|| {
		let legs = |count: u32| {
			(0..count).map(|organization| leg(organization, vec![add(1)])).collect::<Vec<_>>()
		};
		refused(11, legs(limits::MAX_LEGS + 1), Error::TooManyLegs);
		let id = propose(1, legs(limits::MAX_LEGS));
		for organization in 0..limits::MAX_LEGS {
			assert_ok!(consent(organization, id));
		}
		assert_eq!(sum(), limits::MAX_LEGS);
	});
}

#[test]
fn an_organization_has_at_most_one_leg() {
	build_and_execute(|| {
		let legs =
			vec![leg(ALPHA, vec![add(1)]), leg(BETA, vec![add(1)]), leg(ALPHA, vec![add(2)])];
		refused(11, legs, Error::OrganizationTwice);
	});
}

#[test]
fn organizations_of_legs_are_active() {
	build_and_execute(|| {
		for organization in [SUSPENDED, 1_000, OrganizationId::MAX] {
			let legs = vec![leg(ALPHA, vec![add(1)]), leg(organization, vec![add(1)])];
			refused(11, legs, Error::OrganizationNotActive);
		}
	});
}

#[test]
fn a_bundle_has_1_to_64_calls_and_no_leg_has_none() {
	build_and_execute(|| {
		let legs =
			|first, other| vec![leg(ALPHA, vec![add(1); first]), leg(BETA, vec![add(1); other])];
		refused(11, legs(0, 1), Error::NoCalls);
		refused(11, legs(1, 0), Error::NoCalls);
		refused(11, legs(32, 33), Error::TooManyCalls);
		refused(11, legs(1, 64), Error::TooManyCalls);
		run_bundle(1, legs(32, 32));
		assert_eq!(sum(), limits::MAX_BUNDLE_CALLS);
	});
}

#[test]
fn legs_are_at_most_256_kib() {
	build_and_execute(|| {
		let legs = |size| vec![leg(ALPHA, vec![note(size)])];
		let overhead =
			legs(limits::MAX_LEGS_SIZE as usize).encoded_size() - limits::MAX_LEGS_SIZE as usize;
		let largest = limits::MAX_LEGS_SIZE as usize - overhead;
		assert_eq!(legs(largest).encoded_size(), limits::MAX_LEGS_SIZE as usize);
		refused(11, legs(largest + 1), Error::LegsTooLarge);
		let id = propose(1, legs(largest));
		assert_ok!(consent(ALPHA, id));
		assert_executed(id);
	});
}

#[test]
fn legs_over_the_weight_limit_are_refused() {
	build_and_execute(|| {
		let heavy = || RuntimeCall::from(scratch::Call::heavy {});
		let legs = vec![leg(ALPHA, vec![heavy()]), leg(BETA, vec![heavy()])];
		refused(11, legs, Error::LegsTooHeavy);
		let endless = || RuntimeCall::from(scratch::Call::endless {});
		refused(11, vec![leg(ALPHA, vec![endless(), endless()])], Error::LegsTooHeavy);
		run_bundle(1, vec![leg(ALPHA, vec![heavy()]), leg(BETA, vec![add(1)])]);
		assert_eq!(sum(), 2);
	});
}

#[test]
fn the_deadline_lies_ahead_and_within_the_longest_lifetime() {
	build_and_execute(|| {
		at(20);
		for deadline in [0, 19] {
			refused(deadline, three_legs(), Error::DeadlinePassed);
		}
		for deadline in [20 + MaxBundleLifetime::get() + 1, u32::MAX.into(), Moment::MAX] {
			refused(deadline, three_legs(), Error::DeadlineTooFar);
		}
		let furthest = 20 + MaxBundleLifetime::get();
		assert_ok!(Bundles::propose(by(ALPHA), reference(1), furthest, three_legs()));
		assert_ok!(Bundles::propose(by(ALPHA), reference(2), 20, three_legs()));
	});
}

#[test]
fn a_reference_is_used_once_per_organization() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		// The same legs, or others; before and after the bundle has ended.
		for _ in 0..2 {
			refused(soon(), three_legs(), Error::AlreadyProposed);
			refused(soon(), vec![leg(ALPHA, vec![add(9)])], Error::AlreadyProposed);
			for organization in [ALPHA, BETA, GAMMA] {
				let _ = consent(organization, id);
			}
		}
		// Other organizations have references of their own.
		assert_ok!(Bundles::propose(by(BETA), reference(1), soon(), three_legs()));
		assert_ne!(BundleId::derive(BETA, &reference(1)), id);
	});
}

#[test]
fn an_organization_has_a_bounded_number_of_open_bundles() {
	build_and_execute(|| {
		let most = MaxOpenBundles::get() as u8;
		for n in 0..most {
			propose(n, three_legs());
		}
		assert_eq!(OpenBundles::<Test>::get(ALPHA), MaxOpenBundles::get());
		assert_refused(
			|| Bundles::propose(by(ALPHA), reference(most), soon(), three_legs()),
			Error::<Test>::TooManyOpenBundles,
		);
		// Those of others do not count, though the organization has a leg in them.
		assert_ok!(Bundles::propose(by(BETA), reference(1), soon(), three_legs()));
		// One that ends makes room.
		for organization in [ALPHA, BETA, GAMMA] {
			assert_ok!(consent(organization, id(0)));
		}
		propose(most, three_legs());
	});
}
