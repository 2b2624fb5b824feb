//! `try_state` finds what it is there for.

use crate::{Headers, Positions, StreamCounts, Streams, StreamsByOwner, mock::*};
use credio_primitives::{EntryBody, RecordId, SequenceKey, StreamId, StreamName};
use sp_runtime::TryRuntimeError;

fn found_after(damage: impl FnOnce(StreamId)) -> Result<(), TryRuntimeError> {
	new_test_ext().execute_with(|| {
		let id = stream(ALICE, "invoices");
		for n in 0..3 {
			anchor(id, n);
		}
		Anchor::do_try_state().expect("the storage is consistent");
		damage(id);
		Anchor::do_try_state()
	})
}

fn entry(n: u8) -> RecordId {
	RecordId::derive(ALPHA, &reference(n))
}

#[test]
fn a_gap_is_found() {
	assert_eq!(
		found_after(|id| Positions::<Test>::remove(id, SequenceKey::from(1))),
		Err("gap in a stream".into())
	);
}

#[test]
fn a_missing_or_misplaced_header_is_found() {
	assert_eq!(
		found_after(|_| Headers::<Test>::remove(entry(1))),
		Err("entry without a header".into())
	);
	assert_eq!(
		found_after(|_| Headers::<Test>::mutate(entry(1), |h| h.as_mut().unwrap().sequence = 2)),
		Err("header of another position".into())
	);
	assert_eq!(
		found_after(|_| Headers::<Test>::mutate(entry(1), |h| {
			h.as_mut().unwrap().stream = StreamId([0; 32]);
		})),
		Err("header of another stream".into())
	);
	assert_eq!(
		found_after(|_| {
			let header = Headers::<Test>::get(entry(1)).unwrap();
			Headers::<Test>::insert(entry(9), header);
		}),
		Err("stray header".into())
	);
}

#[test]
fn an_entry_past_the_end_is_found() {
	assert_eq!(
		found_after(|id| Positions::<Test>::insert(id, SequenceKey::from(3), entry(1))),
		Err("stray entry".into())
	);
}

#[test]
fn entries_out_of_order_or_time_are_found() {
	let set_block = |n, block| {
		Headers::<Test>::mutate(entry(n), |h| h.as_mut().unwrap().block = block);
	};
	assert_eq!(found_after(|_| set_block(2, 0)), Err("entries out of order".into()));
	assert_eq!(found_after(|_| set_block(2, 2)), Err("entry of the future".into()));
}

#[test]
fn a_body_that_no_call_makes_is_found() {
	let set_body =
		|body| move |_| Headers::<Test>::mutate(entry(1), |h| h.as_mut().unwrap().body = body);
	let no_leaves = EntryBody::MerkleAnchor { root: digest(0), leaves: 0 };
	assert_eq!(found_after(set_body(no_leaves)), Err("leaves out of range".into()));
	let record = |supersedes| EntryBody::Record {
		epoch: 0,
		commitment: digest(0),
		size: 1,
		supersedes: Some(supersedes),
	};
	assert_eq!(found_after(set_body(record(entry(9)))), Err("superseded entry is missing".into()));
	assert_eq!(found_after(set_body(record(entry(1)))), Err("record supersedes itself".into()));
}

#[test]
fn a_wrong_index_of_owners_is_found() {
	assert_eq!(
		found_after(|id| StreamsByOwner::<Test>::remove(ALPHA, id)),
		Err("owner without its stream".into())
	);
	assert_eq!(
		found_after(|id| StreamsByOwner::<Test>::insert(BETA, id, ())),
		Err("stray stream of an owner".into())
	);
	assert_eq!(
		found_after(|_| StreamCounts::<Test>::insert(ALPHA, 2)),
		Err("count of streams is wrong".into())
	);
	assert_eq!(
		found_after(|_| StreamCounts::<Test>::remove(ALPHA)),
		Err("stream is not counted".into())
	);
}

#[test]
fn an_id_that_does_not_follow_from_owner_and_name_is_found() {
	let set_name = |id, name: StreamName| {
		Streams::<Test>::mutate(id, |stream| stream.as_mut().unwrap().name = name);
	};
	assert_eq!(
		found_after(|id| set_name(id, name("repayments"))),
		Err("id of another stream".into())
	);
}
