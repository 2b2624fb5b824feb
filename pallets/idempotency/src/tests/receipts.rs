//! How long receipts stay and how they go.

use crate::{mock::*, weights::WeightInfo, OldestBucket, Receipts, Removals, BUCKET_WIDTH};
use credio_primitives::Request;
use frame_support::{assert_ok, traits::OnIdle, weights::Weight};

fn submit(n: u8, expires_at: u32) {
	let request = Request { key: key(n), expires_at, lane: None };
	assert_ok!(Idempotency::submit(RuntimeOrigin::signed(ALICE), request, vec![add(1)]));
}

fn receipts() -> usize {
	let receipts = Receipts::<Test>::iter_keys().count();
	assert_eq!(receipts, Removals::<Test>::iter_keys().count());
	receipts
}

fn idle(weight: Weight) -> Weight {
	Idempotency::on_idle(System::block_number(), weight)
}

/// The first block in which a receipt may go: the bucket of the last block it has to stay for is over.
fn removable_at(expires_at: u32) -> u32 {
	((expires_at + ReceiptRetention::get()) / BUCKET_WIDTH + 1) * BUCKET_WIDTH
}

#[test]
fn a_receipt_stays_for_the_retention_and_then_goes() {
	build_and_execute(|| {
		submit(1, 20);
		for block in 2..removable_at(20) {
			go_to(block);
			assert_eq!(receipts(), 1, "in block {block}");
		}
		assert!(System::block_number() > 20 + ReceiptRetention::get());
		go_to(removable_at(20));
		assert_eq!(receipts(), 0);
		assert_eq!(Idempotency::receipt(ALPHA, key(1)), None);
	});
}

#[test]
fn a_receipt_at_the_edge_of_a_bucket_stays_for_the_retention() {
	build_and_execute(|| {
		// The last block of a bucket, and the first one of the next.
		for (n, last) in [(1, 299), (2, 300)] {
			submit(n, last - ReceiptRetention::get());
		}
		go_to(299);
		assert_eq!(receipts(), 2);
		go_to(300);
		assert_eq!(receipts(), 1);
		go_to(399);
		assert_eq!(receipts(), 1);
		go_to(400);
		assert_eq!(receipts(), 0);
	});
}

#[test]
fn receipts_go_in_bounded_steps() {
	build_and_execute(|| {
		for n in 0..12 {
			submit(n, 20);
		}
		// Two steps for empty buckets before, and five receipts a block.
		System::set_block_number(removable_at(20));
		let mut left = vec![];
		while receipts() > 0 {
			let used = idle(Weight::MAX);
			assert!(used.all_lte(<() as WeightInfo>::remove_receipts(MaxRemovalsPerBlock::get())));
			left.push(receipts());
			Idempotency::do_try_state().unwrap();
		}
		assert_eq!(left, vec![9, 4, 0]);
	});
}

#[test]
fn removal_keeps_to_the_weight_that_is_left() {
	build_and_execute(|| {
		for n in 0..4 {
			submit(n, 20);
		}
		System::set_block_number(removable_at(20));
		idle(Weight::MAX);
		let before = receipts();
		assert_eq!(before, 1);

		let base = <() as WeightInfo>::remove_receipts(0);
		assert_eq!(idle(Weight::zero()), Weight::zero());
		assert_eq!(idle(base - Weight::from_parts(1, 0)), Weight::zero());
		assert_eq!(idle(base), base);
		assert_eq!(receipts(), before);

		let one = <() as WeightInfo>::remove_receipts(1);
		assert_eq!(idle(one), one);
		assert_eq!(receipts(), before - 1);
	});
}

#[test]
fn idle_time_with_nothing_to_do_costs_little() {
	build_and_execute(|| {
		submit(1, 20);
		assert_eq!(idle(Weight::MAX), <() as WeightInfo>::remove_receipts(0));
		assert_eq!(OldestBucket::<Test>::get(), 0);
	});
}

#[test]
fn after_its_receipt_a_key_is_free_again() {
	build_and_execute(|| {
		submit(1, 20);
		go_to(removable_at(20));
		// The old request has expired long since, so nobody can apply it a second time; a new one may have its key.
		let old = Request { key: key(1), expires_at: 20, lane: None };
		let error =
			Idempotency::submit(RuntimeOrigin::signed(ALICE), old, vec![add(1)]).unwrap_err().error;
		assert_eq!(error, crate::Error::<Test>::Expired.into());
		submit(1, removable_at(20) + 10);
		assert_eq!(sum(), 2);
	});
}

#[test]
fn a_long_backlog_of_empty_buckets_is_worked_off() {
	build_and_execute(|| {
		System::set_block_number(20 * BUCKET_WIDTH);
		for blocks in 1..=4 {
			idle(Weight::MAX);
			assert_eq!(OldestBucket::<Test>::get(), blocks * MaxRemovalsPerBlock::get());
		}
		idle(Weight::MAX);
		assert_eq!(OldestBucket::<Test>::get(), 20);
	});
}
