use crate::{Error, Event, Streams, mock::*};
use credio_primitives::{StreamId, StreamStatus};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::Streams as _;
use sp_runtime::DispatchError;

#[test]
fn seal_stream_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let entry = anchor(id, 1);
		assert_ok!(Anchor::seal_stream(signed(ADAM), id));
		System::assert_last_event(Event::StreamSealed { stream: id, by: ADAM }.into());
		let sealed = Streams::<Test>::get(id).unwrap();
		assert_eq!(sealed.status, StreamStatus::Sealed);
		// Its entries stay readable.
		assert_eq!(sealed.next_sequence, 1);
		assert!(Anchor::header(&entry).is_some());
		assert_eq!(Anchor::entries(&id, 0, 10).len(), 1);
	});
}

#[test]
fn cannot_seal_a_sealed_stream() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		assert_ok!(Anchor::seal_stream(signed(ALICE), id));
		assert_noop!(Anchor::seal_stream(signed(ALICE), id), Error::<Test>::AlreadySealed);
	});
}

#[test]
fn cannot_seal_a_foreign_stream() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		assert_noop!(Anchor::seal_stream(signed(BOB), id), Error::<Test>::NotAuthorized);
		// A grant to append is none to seal.
		World::grant_append(BETA, id);
		assert_noop!(Anchor::seal_stream(signed(BOB), id), Error::<Test>::NotAuthorized);
	});
}

#[test]
fn cannot_seal_unknown_stream() {
	build_and_execute(|| {
		let id = StreamId::derive(ALPHA, b"nothing");
		assert_noop!(Anchor::seal_stream(signed(ALICE), id), Error::<Test>::StreamNotFound);
	});
}

#[test]
fn only_admins_of_active_organizations_seal_streams() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let seal = |who| Anchor::seal_stream(signed(who), id);
		assert_noop!(seal(SAM), ROLE_MISSING);
		assert_noop!(seal(STRANGER), NOT_A_MEMBER);
		assert_noop!(Anchor::seal_stream(RuntimeOrigin::root(), id), DispatchError::BadOrigin);
		World::suspend(ALPHA);
		assert_noop!(seal(ALICE), ORGANIZATION_SUSPENDED);
	});
}
