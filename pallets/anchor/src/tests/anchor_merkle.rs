use crate::{Error, Event, Headers, mock::*};
use credio_primitives::{EntryBody, RecordId, StreamId, limits::MAX_MERKLE_LEAVES};
use frame_support::{assert_noop, assert_ok};

#[test]
fn anchor_merkle_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		System::reset_events();
		assert_ok!(Anchor::anchor_merkle(signed(SAM), id, reference(1), digest(7), 3));
		let record_id = RecordId::derive(ALPHA, &reference(1));
		System::assert_last_event(
			Event::EntryAppended { record_id, stream: id, sequence: 0, organization: ALPHA }.into(),
		);
		assert_eq!(System::events().len(), 1);
		assert_eq!(
			Headers::<Test>::get(record_id).unwrap().body,
			EntryBody::MerkleAnchor { root: digest(7), leaves: 3 }
		);
	});
}

#[test]
fn an_anchor_covers_1_to_1048576_documents() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let anchor =
			|n, leaves| Anchor::anchor_merkle(signed(ALICE), id, reference(n), digest(7), leaves);
		assert_noop!(anchor(1, 0), Error::<Test>::LeavesOutOfRange);
		assert_noop!(anchor(1, MAX_MERKLE_LEAVES + 1), Error::<Test>::LeavesOutOfRange);
		assert_noop!(anchor(1, u32::MAX), Error::<Test>::LeavesOutOfRange);
		assert_ok!(anchor(1, 1));
		assert_ok!(anchor(2, 1_048_576));
	});
}

#[test]
fn leaves_are_checked_before_the_stream_is_looked_up() {
	build_and_execute(|| {
		let id = StreamId::derive(ALPHA, b"nothing");
		assert_noop!(
			Anchor::anchor_merkle(signed(STRANGER), id, reference(1), digest(7), 0),
			Error::<Test>::LeavesOutOfRange
		);
	});
}
