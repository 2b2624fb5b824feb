use crate::{mock::*, weights::WeightInfo};
use codec::Encode;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo, Pays},
	weights::Weight,
};
use scratch::{ADD, DECLARED, USED};

fn privileged() -> RuntimeCall {
	scratch::Call::privileged {}.into()
}

fn submit(calls: Vec<RuntimeCall>) -> crate::Call<Test> {
	crate::Call::submit { request: request(1), calls }
}

fn own(calls: &[RuntimeCall]) -> Weight {
	Idempotency::own_weight(calls)
}

/// What running the request again or for the first time has used.
fn actual(calls: Vec<RuntimeCall>) -> Weight {
	let result = Idempotency::submit(RuntimeOrigin::signed(ALICE), request(1), calls);
	let info = match result {
		Ok(info) => info,
		Err(error) => error.post_info,
	};
	// No call in a request makes the request free.
	assert_eq!(info.pays_fee, Pays::Yes);
	info.actual_weight.unwrap()
}

#[test]
fn request_declares_the_weight_of_its_calls() {
	build_and_execute(|| {
		let calls = vec![add(1), privileged()];
		let info = submit(calls.clone()).get_dispatch_info();
		let clean_up = <() as WeightInfo>::remove_receipts(crate::REMOVALS_PER_REQUEST);
		assert_eq!(info.call_weight, own(&calls) + ADD + DECLARED + clean_up);
	});
}

#[test]
fn calls_do_not_make_a_request_privileged() {
	build_and_execute(|| {
		let info = submit(vec![privileged()]).get_dispatch_info();
		assert_eq!(info.class, DispatchClass::Normal);
		assert_eq!(info.pays_fee, Pays::Yes);
	});
}

#[test]
fn declared_weights_do_not_wrap() {
	build_and_execute(|| {
		let endless: RuntimeCall = scratch::Call::endless {}.into();
		let info = submit(vec![endless; 2]).get_dispatch_info();
		assert_eq!(info.call_weight, Weight::MAX);
	});
}

#[test]
fn an_applied_request_uses_what_its_calls_use() {
	build_and_execute(|| {
		let calls = vec![add(1), privileged()];
		assert_eq!(
			actual(calls.clone()),
			own(&calls) + ADD + USED + Idempotency::nothing_due_weight()
		);
	});
}

#[test]
fn a_rejected_request_uses_what_was_run() {
	build_and_execute(|| {
		let calls = vec![privileged(), fail_after_adding(1), privileged()];
		assert_eq!(
			actual(calls.clone()),
			own(&calls) + USED + ADD + Idempotency::nothing_due_weight()
		);
	});
}

#[test]
fn a_repeat_is_cheap() {
	build_and_execute(|| {
		let calls = vec![privileged(); 10];
		let first = actual(calls.clone());
		let repeat = actual(calls.clone());
		assert_eq!(repeat, <() as WeightInfo>::repeat(calls.encoded_size() as u32));
		assert!(repeat.ref_time() < first.ref_time());
	});
}

#[test]
fn a_refused_request_uses_nothing_of_its_calls() {
	build_and_execute(|| {
		let calls = vec![privileged(); 65];
		assert_eq!(actual(calls.clone()), own(&calls));
	});
}
