use crate::{mock::*, Error, Event};
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
fn cannot_set_the_quota_of_what_is_not_there() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Organizations::set_quota(signed(COUNCIL), 9, QUOTA),
			Error::<Test>::OrganizationNotFound
		);
	});
}
