use crate::{Error, Event, mock::*};
use credio_primitives::{AccountId, BundleId, BundleState, Digest, bundle::Consent};
use frame_support::{assert_ok, weights::Weight};
use sp_runtime::DispatchError;

/// The consent is refused with this error, and nothing at all changes.
fn refused_for(
	who: AccountId,
	id: BundleId,
	digest: Digest,
	max_weight: Weight,
	error: impl Into<DispatchError>,
) {
	let origin = RuntimeOrigin::signed(who);
	assert_refused(|| Bundles::consent(origin, id, digest, max_weight), error);
}

#[test]
fn consent_works() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		at(2);
		assert_ok!(consent(BETA, id));
		System::assert_last_event(
			Event::Consented { bundle: id, organization: BETA, by: gateway(BETA) }.into(),
		);
		let consents =
			bundle(id).parties.iter().map(|party| party.consent.clone()).collect::<Vec<_>>();
		assert_eq!(
			consents,
			[None, Some(Consent { account: gateway(BETA), block: 2, time: 2 }), None]
		);
		assert_eq!(bundle(id).state, BundleState::Open);
		assert_eq!(sum(), 0);
	});
}

#[test]
fn only_submitters_of_active_organizations_consent() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		let refused = |who, error: DispatchError| {
			refused_for(who, id, digest(id), Weight::MAX, error);
		};
		refused(STRANGER, NOT_A_MEMBER);
		refused(admin(BETA), ROLE_MISSING);
		World::suspend(BETA);
		refused(gateway(BETA), ORGANIZATION_SUSPENDED);
		let result = Bundles::consent(RuntimeOrigin::root(), id, digest(id), Weight::MAX);
		assert_eq!(result.unwrap_err().error, DispatchError::BadOrigin);
	});
}

#[test]
fn cannot_consent_for_an_organization_without_a_leg() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		let foreign = gateway(5);
		refused_for(foreign, id, digest(id), Weight::MAX, Error::<Test>::NotAParty);
	});
}

#[test]
fn cannot_consent_to_another_digest() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		let mut other_legs = three_legs();
		other_legs[2].calls.push(add(1));
		let mut other_order = three_legs();
		other_order.swap(1, 2);
		let deadline = bundle(id).deadline;
		for wrong in [
			Digest::default(),
			digest_of(id, deadline, &other_legs),
			digest_of(id, deadline, &other_order),
			digest_of(id, deadline + 1, &three_legs()),
			digest_of(BundleId::derive(BETA, &reference(1)), deadline, &three_legs()),
		] {
			refused_for(gateway(BETA), id, wrong, Weight::MAX, Error::<Test>::DigestMismatch);
		}
		assert_eq!(digest(id), digest_of(id, deadline, &three_legs()));
	});
}

#[test]
fn cannot_consent_to_unknown_bundle() {
	build_and_execute(|| {
		let nothing = BundleId([7; 32]);
		let digest = Digest::default();
		refused_for(gateway(BETA), nothing, digest, Weight::MAX, Error::<Test>::NotFound);
	});
}

#[test]
fn an_organization_consents_once() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		assert_ok!(consent(BETA, id));
		for who in [gateway(BETA), second(BETA)] {
			refused_for(who, id, digest(id), Weight::MAX, Error::<Test>::AlreadyConsented);
		}
	});
}

#[test]
fn the_deadline_is_the_last_moment_to_consent_and_execute() {
	build_and_execute(|| {
		let (first, other) = (propose(1, three_legs()), propose(2, three_legs()));
		for id in [first, other] {
			assert_ok!(consent(ALPHA, id));
			assert_ok!(consent(BETA, id));
		}
		let deadline = bundle(first).deadline;
		at(deadline);
		assert_ok!(consent(GAMMA, first));
		assert_executed(first);
		at(deadline + 1);
		let error = Error::<Test>::DeadlinePassed;
		refused_for(gateway(GAMMA), other, digest(other), Weight::MAX, error);
		assert_eq!(sum(), 6);
	});
}

#[test]
fn nothing_can_be_consented_to_twice() {
	build_and_execute(|| {
		let executed = run_bundle(1, three_legs());
		let aborted = run_bundle(2, vec![leg(ALPHA, vec![fail_after_adding(1)])]);
		for id in [executed, aborted] {
			let error = Error::<Test>::NotOpen;
			refused_for(gateway(ALPHA), id, digest(id), Weight::MAX, error);
		}
		assert_eq!(sum(), 6);
	});
}

#[test]
fn the_last_consent_offers_enough_weight() {
	build_and_execute(|| {
		let id = propose(1, three_legs());
		let needed = scratch::ADD * 3;
		assert_eq!(Bundles::bundle(id).unwrap().weight, needed);
		// Only the last one needs any.
		for organization in [ALPHA, BETA] {
			assert_ok!(Bundles::consent(by(organization), id, digest(id), Weight::zero()));
		}
		for too_low in
			[Weight::zero(), needed - Weight::from_parts(1, 0), needed - Weight::from_parts(0, 1)]
		{
			refused_for(gateway(GAMMA), id, digest(id), too_low, Error::<Test>::MaxWeightTooLow);
		}
		assert_ok!(Bundles::consent(by(GAMMA), id, digest(id), needed));
		assert_executed(id);
	});
}
