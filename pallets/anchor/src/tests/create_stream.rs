use crate::{Error, Event, StreamCounts, Streams, StreamsByOwner, mock::*};
use credio_primitives::{Stream, StreamId, StreamName, StreamStatus};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn create_stream_works() {
	build_and_execute(|| {
		System::set_block_number(7);
		assert_ok!(Anchor::create_stream(signed(ALICE), name("invoices 2026")));
		let id = StreamId::derive(ALPHA, b"invoices 2026");
		System::assert_last_event(
			Event::StreamCreated { stream: id, owner: ALPHA, name: name("invoices 2026") }.into(),
		);
		assert_eq!(
			Streams::<Test>::get(id),
			Some(Stream {
				owner: ALPHA,
				name: name("invoices 2026"),
				status: StreamStatus::Open,
				next_sequence: 0,
				created_at: 7,
			})
		);
		assert!(StreamsByOwner::<Test>::contains_key(ALPHA, id));
		assert_eq!(StreamCounts::<Test>::get(ALPHA), 1);
	});
}

#[test]
fn an_admin_needs_no_other_role() {
	build_and_execute(|| {
		assert_ok!(Anchor::create_stream(signed(ADAM), name("invoices")));
	});
}

#[test]
fn names_of_two_organizations_do_not_collide() {
	build_and_execute(|| assert_ne!(stream(ALICE, "invoices"), stream(BOB, "invoices")));
}

#[test]
fn cannot_create_a_stream_twice() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let create = || Anchor::create_stream(signed(ADAM), name("invoices"));
		assert_noop!(create(), Error::<Test>::AlreadyExists);
		assert_ok!(Anchor::seal_stream(signed(ALICE), id));
		assert_noop!(create(), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn a_name_is_1_to_64_bytes_of_utf_8() {
	build_and_execute(|| {
		let create = |name: StreamName| Anchor::create_stream(signed(ALICE), name);
		assert_noop!(create(StreamName::default()), Error::<Test>::InvalidName);
		assert_noop!(create(vec![0xc3, 0x28].try_into().unwrap()), Error::<Test>::InvalidName);
		assert!(StreamName::try_from(vec![b'x'; 65]).is_err());
		assert_ok!(create(vec![b'x'; 64].try_into().unwrap()));
		assert_ok!(create(name("Rückzahlungen 还款")));
	});
}

#[test]
fn cannot_own_more_streams_than_allowed() {
	build_and_execute(|| {
		for n in 0..MaxStreamsPerOrganization::get() {
			stream(ALICE, &format!("stream {n}"));
		}
		assert_noop!(
			Anchor::create_stream(signed(ALICE), name("one more")),
			Error::<Test>::TooManyStreams
		);
		// Others are not concerned.
		stream(BOB, "one more");
	});
}

#[test]
fn only_admins_of_active_organizations_create_streams() {
	build_and_execute(|| {
		let create = |who| Anchor::create_stream(signed(who), name("invoices"));
		assert_noop!(create(SAM), ROLE_MISSING);
		assert_noop!(create(CAROL), ORGANIZATION_SUSPENDED);
		assert_noop!(create(STRANGER), NOT_A_MEMBER);
		let create = |origin| Anchor::create_stream(origin, name("invoices"));
		assert_noop!(create(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_noop!(create(RuntimeOrigin::none()), DispatchError::BadOrigin);
	});
}
