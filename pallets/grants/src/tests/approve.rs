use crate::{AccessRequests, Error, Event, PendingRequests, mock::*};
use credio_primitives::{
	AccessRequestId, AccessRequestState, GrantId, Permission, Resource, grant::GrantTerms,
};
use frame_support::{assert_noop, assert_ok};

/// [`READER`] asks for something of [`OWNER`].
fn ask(resource: Resource, permission: Permission) -> AccessRequestId {
	let why = purpose("credit check");
	assert_ok!(Grants::request_access(by(READER), reference(0), resource, permission, why));
	AccessRequestId::derive(READER, &reference(0))
}

fn ask_to_read() -> AccessRequestId {
	ask(Resource::Stream(stream()), Permission::Read)
}

fn good() -> GrantTerms {
	terms(stream(), READER, 0)
}

#[test]
fn approve_gives_the_requested_grant() {
	run(|| {
		let id = ask(Resource::Stream(stream()), Permission::Append);
		let terms = GrantTerms { purpose: purpose("as agreed"), ..until(9, good()) };
		assert_ok!(Grants::approve(by(OWNER), id, reference(5), terms));
		let grant = GrantId::derive(OWNER, &reference(5));
		System::assert_has_event(
			Event::Granted {
				grant,
				grantor: OWNER,
				grantee: READER,
				resource: Resource::Stream(stream()),
				permission: Permission::Append,
			}
			.into(),
		);
		System::assert_last_event(Event::AccessApproved { access_request: id, grant }.into());
		let stored = crate::Grants::<Test>::get(grant).unwrap();
		assert_eq!((stored.grantor, stored.grantee), (OWNER, READER));
		assert_eq!(stored.permission, Permission::Append);
		assert_eq!(stored.purpose, purpose("as agreed"));
		assert_eq!(stored.expires_at, Some(9));
		assert_eq!(
			AccessRequests::<Test>::get(id).unwrap().state,
			AccessRequestState::Approved(grant)
		);
		assert_eq!(PendingRequests::<Test>::get(READER), 0);
	});
}

#[test]
fn approve_works_for_a_record() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let id = ask(Resource::Record(record), Permission::Read);
		assert!(Grants::read_access(&grantor(READER), &record).is_err());
		assert_ok!(Grants::approve(by(OWNER), id, reference(5), record_terms(READER, 0)));
		assert!(Grants::read_access(&grantor(READER), &record).is_ok());
	});
}

#[test]
fn only_grantors_of_the_owner_approve() {
	run(|| {
		let id = ask_to_read();
		let approve = |origin| Grants::approve(origin, id, reference(5), good());
		assert_noop!(approve(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(approve(RuntimeOrigin::signed(submitter(OWNER))), ROLE_MISSING);
		for organization in [READER, PARTNER] {
			assert_noop!(approve(by(organization)), Error::<Test>::NotAuthorized);
		}
		World::suspend(OWNER);
		assert_noop!(approve(by(OWNER)), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn cannot_approve_unknown_request() {
	run(|| {
		let id = AccessRequestId::derive(READER, &reference(0));
		assert_noop!(
			Grants::approve(by(OWNER), id, reference(5), good()),
			Error::<Test>::AccessRequestNotFound
		);
	});
}

#[test]
fn an_answer_is_final() {
	run(|| {
		let id = ask_to_read();
		assert_ok!(Grants::approve(by(OWNER), id, reference(5), good()));
		assert_noop!(
			Grants::approve(by(OWNER), id, reference(6), good()),
			Error::<Test>::AlreadyAnswered
		);
		assert_noop!(Grants::deny(by(OWNER), id, purpose("no")), Error::<Test>::AlreadyAnswered);
	});
}

#[test]
fn the_terms_are_checked_as_those_of_any_grant() {
	run(|| {
		let id = ask_to_read();
		let approve = |terms| Grants::approve(by(OWNER), id, reference(5), terms);
		let terms = GrantTerms { keys: Default::default(), ..good() };
		assert_noop!(approve(terms), Error::<Test>::KeyCountMismatch);
		let terms = GrantTerms { purpose: purpose(""), ..good() };
		assert_noop!(approve(terms), Error::<Test>::InvalidPurpose);
		let old = good();
		World::rotate_key(READER);
		World::rotate_key(READER);
		assert_noop!(approve(old), Error::<Test>::KeyVersionOutdated);
		World::suspend(READER);
		assert_noop!(approve(good()), Error::<Test>::GranteeNotActive);
		World::reinstate(READER);
		give_read(5, PARTNER);
		assert_noop!(approve(good()), Error::<Test>::ReferenceUsed);
		assert_ok!(Grants::approve(by(OWNER), id, reference(6), good()));
	});
}

#[test]
fn a_stream_without_an_epoch_has_nothing_to_give() {
	run_without_epoch(|| {
		let id = ask_to_read();
		assert_noop!(
			Grants::approve(by(OWNER), id, reference(5), record_terms(READER, 0)),
			Error::<Test>::NoKeyEpoch
		);
	});
}

#[test]
fn an_approval_outlives_its_grant() {
	run(|| {
		let id = ask_to_read();
		assert_ok!(Grants::approve(by(OWNER), id, reference(5), good()));
		let grant = GrantId::derive(OWNER, &reference(5));
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_eq!(
			AccessRequests::<Test>::get(id).unwrap().state,
			AccessRequestState::Approved(grant)
		);
	});
}
