//! How receipts are removed: in idle time as many as fit, and some with each request.

use crate::{
	BUCKET_WIDTH, OldestBucket, REMOVALS_PER_REQUEST, Receipts, RemovalCounts, mock::*,
	weights::WeightInfo,
};
use credio_primitives::{Digest, Outcome, Request, RequestKey};
use frame_support::{assert_ok, traits::OnIdle, weights::Weight};

fn removal(steps: u32) -> Weight {
	<() as WeightInfo>::remove_receipts(steps)
}

fn idle(weight: Weight) -> Weight {
	Idempotency::on_idle(System::block_number(), weight)
}

fn receipts() -> u32 {
	RemovalCounts::<Test>::iter_values().sum()
}

/// A request that expires with this block, so that its receipt goes soonest.
fn short_lived(n: u32) -> Request {
	let mut key = [0; 32];
	key[..4].copy_from_slice(&n.to_le_bytes());
	let expires_at = System::block_number();
	Request { organization: ALPHA, key: RequestKey(key), expires_at, lane: None }
}

/// Stores so many receipts of this block, with numbers from `from` on, without any clean-up.
fn store(from: u32, count: u32) {
	for n in from..from + count {
		Idempotency::store(&short_lived(n), Digest::default(), Outcome::Applied);
	}
}

/// Goes to the first block that may remove what expires in block `expires_at`, without idle time.
fn go_past(expires_at: u32) {
	let bucket = Idempotency::removal_bucket(expires_at);
	System::set_block_number((bucket + 1) * BUCKET_WIDTH);
}

#[test]
fn idle_time_removes_as_many_as_fit() {
	build_and_execute(|| {
		store(0, 1_000);
		go_past(1);
		// The buckets before are empty; each takes a step.
		let before = Idempotency::removal_bucket(1);
		assert_eq!(idle(removal(before + 300)), removal(before + 300));
		assert_eq!(receipts(), 700);
		Idempotency::do_try_state().unwrap();
		idle(Weight::MAX);
		assert_eq!(receipts(), 0);
		assert_eq!(Receipts::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn removal_keeps_to_the_weight_that_is_left() {
	build_and_execute(|| {
		store(0, 2);
		go_past(1);
		idle(removal(Idempotency::removal_bucket(1) + 1));
		assert_eq!(receipts(), 1);

		assert_eq!(idle(Weight::zero()), Weight::zero());
		assert_eq!(idle(removal(0) - Weight::from_parts(1, 0)), Weight::zero());
		assert_eq!(idle(removal(0)), removal(0));
		assert_eq!(receipts(), 1);
		assert_eq!(idle(removal(1)), removal(1));
		assert_eq!(receipts(), 0);
	});
}

#[test]
fn idle_time_with_nothing_to_do_costs_little() {
	build_and_execute(|| {
		store(0, 1);
		assert_eq!(idle(Weight::MAX), Idempotency::nothing_due_weight());
		assert_eq!(OldestBucket::<Test>::get(), 0);
	});
}

#[test]
fn a_long_backlog_of_empty_buckets_is_worked_off() {
	build_and_execute(|| {
		System::set_block_number(20 * BUCKET_WIDTH);
		for blocks in 1..=4 {
			idle(removal(5));
			assert_eq!(OldestBucket::<Test>::get(), blocks * 5);
		}
		assert_eq!(idle(Weight::MAX), Idempotency::nothing_due_weight());
	});
}

/// A bucket of 100,000 receipts becomes due at once, while 1,000 more are stored in each block: with room for a tenth
/// more than that in each block's idle time, it is gone before the next one is due.
#[test]
fn idle_time_keeps_up_with_a_thousand_requests_a_block() {
	const A_BLOCK: u32 = 1_000;
	build_and_execute(|| {
		let mut stored = 0;
		let mut fill = || {
			store(stored, A_BLOCK);
			stored += A_BLOCK;
		};
		let first = Idempotency::removal_bucket(1);
		while Idempotency::removal_bucket(System::block_number()) == first {
			fill();
			System::set_block_number(System::block_number() + 1);
		}
		let due = receipts();
		assert!(due >= A_BLOCK);
		go_past(1);
		for _ in 0..BUCKET_WIDTH {
			fill();
			idle(removal(A_BLOCK + A_BLOCK / 10));
			System::set_block_number(System::block_number() + 1);
		}
		assert_eq!(RemovalCounts::<Test>::get(first), 0);
		assert_eq!(receipts(), stored - due);
	});
}

/// Blocks are always full, so there is never any idle time: storage stays bounded all the same.
#[test]
fn requests_clean_up_when_there_is_no_idle_time() {
	const A_BLOCK: u32 = 20;
	build_and_execute(|| {
		let kept = MaxRequestLifetime::get() + ReceiptRetention::get();
		// The retention, the bucket that is not over, and the one that is being emptied.
		let bound = A_BLOCK * (kept + 2 * BUCKET_WIDTH);
		let mut n = 0;
		for block in 1..2_000 {
			System::set_block_number(block);
			for _ in 0..A_BLOCK {
				let origin = RuntimeOrigin::signed(ALICE);
				assert_ok!(Idempotency::submit(origin, short_lived(n), vec![add(0)]));
				n += 1;
			}
			assert!(receipts() <= bound, "{} receipts in block {block}", receipts());
		}
		assert!(n > 2 * bound);
	});
}

#[test]
fn a_request_takes_few_steps_and_weighs_what_it_took() {
	build_and_execute(|| {
		let calls = || vec![add(1)];
		let submit = |n| {
			let result = Idempotency::submit(RuntimeOrigin::signed(ALICE), short_lived(n), calls());
			result.unwrap().actual_weight.unwrap()
		};
		store(0, 3);
		go_past(1);
		idle(removal(Idempotency::removal_bucket(1)));
		let rest = Idempotency::own_weight(&calls()) + scratch::ADD;
		let nothing = Idempotency::nothing_due_weight();
		// Two receipts; the third and the empty bucket; nothing.
		let steps = removal(REMOVALS_PER_REQUEST);
		for (n, weight) in [(10, steps), (11, steps), (12, nothing)] {
			assert_eq!(submit(n), rest + weight);
			Idempotency::do_try_state().unwrap();
		}
		// Three of its own are left.
		assert_eq!(receipts(), 3);
	});
}

#[test]
fn what_is_refused_or_repeated_cleans_nothing_up() {
	build_and_execute(|| {
		let once = Request { expires_at: 100, ..request(1) };
		let submit =
			|request, n| Idempotency::submit(RuntimeOrigin::signed(ALICE), request, vec![add(n)]);
		assert_ok!(submit(once, 1));
		store(1_000, 5);
		go_past(1);
		let before = receipts();
		assert_ok!(submit(once, 1));
		assert!(submit(once, 2).is_err());
		assert_eq!(receipts(), before);
	});
}
