//! What `append` refuses, and that nothing is left of it.

use crate::{Error, mock::*};
use credio_primitives::{KeyEpochState, RecordId, StreamId, limits::MAX_PAYLOAD_SIZE};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn a_payload_is_not_empty() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let append = Append { payload: vec![], ..Append::to(id, 1) };
		assert_noop!(append.call(), Error::<Test>::PayloadEmpty);
	});
}

#[test]
fn a_payload_over_the_limit_is_refused() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let append = Append { payload: envelope(MAX_PAYLOAD_SIZE + 1), ..Append::to(id, 1) };
		assert_noop!(append.call(), Error::<Test>::PayloadTooLarge);
	});
}

#[test]
fn every_other_envelope_version_is_refused() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for version in (0..=u8::MAX).filter(|version| *version != 1) {
			let mut payload = envelope(100);
			payload[0] = version;
			let append = Append { payload, ..Append::to(id, 1) };
			assert_noop!(append.call(), Error::<Test>::UnknownEnvelope);
		}
	});
}

#[test]
fn a_stream_without_an_epoch_takes_no_records() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::set_epoch_state(id, None);
		assert_noop!(Append::to(id, 1).call(), NO_EPOCH);
	});
}

#[test]
fn a_past_or_future_epoch_is_refused() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::set_epoch(id, 3);
		for epoch in [0, 2, 4, u32::MAX] {
			assert_noop!(Append { epoch, ..Append::to(id, 1) }.call(), EPOCH_NOT_CURRENT);
		}
		assert_ok!(Append { epoch: 3, ..Append::to(id, 1) }.call());
	});
}

#[test]
fn an_epoch_that_has_to_be_rotated_takes_no_records_but_anchors() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::set_epoch_state(
			id,
			Some(KeyEpochState { current: 0, rotation_due: true, opened_at: 0 }),
		);
		assert_noop!(Append::to(id, 1).call(), ROTATION_DUE);
		anchor(id, 1);
		World::set_epoch(id, 1);
		assert_ok!(Append { epoch: 1, ..Append::to(id, 2) }.call());
	});
}

#[test]
fn only_records_of_the_same_stream_are_superseded() {
	build_and_execute(|| {
		let (id, other) = (stream(ALICE, "invoices"), stream(ALICE, "other"));
		let in_another_stream = record(other, 1);
		let an_anchor = anchor(id, 2);
		let unknown = RecordId([0; 32]);
		let itself = RecordId::derive(ALPHA, &reference(3));
		for superseded in [in_another_stream, an_anchor, unknown, itself] {
			let append = Append { supersedes: Some(superseded), ..Append::to(id, 3) };
			assert_noop!(append.call(), Error::<Test>::SupersededNotFound);
		}
	});
}

#[test]
fn cannot_use_reference_twice_for_records_or_anchors() {
	build_and_execute(|| {
		let (id, other) = (stream(ALICE, "invoices"), stream(ALICE, "other"));
		record(id, 1);
		anchor(id, 2);
		for stream in [id, other] {
			for n in [1, 2] {
				assert_noop!(Append::to(stream, n).call(), REFERENCE_USED);
				assert_noop!(anchor_by(ALICE, stream, n), REFERENCE_USED);
			}
		}
	});
}

#[test]
fn repeated_record_fails_with_reference_used_after_rotation() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		record(id, 1);
		World::set_epoch(id, 1);
		assert_noop!(Append::to(id, 1).call(), REFERENCE_USED);
	});
}

#[test]
fn cannot_append_to_a_sealed_stream() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::seal(&id);
		assert_noop!(Append::to(id, 1).call(), STREAM_SEALED);
	});
}

#[test]
fn cannot_append_to_a_foreign_stream() {
	build_and_execute(|| {
		let (id, other) = (stream(ALICE, "invoices"), stream(ALICE, "other"));
		World::grant_append(BETA, other);
		assert_noop!(Append { who: BOB, ..Append::to(id, 1) }.call(), NO_GRANT);
	});
}

#[test]
fn lost_grant_is_reported_before_due_rotation() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		assert_ok!(Append { who: BOB, ..Append::to(id, 1) }.call());
		World::revoke_append(BETA, id);
		World::set_epoch_state(
			id,
			Some(KeyEpochState { current: 0, rotation_due: true, opened_at: 0 }),
		);
		assert_noop!(Append { who: BOB, ..Append::to(id, 2) }.call(), NO_GRANT);
	});
}

#[test]
fn cannot_append_to_unknown_stream() {
	build_and_execute(|| {
		let id = StreamId::derive(ALPHA, b"nothing");
		assert_noop!(Append::to(id, 1).call(), STREAM_NOT_FOUND);
	});
}

#[test]
fn only_submitters_of_active_organizations_append() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let append = |who| Append { who, ..Append::to(id, 1) }.call();
		assert_noop!(append(ADAM), ROLE_MISSING);
		assert_noop!(append(STRANGER), NOT_A_MEMBER);
		World::suspend(ALPHA);
		assert_noop!(append(ALICE), ORGANIZATION_SUSPENDED);
		World::reinstate(ALPHA);
		assert_ok!(append(ALICE));
	});
}

#[test]
fn an_origin_without_a_signer_cannot_append() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(
				Records::append(origin, id, reference(1), 0, digest(7), envelope(100), None),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn only_its_author_and_the_owner_supersede_a_record() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		let owners = record(id, 1);
		assert_ok!(Append { who: BOB, ..Append::to(id, 2) }.call());
		let partners = RecordId::derive(BETA, &reference(2));
		let by = |who, n, supersedes| {
			Append { who, supersedes: Some(supersedes), ..Append::to(id, n) }.call()
		};
		// A right to append does not include superseding the owner's records.
		assert_noop!(by(BOB, 3, owners), Error::<Test>::SupersededOfAnother);
		assert_ok!(by(BOB, 4, partners));
		assert_ok!(by(ALICE, 5, owners));
		// The owner is responsible for its stream.
		assert_ok!(by(ALICE, 6, partners));
		// Nor with a grant that has been given since.
		assert_noop!(
			by(BOB, 7, RecordId::derive(ALPHA, &reference(6))),
			Error::<Test>::SupersededOfAnother
		);
	});
}
