use crate::{Envelopes, Error, mock::*};
use credio_primitives::{EntryBody, RecordId, StreamId, limits::MAX_OBJECT_SIZE};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::Streams as _;

#[test]
fn append_object_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::set_epoch(id, 3);
		assert_ok!(Object { who: SAM, epoch: 3, size: 9, ..Object::to(id, 1) }.call());
		let record_id = RecordId::derive(ALPHA, &reference(1));
		let header = World::header(&record_id).unwrap();
		assert_eq!((header.organization, header.author, header.sequence), (ALPHA, SAM, 0));
		let (commitment, root) = (digest(7), digest(8));
		let body = EntryBody::Object { epoch: 3, commitment, root, size: 9, supersedes: None };
		assert_eq!(header.body, body);
		// Nothing but its header is on the chain.
		assert_eq!(Records::payload(&record_id), None);
		assert_eq!(Envelopes::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn objects_records_and_anchors_share_the_sequence_numbers_of_a_stream() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let entries = [record(id, 1), object(id, 2), anchor(id, 3), object(id, 4)];
		for (sequence, entry) in entries.iter().enumerate() {
			assert_eq!(World::header(entry).unwrap().sequence, sequence as u64);
		}
	});
}

#[test]
fn an_object_has_1_to_1140850688_bytes() {
	assert_eq!(MAX_OBJECT_SIZE, 1_140_850_688);
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for (n, size) in [(1, 1), (2, MAX_OBJECT_SIZE)] {
			assert_ok!(Object { size, ..Object::to(id, n) }.call());
		}
		for size in [0, MAX_OBJECT_SIZE + 1, u64::MAX] {
			let append = Object { size, ..Object::to(id, 3) };
			assert_noop!(append.call(), Error::<Test>::ObjectSizeOutOfRange);
		}
	});
}

#[test]
fn objects_and_records_supersede_each_other() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let (first, second) = (record(id, 1), object(id, 2));
		assert_ok!(Object { supersedes: Some(first), ..Object::to(id, 3) }.call());
		assert_ok!(Append { supersedes: Some(second), ..Append::to(id, 4) }.call());
		let elsewhere = stream(ALICE, "others");
		for superseded in [anchor(id, 5), object(elsewhere, 6), RecordId([9; 32])] {
			let append = Object { supersedes: Some(superseded), ..Object::to(id, 7) };
			assert_noop!(append.call(), Error::<Test>::SupersededNotFound);
		}
	});
}

#[test]
fn an_object_of_another_is_not_superseded() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		let first = object(id, 1);
		let append = Object { who: BOB, supersedes: Some(first), ..Object::to(id, 1) };
		assert_noop!(append.call(), Error::<Test>::SupersededOfAnother);
	});
}

#[test]
fn what_is_refused_to_records_is_refused_to_objects() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let refused = |object: Object| object.call().unwrap_err();
		assert_eq!(refused(Object { epoch: 1, ..Object::to(id, 1) }), EPOCH_NOT_CURRENT);
		assert_eq!(refused(Object { who: BOB, ..Object::to(id, 1) }), NO_GRANT);
		assert_eq!(refused(Object { who: STRANGER, ..Object::to(id, 1) }), NOT_A_MEMBER);
		assert_eq!(refused(Object { who: ADAM, ..Object::to(id, 1) }), ROLE_MISSING);
		assert_eq!(refused(Object { who: CAROL, ..Object::to(id, 1) }), ORGANIZATION_SUSPENDED);
		assert_eq!(refused(Object::to(StreamId([7; 32]), 1)), STREAM_NOT_FOUND);
		record(id, 1);
		assert_eq!(refused(Object::to(id, 1)), REFERENCE_USED);
	});
}
