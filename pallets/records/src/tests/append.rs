use crate::{Envelopes, mock::*};
use credio_primitives::{EntryBody, EntryHeader, RecordId, limits::MAX_PAYLOAD_SIZE};
use frame_support::assert_ok;
use pallet_support::traits::Streams as _;

#[test]
fn append_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::set_epoch(id, 3);
		System::set_block_number(5);
		System::reset_events();
		assert_ok!(Append { who: SAM, epoch: 3, ..Append::to(id, 1) }.call());
		let record_id = RecordId::derive(ALPHA, &reference(1));
		// The stream deposits the event.
		assert!(System::events().is_empty());
		assert_eq!(
			World::header(&record_id),
			Some(EntryHeader {
				stream: id,
				sequence: 0,
				organization: ALPHA,
				author: SAM,
				block: 5,
				body: EntryBody::Record {
					epoch: 3,
					commitment: digest(7),
					size: 100,
					supersedes: None,
				},
			})
		);
		assert_eq!(Records::payload(&record_id).unwrap().as_slice(), envelope(100));
	});
}

#[test]
fn a_payload_has_1_to_69632_bytes() {
	assert_eq!(MAX_PAYLOAD_SIZE, 69_632);
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for (n, size) in [(1, 1), (2, MAX_PAYLOAD_SIZE)] {
			assert_ok!(Append { payload: envelope(size), ..Append::to(id, n) }.call());
			let record_id = RecordId::derive(ALPHA, &reference(n));
			assert_eq!(Records::payload(&record_id).unwrap().as_slice(), envelope(size));
			let body = World::header(&record_id).unwrap().body;
			assert!(matches!(body, EntryBody::Record { size: found, .. } if found == size));
		}
	});
}

#[test]
fn records_and_anchors_share_the_sequence_numbers_of_a_stream() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let entries = [record(id, 1), anchor(id, 2), record(id, 3)];
		for (sequence, entry) in entries.iter().enumerate() {
			assert_eq!(World::header(entry).unwrap().sequence, sequence as u64);
		}
		assert_eq!(Envelopes::<Test>::iter_keys().count(), 2);
		assert_eq!(Records::payload(&entries[1]), None);
	});
}

#[test]
fn a_record_may_supersede_another_and_both_stay_readable() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let first = record(id, 1);
		// Also one of an earlier epoch, and one that is superseded already.
		World::set_epoch(id, 1);
		for n in [2, 3] {
			let append = Append { epoch: 1, supersedes: Some(first), ..Append::to(id, n) };
			assert_ok!(append.call());
			let record_id = RecordId::derive(ALPHA, &reference(n));
			let body = World::header(&record_id).unwrap().body;
			assert!(
				matches!(body, EntryBody::Record { supersedes, .. } if supersedes == Some(first))
			);
			assert!(Records::payload(&record_id).is_some());
		}
		assert!(Records::payload(&first).is_some());
		assert!(World::header(&first).is_some());
	});
}

#[test]
fn an_organization_with_a_grant_appends_under_its_own_references() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		record(id, 1);
		assert_ok!(Append { who: BOB, ..Append::to(id, 1) }.call());
		let record_id = RecordId::derive(BETA, &reference(1));
		let header = World::header(&record_id).unwrap();
		assert_eq!((header.organization, header.author), (BETA, BOB));
		assert!(Records::payload(&record_id).is_some());
	});
}

#[test]
fn an_unknown_record_has_no_payload() {
	build_and_execute(|| assert_eq!(Records::payload(&RecordId([0; 32])), None));
}
