//! `try_state` finds what it is there for.

use crate::{mock::*, Payloads};
use credio_primitives::{RecordId, RecordPayload};
use sp_runtime::TryRuntimeError;

/// What is found after damage to a stream with a record and an anchor.
fn found_after(damage: impl FnOnce(RecordId, RecordId)) -> Result<(), TryRuntimeError> {
	new_test_ext().execute_with(|| {
		let id = stream(ALICE, "invoices");
		let (record, anchor) = (record(id, 1), anchor(id, 2));
		Records::do_try_state().expect("the storage is consistent");
		damage(record, anchor);
		Records::do_try_state()
	})
}

fn payload(size: u32) -> RecordPayload {
	envelope(size).try_into().unwrap()
}

#[test]
fn a_missing_payload_is_found() {
	assert_eq!(
		found_after(|record, _| Payloads::<Test>::remove(record)),
		Err("record without a payload".into())
	);
}

#[test]
fn a_stray_payload_is_found() {
	assert_eq!(
		found_after(|_, _| Payloads::<Test>::insert(RecordId([0; 32]), payload(100))),
		Err("payload without a header".into())
	);
	assert_eq!(
		found_after(|_, anchor| Payloads::<Test>::insert(anchor, payload(100))),
		Err("payload of an anchor".into())
	);
}

#[test]
fn a_changed_payload_is_found() {
	assert_eq!(
		found_after(|record, _| Payloads::<Test>::insert(record, payload(99))),
		Err("payload of another size".into())
	);
	assert_eq!(
		found_after(|record, _| Payloads::<Test>::mutate(record, |payload| {
			payload.as_mut().unwrap()[0] = 2;
		})),
		Err("payload without a known envelope".into())
	);
}
