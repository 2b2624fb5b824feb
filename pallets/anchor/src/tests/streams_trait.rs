//! What other pallets see of this one.

use crate::{Error, Event, mock::*};
use credio_primitives::{EntryBody, EntryHeader, RecordId, StreamId};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::Streams;

fn body(supersedes: Option<RecordId>) -> EntryBody {
	EntryBody::Record { epoch: 3, commitment: digest(7), size: 100, supersedes }
}

#[test]
fn append_gives_the_entry_and_its_event() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let first = anchor(id, 1);
		let appended =
			<Anchor as Streams<_>>::append(&SAM, &id, &reference(2), body(Some(first))).unwrap();
		let (entry, grants_read) = (appended.entry, appended.grants_read);
		assert_eq!(grants_read, 0);
		assert_eq!(entry.record_id, RecordId::derive(ALPHA, &reference(2)));
		assert_eq!(
			entry.header,
			EntryHeader {
				stream: id,
				sequence: 1,
				organization: ALPHA,
				author: SAM,
				block: 1,
				body: body(Some(first)),
			}
		);
		System::assert_last_event(
			Event::EntryAppended {
				record_id: entry.record_id,
				stream: id,
				sequence: 1,
				organization: ALPHA,
			}
			.into(),
		);
		assert_eq!(Anchor::header(&entry.record_id), Some(entry.header));
	});
}

#[test]
fn append_checks_the_same_as_the_calls() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		anchor(id, 1);
		let append = |who, stream, n| {
			<Anchor as Streams<_>>::append(&who, &stream, &reference(n), body(None))
		};
		assert_noop!(append(ALICE, id, 1), Error::<Test>::ReferenceUsed);
		assert_noop!(append(BOB, id, 2), NO_GRANT);
		assert_noop!(append(ALICE, StreamId([0; 32]), 2), Error::<Test>::StreamNotFound);
		assert_ok!(Anchor::seal_stream(signed(ALICE), id));
		assert_noop!(append(ALICE, id, 2), Error::<Test>::StreamSealed);
	});
}

#[test]
fn owner_and_header_of_unknown_ids_are_none() {
	build_and_execute(|| {
		let id = stream(BOB, "repayments");
		assert_eq!(Anchor::owner(&id), Some(BETA));
		assert_eq!(Anchor::owner(&StreamId([0; 32])), None);
		assert_eq!(Anchor::header(&RecordId([0; 32])), None);
	});
}

#[test]
fn all_entries_are_those_of_all_streams() {
	build_and_execute(|| {
		let (first, second) = (stream(ALICE, "first"), stream(ALICE, "second"));
		let mut ids = vec![anchor(first, 1), anchor(second, 2), anchor(first, 3)];
		let mut found: Vec<_> = Anchor::all_entries().map(|entry| entry.record_id).collect();
		ids.sort_unstable();
		found.sort_unstable();
		assert_eq!(found, ids);
	});
}
