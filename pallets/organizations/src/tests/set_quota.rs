use crate::{Error, Event, mock::*};
use credio_primitives::Quota;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

const QUOTA: Quota = Quota { bytes: 7, ref_time: 8 };

#[test]
fn set_quota_works() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Organizations::set_quota(signed(COUNCIL), ALPHA, QUOTA));
		System::assert_last_event(Event::QuotaSet { organization: ALPHA, quota: QUOTA }.into());
		assert_eq!(Organizations::quota_info(ALPHA).unwrap().quota, QUOTA);
	});
}

#[test]
fn only_the_council_sets_quotas() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::set_quota(signed(ALICE), ALPHA, QUOTA),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn cannot_set_quota_of_unknown_organization() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::set_quota(signed(COUNCIL), 9, QUOTA),
			Error::<Test>::OrganizationNotFound
		);
	});
}

#[test]
fn a_quota_is_a_number_that_every_client_can_read() {
	ExtBuilder::default().build_and_execute(|| {
		let largest = credio_primitives::limits::MAX_QUOTA;
		assert_ok!(Organizations::set_quota(
			signed(COUNCIL),
			ALPHA,
			Quota { bytes: largest, ref_time: largest }
		));
		for quota in [
			Quota { bytes: largest + 1, ref_time: 1 },
			Quota { bytes: 1, ref_time: largest + 1 },
			Quota { bytes: u64::MAX, ref_time: u64::MAX },
		] {
			assert_noop!(
				Organizations::set_quota(signed(COUNCIL), ALPHA, quota),
				Error::<Test>::QuotaTooLarge
			);
		}
	});
}
