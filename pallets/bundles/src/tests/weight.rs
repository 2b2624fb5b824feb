use crate::{mock::*, weights::WeightInfo};
use codec::Encode;
use credio_primitives::{Leg, limits};
use frame_support::{
	assert_ok,
	dispatch::{DispatchClass, DispatchResultWithPostInfo, GetDispatchInfo, Pays},
	weights::Weight,
};
use scratch::{ADD, DECLARED, USED};

type Weights = ();

fn privileged() -> RuntimeCall {
	scratch::Call::privileged {}.into()
}

fn legs() -> Vec<Leg<RuntimeCall>> {
	vec![leg(ALPHA, vec![add(1), privileged()]), leg(BETA, vec![privileged()])]
}

fn actual(result: DispatchResultWithPostInfo) -> Weight {
	let info = match result {
		Ok(info) => info,
		Err(error) => error.post_info,
	};
	// No call in a leg makes a consent free.
	assert_eq!(info.pays_fee, Pays::Yes);
	info.actual_weight.unwrap()
}

fn execution(legs: &[Leg<RuntimeCall>]) -> Weight {
	let calls = legs.iter().map(|leg| leg.calls.len() as u32).sum();
	<Weights as WeightInfo>::consent()
		+ <Weights as WeightInfo>::execute(calls, legs.encoded_size() as u32)
}

#[test]
fn propose_declares_by_legs_calls_and_bytes() {
	build_and_execute(|| {
		let legs = legs();
		let bytes = legs.encoded_size() as u32;
		let call = crate::Call::<Test>::propose { reference: reference(1), deadline: 9, legs };
		let info = call.get_dispatch_info();
		let clean_up = Bundles::visits_weight(2, 2 * limits::MAX_LEGS);
		assert_eq!(info.call_weight, <Weights as WeightInfo>::propose(2, 3, bytes) + clean_up);
		assert_eq!((info.class, info.pays_fee), (DispatchClass::Normal, Pays::Yes));
	});
}

#[test]
fn a_proposal_pays_for_what_it_cleans_up_and_a_refused_one_for_nothing() {
	build_and_execute(|| {
		let bytes = legs().encoded_size() as u32;
		let own = <Weights as WeightInfo>::propose(2, 3, bytes);
		let propose = |n| actual(Bundles::propose(by(ALPHA), reference(n), soon(), legs()));
		assert_eq!(propose(1), own + Bundles::visits_weight(0, 0));
		assert_eq!(propose(1), own, "the reference is used");
		for n in 2..4 {
			propose(n);
		}
		at(soon() + BundleRetention::get() + 1);
		// Three are due, of two organizations each.
		assert_eq!(propose(4), own + Bundles::visits_weight(2, 4));
		assert_eq!(propose(5), own + Bundles::visits_weight(1, 2));
		assert_eq!(propose(6), own + Bundles::visits_weight(0, 0));
		assert_eq!(crate::Bundles::<Test>::iter_keys().count(), 3);
	});
}

#[test]
fn consent_declares_its_offer_and_its_maximum_cost() {
	build_and_execute(|| {
		let declared = |max_weight| {
			let (bundle, digest) = (id(1), Default::default());
			let info =
				crate::Call::<Test>::consent { bundle, digest, max_weight }.get_dispatch_info();
			assert_eq!((info.class, info.pays_fee), (DispatchClass::Normal, Pays::Yes));
			info.call_weight
		};
		let most = <Weights as WeightInfo>::consent()
			+ <Weights as WeightInfo>::execute(limits::MAX_BUNDLE_CALLS, limits::MAX_LEGS_SIZE);
		assert_eq!(declared(Weight::zero()), most);
		assert_eq!(declared(Weight::from_parts(7, 8)), most + Weight::from_parts(7, 8));
		assert_eq!(declared(Weight::MAX), Weight::MAX, "it does not wrap");
	});
}

#[test]
fn unused_weight_is_refunded() {
	build_and_execute(|| {
		let id = propose(1, legs());
		assert_eq!(actual(consent(BETA, id)), <Weights as WeightInfo>::consent());
		assert_eq!(actual(consent(ALPHA, id)), execution(&legs()) + ADD + USED + USED);
		assert_executed(id);
	});
}

#[test]
fn aborted_bundle_is_charged_for_the_calls_that_ran() {
	build_and_execute(|| {
		let mut legs = legs();
		legs[0].calls.push(fail_after_adding(1));
		let id = propose(1, legs.clone());
		assert_ok!(consent(ALPHA, id));
		assert_eq!(actual(consent(BETA, id)), execution(&legs) + ADD + USED + ADD);
		assert_aborted(id, 0, 2, scratch::Error::<Test>::Broken);
	});
}

#[test]
fn a_bundle_that_may_not_start_uses_nothing_of_its_calls() {
	build_and_execute(|| {
		let id = propose(1, legs());
		assert_ok!(consent(BETA, id));
		World::suspend(BETA);
		assert_eq!(actual(consent(ALPHA, id)), execution(&legs()));
		assert_aborted(id, 1, 0, crate::Error::<Test>::OrganizationNotActive);
	});
}

#[test]
fn a_refused_consent_uses_nothing_of_the_calls() {
	build_and_execute(|| {
		let id = propose(1, legs());
		assert_eq!(actual(consent(5, id)), <Weights as WeightInfo>::consent());
		assert_ok!(consent(BETA, id));
		let too_low = Bundles::consent(by(ALPHA), id, digest(id), Weight::zero());
		assert_eq!(actual(too_low), execution(&legs()));
	});
}

#[test]
fn declared_weight_must_be_offered() {
	build_and_execute(|| {
		let id = propose(1, legs());
		let needed = ADD + DECLARED + DECLARED;
		assert_eq!(Bundles::bundle(id).unwrap().weight, needed);
		assert_ok!(consent(BETA, id));
		let offer = |weight| Bundles::consent(by(ALPHA), id, digest(id), weight);
		assert!(offer(ADD + USED + USED).is_err());
		assert_ok!(offer(needed));
	});
}

#[test]
fn no_execution_costs_more_than_was_declared() {
	build_and_execute(|| {
		let legs = (0..limits::MAX_LEGS)
			.map(|organization| leg(organization, vec![note(4_000); 4]))
			.collect::<Vec<_>>();
		let id = propose(1, legs);
		let needed = Bundles::bundle(id).unwrap().weight;
		for organization in 1..limits::MAX_LEGS {
			assert_ok!(consent(organization, id));
		}
		let call =
			crate::Call::<Test>::consent { bundle: id, digest: digest(id), max_weight: needed };
		let declared = call.get_dispatch_info().call_weight;
		let used = actual(Bundles::consent(by(ALPHA), id, digest(id), needed));
		assert_executed(id);
		assert!(used.all_lte(declared), "{used:?} of {declared:?}");
	});
}
