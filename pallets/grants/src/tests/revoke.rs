use crate::{Error, Event, mock::*};
use credio_primitives::{Denial, GrantId, KeyEpochState, Permission, Resource};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn revoke_works() {
	run(|| {
		let grant = give_read(0, READER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert!(Grants::read_access(&grantor(READER), &record).is_ok());
		assert_ok!(Grants::revoke(by(OWNER), grant));
		System::assert_last_event(Event::Revoked { grant, by: grantor(OWNER) }.into());
		assert!(!crate::Grants::<Test>::contains_key(grant));
		assert_eq!(Grants::read_access(&grantor(READER), &record), Err(Denial::NoGrant));
		assert_eq!(
			Grants::key_epoch(&stream()),
			Some(KeyEpochState { current: 0, rotation_due: true, opened_at: 1 })
		);
	});
}

#[test]
fn revoke_ends_delegated_grants() {
	run(|| {
		let grant = give_read(0, READER);
		let child = delegate(0, grant, PARTNER);
		let sibling = delegate(1, grant, THIRD);
		let grandchild = delegate(0, child, FOURTH);
		let other = give_read(1, READER);
		let below_other = delegate(2, other, PARTNER);
		assert_ok!(Grants::revoke(by(OWNER), grant));
		for grant in [child, sibling, grandchild] {
			System::assert_has_event(Event::GrantRemoved { grant }.into());
			assert!(!crate::Grants::<Test>::contains_key(grant));
		}
		for grant in [other, below_other] {
			assert!(crate::Grants::<Test>::contains_key(grant));
		}
	});
}

#[test]
fn revoke_of_a_delegated_grant_leaves_its_parent() {
	run(|| {
		let parent = give_read(0, READER);
		let child = delegate(0, parent, PARTNER);
		assert_ok!(Grants::revoke(by(READER), child));
		assert!(crate::Grants::<Test>::contains_key(parent));
		assert!(Grants::key_epoch(&stream()).unwrap().rotation_due);
	});
}

#[test]
fn owner_revokes_delegated_grant() {
	run(|| {
		let parent = give_read(0, READER);
		let child = delegate(0, parent, PARTNER);
		assert_ok!(Grants::revoke(by(OWNER), child));
	});
}

#[test]
fn others_revoke_nothing() {
	run(|| {
		let grant = give_read(0, READER);
		let child = delegate(0, grant, PARTNER);
		assert_noop!(Grants::revoke(RuntimeOrigin::root(), grant), DispatchError::BadOrigin);
		assert_noop!(Grants::revoke(RuntimeOrigin::signed(STRANGER), grant), NOT_A_MEMBER);
		assert_noop!(Grants::revoke(RuntimeOrigin::signed(submitter(OWNER)), grant), ROLE_MISSING);
		// Neither who holds it, nor who was given it on, nor anybody else.
		for organization in [READER, PARTNER, THIRD] {
			assert_noop!(Grants::revoke(by(organization), grant), Error::<Test>::NotAuthorized);
		}
		assert_noop!(Grants::revoke(by(PARTNER), child), Error::<Test>::NotAuthorized);
		World::suspend(OWNER);
		assert_noop!(Grants::revoke(by(OWNER), grant), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn cannot_revoke_unknown_grant() {
	run(|| {
		let grant = GrantId::derive(OWNER, &reference(0));
		assert_noop!(Grants::revoke(by(OWNER), grant), Error::<Test>::GrantNotFound);
		give_read(0, READER);
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_noop!(Grants::revoke(by(OWNER), grant), Error::<Test>::GrantNotFound);
	});
}

#[test]
fn revoking_a_grant_on_a_record_rotates_nothing() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let (resource, terms) = (Resource::Record(record), record_terms(READER, 0));
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(0),
			resource,
			READER,
			Permission::Read,
			terms
		));
		assert_ok!(Grants::revoke(by(OWNER), GrantId::derive(OWNER, &reference(0))));
		assert!(!Grants::key_epoch(&stream()).unwrap().rotation_due);
		assert_eq!(Grants::read_access(&grantor(READER), &record), Err(Denial::NoGrant));
	});
}

#[test]
fn revoke_is_charged_for_each_ended_grant() {
	use crate::WeightInfo;
	run(|| {
		let grant = give_read(0, READER);
		delegate(0, grant, PARTNER);
		let used = Grants::revoke(by(OWNER), grant).unwrap();
		assert_eq!(used.actual_weight, Some(<() as WeightInfo>::revoke(2)));
	});
}

#[test]
fn all_that_was_delegated_is_revoked_at_once() {
	run(|| {
		let root = give(0, READER, Permission::Append, delegable(terms(stream(), READER, 0)));
		for n in 1..=8 {
			delegate(n, root, 2 + n % 4);
		}
		assert_ok!(Grants::revoke(by(OWNER), root));
		assert_eq!(crate::Grants::<Test>::iter_keys().count(), 0);
	});
}
