use crate::{Error, Event, Receipts, mock::*};
use credio_primitives::{AccountId, LanePosition, Request};
use frame_support::assert_ok;

fn submit(
	who: AccountId,
	request: Request,
	calls: Vec<RuntimeCall>,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	Idempotency::submit(RuntimeOrigin::signed(who), request, calls)
}

fn assert_repeated() {
	System::assert_last_event(Event::Repeated { organization: ALPHA, key: key(1) }.into());
	assert_eq!(sum(), 1);
}

#[test]
fn a_repeat_does_nothing() {
	build_and_execute(|| {
		assert_ok!(submit(ALICE, request(1), vec![add(1)]));
		let receipt = Receipts::<Test>::get(ALPHA, key(1));
		System::set_block_number(3);
		assert_ok!(submit(ALICE, request(1), vec![add(1)]));
		assert_repeated();
		assert_eq!(Receipts::<Test>::get(ALPHA, key(1)), receipt);
	});
}

#[test]
fn gateways_of_an_organization_share_its_keys() {
	build_and_execute(|| {
		assert_ok!(submit(ALICE, request(1), vec![add(1)]));
		assert_ok!(submit(ANNA, request(1), vec![add(1)]));
		assert_repeated();
	});
}

#[test]
fn a_repeat_is_answered_whatever_its_expiry_and_lane() {
	build_and_execute(|| {
		let first = request(1);
		assert_ok!(submit(ALICE, first, vec![add(1)]));
		System::set_block_number(first.expires_at + 1);
		for request in [
			first,
			Request { expires_at: 0, ..first },
			Request { expires_at: u32::MAX, ..first },
			Request { lane: Some(LanePosition { lane: 1, sequence: 1 }), ..first },
		] {
			assert_ok!(submit(ALICE, request, vec![add(1)]));
			assert_repeated();
		}
	});
}

#[test]
fn a_key_is_not_used_for_another_body() {
	build_and_execute(|| {
		assert_ok!(submit(ALICE, request(1), vec![add(1)]));
		let receipt = Receipts::<Test>::get(ALPHA, key(1));
		for calls in [vec![add(2)], vec![add(1), add(1)], vec![fail_after_adding(1)]] {
			let error = submit(ANNA, request(1), calls).unwrap_err().error;
			assert_eq!(error, Error::<Test>::KeyReused.into());
		}
		assert_eq!(sum(), 1);
		assert_eq!(Receipts::<Test>::get(ALPHA, key(1)), receipt);
	});
}
