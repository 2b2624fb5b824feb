use crate::{AccessRequests, Error, Event, PendingRequests, mock::*};
use credio_primitives::{
	AccessRequest, AccessRequestId, AccessRequestState, EntryBody, Permission, RecordId, Resource,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo};
use sp_runtime::DispatchError;

fn request(resource: Resource, permission: Permission, why: &str) -> DispatchResultWithPostInfo {
	Grants::request_access(by(READER), reference(0), resource, permission, purpose(why))
}

#[test]
fn request_access_works() {
	// A stream can be asked for before any epoch of it is open.
	run_without_epoch(|| {
		let resource = Resource::Stream(stream());
		assert_ok!(request(resource, Permission::Append, "repayments"));
		let id = AccessRequestId::derive(READER, &reference(0));
		System::assert_last_event(
			Event::AccessRequested { access_request: id, requester: READER, owner: OWNER }.into(),
		);
		assert_eq!(
			AccessRequests::<Test>::get(id),
			Some(AccessRequest {
				requester: READER,
				owner: OWNER,
				resource,
				permission: Permission::Append,
				purpose: purpose("repayments"),
				state: AccessRequestState::Pending,
				requested_at: 1,
				removable_at: 21,
			})
		);
		assert_eq!(PendingRequests::<Test>::get(READER), 1);
	});
}

#[test]
fn one_record_can_be_asked_for() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert_ok!(request(Resource::Record(record), Permission::Read, "credit check"));
	});
}

#[test]
fn only_grantors_ask() {
	run(|| {
		let ask = |origin| {
			let resource = Resource::Stream(stream());
			Grants::request_access(origin, reference(0), resource, Permission::Read, purpose("x"))
		};
		assert_noop!(ask(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_noop!(ask(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(ask(RuntimeOrigin::signed(submitter(READER))), ROLE_MISSING);
		World::suspend(READER);
		assert_noop!(ask(by(READER)), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn the_owner_asks_for_nothing() {
	run(|| {
		let resource = Resource::Stream(stream_of(READER));
		assert_noop!(request(resource, Permission::Read, "x"), Error::<Test>::SelfGrant);
	});
}

#[test]
fn cannot_request_access_to_unknown_resource() {
	run(|| {
		let anchor = EntryBody::DigestAnchor { commitment: Default::default() };
		let anchor = append(OWNER, stream(), 7, anchor).unwrap();
		for resource in [
			Resource::Stream(stream_of(PARTNER)),
			Resource::Record(RecordId::derive(OWNER, &reference(9))),
			Resource::Record(anchor),
		] {
			assert_noop!(request(resource, Permission::Read, "x"), Error::<Test>::ResourceNotFound);
		}
	});
}

#[test]
fn only_streams_are_asked_to_append_to() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert_noop!(
			request(Resource::Record(record), Permission::Append, "x"),
			Error::<Test>::AppendNeedsStream
		);
	});
}

#[test]
fn a_purpose_is_text() {
	run(|| {
		let resource = Resource::Stream(stream());
		assert_noop!(request(resource, Permission::Read, ""), Error::<Test>::InvalidPurpose);
		let bytes = vec![0xc3, 0x28].try_into().unwrap();
		assert_noop!(
			Grants::request_access(by(READER), reference(0), resource, Permission::Read, bytes),
			Error::<Test>::InvalidPurpose
		);
	});
}

#[test]
fn a_reference_is_used_once() {
	run(|| {
		let resource = Resource::Stream(stream());
		assert_ok!(request(resource, Permission::Read, "x"));
		assert_noop!(request(resource, Permission::Read, "x"), Error::<Test>::ReferenceUsed);
		// Answered requests keep theirs, and other organizations have their own.
		let id = AccessRequestId::derive(READER, &reference(0));
		assert_ok!(Grants::deny(by(OWNER), id, purpose("no")));
		assert_noop!(request(resource, Permission::Read, "x"), Error::<Test>::ReferenceUsed);
		assert_ok!(Grants::request_access(
			by(PARTNER),
			reference(0),
			resource,
			Permission::Read,
			purpose("x")
		));
	});
}

#[test]
fn requests_without_an_answer_are_bounded() {
	run(|| {
		let resource = Resource::Stream(stream());
		let ask = |n| {
			let why = purpose("x");
			Grants::request_access(by(READER), reference(n), resource, Permission::Read, why)
		};
		for n in 0..256 {
			assert_ok!(ask(n));
		}
		assert_noop!(ask(256), Error::<Test>::TooManyAccessRequests);
		let id = AccessRequestId::derive(READER, &reference(3));
		assert_ok!(Grants::deny(by(OWNER), id, purpose("no")));
		assert_ok!(ask(256));
	});
}
