//! What may not stand in a leg, openly or inside another call.

use crate::{Error, mock::*};
use credio_primitives::{BundleId, Digest};
use frame_support::{assert_ok, weights::Weight};

fn wrap(call: RuntimeCall) -> RuntimeCall {
	scratch::Call::wrap { call: Box::new(call) }.into()
}

fn forbidden() -> RuntimeCall {
	scratch::Call::forbidden {}.into()
}

/// Calls of this pallet, which the runtime's filter lets through.
fn own_calls() -> Vec<RuntimeCall> {
	let (bundle, digest) = (BundleId([1; 32]), Digest([2; 32]));
	vec![
		crate::Call::propose { reference: reference(9), deadline: 5, legs: three_legs() }.into(),
		crate::Call::consent { bundle, digest, max_weight: Weight::zero() }.into(),
		crate::Call::withdraw { bundle }.into(),
	]
}

#[test]
fn only_allowed_calls_stand_in_a_leg() {
	build_and_execute(|| {
		let remark: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
		for call in [remark, forbidden()] {
			let legs = vec![leg(ALPHA, vec![add(1)]), leg(BETA, vec![add(1), call])];
			assert_refused(
				|| Bundles::propose(by(ALPHA), reference(1), soon(), legs),
				Error::<Test>::CallNotAllowed,
			);
		}
	});
}

#[test]
fn calls_of_the_pallet_do_not_stand_in_a_leg() {
	build_and_execute(|| {
		for call in own_calls() {
			assert_refused(
				|| Bundles::propose(by(ALPHA), reference(1), soon(), vec![leg(ALPHA, vec![call])]),
				Error::<Test>::CallNotAllowed,
			);
		}
	});
}

#[test]
fn forbidden_call_does_not_run_inside_another_call() {
	build_and_execute(|| {
		let calls = own_calls().into_iter().chain([forbidden()]);
		for (n, call) in (1..).zip(calls) {
			for wrapped in [wrap(call.clone()), wrap(wrap(call))] {
				let legs = vec![leg(ALPHA, vec![add(1)]), leg(BETA, vec![add(1), wrapped])];
				let id = run_bundle(n, legs);
				assert_aborted(id, 1, 1, frame_system::Error::<Test>::CallFiltered);
				crate::CleanUps::<Test>::remove(Bundles::next_visit(&bundle(id)), id);
				crate::Bundles::<Test>::remove(id);
				for organization in [ALPHA, BETA] {
					crate::BundlesByOrganization::<Test>::remove(organization, id);
				}
			}
		}
	});
}

#[test]
fn allowed_call_runs_inside_another_call() {
	build_and_execute(|| {
		let id = run_bundle(1, vec![leg(ALPHA, vec![wrap(wrap(add(1)))])]);
		assert_executed(id);
		assert_eq!(sum(), 1);
	});
}

#[test]
fn a_bundle_in_a_leg_cannot_consent_for_its_signer() {
	build_and_execute(|| {
		// Beta is lured into wrapping its consent to another bundle into a leg of this one.
		let lure = propose(1, vec![leg(ALPHA, vec![add(1)]), leg(BETA, vec![add(1)])]);
		let digest = digest(lure);
		let inner =
			crate::Call::consent { bundle: lure, digest, max_weight: Weight::MAX / 4 }.into();
		let id = run_bundle(2, vec![leg(ALPHA, vec![add(1)]), leg(BETA, vec![wrap(inner)])]);
		assert_aborted(id, 1, 0, frame_system::Error::<Test>::CallFiltered);
		assert!(bundle(lure).parties.iter().all(|party| party.consent.is_none()));
	});
}

#[test]
fn the_base_call_filter_holds_in_a_leg() {
	build_and_execute(|| {
		let off: RuntimeCall = scratch::Call::switched_off {}.into();
		let id = run_bundle(1, vec![leg(ALPHA, vec![add(1), off])]);
		assert_aborted(id, 0, 1, frame_system::Error::<Test>::CallFiltered);
	});
}

#[test]
fn the_origin_of_the_last_consent_does_not_reach_other_legs() {
	build_and_execute(|| {
		use frame_support::traits::OriginTrait;
		// A filter on the last consent's origin, as a request has, is not that of the legs, nor is anything else of it.
		let id = propose(1, three_legs());
		assert_ok!(consent(ALPHA, id));
		assert_ok!(consent(BETA, id));
		let mut origin = by(GAMMA);
		origin.add_filter(|_| false);
		assert_ok!(Bundles::consent(origin, id, digest(id), MaxBundleWeight::get()));
		assert_executed(id);
	});
}
