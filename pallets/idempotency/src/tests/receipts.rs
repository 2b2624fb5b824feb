//! How long receipts stay.

use crate::{BUCKET_WIDTH, OldestBucket, Receipts, Removals, mock::*};
use credio_primitives::Request;
use frame_support::assert_ok;

fn expiring(n: u8, expires_at: u32) -> Request {
	Request { organization: ALPHA, key: key(n), expires_at, lane: None }
}

fn submit(n: u8, expires_at: u32) {
	let request = expiring(n, expires_at);
	assert_ok!(Idempotency::submit(RuntimeOrigin::signed(ALICE), request, vec![add(1)]));
}

fn receipts() -> usize {
	let receipts = Receipts::<Test>::iter_keys().count();
	assert_eq!(receipts, Removals::<Test>::iter_keys().count());
	receipts
}

/// For how long a receipt is kept past its expiry.
fn kept() -> u32 {
	MaxRequestLifetime::get() + ReceiptRetention::get()
}

/// Returns the first block that may remove a receipt: the bucket of the last block it has to stay for is over.
fn removable_at(expires_at: u32) -> u32 {
	((expires_at + kept()) / BUCKET_WIDTH + 1) * BUCKET_WIDTH
}

#[test]
fn a_receipt_stays_for_lifetime_and_retention_and_then_goes() {
	build_and_execute(|| {
		submit(1, 20);
		for block in 2..removable_at(20) {
			go_to(block);
			assert_eq!(receipts(), 1, "in block {block}");
		}
		assert!(System::block_number() >= 20 + kept());
		go_to(removable_at(20));
		assert_eq!(receipts(), 0);
		assert_eq!(Idempotency::receipt(ALPHA, key(1)), None);
		assert_eq!(OldestBucket::<Test>::get(), removable_at(20) / BUCKET_WIDTH);
	});
}

#[test]
fn a_receipt_at_the_edge_of_a_bucket_stays_as_long() {
	build_and_execute(|| {
		// The last block of a bucket, and the first one of the next.
		for (n, last) in [(1, 399), (2, 400)] {
			submit(n, last - kept());
		}
		go_to(399);
		assert_eq!(receipts(), 2);
		go_to(400);
		assert_eq!(receipts(), 1);
		go_to(499);
		assert_eq!(receipts(), 1);
		go_to(500);
		assert_eq!(receipts(), 0);
	});
}

/// Hands copies of an applied request over in every block until all have expired: none is applied again.
fn assert_applied_once(copies: &[Request]) {
	let last = copies.iter().map(|copy| copy.expires_at).max().expect("there are copies");
	for block in System::block_number() + 1..=last.max(removable_at(20)) + BUCKET_WIDTH {
		go_to(block);
		for copy in copies {
			let call = submit_call(*copy, vec![add(1)]);
			assert!(apply(ALICE, 0, call).is_err(), "{copy:?} again in block {block}");
		}
	}
	assert_eq!(sum(), 1);
	assert_eq!(receipts(), 0, "the receipt has gone meanwhile");
}

#[test]
fn what_is_signed_again_within_the_retention_is_not_applied_twice() {
	build_and_execute(|| {
		submit(1, 20);
		// At the last moment, for as long as can be.
		let late = 20 + ReceiptRetention::get() + MaxRequestLifetime::get();
		assert_applied_once(&[expiring(1, 20), expiring(1, 21), expiring(1, late - 1)]);
	});
}

#[test]
fn a_copy_signed_before_with_a_longer_expiry_is_not_applied_after_a_shorter_one() {
	build_and_execute(|| {
		// Both are signed in block 1. The one that lives longest is withheld.
		let longest = expiring(1, 1 + MaxRequestLifetime::get());
		submit(1, 1);
		let receipt = Idempotency::receipt(ALPHA, key(1)).unwrap();
		assert_eq!(receipt.expires_at, 1);
		go_to(longest.expires_at + ReceiptRetention::get());
		assert_eq!(receipts(), 1, "kept for the retention past the last that was signed");
		System::set_block_number(2);
		assert_applied_once(&[longest, expiring(1, 1)]);
	});
}

#[test]
fn a_key_is_free_once_nothing_signed_under_it_can_be_applied() {
	build_and_execute(|| {
		submit(1, 20);
		go_to(removable_at(20));
		let error =
			Idempotency::submit(RuntimeOrigin::signed(ALICE), expiring(1, 20), vec![add(1)]);
		assert_eq!(error.unwrap_err().error, crate::Error::<Test>::Expired.into());
		submit(1, removable_at(20) + 10);
		assert_eq!(receipts(), 1);
	});
}

#[test]
fn absence_of_a_receipt_says_expired_only_while_one_would_be_kept() {
	build_and_execute(|| {
		// Applied under the shortest expiry, asked for by the longest that was signed at the same time.
		let asked = 1 + MaxRequestLifetime::get();
		submit(1, 1);
		for block in 2..1_000 {
			go_to(block);
			let is_expired = Request::has_expired(block, asked, asked, ReceiptRetention::get());
			let applied = Idempotency::receipt(ALPHA, key(1)).is_some();
			assert!(!is_expired || applied, "an applied request has status expired in {block}");
		}
		assert_eq!(receipts(), 0);
	});
}
