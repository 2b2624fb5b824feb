//! `try_state` finds what it is there for.

use crate::{Envelopes, mock::*};
use credio_primitives::{RecordId, RecordPayload, SequenceKey, StreamId};
use sp_runtime::TryRuntimeError;

/// Position of the record.
const FIRST: SequenceKey = SequenceKey([0; 8]);
/// Position of the anchor.
const SECOND: SequenceKey = SequenceKey([0, 0, 0, 0, 0, 0, 0, 1]);

/// Returns the findings after damage to a stream with a record and an anchor.
fn found_after(damage: impl FnOnce(StreamId, RecordId)) -> Result<(), TryRuntimeError> {
	new_test_ext().execute_with(|| {
		let id = stream(ALICE, "invoices");
		let record = record(id, 1);
		anchor(id, 2);
		Records::do_try_state().expect("the storage is consistent");
		damage(id, record);
		Records::do_try_state()
	})
}

fn payload(size: u32) -> RecordPayload {
	envelope(size).try_into().unwrap()
}

#[test]
fn a_missing_payload_is_found() {
	assert_eq!(
		found_after(|stream, _| Envelopes::<Test>::remove(stream, FIRST)),
		Err("record without a payload".into())
	);
}

#[test]
fn a_stray_payload_is_found() {
	assert_eq!(
		found_after(|id, _| Envelopes::<Test>::insert(id, SECOND, payload(100))),
		Err("stray payload".into())
	);
}

#[test]
fn a_changed_payload_is_found() {
	assert_eq!(
		found_after(|stream, _| Envelopes::<Test>::insert(stream, FIRST, payload(99))),
		Err("payload of another size".into())
	);
	assert_eq!(
		found_after(|stream, _| Envelopes::<Test>::mutate(stream, FIRST, |payload| {
			payload.as_mut().unwrap()[0] = 2;
		})),
		Err("payload without a known envelope".into())
	);
}
