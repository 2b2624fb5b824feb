use crate::{QuotaUses, mock::*};
use credio_primitives::organization::MemberInfo;
use credio_primitives::{Member, QuotaUse};

#[test]
fn organizations_come_in_pages() {
	ExtBuilder::default().build_and_execute(|| {
		let ids = |from, limit| {
			Organizations::organization_infos(from, limit)
				.into_iter()
				.map(|info| info.id)
				.collect::<Vec<_>>()
		};
		assert_eq!(ids(0, u32::MAX), vec![ALPHA, BETA]);
		assert_eq!(ids(0, 1), vec![ALPHA]);
		assert_eq!(ids(1, 1), vec![BETA]);
		assert_eq!(ids(2, 1), Vec::<u32>::new());
		assert_eq!(ids(u32::MAX, u32::MAX), Vec::<u32>::new());
		assert_eq!(Organizations::organization_info(2), None);
	});
}

#[test]
fn members_are_listed_by_organization() {
	ExtBuilder::default().build_and_execute(|| {
		let bob = MemberInfo {
			account: BOB,
			member: Member { organization: ALPHA, roles: SUBMITTER, since: 0 },
		};
		let members = Organizations::member_infos(ALPHA);
		assert_eq!(members.len(), 2);
		assert!(members.contains(&bob));
		assert_eq!(Organizations::member_info(BOB), Some(bob.member));
		assert_eq!(Organizations::member_info(STRANGER), None);
		assert!(Organizations::member_infos(9).is_empty());
	});
}

#[test]
fn quota_returns_use_and_window() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(25);
		let used = QuotaUse { window: 2, bytes: 3, ref_time: 4 };
		QuotaUses::<Test>::insert(ALPHA, used);
		let info = Organizations::quota_info(ALPHA).unwrap();
		assert_eq!(info.quota, DefaultQuota::get());
		assert_eq!(info.used, used);
		assert_eq!(info.window_length, 10);
		assert_eq!(info.next_window_at, 30);

		// Use in an earlier window does not count.
		System::set_block_number(30);
		let info = Organizations::quota_info(ALPHA).unwrap();
		assert_eq!(info.used, QuotaUse { window: 3, bytes: 0, ref_time: 0 });
		assert_eq!(Organizations::quota_info(9), None);
	});
}
