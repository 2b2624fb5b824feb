use crate::{CheckQuota, Payer, QuotaUses, SeatUses, extension::GOVERNANCE_PRIORITY, mock::*};
use codec::Encode;
use credio_primitives::{AccountId, Quota, QuotaUse, validity};
use frame_support::{
	assert_ok,
	dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo},
	weights::Weight,
};
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{
		InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidityError,
	},
};

const QUOTA: Quota = Quota { bytes: 100, ref_time: 1_000 };

fn call() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![] }.into()
}

fn info(ref_time: u64) -> DispatchInfo {
	DispatchInfo {
		call_weight: Weight::from_parts(ref_time, 0),
		extension_weight: Weight::from_parts(10, 0),
		..Default::default()
	}
}

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

/// What the pool asks.
fn validate(
	origin: RuntimeOrigin,
	ref_time: u64,
	len: usize,
) -> Result<(), TransactionValidityError> {
	CheckQuota::<Test>::new()
		.validate_only(origin, &call(), &info(ref_time), len, TransactionSource::External, 0)
		.map(|_| ())
}

/// What happens in a block; the call uses `actual`, or all that was declared.
fn apply(
	who: AccountId,
	ref_time: u64,
	len: usize,
	actual: Option<u64>,
) -> Result<(), TransactionValidityError> {
	let actual_weight = actual.map(|ref_time| Weight::from_parts(ref_time, 0));
	CheckQuota::<Test>::new()
		.test_run(signed(who), &call(), &info(ref_time), len, 0, |_| {
			Ok(PostDispatchInfo { actual_weight, ..Default::default() })
		})
		.map(|_| ())
}

fn used(organization: u32) -> QuotaUse {
	QuotaUses::<Test>::get(organization)
}

fn test(body: impl FnOnce()) {
	ExtBuilder::default().build_and_execute(|| {
		Organizations::set_quota(signed(COUNCIL), ALPHA, QUOTA).unwrap();
		body();
	});
}

#[test]
fn the_extension_is_invisible_to_signers() {
	assert_eq!(<CheckQuota<Test> as TransactionExtension<RuntimeCall>>::IDENTIFIER, "CheckQuota");
	assert_eq!(CheckQuota::<Test>::new().encoded_size(), 0);
	test(|| assert_eq!(TransactionExtension::implicit(&CheckQuota::<Test>::new()), Ok(())));
}

/// What only a seat of the council may do.
fn vote() -> RuntimeCall {
	frame_system::Call::remark_with_event { remark: vec![] }.into()
}

fn validate_vote(
	who: AccountId,
	ref_time: u64,
	len: usize,
) -> Result<(TransactionPriority, Payer), TransactionValidityError> {
	CheckQuota::<Test>::new()
		.validate_only(signed(who), &vote(), &info(ref_time), len, TransactionSource::External, 0)
		.map(|(valid, charge, _)| (valid.priority, charge.payer))
}

fn apply_vote(who: AccountId, ref_time: u64, len: usize) -> Result<(), TransactionValidityError> {
	CheckQuota::<Test>::new()
		.test_run(signed(who), &vote(), &info(ref_time), len, 0, |_| Ok(Default::default()))
		.map(|_| ())
}

#[test]
fn nothing_keeps_the_council_from_governing() {
	test(|| {
		// A seat of the council, and one that is no member of any organization.
		Organizations::set_quota(signed(COUNCIL), ALPHA, Quota { bytes: 0, ref_time: 0 }).unwrap();
		Organizations::suspend(signed(COUNCIL), ALPHA).unwrap();
		for seat in [ALICE, COUNCIL] {
			let (_, payer) = validate_vote(seat.clone(), 100, 10).unwrap();
			assert_eq!(payer, Payer::Seat(seat));
		}
		// No other call, and nobody else.
		assert_eq!(validate(signed(ALICE), 1, 1), Err(refusal(validity::ORGANIZATION_SUSPENDED)));
		assert_eq!(validate_vote(BOB, 1, 1), Err(refusal(validity::ORGANIZATION_SUSPENDED)));
		assert_eq!(validate(signed(COUNCIL), 1, 1), Err(refusal(validity::NOT_A_MEMBER)));
		// It is counted all the same, against the seat.
		assert_ok!(apply_vote(ALICE, 100, 10));
		assert_eq!(used(ALPHA), QuotaUse::default());
		assert_eq!(SeatUses::<Test>::get(ALICE).bytes, 10);
	});
}

#[test]
fn a_seat_is_held_to_its_allowance() {
	test(|| {
		let exceeded = Err(refusal(validity::ALLOWANCE_EXCEEDED));
		// By size, and by execution.
		assert_eq!(validate_vote(ALICE, 1, 2_001), exceeded);
		assert_eq!(validate_vote(ALICE, 1_999_991, 1), exceeded);
		assert_ok!(apply_vote(ALICE, 1_000_000, 1_500));
		assert_eq!(
			apply_vote(ALICE, 1, 501).map(|_| ()),
			exceeded.clone().map(|_: (u64, Payer)| ())
		);
		// By number.
		assert_ok!(apply_vote(ALICE, 1, 1));
		assert_ok!(apply_vote(ALICE, 1, 1));
		assert_eq!(validate_vote(ALICE, 1, 1), exceeded);
		// Another seat has its own, and so has the next window.
		assert_ok!(apply_vote(COUNCIL, 1, 1));
		System::set_block_number(10);
		assert_ok!(apply_vote(ALICE, 1, 1));
	});
}

#[test]
fn failing_governance_calls_use_up_the_allowance() {
	test(|| {
		for _ in 0..3 {
			let failed = CheckQuota::<Test>::new().test_run(
				signed(ALICE),
				&vote(),
				&info(600_000),
				1,
				0,
				|_| Err(sp_runtime::DispatchError::BadOrigin.into()),
			);
			assert!(failed.unwrap().is_err());
		}
		assert_eq!(validate_vote(ALICE, 1, 1), Err(refusal(validity::ALLOWANCE_EXCEEDED)));
	});
}

#[test]
fn governance_has_priority_over_members() {
	test(|| {
		let (priority, _) = validate_vote(ALICE, 1, 1).unwrap();
		assert_eq!(priority, GOVERNANCE_PRIORITY);
		let (valid, ..) = CheckQuota::<Test>::new()
			.validate_only(signed(ALICE), &call(), &info(1), 1, TransactionSource::External, 0)
			.unwrap();
		assert!(valid.priority < priority);
	});
}

#[test]
fn operational_calls_are_for_the_council() {
	test(|| {
		let operational = DispatchInfo { class: DispatchClass::Operational, ..info(1) };
		let ask = |who, call: &RuntimeCall| {
			CheckQuota::<Test>::new()
				.validate_only(signed(who), call, &operational, 1, TransactionSource::External, 0)
				.map(|_| ())
		};
		let refused = Err(refusal(validity::OPERATIONAL_NOT_ALLOWED));
		assert_ok!(ask(ALICE, &vote()));
		// A plain member, a seat with another call, and a stranger.
		assert_eq!(ask(BOB, &vote()), refused);
		assert_eq!(ask(ALICE, &call()), refused);
		assert_eq!(ask(STRANGER, &call()), refused);
	});
}

#[test]
fn members_may_come_in() {
	test(|| {
		for who in [ALICE, BOB, CHARLIE] {
			assert_ok!(validate(signed(who), 100, 10));
		}
	});
}

#[test]
fn strangers_are_refused() {
	test(|| {
		let refused = Err(refusal(validity::NOT_A_MEMBER));
		assert_eq!(validate(signed(STRANGER), 1, 1), refused);
		Organizations::remove_member(signed(ALICE), BOB).unwrap();
		assert_eq!(validate(signed(BOB), 1, 1), refused);
		assert_eq!(apply(BOB, 1, 1, None), refused);
	});
}

#[test]
fn members_of_suspended_organizations_are_refused() {
	test(|| {
		Organizations::suspend(signed(COUNCIL), ALPHA).unwrap();
		assert_eq!(validate(signed(BOB), 1, 1), Err(refusal(validity::ORGANIZATION_SUSPENDED)));
		assert_eq!(apply(BOB, 1, 1, None), Err(refusal(validity::ORGANIZATION_SUSPENDED)));
		assert_ok!(validate(signed(CHARLIE), 1, 1));
		Organizations::reinstate(signed(COUNCIL), ALPHA).unwrap();
		assert_ok!(validate(signed(BOB), 1, 1));
	});
}

#[test]
fn transactions_without_a_signer_are_refused() {
	test(|| {
		let refused = refusal(validity::NOT_A_MEMBER);
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_eq!(validate(origin, 1, 1), Err(refused));
		}
		let bare = |call: &RuntimeCall, class| {
			let info = DispatchInfo { class, ..info(1) };
			(
				CheckQuota::<Test>::bare_validate(call, &info, 1).map(|_| ()),
				CheckQuota::<Test>::bare_validate_and_prepare(call, &info, 1),
			)
		};
		for class in [DispatchClass::Normal, DispatchClass::Operational] {
			assert_eq!(bare(&call(), class), (Err(refused), Err(refused)));
		}
		// An inherent is put into a block by its author and never comes through the pool.
		assert_eq!(bare(&call(), DispatchClass::Mandatory), (Err(refused), Ok(())));
		let report = frame_system::Call::set_heap_pages { pages: 1 }.into();
		assert_eq!(bare(&report, DispatchClass::Normal), (Ok(()), Ok(())));
	});
}

#[test]
fn validation_counts_nothing() {
	test(|| {
		for _ in 0..100 {
			assert_ok!(validate(signed(BOB), 500, 50));
		}
		assert_eq!(used(ALPHA), QuotaUse::default());
	});
}

#[test]
fn use_is_counted_by_organization() {
	test(|| {
		assert_ok!(apply(ALICE, 100, 30, None));
		assert_ok!(apply(BOB, 200, 20, None));
		// The weight of the extensions counts too.
		assert_eq!(used(ALPHA), QuotaUse { window: 0, bytes: 50, ref_time: 320 });
		assert_eq!(used(BETA), QuotaUse::default());
	});
}

#[test]
fn transaction_over_the_remaining_quota_is_refused() {
	test(|| {
		let exceeded = Err(refusal(validity::QUOTA_EXCEEDED));
		assert_ok!(apply(ALICE, 490, 60, None));
		assert_eq!(validate(signed(BOB), 10, 41), exceeded);
		assert_eq!(validate(signed(BOB), 491, 10), exceeded);
		assert_eq!(apply(BOB, 491, 10, None), exceeded);
		assert_ok!(apply(BOB, 490, 40, None));
		assert_eq!(validate(signed(BOB), 0, 0), exceeded);
		// Another organization has a quota of its own.
		assert_ok!(validate(signed(CHARLIE), 490, 40));
	});
}

#[test]
fn transaction_over_the_whole_quota_is_refused_at_once() {
	test(|| {
		let exceeded = Err(refusal(validity::QUOTA_EXCEEDED));
		assert_eq!(validate(signed(BOB), 991, 1), exceeded);
		assert_eq!(validate(signed(BOB), 1, 101), exceeded);
		assert_ok!(validate(signed(BOB), 990, 100));
	});
}

#[test]
fn sums_do_not_wrap() {
	test(|| {
		let all = Quota { bytes: u64::MAX, ref_time: u64::MAX };
		crate::Organizations::<Test>::mutate(ALPHA, |organization| {
			organization.as_mut().unwrap().quota = all;
		});
		assert_ok!(apply(BOB, u64::MAX, usize::MAX, None));
		assert_eq!(used(ALPHA), QuotaUse { window: 0, bytes: u64::MAX, ref_time: u64::MAX });
		assert_eq!(validate(signed(BOB), 0, 0), Err(refusal(validity::QUOTA_EXCEEDED)));
	});
}

#[test]
fn a_new_window_starts_from_nothing() {
	test(|| {
		assert_ok!(apply(BOB, 990, 100, None));
		System::set_block_number(9);
		assert_eq!(validate(signed(BOB), 1, 1), Err(refusal(validity::QUOTA_EXCEEDED)));
		System::set_block_number(10);
		assert_ok!(apply(BOB, 90, 7, None));
		assert_eq!(used(ALPHA), QuotaUse { window: 1, bytes: 7, ref_time: 100 });
	});
}

#[test]
fn unspent_weight_is_given_back() {
	test(|| {
		assert_ok!(apply(BOB, 500, 10, Some(120)));
		assert_eq!(used(ALPHA), QuotaUse { window: 0, bytes: 10, ref_time: 130 });
		// A transaction cannot give back more than it was counted with.
		assert_ok!(apply(BOB, 500, 10, Some(900)));
		assert_eq!(used(ALPHA), QuotaUse { window: 0, bytes: 20, ref_time: 640 });
	});
}

#[test]
fn nothing_is_given_back_to_another_window() {
	test(|| {
		let declared = info(500);
		let (charge, _) = CheckQuota::<Test>::new()
			.validate_and_prepare(signed(BOB), &call(), &declared, 10, 0)
			.unwrap();
		let later = QuotaUse { window: 1, bytes: 1, ref_time: 400 };
		QuotaUses::<Test>::insert(ALPHA, later);
		System::set_block_number(10);
		let post = PostDispatchInfo { actual_weight: Some(Weight::zero()), ..Default::default() };
		assert_ok!(CheckQuota::<Test>::post_dispatch_details(
			charge,
			&declared,
			&post,
			10,
			&Ok(())
		));
		assert_eq!(used(ALPHA), later);
	});
}

#[test]
fn a_failed_call_counts() {
	test(|| {
		let result = CheckQuota::<Test>::new().dispatch_transaction(
			signed(BOB),
			crate::Call::suspend { organization: BETA }.into(),
			&info(50),
			10,
			0,
		);
		assert!(result.unwrap().is_err());
		assert_eq!(used(ALPHA), QuotaUse { window: 0, bytes: 10, ref_time: 60 });
	});
}
