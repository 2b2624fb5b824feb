use crate::{AccessRequests, Error, Event, PendingRequests, mock::*};
use credio_primitives::{AccessRequestId, AccessRequestState, Permission, Resource};
use frame_support::{assert_noop, assert_ok};

fn ask() -> AccessRequestId {
	let resource = Resource::Stream(stream());
	let why = purpose("credit check");
	assert_ok!(Grants::request_access(by(READER), reference(0), resource, Permission::Read, why));
	AccessRequestId::derive(READER, &reference(0))
}

#[test]
fn deny_works() {
	run(|| {
		let id = ask();
		assert_ok!(Grants::deny(by(OWNER), id, purpose("no contract")));
		System::assert_last_event(
			Event::AccessDenied { access_request: id, by: grantor(OWNER) }.into(),
		);
		assert_eq!(
			AccessRequests::<Test>::get(id).unwrap().state,
			AccessRequestState::Denied(purpose("no contract"))
		);
		assert_eq!(PendingRequests::<Test>::get(READER), 0);
		assert_eq!(crate::Grants::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn only_grantors_of_the_owner_deny() {
	run(|| {
		let id = ask();
		let deny = |origin| Grants::deny(origin, id, purpose("no"));
		assert_noop!(deny(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(deny(RuntimeOrigin::signed(submitter(OWNER))), ROLE_MISSING);
		for organization in [READER, PARTNER] {
			assert_noop!(deny(by(organization)), Error::<Test>::NotAuthorized);
		}
		World::suspend(OWNER);
		assert_noop!(deny(by(OWNER)), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn a_denial_has_a_reason() {
	run(|| {
		let id = ask();
		assert_noop!(Grants::deny(by(OWNER), id, purpose("")), Error::<Test>::InvalidPurpose);
	});
}

#[test]
fn cannot_deny_unknown_request() {
	run(|| {
		let id = AccessRequestId::derive(PARTNER, &reference(0));
		assert_noop!(
			Grants::deny(by(OWNER), id, purpose("no")),
			Error::<Test>::AccessRequestNotFound
		);
	});
}

#[test]
fn an_answer_is_final() {
	run(|| {
		let id = ask();
		assert_ok!(Grants::deny(by(OWNER), id, purpose("no")));
		assert_noop!(Grants::deny(by(OWNER), id, purpose("no")), Error::<Test>::AlreadyAnswered);
		assert_noop!(
			Grants::approve(by(OWNER), id, reference(5), terms(stream(), READER, 0)),
			Error::<Test>::AlreadyAnswered
		);
	});
}
